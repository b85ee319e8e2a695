//! Goldens of the compiler's stages: a small package's source beside everything it becomes. One reading shows both.

use gatewright::config::Level;
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline::Checked;
use gatewright::text::Instant;
use gatewright::{lint, pipeline};

/// Checks a package written as one text, `//- /path` before each file.
pub(crate) fn check(fixture: &str) -> (PackageFiles, Checked) {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in fixture.lines() {
        match line.strip_prefix("//- /") {
            Some(path) => files.push((path.to_owned(), String::new())),
            None => {
                let (_, text) = files.last_mut().expect("a fixture starts with a path");
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let mut faults = Diagnostics::new();
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let package = PackageFiles::in_memory(texts, &mut faults);
    let options = pipeline::Options {
        at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
        // What lints say of these programs is no part of what they become.
        levels: lint::all().map(|lint| (lint.id().to_owned(), Level::Allow)).collect(),
        roles: None,
    };
    let checked = pipeline::check(&package, &options, faults);
    (package, checked)
}

/// Source, faults, Cedar and origins of a package in one text.
fn stages(fixture: &str) -> String {
    let (package, checked) = check(fixture);
    let mut out = format!("{}\n", fixture.trim());
    out.push_str("\n==== diagnostics\n");
    for found in checked.diagnostics.iter() {
        let place = found.primary().map(|span| package.sources.location(span)).unwrap_or_default();
        out.push_str(&format!("{place} {:?} [{}] {}\n", found.severity, found.code, found.message));
    }
    if checked.failed() {
        return out;
    }
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    for (path, bytes) in tree.iter() {
        if path.ends_with(".cedar") || path.ends_with(".cedarschema") || path.starts_with("entities/") {
            out.push_str(&format!("\n==== {path}\n{}", String::from_utf8_lossy(bytes)));
        }
    }
    out.push_str("\n==== origins\n");
    for (id, origin) in &checked.lowered.origins.policies {
        let place = &origin.place;
        out.push_str(&format!("{id}: {} at {}:{}:{}\n", origin.statement, place.file, place.line, place.column));
        for clause in &origin.clauses {
            let guard = clause.guard.as_ref().map(|guard| format!(" [{guard}]")).unwrap_or_default();
            out.push_str(&format!("    {}{guard}\n", clause.gate));
            for part in &clause.parts {
                out.push_str(&format!("        {}\n", part.gate));
            }
        }
    }
    out
}

macro_rules! golden {
    ($name:ident, $fixture:expr) => {
        #[test]
        fn $name() {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path("../../snapshots/stages");
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(stringify!($name), stages($fixture)));
        }
    };
}

const PROJECT: &str = "//- /gatewright.toml\n[package]\nname = \"golden\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

golden!(
    guards_are_conjoined_and_emitted_as_forbids,
    &format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
namespace Bank;
principal User in Branch as branch { }
resource Branch { }
resource Loan in Branch as branch {
    created_by: User,
    amount: decimal,
    action create in branch;
    action read;
    sensitive action approve;
}
context { from gateway { now: datetime } from token { mfa: Bool } }
condition small(l: Loan) = l.amount <= decimal("1000.00");
role clerk {
    allow create, read on Loan;
    allow approve on Loan when small(resource) because "clerks approve small loans";
}
isolate by branch;
second_factor: require context.mfa for Loan.approve;
separate Loan.create from Loan.approve by created_by;
frozen: deny clerk to read, approve on Loan when resource.amount > decimal("100000.00") because "frozen";
"#
    )
);

golden!(
    roles_inherit_with_every_end_on_the_way,
    &format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
principal User { }
principal Robot { }
resource Doc { action read; action write; action group edit = read, write; }
context { from gateway { now: datetime } }
role reader for User, Robot { allow read on Doc; }
role guest for User extends reader until "2027-01-01T00:00:00Z";
role visitor for User extends guest when context.now > datetime("2026-01-01T00:00:00Z");
role editor for User extends reader { allow edit on Doc until "2028-01-01T00:00:00Z"; }
"#
    )
);

golden!(
    roles_held_per_resource_are_reached_by_named_parents,
    &format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
principal User in Team { }
group Team holds roles;
resource Folder in Folder as parent? { owner: User, action list; }
resource File in Folder as folder {
    editors: Set<User>,
    action read;
    action write;
}
role viewer on Folder { allow read on File; allow list on Folder; }
role owner on Folder by owner { allow read, write on File; }
role author on File by editors { allow write on File; }
"#
    )
);

golden!(
    enums_durations_and_decimals_are_sugar,
    &format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
ordered enum Level { low, mid, high }
enum Colour { red, green }
principal User { clearance: Level, colour: Colour }
resource Doc { level: Level, price: decimal, tints: Set<Colour>, action a, b, c, d, e, f; }
context { from gateway { now: datetime, since: datetime } }
role r {
    allow a on Doc when resource.level <= principal.clearance;
    allow b on Doc when resource.level < high && mid <= principal.clearance;
    allow c on Doc when principal.colour == red || green == principal.colour;
    allow d on Doc when [red, green].contains(principal.colour) && resource.tints.contains(red);
    allow e on Doc when context.now.durationSince(context.since) < 1h30m;
    allow f on Doc when resource.price > decimal("10.00") && resource.price != decimal("11.00");
}
"#
    )
);

golden!(
    raw_cedar_joins_the_program,
    &format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
namespace Shop;
principal User in Org as org { }
resource Org { }
role clerk { allow view on Album; }
isolate by org except Album because "albums are shared between organisations";
//- /policy/photos.cedarschema
namespace Shop {
    entity Album { private: Bool, title?: String };
    action view appliesTo { principal: [User], resource: [Album] };
}
//- /policy/photos.cedar
@id("private-albums")
forbid (principal, action == Shop::Action::"view", resource)
when { resource.private };
"#
    )
);

