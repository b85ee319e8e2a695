//! What was added, removed, changed or renamed.

use crate::support::{files, folders};

use super::{SHOP, changes, shop};

#[test]
fn a_program_beside_itself_shows_nothing() {
    assert_eq!(changes(SHOP, SHOP), "");
    for example in folders("examples") {
        let text: String = files(&format!("{example}/policy"), "")
            .iter()
            .map(|file| {
                let inside = file.path.strip_prefix(&format!("{example}/")).unwrap();
                format!("//- /{inside}\n{}\n", file.text)
            })
            .collect();
        assert_eq!(changes(&text, &text), "", "{example}");
    }
}

#[test]
fn order_layout_comments_descriptions_and_files_are_no_change() {
    let moved = shop(&[
        ("resource Note in Org as org { action pin; }\n", ""),
        ("condition calm = context.risk <= 30;", "// quiet\ncondition calm =\n    (context.risk<=30);"),
        ("role guard for User", "/// Watches.\nrole guard for User"),
        ("allow list, read on Bill when calm;", "allow read, list on Bill when (calm);"),
    ]);
    let moved = format!("{moved}//- /policy/notes.gate\nresource Note in Org as org {{ action pin; }}\n");
    assert_eq!(changes(SHOP, &moved), "");
}

#[test]
fn every_kind_of_part_is_seen_when_it_changes() {
    let changed = shop(&[
        ("enum State { draft, sent }", "enum State { draft, sent, paid }"),
        ("resource Org { plan: String }", "resource Org { plan?: String }"),
        ("sensitive action pay { note?: String }", "action pay { note?: String, code: Long }"),
        ("from gateway { now: datetime, risk: Long }", "from gateway { now: datetime }\n    from token { risk: Long }"),
        ("context.risk <= 30", "context.risk <= 35"),
        ("role boss for User extends clerk {", "role boss for User {"),
        ("because \"B-1: bosses pay\"", "because \"B-2: bosses pay\""),
        ("isolate by org;", "isolate by org except Note because \"N-1\";"),
        ("stepped_up: require context.mfa", "stepped_up: require context.mfa && calm"),
        ("steady: liftable require", "steady: liftable require context.mfa &&"),
        (
            "four_eyes: separate Bill.create from Bill.pay by created_by;",
            "four_eyes: separate Bill.create from Bill.read;",
        ),
        (
            "role guard for User { allow list on Bill; }",
            "role guard for User { allow list on Bill; allow pin on Note; }",
        ),
        ("no_secrets: deny App to read", "no_secrets: deny App to any"),
        ("approved by 1 of guard", "approved by 2 of guard"),
        ("uses at most 3", "uses at most 9"),
        ("alerts on request to \"ops\"", "alerts on request, use to \"ops\""),
        (
            "assert paying: only boss to pay on Bill unless break-glass outage;",
            "assert paying: possible boss to pay on Bill;",
        ),
    ]);
    insta::assert_snapshot!(changes(SHOP, &changed));
}

