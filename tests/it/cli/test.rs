//! `gatewright test`: results, snapshots and reports on disk, and that nothing which did not run counts as a pass.

use std::process::Stdio;

use std::io::Write;

use super::{Copy, gatewright};

const SNAPSHOT: &str = "snapshots/invoices__access-table.snap";
const PENDING: &str = "snapshots/invoices__access-table.snap.new";

#[test]
fn a_package_whose_scenarios_hold_is_exit_0() {
    let run = super::run("test examples/quickstart");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @"
    invoices
      ok    who reads and who cancels
      ok    a manager without a second factor cancels nothing
      ok    clerks write bills
      ok    another organisation sees nothing
      ok    access table

    examples/quickstart: 5 passed; 56 decisions
    ");
}

#[test]
fn a_dropped_guard_fails_the_cells_it_kept_shut() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "stepped_up: require context.mfa for Invoice.cancel;\n", "");
    package.replace("scenarios/invoices.yaml", "    because: stepped_up\n", "");
    let run = package.run("test .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("FAIL  a manager without a second factor cancels nothing"), "{}", run.out);
    assert!(run.out.contains("manager.Invoice.cancel"), "it names the grant that let it in: {}", run.out);
}

#[test]
fn a_changed_snapshot_waits_is_accepted_and_is_never_written_in_ci() {
    let package = Copy::of("quickstart");
    let accepted = package.read(SNAPSHOT);
    package.replace("policy/invoices.gate", "allow list, read on Invoice;", "allow read on Invoice;");

    let ci = gatewright(package.dir.path()).env("CI", "true").args(["test", "."]).output().unwrap();
    assert_eq!(ci.status.code(), Some(1));
    assert!(!package.path(PENDING).exists() && package.read(SNAPSHOT) == accepted);
    for flag in ["--accept", "--review"] {
        let refused = gatewright(package.dir.path()).env("CI", "true").args(["test", ".", flag]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8(refused.stderr).unwrap().contains(flag));
    }

    assert_eq!(package.run("test .").code, 1);
    assert!(package.path(PENDING).exists() && package.read(SNAPSHOT) == accepted);
    assert_eq!(package.run("test . --accept").code, 0);
    assert!(!package.path(PENDING).exists() && package.read(SNAPSHOT) != accepted);
    assert_eq!(package.run("test .").code, 0);
}

