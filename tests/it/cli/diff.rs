//! `diff` on a scripted history of the marketplace: widened, narrowed, both, a refactoring, renames, a change of the schema,
//! a change of a break-glass; and what is said where there is no solver.

use std::fs;
use std::path::Path;

use git2::Repository;
use serde_json::Value;

use crate::support::{folders, root};

use super::history::{History, PACKAGE};
use super::{Copy, gatewright, run_in};

/// What the last change comes to: the verdict, then a line for each access, break and change.
fn last(history: &History, edits: &[(&str, &str)]) -> String {
    history.edit(edits);
    history.commit();
    let run = history.run(&["HEAD~1..HEAD", PACKAGE, "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    told(&serde_json::from_str(&run.out).unwrap())
}

fn told(report: &Value) -> String {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut lines = vec![text(report, "verdict")];
    for access in report["accesses"].as_array().unwrap() {
        let holder = &access["holder"];
        lines.push(format!(
            "{} {} {}: {} {} on {}",
            text(access, "direction"),
            text(holder, "kind"),
            text(holder, "name"),
            text(access, "principal"),
            text(access, "action"),
            text(access, "resource"),
        ));
        for (way, before, after) in [("gained", "deny", "allow"), ("lost", "allow", "deny")] {
            let finding = &access[way];
            match finding["found"].as_str().unwrap() {
                "some" => {
                    assert_eq!(finding["before"]["decision"], before);
                    assert_eq!(finding["after"]["decision"], after);
                }
                "unknown" => lines.push(format!("  {way}: {}", text(finding, "message"))),
                _ => {}
            }
        }
    }
    for one in report["breaks"].as_array().unwrap() {
        lines.push(format!("breaks: {} {}", text(one, "what"), text(one, "how")));
    }
    for change in report["changes"].as_array().unwrap() {
        lines.push(format!("{} {} {}", text(change, "change"), text(change, "kind"), text(change, "name")));
    }
    lines.join("\n")
}

#[test]
fn each_kind_of_change_is_told_for_what_it_is() {
    let Some(history) = History::proved() else { return };
    let widened = last(&history, &[("context.risk_score <= 30", "context.risk_score <= 35")]);
    insta::assert_snapshot!(widened, @r"
    widened
    widened role payments: User Payment.refund on Payment
    widened role finance: User Payment.write_off on Payment
    widened role finance: User Payout.approve on Payout
    widened role Org.admin: User Payout.change_destination on Payout
    widened role finance: User Payout.create on Org
    widened role integrator: User Webhook.rotate_secret on Webhook
    changed condition low_risk
    ");
    let narrowed = last(&history, &[("decimal(\"500.00\")", "decimal(\"100.00\")")]);
    insta::assert_snapshot!(narrowed, @r"
    narrowed
    narrowed role finance: User Payment.write_off on Payment
    changed grant finance.Payment.write_off
    ");
    let both = last(
        &history,
        &[(
            "allow capture on Payment when resource.state == open",
            "allow capture on Payment when resource.state == captured",
        )],
    );
    insta::assert_snapshot!(both, @r"
    both
    both role payments: User Payment.capture on Payment
    changed grant payments.Payment.capture
    ");
    let refactored = last(
        &history,
        &[
            ("context.risk_score <= 35", "!(context.risk_score > 35)"),
            ("allow list, read on Payment;", "allow read on Payment;\n    allow list on Payment;"),
            ("context.mfa && fresh_auth", "fresh_auth && context.mfa"),
        ],
    );
    insta::assert_snapshot!(refactored, @r"
    equivalent
    changed condition low_risk
    changed condition step_up
    added grant support.Payment.list
    removed grant support.Payment.list-read
    added grant support.Payment.read
    ");
    let renamed = last(
        &history,
        &[
            ("role payments", "role cashier"),
            ("deny payments to", "deny cashier to"),
            ("Payment.write_off", "Payment.cancel"),
            ("action refund, write_off", "action refund, cancel"),
            ("allow write_off on", "allow cancel on"),
            ("low_risk", "calm"),
            ("security_lead", "security"),
            ("payout_incident", "payout_outage"),
        ],
    );
    insta::assert_snapshot!(renamed, @r"
    schema-breaking
    breaks: Payment.write_off was renamed to `Payment.cancel`
    breaks: payments was renamed to `cashier`
    breaks: payout_incident was renamed to `payout_outage`
    breaks: security_lead was renamed to `security`
    renamed action Payment.cancel
    renamed condition calm
    renamed role cashier
    renamed role security
    renamed break-glass payout_outage
    ");
    let schema = last(
        &history,
        &[
            ("url: String,", "url: String,\n    owner: User,"),
            ("    action disable;\n", "    action disable, drop;\n"),
            ("allow read, disable on Webhook;", "allow read, disable, drop on Webhook;"),
        ],
    );
    insta::assert_snapshot!(schema, @r"
    schema-breaking
    widened role Webhook.keeper: User Webhook.drop on Webhook
    breaks: Webhook.owner is new and required
    added attribute Webhook.owner
    added action Webhook.drop
    added grant Webhook.keeper.Webhook.disable-drop-read
    removed grant Webhook.keeper.Webhook.disable-read
    changed assert tenants_apart
    ");
    let broken_glass =
        last(&history, &[("uses at most 3", "uses at most 2"), ("approved by 2 of", "approved by 1 of")]);
    insta::assert_snapshot!(broken_glass, @r"
    both
    both break-glass payout_outage: User Payout.approve on Payout
    both break-glass payout_outage: User Payout.read on Payout
    changed break-glass payout_outage
    ");
}

#[test]
fn a_reviewer_reads_who_gains_what_and_when() {
    let Some(history) = History::proved() else { return };
    history.edit(&[("decimal(\"500.00\")", "decimal(\"900.00\")"), ("because \"PAY-4", "because \"PAY-5")]);
    let human = history.run(&[PACKAGE]);
    assert_eq!((human.code, human.err.as_str()), (0, ""));
    insta::assert_snapshot!(human.out.replace("1.3.1-modified", "1.3.1"), @r#"
    finance gains Payment.write_off
        now by `finance.Payment.write_off` when `resource.state == captured` and `resource.amount <= decimal("900.00")`
        before: `finance.Payment.write_off` required `resource.amount <= decimal("500.00")`
        by: changed grant finance.Payment.write_off
        for example
            principal Marketplace::User::"user-1"
            action    Marketplace::Action::"Payment.write_off"
            resource  Marketplace::Payment::"payment-1"
            context   auth_time: datetime("2026-03-01T00:00:00Z")
            context   mfa: true
            context   now: datetime("2026-03-01T00:00:00Z")
            context   risk_score: 0
            context   session_id: "A"
            context   source_ip: ip("10.0.0.1")
            entity    Marketplace::Payment::"payment-1" in Marketplace::Org::"org-1"
                        amount: decimal("500.0001")
                        org: Marketplace::Org::"org-1"
                        state: Marketplace::PaymentState::"captured"
            entity    Marketplace::User::"user-1" in Marketplace::Org::"org-1", Marketplace::Role::"finance"
                        clearance: Marketplace::Classification::"internal"
                        org: Marketplace::Org::"org-1"

    changes
        changed grant finance.Payment.write_off  examples/marketplace/policy/roles.gate:29
            when: resource.state == captured && resource.amount <= decimal("500.00") → resource.state == captured && resource.amount <= decimal("900.00")
            widens finance
        changed grant payments.Payment.refund  examples/marketplace/policy/roles.gate:16
            because: PAY-4: whoever takes a payment can give it back → PAY-5: whoever takes a payment can give it back
            no effect on access

    examples/marketplace, HEAD → the working tree: widened: more is allowed than before, and nothing less
    27 kinds of request: 26 unchanged, 1 changed; 2 questions (2 by cvc5 1.3.1)
    "#);
    history.commit();
    let markdown = history.run(&["HEAD~1..", PACKAGE, "--format", "markdown"]);
    insta::assert_snapshot!(markdown.out.replace("1.3.1-modified", "1.3.1"), @r#"
    ## Access: widened

    `examples/marketplace`, `HEAD~1` → `HEAD`: more is allowed than before, and nothing less.

    | | who | what | when | example | by |
    | --- | --- | --- | --- | --- | --- |
    | **gains** | finance | Payment.write\_off | now by `finance.Payment.write_off` when `resource.state == captured` and `resource.amount <= decimal("900.00")`<br>before: `finance.Payment.write_off` required `resource.amount <= decimal("500.00")` | 1: `User::"user-1" on Payment::"payment-1", resource.amount = decimal("500.0001"), resource.state = PaymentState::"captured"` | changed grant finance.Payment.write\_off, `examples/marketplace/policy/roles.gate:29` |

    <details><summary>2 changes in the policy</summary>

    | change | where | what | effect |
    | --- | --- | --- | --- |
    | changed grant finance.Payment.write\_off | `examples/marketplace/policy/roles.gate:29` | `when: resource.state == captured && resource.amount <= decimal("500.00") → resource.state == captured && resource.amount <= decimal("900.00")` | widens finance |
    | changed grant payments.Payment.refund | `examples/marketplace/policy/roles.gate:16` | `because: PAY-4: whoever takes a payment can give it back → PAY-5: whoever takes a payment can give it back` | no effect on access |

    </details>

    <details><summary>Example 1: finance gains Payment.write_off</summary>

    ```text
    principal Marketplace::User::"user-1"
    action    Marketplace::Action::"Payment.write_off"
    resource  Marketplace::Payment::"payment-1"
    context   auth_time: datetime("2026-03-01T00:00:00Z")
    context   mfa: true
    context   now: datetime("2026-03-01T00:00:00Z")
    context   risk_score: 0
    context   session_id: "A"
    context   source_ip: ip("10.0.0.1")
    entity    Marketplace::Payment::"payment-1" in Marketplace::Org::"org-1"
                amount: decimal("500.0001")
                org: Marketplace::Org::"org-1"
                state: Marketplace::PaymentState::"captured"
    entity    Marketplace::User::"user-1" in Marketplace::Org::"org-1", Marketplace::Role::"finance"
                clearance: Marketplace::Classification::"internal"
                org: Marketplace::Org::"org-1"
    ```
    </details>

    <sub>27 kinds of request: 26 unchanged, 1 changed; 2 questions (2 by cvc5 1.3.1)</sub>
    "#);
    let github = history.run(&["HEAD~1...HEAD", PACKAGE, "--format", "github"]);
    insta::assert_snapshot!(github.out, @r#"::warning file=examples/marketplace/policy/roles.gate,line=29,endLine=31,title=access widened::finance gains Payment.write_off%0Anow by `finance.Payment.write_off` when `resource.state == captured` and `resource.amount <= decimal("900.00")`%0Abefore: `finance.Payment.write_off` required `resource.amount <= decimal("500.00")`%0Afor example: User::"user-1" on Payment::"payment-1", resource.amount = decimal("500.0001"), resource.state = PaymentState::"captured""#);
}

#[test]
fn an_example_that_is_saved_is_a_scenario_that_passes() {
    let Some(history) = History::proved() else { return };
    history.edit(&[("context.risk_score <= 30", "context.risk_score <= 35")]);
    let scenarios = format!("{PACKAGE}/scenarios");
    let run = history.run(&["HEAD", PACKAGE, "--save", &scenarios]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let folder = history.dir.path().join(&scenarios);
    let saved = fs::read_dir(&folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_str().unwrap().starts_with("diff-gains")
    });
    assert!(saved.count() >= 2 * 6);
    let tested = gatewright(history.dir.path())
        .args(["test", PACKAGE, "--filter", "diff gains", "--at", "2026-03-01"])
        .output()
        .unwrap();
    let out = String::from_utf8(tested.stdout).unwrap();
    assert!(out.contains("6 passed"), "{out}");
}

#[test]
fn what_no_scenario_can_state_is_not_saved_as_one() {
    let Some(history) = History::proved() else { return };
    history.edit(&[("until \"2028-02-01T00:00:00Z\"", "until \"2027-02-01T00:00:00Z\"")]);
    let scenarios = format!("{PACKAGE}/scenarios");
    let run = history.run(&["HEAD", PACKAGE, "--save", &scenarios]);
    let note = "left out: only the old side accepts the request, or the gateway issues it";
    assert!(run.code == 0 && run.err.contains(note), "{}{}", run.err, run.out);
    assert!(run.out.contains("context   now: datetime(") && !run.out.contains("offset"), "{}", run.out);
    let tested = gatewright(history.dir.path())
        .args(["test", PACKAGE, "--filter", "diff loses", "--at", "2026-03-01"])
        .output()
        .unwrap();
    let out = String::from_utf8(tested.stdout).unwrap();
    assert_eq!(tested.status.code(), Some(0), "{out}");
}

#[test]
fn revisions_without_a_package_are_told_what_they_lack() {
    let history = History::new(None);
    let run = history.run(&["HEAD..HEAD"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no package found in this folder or its parents"), "{}", run.err);
    // Inside of one, the revisions are its own.
    let inside = history.dir.path().join(PACKAGE);
    let output = gatewright(&inside).args(["diff", "HEAD..HEAD"]).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(0) && out.contains("no change affects access"), "{out}");
    let output = gatewright(&inside).args(["diff", "HEAD"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_package_beside_itself_shows_nothing_and_asks_nothing() {
    // No solver is needed for it.
    for example in folders("examples") {
        let run = gatewright(root())
            .args(["diff", "--from", &example, "--to", &example, "--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(told(&report), "equivalent", "{example}");
        assert_eq!(report["extent"]["questions"], 0);
        assert_eq!(report["extent"]["kinds"], report["extent"]["untouched"]);
    }
}

#[test]
fn without_a_solver_the_parts_are_compared_and_the_rest_is_unknown() {
    let history = History::new(None);
    history.edit(&[
        ("context.risk_score <= 30", "context.risk_score <= 35"),
        ("role support for User {", "role support for User {\n    allow capture on Payment;"),
    ]);
    let run = history.run(&[PACKAGE]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(
        run.out.contains("unknown: whether break-glass payout_incident and finance gain or lose Payout.approve"),
        "{}",
        run.out
    );
    assert!(run.out.contains("run `gatewright solver install` to install one"), "{}", run.out);
    assert!(run.out.contains("changed condition low_risk"), "{}", run.out);
    // A grant that is new and under no other forbid can take nothing away, which needs no solver.
    assert!(run.out.contains("and support gain Payment.capture"), "{}", run.out);
    assert!(run.out.contains("some results are unknown"), "{}", run.out);
}

#[test]
fn parts_of_a_comparison_are_the_whole() {
    let Some(history) = History::proved() else { return };
    history.edit(&[("context.risk_score <= 30", "context.risk_score <= 35")]);
    let accesses = |args: &[&str]| {
        let run = history.run(&[&[PACKAGE, "--format", "json"], args].concat());
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let all = report["accesses"].as_array().unwrap().clone();
        all.iter().map(|access| format!("{} {}", access["action"], access["holder"])).collect::<Vec<_>>()
    };
    let whole = accesses(&[]);
    let mut parts: Vec<String> = ["1/3", "2/3", "3/3"].iter().flat_map(|part| accesses(&["--shard", part])).collect();
    assert!(whole.len() >= 6, "{whole:?}");
    parts.sort();
    let mut sorted = whole.clone();
    sorted.sort();
    assert_eq!(parts, sorted);
}

/// The first change that adds a package: all of it is new, one declaration covers it, and its version is the first.
#[test]
fn a_package_that_the_old_side_does_not_have_is_new_as_a_whole() {
    let Some(history) = History::proved() else { return };
    history.commit();
    let package = history.dir.path().join(PACKAGE);
    fs::rename(&package, history.dir.path().join("moved")).unwrap();
    history.commit();
    fs::rename(history.dir.path().join("moved"), &package).unwrap();
    let run = history.run(&["HEAD", PACKAGE]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for told in [
        "package weakened: – → marketplace ",
        "added role finance  ",
        "part of the new package",
        "widened: the package is new, and so is everything that it allows\nno requests were compared",
    ] {
        assert!(run.out.contains(told), "{told}: {}", run.out);
    }
    assert!(!run.out.contains("no effect on access"), "{}", run.out);
    let run = history.run(&["HEAD", PACKAGE, "--format", "json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&report["verdict"], &report["contract"][0]["path"]), (&"widened".into(), &"package".into()));
    // The gate wants one declaration, for the whole.
    let run = history.run(&["HEAD", PACKAGE, "--gate", "--declare"]);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.out.contains("gate: fails: 1 undeclared weakened term"), "{}", run.out);
    let stub = "changes/contract-weakened-package.yaml";
    let declaration = history.read(stub).replace("because: \"\"", "because: first").replace("owner: \"\"", "owner: me");
    history.write(stub, &declaration);
    let run = history.run(&["HEAD", PACKAGE, "--gate"]);
    assert!(run.code == 0 && run.out.contains("gate: passes"), "{}", run.out);
    // An assertion that does not hold fails it all the same.
    history.write("policy/wrong.gate", "assert wrong: never finance to approve on Payout;\n");
    let run = history.run(&["HEAD", PACKAGE, "--gate"]);
    assert!(run.code == 1 && run.out.contains("assert wrong"), "{}", run.out);
    fs::remove_file(package.join("policy/wrong.gate")).unwrap();
    for format in ["human", "json"] {
        let run = history.verb("bump", &["HEAD", PACKAGE, "--check", "--format", format]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
        assert!(run.out.contains("initial"), "{}", run.out);
    }
    // Later that declaration says nothing of a change, and what neither side has is an error.
    history.commit();
    history.edit(&[("context.risk_score <= 30", "context.risk_score <= 35")]);
    assert_eq!(history.run(&["HEAD", PACKAGE, "--gate"]).code, 1);
    assert_eq!(history.run(&["HEAD", "examples/nowhere"]).code, 2);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let history = History::new(None);
    let faults = |args: &[&str]| {
        let run = history.run(args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.out);
        format!("{}{}", run.out, run.err)
    };
    assert!(faults(&["HEAD~9..HEAD", PACKAGE]).contains("HEAD~9"));
    assert!(faults(&["HEAD", "examples/nowhere"]).contains("examples/nowhere"));
    history.commit();
    let two = faults(&["HEAD~1", "HEAD"]);
    assert!(two.contains("`HEAD` is not a package") && two.contains("`gatewright diff HEAD~1..HEAD`"), "{two}");
    assert!(faults(&["--from", PACKAGE]).contains("--to"));
    assert!(faults(&[PACKAGE, "--shard", "9/8"]).contains("PART/PARTS"));
    history.edit(&[("role support for User", "role support for Usr")]);
    let broken = faults(&[PACKAGE]);
    assert!(broken.contains("did you mean `User`?"), "{broken}");
}

/// As in a partial clone, in which the tree of the package was not fetched.
#[test]
fn an_old_tree_that_cannot_be_read_is_no_new_package() {
    let history = History::new(None);
    let repository = Repository::open(history.dir.path()).unwrap();
    let top = repository.head().unwrap().peel_to_tree().unwrap();
    let tree = top.get_path(Path::new(PACKAGE)).unwrap().id().to_string();
    let (folder, file) = tree.split_at(2);
    fs::remove_file(repository.path().join("objects").join(folder).join(file)).unwrap();
    for (verb, args) in [
        ("bump", ["HEAD", PACKAGE, "--check"]),
        ("bump", ["HEAD", PACKAGE, "--format=json"]),
        ("diff", ["HEAD", PACKAGE, "--gate"]),
    ] {
        let run = history.verb(verb, &args);
        let told = format!("{}{}", run.out, run.err);
        assert_eq!(run.code, 2, "{verb} {args:?}: {told}");
        assert!(told.contains(&tree) && !told.contains("initial"), "{verb} {args:?}: {told}");
    }
}

#[test]
fn another_form_of_roles_is_no_other_access_and_callers_must_follow_it() {
    let (old, new) = (Copy::of("quickstart"), Copy::of("quickstart"));
    let config = new.read("gatewright.toml");
    new.write("gatewright.toml", &format!("{config}\n[compile]\nroles = \"attribute\"\n"));
    let (old, new) = (old.path(""), new.path(""));
    for (from, to) in [(&old, &new), (&new, &old)] {
        let args = ["diff", "--from", from.to_str().unwrap(), "--to", to.to_str().unwrap()];
        let run = run_in(root(), args);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
        assert!(
            run.out.contains("compile.roles changed, so callers must pass the roles of principals differently"),
            "{}",
            run.out
        );
        assert!(run.out.contains("schema-breaking") && run.out.contains("4 unchanged"), "{}", run.out);
    }
}
