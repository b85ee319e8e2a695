//! Who gains and who loses what, with a request for each change that both sides decide differently.

use gatewright::analysis::solver::Limits;
use gatewright::analysis::{Cache, Deadline, Prover};
use gatewright::semdiff::{Access, Difference, Finding, Options, Replayed, Verdict, compare};
use gatewright::text::Instant;

use crate::prover::solver;

use super::{Built, CONFIG, SHOP, shop};

/// The difference between two texts; `None` where there is no solver.
pub(super) fn difference(old: &str, new: &str) -> Option<Difference> {
    between(&Built::of(old), &Built::of(new))
}

/// The difference between two programs; `None` where there is no solver.
pub(super) fn between(old: &Built, new: &Built) -> Option<Difference> {
    let found = solver()?;
    let cache = Cache::in_memory();
    let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never());
    let options = Options {
        prover: Some(&prover),
        at: Instant::parse("2026-03-01T10:00:00Z").unwrap(),
        is_mine: &|_| true,
        own_form: None,
        progress: &|_, _| (),
    };
    Some(compare(old.side(), new.side(), &options).unwrap())
}

/// A line for each access, and below it why each example is decided so.
pub(super) fn told(difference: &Difference) -> String {
    let mut text = format!("{}\n", difference.verdict().name());
    for access in &difference.accesses {
        text.push_str(&format!(
            "{} {}: {}{}\n",
            access.change(),
            access.holder.title(&access.request.principal),
            access.request,
            causes(difference, access)
        ));
        for (way, finding) in [("gained", &access.gained), ("lost", &access.lost)] {
            match finding {
                Finding::None => {}
                Finding::Unsure(doubt) => text.push_str(&format!("    {way}: {doubt}\n")),
                Finding::Found(example) => {
                    text.push_str(&format!("    {way}: {} → {}\n", side(&example.before), side(&example.after)))
                }
            }
        }
    }
    for broken in &difference.breaks {
        text.push_str(&format!("breaks: {} {}\n", broken.what, broken.how));
    }
    text
}

fn side(replayed: &Replayed) -> String {
    let reasons: Vec<String> =
        replayed.reasons.iter().map(|reason| format!("{} ({})", reason.statement, reason.when.join(" && "))).collect();
    format!("{} {}", replayed.cause, reasons.join(", "))
}

fn causes(difference: &Difference, access: &Access) -> String {
    let named: Vec<String> = access
        .causes
        .iter()
        .map(|at| {
            let change = &difference.structure.changes[*at];
            format!("{} {} {}", change.what.name(), change.kind.name(), change.name)
        })
        .collect();
    format!(" [{}]", named.join("; "))
}