golden!(
    break_glass_is_typed_and_rechecked,
    &format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
namespace Ops;
principal Engineer in Org as org { }
resource Org { }
resource Host in Org as org { action login; sensitive action reboot; }
context { from gateway { now: datetime, load: Long } from token { mfa: Bool } }
role oncall { allow login on Host when context.load < 5; }
role lead { allow login on Host when context.mfa; }
role admin on Org { allow reboot on Host when context.mfa because "admins run their hosts"; }
isolate by org;
calm: liftable require context.load < 90 for Host.reboot;
factor: require context.mfa for Host.reboot;
break-glass outage {
    for oncall, Org.admin;
    grants reboot on Host;
    resources at most 2;
    requires reason, ticket like "INC-*";
    when context.mfa;
    approved by 1 of lead;
    expires within 1h;
    uses at most 3;
    cooldown 30m;
    grants per 24h at most 4;
    lifts calm;
    alerts on request, use to "pager";
    revoked by lead;
    review within 24h by lead;
}
"#
    )
);

#[test]
fn the_same_package_gives_the_same_bytes() {
    let fixture = format!(
        "{PROJECT}//- /policy/b.gate\nrole r {{ allow a on D; }}\n//- /policy/a.gate\nprincipal U {{ }}\nresource D {{ action a; }}\n"
    );
    let trees: Vec<_> = (0..2)
        .map(|_| {
            let (package, checked) = check(&fixture);
            pipeline::build(&checked, &package.sources).unwrap()
        })
        .collect();
    assert_eq!(trees[0], trees[1]);
}

#[test]
fn the_order_of_declarations_and_files_changes_no_policy() {
    let model = "principal U { }\nresource D { action a, b; }\n";
    let roles = "role r { allow a on D; allow b on D; }\nrole s extends r;\n";
    let turned = "role s extends r;\nrole r { allow b on D; allow a on D; }\n";
    let policies = |first: &str, second: &str| {
        let (_, checked) = check(&format!("{PROJECT}//- /policy/a.gate\n{first}//- /policy/b.gate\n{second}"));
        let all = checked.lowered.drafts.iter().map(|draft| draft.id.clone()).collect::<Vec<_>>();
        (all, checked.lowered.schema_text)
    };
    assert_eq!(policies(model, roles), policies(roles, model));
    assert_eq!(policies(model, roles), policies(model, turned));
}

#[test]
fn turning_every_declaration_round_changes_no_policy() {
    const ITEMS: [&str; 12] = [
        "resource Org;",
        "resource Region;",
        "principal User in Org as org, Region as region { level: Long }",
        "resource Doc in Org as org, Region as region { owner: User, author: User, action read, publish; }",
        "context { from token { mfa: Bool } }",
        "role clerk { allow read on Doc; allow publish on Doc when principal.level > 1; }",
        "role chief extends clerk when principal.level > 2;",
        "role aide extends clerk;",
        "isolate by org;\nisolate by region;",
        "zeal: require context.mfa for Doc.publish;\nage: require principal.level > 0 for Doc.publish;",
        "separate Doc.read from Doc.publish by owner;\nother: separate Doc.read from Doc.publish by author;",
        "stop: deny clerk to publish on Doc when !context.mfa;",
    ];
    let policies = |items: Vec<&str>| {
        let (_, checked) = check(&format!("{PROJECT}//- /policy/main.gate\n{}\n", items.join("\n")));
        assert!(!checked.failed(), "{:?}", checked.diagnostics);
        let without_place = |policy: &cedar_policy::Policy| {
            let mut json = policy.to_json().unwrap();
            json["annotations"].as_object_mut().unwrap().remove("source");
            json
        };
        checked.lowered.policies.iter().map(|(policy, _)| without_place(policy)).collect::<Vec<_>>()
    };
    assert_eq!(policies(ITEMS.to_vec()), policies(ITEMS.iter().rev().copied().collect()));
}

#[test]
fn what_a_schema_puts_into_a_group_stands_under_the_guards_of_the_group() {
    let (_, checked) = check(&format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
principal User { }
resource Payout { action approve, pay; action group handle = approve, pay; }
context { from token { mfa: Bool } }
role clerk { allow approve, pay on Payout; }
stepped_up: require context.mfa for Payout.handle;
//- /policy/more.cedarschema
action "zap" in [Action::"Payout.handle"] appliesTo { principal: [User], resource: [Payout], context: { mfa: Bool } };
"#
    ));
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    let guard = checked.lowered.drafts.iter().find(|draft| draft.id == "stepped_up").unwrap();
    let ids: Vec<&str> = guard.actions.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, ["Payout.approve", "Payout.pay", "zap"]);
}

#[test]
fn a_statement_on_one_type_opens_a_raw_action_on_that_type_only() {
    let (_, checked) = check(&format!(
        "{PROJECT}{}",
        r#"//- /policy/main.gate
principal User { }
resource Payout { action read; }
resource Secret { action peek; }
role clerk { allow ping on Payout; allow read on Payout; allow peek on Secret; }
//- /policy/more.cedarschema
action "ping" appliesTo { principal: [User], resource: [Payout, Secret], context: {} };
"#
    ));
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    let opened = checked.lowered.drafts.iter().filter(|draft| draft.actions.iter().any(|(_, id)| id == "ping"));
    let on: Vec<&str> = opened.filter_map(|draft| draft.resource.as_deref()).collect();
    assert_eq!(on, ["Payout"]);
}
