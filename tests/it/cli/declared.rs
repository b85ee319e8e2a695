//! `diff --gate`, `diff --declare` and `bump` on a scripted history of the marketplace.

use std::fs;

use serde_json::Value;

use crate::prover::solver;

use super::gatewright;
use super::history::{History, PACKAGE};

/// Finance may write off more.
const WIDENED: [(&str, &str); 1] = [("decimal(\"500.00\")", "decimal(\"900.00\")")];

/// The file that declares it.
const DECLARED: &str = "\
who: finance
what: Payment.write_off
change: widened
because: the audit of January asks for fewer escalations
owner: finance-leads
ticket: FIN-40
until: 2026-12-31
";

/// The last line of a run.
fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn a_widening_passes_the_gate_where_it_is_declared() {
    let Some(history) = History::proved() else { return };
    let gate = |history: &History| history.run(&["HEAD~1..HEAD", PACKAGE, "--gate"]);
    history.edit(&WIDENED);
    history.commit();
    let undeclared = gate(&history);
    assert_eq!((undeclared.code, undeclared.err.as_str()), (1, ""));
    assert!(undeclared.out.contains("\n    not declared\n"), "{}", undeclared.out);
    assert_eq!(last(&undeclared.out), "gate: fails: 1 undeclared widening (use `--declare` to write the file)");
    // Without a gate nothing fails.
    assert_eq!(history.run(&["HEAD~1..HEAD", PACKAGE]).code, 0);

    history.edit(&[(WIDENED[0].1, WIDENED[0].0)]);
    history.commit();
    history.edit(&WIDENED);
    history.write("changes/fin-40.yaml", DECLARED);
    history.commit();
    let declared = gate(&history);
    assert_eq!((declared.code, declared.err.as_str()), (0, ""), "{}", declared.out);
    let line = "    declared by examples/marketplace/changes/fin-40.yaml: the audit of January asks for fewer escalations \
                (finance-leads, FIN-40, until 2026-12-31)\n";
    assert!(declared.out.contains(line), "{}", declared.out);
    assert_eq!(last(&declared.out), "gate: passes");
    // The same file beside the next change is history, and beside none it is history, too.
    history.edit(&[("decimal(\"900.00\")", "decimal(\"950.00\")")]);
    history.commit();
    let next = gate(&history);
    assert_eq!(next.code, 1);
    assert_eq!(last(&next.out), "gate: fails: 1 undeclared widening (use `--declare` to write the file)");
    history.write("README.md", "nothing else");
    history.commit();
    assert_eq!(gate(&history).code, 0);
}

#[test]
fn an_assertion_that_a_new_template_leaves_proved_in_part_is_written_to_be_declared() {
    let Some(found) = solver() else { return };
    let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for side in ["old", "new"] {
        let package = dir.path().join(side);
        fs::create_dir_all(package.join("policy")).unwrap();
        let config = "[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";
        fs::write(package.join("gatewright.toml"), config).unwrap();
        let policy = "principal User;\nprincipal Bot;\nresource Doc { action read; }\nrole reader for User { allow read on Doc; }\n\
                      assert bots: never Bot to read on Doc;\n";
        fs::write(package.join("policy/main.gate"), policy).unwrap();
    }
    let template = "@id(\"share\")\npermit (principal == ?principal, action == Action::\"Doc.read\", resource);\n";
    fs::write(dir.path().join("new/policy/share.cedar"), template).unwrap();
    let run = |with: &str| {
        let mut command = gatewright(dir.path());
        command.env("GATEWRIGHT_CACHE", cache.path()).env("GATEWRIGHT_CVC5", &found.place);
        let output = command.args(["diff", "--from", "old", "--to", "new", with]).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, written) = run("--declare");
    assert_eq!(code, 0, "{written}");
    // Nothing of the proofs is shown without a gate.
    assert!(!written.contains("proves only in part"), "{written}");
    let changes = dir.path().join("new/changes");
    let stub = fs::read_to_string(changes.join("contract-weakened-assertions.bots.yaml")).unwrap();
    assert!(stub.contains("\ncontract: \"assertions.bots\"\nchange: widened\n"), "{stub}");
    assert!(stub.contains("is now proved only in part: not for links of template `share`"), "{stub}");
    assert_eq!(run("--gate").0, 1);
    for file in fs::read_dir(&changes).unwrap().map(|file| file.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let filled = text.replace("because: \"\"", "because: partners read").replace("owner: \"\"", "owner: ann");
        fs::write(&file, filled).unwrap();
    }
    let (code, declared) = run("--gate");
    assert_eq!((code, last(&declared)), (0, "gate: passes"), "{declared}");
}

