//! What is proved of the steps of break-glass, and of whoever a raw permit lets in.

use std::fs;

use super::{package, prove, solver, text};

/// Steps of break-glass, and people who may be suspended.
const OUTAGE: &str = r#"
principal Staff { suspended: Bool }
resource Server { action restart, read; }
context { from gateway { now: datetime } from token { mfa: Bool } }
role operator for Staff { allow read on Server; }
role head for Staff;
break-glass outage {
    for operator;
    grants restart on Server;
    resources at most 5;
    requires reason;
    approved by 1 of head;
    expires within 1h;
    uses at most 3;
    review within 24h by head;
}
assert idle: never Staff to any on any when principal.suspended;
assert given: never Staff to RequestBreakGlass, ApproveBreakGlass, ReviewBreakGlass on any when principal.suspended;
assert known: only operator, head to any on any;
"#;

#[test]
fn a_claim_over_any_is_proved_of_the_steps_of_break_glass_too() {
    if solver().is_none() {
        return;
    }
    let denied = "frozen: deny Staff to any on any when principal.suspended;";
    let taken = "gone: deny Staff to RefuseBreakGlass, RevokeBreakGlass on outage when principal.suspended;";
    let strong = "strong: require !principal.suspended for ApproveBreakGlass.outage;";
    let only_approved = "assert approved: never any to ApproveBreakGlass on outage when principal.suspended;";
    let cases = [
        (String::new(), ["refuted", "refuted"]),
        // Whoever is denied everything may still refuse and revoke, and the claim says so.
        (denied.to_owned(), ["refuted", "proved "]),
        (format!("{denied}\n{taken}"), ["proved ", "proved "]),
        (format!("{strong}\n{only_approved}"), ["refuted", "refuted"]),
    ];
    for (statements, [idle, given]) in cases {
        let folder = package(&format!("{OUTAGE}{statements}"));
        let told = text(&prove(folder.path(), &["--only", "idle", "--only", "given", "--only", "known"]).stdout);
        assert!(told.contains(&format!("{idle}  assert idle:")), "{statements}\n{told}");
        assert!(told.contains(&format!("{given}  assert given:")), "{statements}\n{told}");
    }
    let folder = package(&format!("{OUTAGE}{strong}\n{only_approved}"));
    let told = text(&prove(folder.path(), &["--only", "approved", "--only", "strong"]).stdout);
    assert!(told.contains("proved   assert approved") && told.contains("proved   require strong"), "{told}");
}

#[test]
fn what_cannot_be_asked_at_a_step_is_a_part_of_the_verdict() {
    if solver().is_none() {
        return;
    }
    let owned = OUTAGE.replace("resource Server {", "resource Server { held: Staff,");
    let folder = package(&format!(
        "{owned}\nsealed: deny any to any on Server when resource.held.suspended;\n\
         assert held: never any to any on any when resource.held.suspended;"
    ));
    let told = text(&prove(folder.path(), &["--only", "held"]).stdout);
    assert!(told.contains("proved, but not for Staff to ApproveBreakGlass on outage, "), "{told}");
    assert!(told.contains("1 proved (1 in part)"), "{told}");
}

/// A raw permit of whoever asks lets a `Bot` in, so the claim is asked of one, and denials and guards know it.
#[test]
fn a_raw_scope_of_anybody_is_a_way_in_that_claims_are_asked_about() {
    if solver().is_none() {
        return;
    }
    let model = "resource Org;\nprincipal User in Org as org;\nprincipal Bot in Org as org;\n\
        resource Doc in Org as org { action read, write; }\ncontext { from token { mfa: Bool } }\n\
        role clerk for User { allow write on Doc; }\nrole bots for Bot { allow read on Doc; }\nisolate by org;\n\
        g: require context.mfa for Doc.write;\n";
    let raw = "@id(\"x\") permit (principal, action == Action::\"Doc.write\", resource) when { principal.org == resource.org };";
    let cases = [
        ("assert claim: never Bot to write on Doc;", "refuted  assert claim"),
        ("assert claim: never Bot to write on Doc when !context.mfa;", "proved   assert claim"),
        ("assert claim: never any to write on Doc;\nfrozen: deny any to write on Doc;", "proved   assert claim"),
        ("assert claim: only clerk to write on Doc;", "refuted  assert claim"),
    ];
    for (statements, expected) in cases {
        let folder = package(&format!("{model}{statements}"));
        fs::write(folder.path().join("policy/raw.cedar"), raw).unwrap();
        let told = text(&prove(folder.path(), &[]).stdout);
        assert!(told.contains(expected), "{statements}\n{told}");
        assert!(told.contains("proved   require g") && told.contains("proved   isolate"), "{statements}\n{told}");
    }
}
