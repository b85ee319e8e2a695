//! Guards and denials, policy by policy: which pairs of types get one, which conditions stand where, and what is a fault
//! rather than a denial of less than was written.

use std::collections::BTreeSet;

use gatewright::lower::Effect;
use gatewright::pipeline::Checked;

use crate::stages;

/// The model of the cases below.
const MODEL: &str = "resource Org;
resource Region;
principal User in Org as org, Region as region { level: Long }
principal Bot in Org as org, Region as region;
resource Folder in Org as org, Region as region { action open; }
resource Doc in Folder as folder, Org as org, Region as region {
    author: User, secret: Bool, action read, write; action list in folder;
}
context { from gateway { now: datetime, risk: Long } from token { mfa: Bool } }
role clerk for User { allow read, list on Doc; }
role chief for User extends clerk;
role bots for Bot { allow read on Doc; }
";

fn check(statements: &str) -> Checked {
    let project = "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    let fixture = format!("//- /gatewright.toml\n{project}//- /policy/main.gate\n{MODEL}{statements}\n");
    stages::check(&fixture).1
}

/// A package without faults.
fn sound(statements: &str) -> Checked {
    let checked = check(statements);
    let found: Vec<&str> = checked.diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert!(!checked.failed(), "{statements}: {found:?}");
    checked
}

/// The codes of what is found, with the severity's first letter.
fn codes(statements: &str) -> Vec<String> {
    let checked = check(statements);
    let code = |found: &gatewright::diag::Diagnostic| format!("{:?} {}", found.severity, found.code);
    checked.diagnostics.iter().map(code).collect()
}

/// The ids of the forbids of a statement.
fn forbids(checked: &Checked, statement: &str) -> Vec<String> {
    let drafts = checked.lowered.drafts.iter();
    let own = drafts.filter(|draft| draft.statement == statement && draft.effect == Effect::Forbid);
    own.map(|draft| draft.id.clone()).collect()
}

/// A policy without its annotations.
fn policy(checked: &Checked, id: &str) -> String {
    let (policy, _) = checked.lowered.policies.iter().find(|(policy, _)| policy.id().to_string() == id).unwrap();
    let text = policy.to_cedar().unwrap();
    text.lines().filter(|line| !line.starts_with('@')).collect::<Vec<_>>().join("\n")
}

/// The guards that are conjoined to a permit.
fn conjoined(checked: &Checked, id: &str) -> BTreeSet<String> {
    let origin = &checked.lowered.origins.policies[id];
    origin.clauses.iter().filter_map(|clause| clause.guard.clone()).collect()
}

const PROFILE: &str = "role head for User;
break-glass outage { for clerk; grants write on Doc; resources at most 1; requires reason; approved by 1 of head;
    expires within 1h; uses at most 1; lifts calm; review within 24h by head; }
calm: liftable require context.risk < 30 for Doc.write, Doc.read;
strong: require context.mfa for Doc.write, Doc.read;
isolate by org;
";

#[test]
fn every_guard_is_conjoined_to_grants_and_a_grant_of_break_glass_is_free_of_those_that_it_lifts() {
    let checked = sound(PROFILE);
    let all = ["calm", "isolate.org", "strong"].map(str::to_owned);
    assert_eq!(conjoined(&checked, "clerk:Doc:list-read--read"), BTreeSet::from(all));
    let free = ["isolate.org", "strong"].map(str::to_owned);
    assert_eq!(conjoined(&checked, "break-glass:outage"), BTreeSet::from(free));
    // What lifts a guard is an alternative in its forbid; what nothing lifts has none.
    assert!(policy(&checked, "calm--User").contains("break_glass"));
    assert!(!policy(&checked, "calm--Bot").contains("break_glass"));
    assert!(!policy(&checked, "strong--User").contains("break_glass"));
}