#[test]
fn a_declaration_that_nothing_matches_fails_the_gate_in_every_format() {
    let Some(history) = History::proved() else { return };
    history.edit(&WIDENED);
    history.write("changes/fin-40.yaml", DECLARED);
    let stale = DECLARED.replace("Payment.write_off", "Payment.refnd").replace("finance\n", "payments\n");
    history.write("changes/pay-1.yaml", &stale);
    history.write("changes/pay-2.yaml", "who: payments\nwhat: Payment.refund\nchange: up\nowner: ann\n");
    history.commit();
    let gate = |format: &str| {
        let run = history.run(&["HEAD~1..HEAD", PACKAGE, "--gate", "--format", format]);
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{format}");
        run.out
    };
    let human = gate("human");
    let human = human.split_once("kind of request").or(human.split_once("kinds of request")).unwrap().1;
    insta::assert_snapshot!(human.split_once('\n').unwrap().1, @r"

      error[change-stale]: `payments` does not gain `Payment.refnd`
       ╭─[examples/marketplace/changes/pay-1.yaml:2:7]
     1 │ who: payments
     2 │ what: Payment.refnd
       ·       ──────┬──────
       ·             ╰── matches nothing in the difference
     3 │ change: widened
       ╰────
      help: remove the name or the file: unchanged access needs no declaration

      error[change-missing-key]: missing key `because` in a declared change
       ╭─[examples/marketplace/changes/pay-2.yaml:1:1]
     1 │ who: payments
       · ───
     2 │ what: Payment.refund
       ╰────
      help: write `because:` and the reason

      error[change-wrong-value]: unknown change `up`
       ╭─[examples/marketplace/changes/pay-2.yaml:3:9]
     2 │ what: Payment.refund
     3 │ change: up
       ·         ─┬
       ·          ╰── expected `widened` or `narrowed`
     4 │ owner: ann
       ╰────
      help: known here: `narrowed`, `widened`

    examples/marketplace at HEAD: 3 errors
    gate: fails: 2 errors in `changes/`, 1 stale declaration
    ");
    let markdown = gate("markdown");
    let lines = |text: &str, starts: &[&str]| {
        let wanted = text.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
        wanted.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(&markdown, &["**", "| ", "### Declared", "- "]), @r#"
    **gate: fails: 2 errors in \`changes/\`, 1 stale declaration**
    | | who | what | when | example | by | declared |
    | --- | --- | --- | --- | --- | --- | --- |
    | **gains** | finance | Payment.write\_off | now by `finance.Payment.write_off` when `resource.state == captured` and `resource.amount <= decimal("900.00")`<br>before: `finance.Payment.write_off` required `resource.amount <= decimal("500.00")` | 1: `User::"user-1" on Payment::"payment-1", resource.amount = decimal("500.0001"), resource.state = PaymentState::"captured"` | changed grant finance.Payment.write\_off, `examples/marketplace/policy/roles.gate:29` | `examples/marketplace/changes/fin-40.yaml`: the audit of January asks for fewer escalations (finance-leads, FIN-40, until 2026-12-31) |
    - examples/marketplace/changes/pay-1.yaml:2: `payments` does not gain `Payment.refnd`
    - examples/marketplace/changes/pay-2.yaml:1: missing key `because` in a declared change
    - examples/marketplace/changes/pay-2.yaml:3: unknown change `up`
    | change | where | what | effect |
    | --- | --- | --- | --- |
    | changed grant finance.Payment.write\_off | `examples/marketplace/policy/roles.gate:29` | `when: resource.state == captured && resource.amount <= decimal("500.00") → resource.state == captured && resource.amount <= decimal("900.00")` | widens finance |
    "#);
    insta::assert_snapshot!(gate("github"), @r#"
    ::notice file=examples/marketplace/policy/roles.gate,line=29,endLine=31,title=access widened%2C as declared::finance gains Payment.write_off%0Anow by `finance.Payment.write_off` when `resource.state == captured` and `resource.amount <= decimal("900.00")`%0Abefore: `finance.Payment.write_off` required `resource.amount <= decimal("500.00")`%0Adeclared by examples/marketplace/changes/fin-40.yaml: the audit of January asks for fewer escalations (finance-leads, FIN-40, until 2026-12-31)%0Afor example: User::"user-1" on Payment::"payment-1", resource.amount = decimal("500.0001"), resource.state = PaymentState::"captured"
    ::error file=examples/marketplace/changes/pay-1.yaml,line=2,endLine=2,col=7,endColumn=20,title=change-stale::`payments` does not gain `Payment.refnd`%0Ahelp: remove the name or the file: unchanged access needs no declaration
    ::error file=examples/marketplace/changes/pay-2.yaml,line=1,endLine=1,col=1,endColumn=4,title=change-missing-key::missing key `because` in a declared change%0Ahelp: write `because:` and the reason
    ::error file=examples/marketplace/changes/pay-2.yaml,line=3,endLine=3,col=9,endColumn=11,title=change-wrong-value::unknown change `up`%0Ahelp: known here: `narrowed`, `widened`
    "#);
    let report: Value = serde_json::from_str(&gate("json")).unwrap();
    assert_eq!((&report["gate"], &report["undeclared"]), (&"fails".into(), &0.into()));
    assert_eq!(report["accesses"][0]["gained"]["declared"], "examples/marketplace/changes/fin-40.yaml");
    let mut declarations = report["declarations"].as_array().unwrap().iter();
    let mut declaration = |key: &str| declarations.next().map(|one| one[key].clone()).unwrap();
    assert_eq!(declaration("until"), "2026-12-31T00:00:00Z", "declarations are in the order of their files");
    assert_eq!(declaration("unmatched"), serde_json::json!(["Payment.refnd"]));
    let refusals = report["refusals"].as_array().unwrap();
    let codes: Vec<_> = refusals.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["change-stale", "change-missing-key", "change-wrong-value"]);

    // Where nothing is gated, it is said, and fails nothing.
    let shown = history.run(&["HEAD~1..HEAD", PACKAGE]);
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("stale declarations\n    examples/marketplace/changes/pay-1.yaml:2: "), "{}", shown.out);
}

#[test]
fn what_is_not_known_does_not_pass_the_gate() {
    let history = History::new(None);
    history.edit(&[("context.risk_score <= 30", "context.risk_score <= 35")]);
    let unknown = history.run(&[PACKAGE, "--gate"]);
    assert_eq!(unknown.code, 3, "{}", unknown.out);
    assert_eq!(last(&unknown.out), "gate: not proved: 5 assertions are not proved, some results are unknown");
    // What is known to be wrong comes first.
    history.write("changes/fin-40.yaml", &DECLARED.replace("finance\n", "support\n"));
    let wrong = history.run(&[PACKAGE, "--gate"]);
    assert_eq!(wrong.code, 1, "{}", wrong.out);
    assert_eq!(
        last(&wrong.out),
        "gate: fails: 1 stale declaration, 5 assertions are not proved, some results are unknown"
    );
    // A part of a comparison cannot say what is stale.
    let part = history.run(&[PACKAGE, "--gate", "--shard", "1/2"]);
    assert_eq!(part.code, 2);
    assert!(part.err.contains("cannot be used with"), "{}", part.err);
}

#[test]
fn what_is_to_be_declared_is_written_and_is_refused_until_somebody_says_why() {
    let Some(history) = History::proved() else { return };
    history.edit(&[("context.risk_score <= 30", "context.risk_score <= 35")]);
    history.edit(&[(
        "allow capture on Payment when resource.state == open",
        "allow capture on Payment when resource.state == captured",
    )]);
    let written = history.run(&[PACKAGE, "--declare"]);
    assert_eq!((written.code, written.err.as_str()), (0, ""));
    let wrote: Vec<&str> = written.out.lines().filter(|line| line.starts_with("wrote ")).collect();
    insta::assert_snapshot!(wrote.join("\n"), @r"
    wrote examples/marketplace/changes/org.admin-gains-payout.change_destination.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/finance-gains-payment.write_off.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/finance-gains-payout.approve.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/finance-gains-payout.create-on-org.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/integrator-gains-webhook.rotate_secret.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/payments-gains-payment.capture.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/payments-gains-payment.refund.yaml: fill in `because` and `owner`
    wrote examples/marketplace/changes/payments-loses-payment.capture.yaml: fill in `because` and `owner`
    ");
    insta::assert_snapshot!(history.read("changes/payments-gains-payment.capture.yaml"), @r#"
    # Written by `gatewright diff --declare`. It declares nothing until `because` gives the reason and `owner`
    # names who is responsible. The change:
    #   now by `payments.Payment.capture` when `resource.state == captured`
    #   before: `payments.Payment.capture` required `resource.state == open`
    who: "payments"
    what: "Payment.capture"
    change: widened
    because: ""
    owner: ""
    # ticket: "TICKET-1"
    # until: YYYY-MM-DD
    "#);
    let changes = history.dir.path().join(PACKAGE).join("changes");
    let files = || {
        let mut files: Vec<_> = fs::read_dir(&changes).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    let texts = || files().iter().map(|file| fs::read_to_string(file).unwrap()).collect::<Vec<_>>();

    // As they stand they declare nothing, and are touched by no other run.
    let refused = history.run(&[PACKAGE, "--gate"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("error[change-unexplained]"), "{}", refused.out);
    let before = texts();
    let again = history.run(&[PACKAGE, "--declare"]);
    assert!(!again.out.contains("wrote "), "{}", again.out);
    assert!(again.out.contains("kept "), "{}", again.out);
    assert_eq!(texts(), before);
    let faults = history.verb("check", &[PACKAGE]);
    assert_eq!(faults.code, 1);
    assert!(faults.out.contains("error[change-unexplained]"), "{}", faults.out);
    // They have no say in what is decided, so that nothing else fails by them.
    assert_eq!(history.verb("test", &[PACKAGE, "--filter", "nobody else can"]).code, 0);

    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("\"\"", "\"the risk model is calmer now\"")).unwrap();
    }
    let passes = history.run(&[PACKAGE, "--gate", "--declare"]);
    assert_eq!(passes.code, 0, "{}", passes.out);
    assert!(passes.out.contains("no changes to declare"), "{}", passes.out);
    assert_eq!(history.verb("check", &[PACKAGE]).code, 0);

    // What was declared before keeps its name; the same finding of a later change gets another.
    history.commit();
    history.edit(&[("context.risk_score <= 35", "context.risk_score <= 40")]);
    let later = history.run(&["HEAD", PACKAGE, "--declare", "--format", "json"]);
    assert!(later.err.contains("payments-gains-payment.refund-2.yaml"), "{}", later.err);
    assert!(serde_json::from_str::<Value>(&later.out).is_ok());
}

#[test]
fn a_build_is_the_same_whatever_is_declared() {
    let history = History::new(None);
    let build = || {
        let run = history.verb("build", &[PACKAGE, "--out", "out"]);
        assert_eq!(run.code, 0, "{}", run.err);
        fs::read(history.dir.path().join("out/bundle.json")).unwrap()
    };
    let plain = build();
    history.write("changes/fin-40.yaml", DECLARED);
    history.write("changes/broken.yaml", "who: [");
    assert_eq!(build(), plain);
}

#[test]
fn the_next_version_follows_from_the_difference() {
    let Some(history) = History::proved() else { return };
    let bump = |args: &[&str]| history.verb("bump", &[&["HEAD", PACKAGE], args].concat());
    let version = |version: &str| format!("version = \"{version}\"");
    let same = bump(&["--check"]);
    assert_eq!(same.code, 0);
    assert!(same.out.starts_with("none: nothing changed; the version stays 1.0.0\n"), "{}", same.out);

    // A comment is no change of access, and another package all the same.
    history.edit(&[("role support for User {", "// Support.\nrole support for User {")]);
    assert!(bump(&[]).out.starts_with("patch: 1.0.0 → 1.0.1: every request is decided as before\n"));

    history.edit(&WIDENED);
    let toml = history.read("gatewright.toml");
    history.write("gatewright.toml", &format!("# Ours.\n{toml}\n[bump] # levels\nwidened = 'major' # careful\n"));
    let told = bump(&["--check"]);
    assert_eq!((told.code, told.err.as_str()), (1, ""));
    insta::assert_snapshot!(told.out, @r#"
    major: 1.0.0 → 2.0.0: more is allowed than before

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

    examples/marketplace, HEAD → the working tree: 1.0.0 is too low
    "#);
    let before = history.read("gatewright.toml");
    let wrote = bump(&["--write"]);
    assert_eq!(last(&wrote.out), "wrote version 2.0.0 into examples/marketplace/gatewright.toml");
    assert_eq!(history.read("gatewright.toml"), before.replacen(&version("1.0.0"), &version("2.0.0"), 1));
    assert_eq!(bump(&["--check"]).code, 0);
    let again = bump(&["--write"]);
    assert_eq!(last(&again.out), "examples/marketplace/gatewright.toml is unchanged");

    history.commit();
    let report = history.verb("bump", &["HEAD~1..HEAD", PACKAGE, "--check", "--format", "json"]);
    assert_eq!(report.code, 0);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let text = |key: &str| report[key].as_str().unwrap();
    assert_eq!((text("level"), text("at_least"), text("verdict")), ("major", "major", "widened"));
    assert_eq!((text("old_version"), text("new_version"), text("next_version")), ("1.0.0", "2.0.0", "2.0.0"));
    assert_eq!((&report["certain"], &report["enough"]), (&true.into(), &true.into()));
    let reason = &report["reason"];
    assert_eq!((&reason["kind"], &reason["who"][0]), (&"widened".into(), &"finance".into()));
    assert!(reason["request"]["entities"].is_array());

    let revision = history.verb("bump", &["HEAD~1..HEAD", PACKAGE, "--write"]);
    assert_eq!(revision.code, 2);
    assert!(revision.err.contains("revisions cannot be changed"), "{}", revision.err);
}

#[test]
fn a_level_that_is_not_known_is_the_highest_and_no_pass() {
    let history = History::new(None);
    history.edit(&[("context.risk_score <= 30", "context.risk_score <= 35")]);
    let too_low = history.verb("bump", &[PACKAGE, "--check"]);
    assert_eq!(too_low.code, 1, "{}", too_low.out);
    assert!(
        too_low
            .out
            .starts_with("minor (could be patch): 1.0.0 → 1.1.0: it is unknown whether more is allowed than before\n"),
        "{}",
        too_low.out
    );
    let wrote = history.verb("bump", &[PACKAGE, "--write"]);
    assert_eq!(wrote.code, 0);
    assert!(history.read("gatewright.toml").contains("version = \"1.1.0\""));
    let high = history.verb("bump", &[PACKAGE, "--check"]);
    assert_eq!(high.code, 3, "{}", high.out);
}