#[test]
fn review_asks_about_each_snapshot_and_does_what_is_answered() {
    let package = Copy::of("quickstart");
    let accepted = package.read(SNAPSHOT);
    package.replace("policy/invoices.gate", "allow list, read on Invoice;", "allow read on Invoice;");
    for (answers, code, changed) in [("n\n", 1, false), ("", 1, false), ("what?\ny\n", 0, true)] {
        let mut child = gatewright(package.dir.path())
            .args(["test", ".", "--review"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{answers:?}: {out}");
        assert!(out.contains("- ") && out.contains("+ ") && out.contains("accept this snapshot? [y/n]"), "{out}");
        assert_eq!(package.read(SNAPSHOT) != accepted, changed, "{answers:?}");
    }
}

#[test]
fn reports_are_written_beside_the_run_also_when_it_fails() {
    let package = Copy::of("quickstart");
    package.replace("scenarios/invoices.yaml", "is: [carl]", "is: [mona]");
    let run = package.run(
        "test . --report junit=out/junit.xml --report json=out/r.json --report markdown=out/r.md --report github=-",
    );
    assert_eq!(run.code, 1);
    assert!(package.read("out/junit.xml").contains("<testsuite") && package.read("out/junit.xml").contains("<failure"));
    assert!(package.read("out/r.md").contains("clerks write bills"));
    serde_json::from_str::<serde_json::Value>(&package.read("out/r.json")).unwrap();
    assert!(run.out.contains("::error file=scenarios/invoices.yaml,line="), "{}", run.out);

    // A report of this run must not pass for one of the next, which runs no test.
    assert_eq!(package.run("test . --filter nonsense --report junit=out/junit.xml").code, 2);
    assert!(!package.path("out/junit.xml").exists());
    package.write("policy/broken.gate", "role {");
    assert_eq!(package.run("test . --report junit=out/junit.xml").code, 1);
    let failed = package.read("out/junit.xml");
    assert!(
        failed.contains("<testsuites tests=\"1\" failures=\"1\"") && failed.contains("policy/broken.gate"),
        "{failed}"
    );
    let twice = package.run("test . --report json=out/a --report text=out/a");
    assert_eq!((twice.code, twice.err.lines().next()), (2, Some("error: two reports are to be written to `out/a`")));
}

#[test]
fn quiet_leaves_failures_and_the_conclusion() {
    let package = Copy::of("quickstart");
    let passes = package.run("--quiet test .");
    assert_eq!((passes.code, passes.out.as_str(), passes.err.as_str()), (0, ".: 5 passed; 56 decisions\n", ""));
    assert_eq!(package.run("check . -q").out, ".: no problems found\n");
    package.replace("scenarios/invoices.yaml", "is: [carl]", "is: [mona]");
    let (loud, quiet) = (package.run("test ."), package.run("test . --quiet"));
    assert_eq!((loud.code, quiet.code), (1, 1));
    assert!(
        quiet.out.starts_with("FAIL  invoices: clerks write bills\n") && loud.out.ends_with(&quiet.out),
        "{}",
        quiet.out
    );
    assert_eq!(package.run("test . --format json").out, package.run("test . --format json --quiet").out);
    // A warning is counted and not drawn, and an error is drawn.
    package.replace("policy/invoices.gate", "role clerk", "role idle for User {}\nrole clerk");
    let (loud, quiet) = (package.run("check ."), package.run("check . --quiet"));
    assert_eq!(loud.code, quiet.code);
    assert!(
        loud.out.contains("warning[") && !quiet.out.contains("warning[") && quiet.out.contains("warning"),
        "{}",
        quiet.out
    );
    package.write("policy/broken.gate", "role {");
    let broken = package.run("check . --quiet");
    assert!(broken.code == 1 && broken.out.contains("error[") && broken.err.is_empty(), "{}", broken.out);
}

#[test]
fn a_run_that_tests_nothing_is_no_pass() {
    let package = Copy::of("quickstart");
    let run = package.run("test . --filter nonsense");
    assert_eq!(run.code, 2, "{}", run.out);
    insta::assert_snapshot!(run.err, @"
    error: no test of . matches `nonsense`
      help: a run without tests does not pass; `--filter` selects tests whose suite or name contains its text
    ");
    assert_eq!(package.run("test . --filter clerk").code, 0);
    std::fs::remove_file(package.path("scenarios/invoices.yaml")).unwrap();
    assert_eq!(package.run("test .").code, 2);
}

#[test]
fn a_fault_in_a_suite_is_located_and_nothing_runs() {
    let package = Copy::of("quickstart");
    package.replace("scenarios/invoices.yaml", "is: [carl]", "is: [karl]");
    let run = package.run("test .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("scenarios/invoices.yaml:") && run.out.contains("did you mean `carl`?"), "{}", run.out);
    assert!(!run.out.contains("passed"), "{}", run.out);
}

#[test]
fn findings_of_lints_keep_no_test_from_running() {
    let package = Copy::of("quickstart");
    package.replace(
        "policy/invoices.gate",
        "        because \"BILL-1: a manager cancels a bill until it is paid\";",
        "    ;",
    );
    assert_eq!(package.run("check .").code, 1);
    assert_eq!(package.run("test .").code, 0);
}

/// Text whose lines were broken to fit, in one.
fn unwrapped(text: &str) -> String {
    text.replace("\n  │ ", " ")
}

const GUARD: &str = "stepped_up: require context.mfa for Invoice.cancel;\n";

#[test]
fn a_guard_that_is_gone_fails_the_test_that_names_it_and_the_rest_runs() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", GUARD, "");
    let run = package.run("test .");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    for (shown, why) in [
        ("FAIL  a manager without a second factor cancels nothing", "the test that names it"),
        ("expected deny, got allow", "what opened"),
        ("manager.Invoice.cancel", "the grant that let it in"),
        ("unknown statement `stepped_up`", "why its cause is none"),
        ("  ok    clerks write bills", "the rest"),
    ] {
        assert!(run.out.contains(shown), "{why}: {}", run.out);
    }
    let check = package.run("check .");
    assert_eq!(check.code, 1, "{}", check.out);
    assert!(check.out.contains("error[scenario-unknown-name]: unknown statement `stepped_up`"), "{}", check.out);
}

#[test]
fn a_guard_that_is_gone_while_gateway_toml_names_it_shows_what_opened_and_is_no_pass() {
    let package = Copy::of("quickstart");
    package.write("gateway.toml", "[obligations]\nstepped_up = { type = \"step-up\", acr = [\"urn:example:mfa\"] }\n");
    assert_eq!(package.run("test .").code, 0);
    package.replace("policy/invoices.gate", GUARD, "");
    package.replace("scenarios/invoices.yaml", "    because: stepped_up\n", "");
    let run = package.run("test . --report junit=j.xml --report json=r.json --report markdown=r.md --report github=g");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("expected deny, got allow"), "{}", run.out);
    assert!(run.out.contains("error[gateway-unknown-name]"), "{}", run.out);
    // Where nothing opened, what is left of the guard fails the run all the same.
    let unused = run.out.contains("unknown guard `stepped_up`");
    assert!(unused, "{}", run.out);
    let report: serde_json::Value = serde_json::from_str(&package.read("r.json")).unwrap();
    assert_eq!(report["success"], false);
    assert_eq!(report["faults"][0]["code"], "gateway-unknown-name");
    for name in ["j.xml", "r.md", "g"] {
        let text = package.read(name);
        assert!(text.contains("unknown guard") && text.contains("stepped_up"), "{name}: {text}");
    }
    package.replace("scenarios/invoices.yaml", "cannot: {cancel", "can: {cancel");
    let run = package.run("test .");
    assert!(run.code == 1 && run.out.contains("1 error outside the tests"), "{}", run.out);
}

#[test]
fn a_cause_may_be_one_of_several() {
    let package = Copy::of("quickstart");
    let because = |form: &str| {
        let package = Copy::of("quickstart");
        package.replace("scenarios/invoices.yaml", "    because: stepped_up\n", form);
        package.run("test .")
    };
    assert_eq!(because("    because: {includes: stepped_up}\n").code, 0);
    assert_eq!(because("    because: {includes: [stepped_up]}\n").code, 0);
    // A second guard denies the same request: the exact cause no longer holds, the included one does.
    package.replace("policy/invoices.gate", GUARD, &format!("{GUARD}also: require context.mfa for Invoice.cancel;\n"));
    let exact = package.run("test .");
    assert_eq!(exact.code, 1);
    assert!(
        unwrapped(&exact.out).contains("denied as expected, but by `also`, `stepped_up` instead of `stepped_up`"),
        "{}",
        exact.out
    );
    package.replace("scenarios/invoices.yaml", "because: stepped_up", "because: {includes: stepped_up}");
    assert_eq!(package.run("test . --filter second").code, 0);
    package.replace("policy/invoices.gate", GUARD, "");
    let gone = package.run("test . --filter second");
    assert_eq!(gone.code, 1, "{}", gone.out);
    assert!(unwrapped(&gone.out).contains("denied as expected, but by `also`, without `stepped_up`"), "{}", gone.out);
}

#[test]
fn a_cause_that_the_policy_does_not_have_is_shown_at_its_name() {
    let package = Copy::of("quickstart");
    package.replace("scenarios/invoices.yaml", "because: stepped_up", "because: steped_up");
    let suite = package.read("scenarios/invoices.yaml");
    let line = 1 + suite.lines().position(|line| line.contains("because: steped_up")).unwrap();
    let run = package.run("test .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains(&format!("[scenarios/invoices.yaml:{line}:14]")), "{}", run.out);
    assert!(run.out.contains("unknown statement `steped_up`"), "{}", run.out);
    let github = package.run("test . --format github").out;
    assert!(github.contains(&format!("line={line},endLine={line},col=14")), "{github}");
}

#[test]
fn a_run_in_which_nothing_was_decided_is_no_pass_and_says_so() {
    let package = Copy::of("quickstart");
    let name = "  - name: clerks write bills\n";
    package.replace("scenarios/invoices.yaml", name, &format!("{name}    skip: later\n"));
    assert_eq!(package.run("test .").code, 0);
    let run = package.run("test . --filter clerks --report junit=j.xml --report json=r.json");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("1 skipped; 0 decisions; all tests were skipped, so nothing was decided"), "{}", run.out);
    let report: serde_json::Value = serde_json::from_str(&package.read("r.json")).unwrap();
    assert_eq!(report["success"], false);
    assert!(package.read("j.xml").contains("<failure message=\"all tests were skipped"));
    let github = package.run("test . --filter clerks --format github");
    assert!(github.code == 1 && github.out.contains("::error title="), "{}", github.out);
}

#[test]
fn names_neither_steer_the_terminal_nor_become_commands_nor_forge_lines() {
    let package = Copy::of("quickstart");
    let name = "x\\n::stop-commands::y\\n  ok    all is well\\u001b[2J\\u202e##[error]z @team <b>";
    package.replace(
        "scenarios/invoices.yaml",
        "name: a manager without a second factor cancels nothing",
        &format!("name: \"{name}\""),
    );
    package.replace("scenarios/invoices.yaml", "cannot: {cancel", "can: {cancel");
    let reports = "--report junit=j.xml --report json=r.json --report markdown=r.md --report github=g";
    let run = package.run(&format!("test . {reports}"));
    assert_eq!(run.code, 1);
    let colours = package.run("--color always test .");
    let answers = package.run("check . --format github");
    let mut texts = vec![run.out, run.err, answers.out];
    texts.extend(["j.xml", "r.json", "r.md", "g"].map(|name| package.read(name)));
    for text in &texts {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(!text.contains("##[") && !text.contains("\n::stop"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("  ok    all is well")), "{text}");
    }
    assert!(!colours.out.contains("\u{1b}[2J") && colours.out.contains("\u{1b}["), "{}", colours.out);
    let report: serde_json::Value = serde_json::from_str(&package.read("r.json")).unwrap();
    let names = report["suites"][0]["tests"].as_array().unwrap();
    assert!(
        names.iter().any(|test| test["name"].as_str().unwrap().contains("\u{1b}[2J\u{202e}##[error]")),
        "programs get the name as it is"
    );
}

#[test]
fn names_make_no_lines_of_their_own_in_snapshots() {
    let package = Copy::of("quickstart");
    let text = package.read("scenarios/invoices.yaml").replace("carl", "\"carl\\nmona  allow\\u001b[2J\"");
    package.write("scenarios/invoices.yaml", &text);
    assert_eq!(package.run("test . --accept").code, 0);
    let snapshot = package.read(SNAPSHOT);
    assert!(snapshot.contains("carl␊mona  allow␛[2J"), "{snapshot}");
    assert!(!snapshot.contains('\u{1b}') && !snapshot.lines().any(|line| line.starts_with("mona")), "{snapshot}");
    for args in ["why invoices.yaml", "who-can invoices read unpaid --in plain", "what-can invoices mona --in plain"] {
        let run = package.run(args);
        let text = format!("{}{}", run.out, run.err);
        assert!(run.code < 2 && !text.contains('\u{1b}'), "{args}: {text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("mona  allow")), "{args}: {text}");
    }
}

#[test]
fn arguments_and_paths_neither_steer_the_terminal_nor_become_commands() {
    let hostile = "x\n::stop-commands::y\u{1b}[2J";
    let dir = tempfile::tempdir().unwrap();
    for args in [
        vec!["check", hostile],
        vec!["check", "--format", hostile],
        vec!["check", ".", "--deny", hostile],
        vec!["explain", hostile],
        vec![hostile],
        vec!["bundle", "inspect", hostile],
    ] {
        let run = super::run_in(dir.path(), &args);
        let text = format!("{}{}", run.out, run.err);
        assert_eq!(run.code, 2, "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("\n::"), "{args:?}: {text}");
    }
}