/// Nobody is granted the second duty, so every principal type counts; the first is recorded for one of them.
#[test]
fn a_separation_by_an_attribute_is_for_the_type_that_the_attribute_has() {
    let checked = sound("four: separate Doc.read from Doc.write by author;");
    assert_eq!(forbids(&checked, "four"), ["four--User"]);
    assert!(policy(&checked, "four--User").contains("resource.author == principal"));
    let checked =
        sound("role writer for User { allow write on Doc; }\nfour: separate Doc.read from Doc.write by author;");
    assert_eq!(conjoined(&checked, "writer:Doc:write"), BTreeSet::from(["four".to_owned()]));
}

#[test]
fn each_isolation_compares_its_own_tenant() {
    let checked = sound("isolate by org;\nisolate by region;");
    for (own, other) in [("org", "region"), ("region", "org")] {
        let forbid = policy(&checked, &format!("isolate:{own}--User-Folder"));
        assert!(forbid.contains(own) && !forbid.contains(other), "{forbid}");
    }
    let both = ["isolate.org", "isolate.region"].map(str::to_owned);
    assert_eq!(conjoined(&checked, "bots:Doc:read"), BTreeSet::from(both));
}

/// A raw schema names the types of its own namespace without the namespace, Gate's too.
#[test]
fn a_raw_action_on_types_of_gate_is_under_every_guard() {
    let fixture = "//- /gatewright.toml
[package]
name = \"main\"
version = \"0.1.0\"
edition = \"2026\"
//- /policy/main.gate
namespace Shop;
resource Org;
principal User in Org as org;
resource Order in Org as org { sealed: Bool, action read; }
isolate by org;
frozen: deny any to any on Order when resource.sealed;
//- /policy/more.cedarschema
namespace Shop { action audit appliesTo { principal: [User], resource: [Order] }; }
";
    let (_, checked) = stages::check(fixture);
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    assert_eq!(checked.lowered.contract.actions["audit"].principals, ["User"]);
    assert_eq!(forbids(&checked, "isolate.org"), ["isolate:org--User-Order"]);
    assert!(policy(&checked, "frozen").contains("\"audit\""), "{}", policy(&checked, "frozen"));
}

#[test]
fn a_denial_is_for_those_it_names_and_nobody_else() {
    let cases: [(&str, &[&str]); 6] = [
        ("d: deny User to read on Doc;", &["d--User"]),
        ("d: deny any to read on Doc;", &["d--Bot", "d--User"]),
        ("d: deny clerk to read on Doc;", &["d--User--chief", "d--User--clerk"]),
        ("d: deny chief to read on Doc;", &["d--User"]),
        ("d: deny bots, User to read on Doc;", &["d--Bot", "d--User"]),
        ("d: deny chief to list on Doc;", &["d"]),
    ];
    for (statement, expected) in cases {
        assert_eq!(forbids(&sound(statement), "d"), expected, "{statement}");
    }
    let one = sound("d: deny chief to read on Doc;");
    assert!(policy(&one, "d--User").contains("Role::\"chief\""));
}

/// What a group holds its members have, of whatever type they are, and a raw policy may let them in by it.
#[test]
fn a_denied_role_is_denied_to_every_type_that_can_be_in_it_by_a_group() {
    let fixture = "//- /gatewright.toml
[package]
name = \"main\"
version = \"0.1.0\"
edition = \"2026\"
//- /policy/main.gate
group Team holds roles;
principal User in Team;
principal Bot in Team;
principal Guest;
resource Doc { action read, write; }
role clerk for User { allow read, write on Doc; }
role bots for Bot { allow write on Doc; }
role owner on Doc for User { allow read on Doc; }
role guests for Guest { allow write on Doc; }
plain: deny clerk to write on Doc;
held: deny Doc.owner to write on Doc;
";
    let (_, checked) = stages::check(fixture);
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    assert_eq!(forbids(&checked, "plain"), ["plain--Bot", "plain--User"]);
    assert!(policy(&checked, "plain--Bot").contains("principal is Bot in Role::\"clerk\""));
    assert_eq!(forbids(&checked, "held"), ["held--Bot", "held--User"]);
}