#[test]
fn what_comes_and_goes_is_told_once_with_all_its_parts() {
    let more = shop(&[
        ("context {", "resource Box in Org as org { size: Long, action open; }\ncontext {"),
        ("isolate by org;", "role packer for User { allow open on Box when resource.size < 9; }\nisolate by org;"),
    ]);
    insta::assert_snapshot!(changes(SHOP, &more), @r"
    added type Box
    added role packer
    ");
    insta::assert_snapshot!(changes(&more, SHOP), @r"
    removed type Box
    removed role packer
    ");
}

#[test]
fn names_that_mean_the_same_are_renames_and_nothing_else() {
    let renamed = shop(&[
        ("calm", "quiet"),
        ("clerk", "assistant"),
        ("Bill", "Invoice"),
        ("bill:", "invoice:"),
        ("bill.", "invoice."),
        ("four_eyes", "two_people"),
        ("outage", "blackout"),
        ("namespace Shop", "namespace Store"),
    ]);
    insta::assert_snapshot!(changes(SHOP, &renamed), @r"
    changed namespace namespace
        name: Shop → Store
    renamed type Invoice from Bill
    renamed condition quiet from calm
    renamed role assistant from clerk
    renamed separate two_people from four_eyes
    renamed break-glass blackout from outage
    ");
    let action = shop(&[
        ("action read;", "action look;"),
        ("= read, pay", "= look, pay"),
        ("list, read on", "list, look on"),
        ("allow read on", "allow look on"),
        ("App to read on", "App to look on"),
    ]);
    insta::assert_snapshot!(changes(SHOP, &action), @"renamed action Bill.look from Bill.read");
}

#[test]
fn a_reason_in_words_is_renamed_with_what_it_speaks_of() {
    let renamed = shop(&[("bosses", "chiefs"), ("boss", "chief")]);
    insta::assert_snapshot!(changes(SHOP, &renamed), @r"
    renamed role chief from boss
    changed grant chief.Bill.pay
        because: B-1: bosses pay → B-1: chiefs pay
    ");
}

#[test]
fn what_says_something_else_or_could_be_two_things_is_no_rename() {
    // The new role has one action more.
    insta::assert_snapshot!(changes(SHOP, &shop(&[
        ("role guard for User { allow list on Bill; }", "role watch for User { allow list, read on Bill; }"),
        ("guard", "watch"),
    ])), @r"
    removed role guard
    added role watch
    changed break-glass outage
        approved by: 1 of guard → 1 of watch
        revoked by: guard → watch
        review: within 1d by guard → within 1d by watch
    ");
    // Two roles went and two came, all four alike.
    let twins = |one: &str, two: &str| {
        let both = format!(
            "role {one} for User {{ allow pin on Note; }}\nrole {two} for User {{ allow pin on Note; }}\nisolate by org;"
        );
        shop(&[("isolate by org;", &both)])
    };
    insta::assert_snapshot!(changes(&twins("a", "b"), &twins("c", "d")), @r"
    removed role a
    removed role b
    added role c
    added role d
    ");
}

#[test]
fn raw_policies_are_known_by_their_ids_and_by_what_they_say() {
    let raw = |policies: &str| format!("{SHOP}//- /policy/raw.cedar\n{policies}\n");
    let one = "@id(\"one\")\npermit(principal in Shop::Role::\"guard\", action == Shop::Action::\"Note.pin\", resource is Shop::Note) when { principal.org == resource.org };";
    let two = one.replace("\"one\"", "\"two\"");
    let wider = one.replace("Shop::Role::\"guard\"", "Shop::Role::\"clerk\"");
    insta::assert_snapshot!(changes(&raw(one), &raw(&two)), @"renamed raw policy two from one");
    insta::assert_snapshot!(changes(&raw(one), &raw(&wider)), @r#"
    changed raw policy one
        policy: @id("one") permit(principal in Shop::Role::"guard", action == Shop::Action::"Note.pin", resource is Shop::Note) when { principal.org == resource.org }; → @id("one") permit(principal in Shop::Role::"clerk", action == Shop::Action::"Note.pin", resource is Shop::Note) when { principal.org == resource.org };
    "#);
    insta::assert_snapshot!(changes(SHOP, &raw(one)), @"added raw policy one");
    // A role that raw policies name, too, is renamed in them.
    let watch = raw(one).replace("guard", "watch");
    insta::assert_snapshot!(changes(&raw(one), &watch), @"renamed role watch from guard");
}

#[test]
fn of_a_list_those_are_told_that_came_and_went() {
    let changed = shop(&[
        ("    for clerk;\n", "    for clerk, Org.admin;\n"),
        ("context.mfa for Bill.pay;", "context.mfa for Bill.create, Bill.read, Bill.pay;"),
        ("allow list, read on Bill when calm;", "reads: allow list, read on Bill when calm;"),
    ]);
    let other = changed.replace("reads: allow list, read", "reads: allow create, read");
    insta::assert_snapshot!(changes(&shop(&[]), &changed), @r"
    renamed grant reads from clerk.Bill.list-read
    changed require stepped_up
        for: - → Bill.create; Bill.read
    changed break-glass outage
        for: - → Org.admin
    ");
    insta::assert_snapshot!(changes(&changed, &other), @r"
    changed grant reads
        actions: Bill.list → Bill.create
    ");
}