#[test]
fn a_looser_condition_widens_for_those_who_stand_under_it() {
    let Some(found) = difference(SHOP, &shop(&[("context.risk <= 30", "context.risk <= 35")])) else {
        return;
    };
    assert_eq!(found.verdict(), Verdict::Widened);
    insta::assert_snapshot!(told(&found), @r"
    widened
    widened boss: User Bill.list on Org [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
    widened clerk: User Bill.list on Org [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
    widened boss: User Bill.pay on Bill [changed condition calm]
        gained: forbidden steady (context.risk <= 30) → granted boss.Bill.pay (cleared(resource))
    widened boss: User Bill.read on Bill [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
    widened clerk: User Bill.read on Bill [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
    ");
}

#[test]
fn more_for_one_and_less_for_another_are_told_apart() {
    let Some(found) = difference(
        SHOP,
        &shop(&[
            ("role guard for User { allow list on Bill; }", "role guard for User { allow read on Bill; }"),
            ("sensitive action pay", "action pay"),
        ]),
    ) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r"
    both
    narrowed guard: User Bill.list on Org [removed grant guard.Bill.list]
        lost: granted guard.Bill.list () → no-grant 
    widened guard: User Bill.read on Bill [added grant guard.Bill.read]
        gained: no-grant  → granted guard.Bill.read ()
    ");
}

#[test]
fn whoever_must_be_inside_something_is_shown_there_and_says_so() {
    // The solver knows parents, and not that an attribute names them.
    let files = |grant: &str| {
        format!(
            "{CONFIG}//- /policy/files.gate\nprincipal User;\nresource Folder;\n\
             resource File in Folder as folder? {{ action read; }}\nrole reader for User {{ {grant} }}\n"
        )
    };
    let now = files("allow read on File when resource in Folder::\"open\";");
    let Some(found) = difference(&files(""), &now) else {
        return;
    };
    let [access] = &found.accesses[..] else { panic!("{found:?}") };
    let entities = access.gained.example().unwrap().witness.entities.to_string();
    assert!(entities.contains(r#""folder":{"__entity":{"type":"Folder","id":"open"}}"#), "{entities}");
}

#[test]
fn a_condition_that_is_another_one_is_both() {
    let Some(found) = difference(SHOP, &shop(&[("context.risk <= 30", "context.risk >= 10")])) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r"
    both
    both boss: User Bill.list on Org [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
        lost: granted clerk.Bill.list-read (calm) → no-grant clerk.Bill.list-read (context.risk >= 10)
    both clerk: User Bill.list on Org [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
        lost: granted clerk.Bill.list-read (calm) → no-grant clerk.Bill.list-read (context.risk >= 10)
    both boss: User Bill.pay on Bill [changed condition calm]
        gained: forbidden steady (context.risk <= 30) → granted boss.Bill.pay (cleared(resource))
        lost: granted boss.Bill.pay (cleared(resource)) → forbidden steady (context.risk >= 10)
    both boss: User Bill.read on Bill [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
        lost: granted clerk.Bill.list-read (calm) → no-grant clerk.Bill.list-read (context.risk >= 10)
    both clerk: User Bill.read on Bill [changed condition calm]
        gained: no-grant clerk.Bill.list-read (context.risk <= 30) → granted clerk.Bill.list-read (calm)
        lost: granted clerk.Bill.list-read (calm) → no-grant clerk.Bill.list-read (context.risk >= 10)
    ");
}

#[test]
fn renames_and_refactors_show_nothing() {
    let renamed = shop(&[
        ("calm", "quiet"),
        ("clerk", "assistant"),
        ("Bill", "Invoice"),
        ("bill:", "invoice:"),
        ("bill.", "invoice."),
        ("four_eyes", "two_people"),
        ("outage", "blackout"),
        ("namespace Shop", "namespace Store"),
        ("admin", "chief"),
    ]);
    let refactored = shop(&[
        ("context.risk <= 30", "!(context.risk > 30)"),
        ("allow list, read on Bill when calm;", "allow list on Bill when calm; allow read on Bill when calm;"),
        ("cleared(resource)", "resource.level <= principal.level"),
    ]);
    for text in [SHOP.to_owned(), refactored] {
        let Some(found) = difference(SHOP, &text) else { return };
        assert_eq!(told(&found), "equivalent\n");
    }
    let Some(found) = difference(SHOP, &renamed) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @"
    schema-breaking
    breaks: Bill was renamed to `Invoice`
    breaks: Org.admin was renamed to `Org.chief`
    breaks: clerk was renamed to `assistant`
    breaks: namespace changed, so every type and action has a new name
    breaks: outage was renamed to `blackout`
    ");
}

#[test]
fn changes_of_a_break_glass_are_its_holders_own() {
    let Some(found) = difference(
        SHOP,
        &shop(&[("expires within 1h", "expires within 4h"), ("approved by 1 of guard", "approved by 2 of guard")]),
    ) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r"
    both
    both break-glass outage: User Bill.pay on Bill [changed break-glass outage]
        gained: no-grant outage (expires within 1h) → granted outage (a grant is presented && by its requester && who is still eligible && for this resource && for this action && resources at most 2 && in the tenant of the grant && approver 1 of 2 holds guard && approver 2 of 2 holds guard && refused by fewer than 1 && requires reason && pending 30m && inside its window && expires within 4h && uses at most 3 && not revoked && logged)
        lost: granted outage (a grant is presented && by its requester && who is still eligible && for this resource && for this action && resources at most 2 && in the tenant of the grant && approver 1 of 1 holds guard && refused by fewer than 1 && requires reason && pending 30m && inside its window && expires within 1h && uses at most 3 && not revoked && logged) → no-grant outage (approver 2 of 2 holds guard)
    widened break-glass outage: User RequestBreakGlass.outage on BreakGlassProfile [changed break-glass outage]
        gained: no-grant outage.request (expires within 1h) → granted outage.request (for the roles that may ask && requires reason && expires within 4h && resources at most 2 && no review is open && no grant is active)
    ");
}

#[test]
fn changes_of_the_schema_are_compared_on_the_ground_that_both_stand_on() {
    let Some(found) = difference(
        SHOP,
        &shop(&[
            ("state: State,", "status: State,"),
            ("resource Note in Org as org { action pin; }", "resource Note in Org as org { action pin, drop; }"),
            (
                "role guard for User { allow list on Bill; }",
                "role guard for User { allow list on Bill; allow drop on Note; }",
            ),
        ]),
    ) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r"
    schema-breaking
    widened guard: User Note.drop on Note [added action Note.drop; added grant guard.Note.drop]
        gained: no-such-request  → granted guard.Note.drop ()
    breaks: Bill.state was removed
    breaks: Bill.status is new and required
    ");
}

/// What a change of one attribute that policies of both sides read comes to, and under which schema it was found out.
fn of_attribute(before: &str, when_before: &str, after: &str, when_after: &str) -> Option<String> {
    let text = |attribute: &str, when: &str| {
        shop(&[
            ("state: State,", attribute),
            (
                "role guard for User { allow list on Bill; }",
                &format!("role guard for User {{ allow list on Bill; allow read on Bill{when}; }}"),
            ),
        ])
    };
    let found = difference(&text(before, when_before), &text(after, when_after))?;
    let bases: Vec<&str> =
        found.accesses.iter().flat_map(Access::examples).map(|example| example.basis.name()).collect();
    Some(format!("{}under {}", told(&found), bases.join(", ")))
}

#[test]
fn an_attribute_that_old_policies_need_is_compared_under_the_old_schema() {
    let Some(found) = of_attribute("state: State,", " when resource.state == draft", "", "") else {
        return;
    };
    insta::assert_snapshot!(found, @r"
    schema-breaking
    widened guard: User Bill.read on Bill [removed attribute Bill.state; changed grant guard.Bill.read]
        gained: no-grant guard.Bill.read (resource.state == draft) → granted guard.Bill.read ()
    breaks: Bill.state was removed
    under old
    ");
}

#[test]
fn attributes_that_each_side_alone_has_are_compared_under_both_schemas() {
    let Some(found) = of_attribute(
        "state: State,",
        " when resource.state == draft",
        "phase: State,",
        " when resource.phase == draft",
    ) else {
        return;
    };
    insta::assert_snapshot!(found, @r"
    schema-breaking
    both guard: User Bill.read on Bill [added attribute Bill.phase; removed attribute Bill.state; changed grant guard.Bill.read]
        gained: no-grant guard.Bill.read (resource.state == draft) → granted guard.Bill.read (resource.phase == draft)
        lost: granted guard.Bill.read (resource.state == draft) → no-grant guard.Bill.read (resource.phase == draft)
    breaks: Bill.phase is new and required
    breaks: Bill.state was removed
    under merged, merged
    ");
}

#[test]
fn an_attribute_of_another_type_has_no_common_ground() {
    let Some(found) =
        of_attribute("state: State,", " when resource.state == draft", "state: Long,", " when resource.state == 1")
    else {
        return;
    };
    insta::assert_snapshot!(found, @r"
    unknown
    incomparable guard: User Bill.read on Bill [changed attribute Bill.state; changed grant guard.Bill.read]
        gained: the two sides cannot be compared: the types Long and Shop::State are not compatible
        lost: the two sides cannot be compared: the types Long and Shop::State are not compatible
    breaks: Bill.state has a different type
    under
    ");
}

#[test]
fn groups_of_actions_may_change_under_raw_policies() {
    let raw = "//- /policy/raw.cedar\n@id(\"handlers\")\npermit(principal in Shop::Role::\"guard\", action in Shop::Action::\"Bill.handle\", resource is Shop::Bill) when { principal.org == resource.org };\n";
    let smaller = shop(&[("action group handle = read, pay;", "action group handle = read;")]);
    let Some(found) = difference(&format!("{SHOP}{raw}"), &format!("{smaller}{raw}")) else {
        return;
    };
    insta::assert_snapshot!(told(&found), @r"
    narrowed
    narrowed guard: User Bill.pay on Bill [changed type Bill]
        lost: granted handlers () → no-grant
    ");
}

#[test]
fn a_type_that_comes_or_goes_is_compared_with_nothing() {
    let without = shop(&[("resource Note in Org as org { action pin; }\n", "")]);
    let with = shop(&[(
        "role guard for User { allow list on Bill; }",
        "role guard for User { allow list on Bill; allow pin on Note; }",
    )]);
    let (Some(came), Some(went)) = (difference(&without, &with), difference(&with, &without)) else {
        return;
    };
    insta::assert_snapshot!(told(&came), @r"
    widened
    widened guard: User Note.pin on Note [added type Note; added grant guard.Note.pin]
        gained: no-such-request  → granted guard.Note.pin ()
    ");
    insta::assert_snapshot!(told(&went), @r"
    schema-breaking
    narrowed guard: User Note.pin on Note [removed type Note; removed grant guard.Note.pin]
        lost: granted guard.Note.pin () → no-such-request 
    breaks: Note was removed
    breaks: Note.pin was removed
    ");
}

#[test]
fn the_end_of_a_role_is_behind_what_its_holders_may_ask_for() {
    let temporary = |until: &str| {
        let role = format!("@temporary role temp for User extends clerk until \"{until}\";\nrole admin on Org");
        shop(&[("role admin on Org", role.as_str())])
    };
    let (before, after) = (temporary("2028-02-01T00:00:00Z"), temporary("2030-02-01T00:00:00Z"));
    let Some(found) = difference(&before, &after) else {
        return;
    };
    assert!(found.accesses.len() > 2, "{}", told(&found));
    for access in &found.accesses {
        assert_eq!(causes(&found, access), " [changed role temp]", "{}", told(&found));
    }
}

/// Which of several equal roles became which cannot be known, so each loses or gains its access.
#[test]
fn many_equal_roles_under_other_names_need_no_solver() {
    let program = |role: &str| {
        let roles = (0..20).map(|at| {
            format!("role {role}{at} for User {{ allow read, edit on Doc when principal.org == resource.org; }}\n")
        });
        format!(
            "{CONFIG}//- /policy/main.gate\nresource Org;\nprincipal User in Org as org;\n\
             resource Doc in Org as org {{ action read, edit; }}\nisolate by org;\n{}",
            roles.collect::<String>()
        )
    };
    let Some(found) = difference(&program("before"), &program("after")) else { return };
    assert_eq!(found.accesses.len(), 2 * 2 * 20);
    assert_eq!(found.extent.statistics.questions, 0);
    let shown = |finding: &Finding| matches!(finding, Finding::Found(_));
    assert!(found.accesses.iter().all(|access| shown(&access.gained) != shown(&access.lost)));
}