/// A type that lacks what a condition reads must not be left out in silence: it would be let in.
#[test]
fn a_denial_that_does_not_type_on_what_it_names_is_a_fault() {
    let faults = [
        // `Folder` is named, and has no `secret`.
        "d: deny any to any on Doc, Folder when resource.secret;",
        // An action is named that is decided on another type.
        "d: deny any to list on Doc when resource.secret;",
        // Everything is meant, so a `Folder` as well.
        "d: deny any to any on any when resource.secret;",
        // `Bot` has no `level`.
        "d: deny any to any on Doc when principal.level > 3;",
        "d: deny any to read on any when principal.level > 3;",
    ];
    for statement in faults {
        assert!(
            codes(statement).iter().any(|code| code == "Error unknown-attribute"),
            "{statement}: {:?}",
            codes(statement)
        );
    }
    // Of what is decided before there is a resource of the type, it is told that it is left out.
    assert_eq!(codes("d: deny any to any on Doc when resource.secret;"), ["Advice deny-leaves-out"]);
    let checked = sound("d: deny any to any on Doc when resource.secret;");
    assert_eq!(forbids(&checked, "d"), ["d--Bot--Doc", "d--User--Doc"]);
}

#[test]
fn a_denial_of_any_reaches_the_steps_that_give_access() {
    let profile = PROFILE;
    let steps = |statement: &str| {
        let checked = sound(&format!("{profile}{statement}"));
        let drafts = checked.lowered.drafts.iter();
        let own = drafts
            .filter(|draft| draft.statement == "d" && draft.effect == Effect::Forbid && draft.resource_is.is_some());
        let actions = own.flat_map(|draft| draft.actions.iter().map(|(_, id)| id.clone()));
        actions.collect::<BTreeSet<String>>().into_iter().collect::<Vec<String>>()
    };
    let given = ["ApproveBreakGlass.outage", "RequestBreakGlass.outage", "ReviewBreakGlass.outage"];
    assert_eq!(steps("d: deny User to any on any;"), given);
    assert_eq!(steps("d: deny any to any on outage when principal.level < 2;"), given);
    assert_eq!(steps("d: deny chief to any on any when context.risk > 3;"), given);
    assert_eq!(steps("d: deny Bot to any on any;"), [""; 0]);
    assert_eq!(steps("d: deny User to any on Doc;"), [""; 0]);
    assert_eq!(steps("d: deny User to read on any;"), [""; 0]);
    assert_eq!(steps("d: deny User to RevokeBreakGlass on any;"), ["RevokeBreakGlass.outage"]);
    // What only some steps have a fact for is denied there.
    assert_eq!(
        steps("d: deny User to ApproveBreakGlass, ReviewBreakGlass on outage when context.requester.level < 2;"),
        ["ApproveBreakGlass.outage", "ReviewBreakGlass.outage"]
    );
    let told = codes(&format!("{profile}d: deny User to any on outage when context.requester.level < 2;"));
    assert_eq!(told, ["Advice deny-leaves-out"]);
}

#[test]
fn a_guard_on_a_step_is_conjoined_and_forbids_but_not_where_the_profile_lifts_it() {
    let named = PROFILE.replace("for Doc.write, Doc.read;", "for Doc.write, ApproveBreakGlass.outage;");
    let checked = check(&named);
    let codes: Vec<String> = checked.diagnostics.iter().map(|found| found.code.to_string()).collect();
    assert_eq!(codes, ["guard-leaves-out"]);
    assert_eq!(
        conjoined(&checked, "break-glass:outage:approve"),
        BTreeSet::from(["isolate.org".to_owned(), "strong".to_owned()])
    );
    assert_eq!(conjoined(&checked, "break-glass:outage:refuse"), BTreeSet::from(["isolate.org".to_owned()]));
    assert!(forbids(&checked, "strong").contains(&"strong--break-glass--outage--approve".to_owned()));
    assert!(!forbids(&checked, "calm").iter().any(|id| id.contains("break-glass")));
}
