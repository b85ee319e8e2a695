//! `gatewright test`: results, snapshots and reports on disk, and that nothing which did not run counts as a pass.

use std::process::Stdio;

use std::io::Write;

use super::Copy;
use super::gatewright;

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
    package.replace(
        "policy/invoices.gate",
        "stepped_up: require context.mfa for Invoice.cancel;\n",
        "",
    );
    package.replace("scenarios/invoices.yaml", "    because: stepped_up\n", "");
    let run = package.run("test .");
    assert_eq!(run.code, 1);
    assert!(
        run.out
            .contains("FAIL  a manager without a second factor cancels nothing"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("manager.Invoice.cancel"),
        "it names the grant that let it in: {}",
        run.out
    );
}

#[test]
fn a_changed_snapshot_waits_is_accepted_and_is_never_written_in_ci() {
    let package = Copy::of("quickstart");
    let accepted = package.read(SNAPSHOT);
    package.replace(
        "policy/invoices.gate",
        "allow list, read on Invoice;",
        "allow read on Invoice;",
    );

    let ci = gatewright(package.dir.path())
        .env("CI", "true")
        .args(["test", "."])
        .output()
        .unwrap();
    assert_eq!(ci.status.code(), Some(1));
    assert!(!package.path(PENDING).exists() && package.read(SNAPSHOT) == accepted);
    for flag in ["--accept", "--review"] {
        let refused = gatewright(package.dir.path())
            .env("CI", "true")
            .args(["test", ".", flag])
            .output()
            .unwrap();
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
    package.replace(
        "policy/invoices.gate",
        "allow list, read on Invoice;",
        "allow read on Invoice;",
    );
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
        assert!(
            out.contains("- ") && out.contains("+ ") && out.contains("accept this snapshot? [y/n]"),
            "{out}"
        );
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
    assert!(
        run.out.contains("::error file=scenarios/invoices.yaml,line="),
        "{}",
        run.out
    );

    // The report of this run must not pass for one of the next, which does not get to run.
    package.write("policy/broken.gate", "role {");
    assert_eq!(package.run("test . --report junit=out/junit.xml").code, 1);
    assert!(!package.path("out/junit.xml").exists());
}

#[test]
fn a_run_that_tests_nothing_is_no_pass() {
    let package = Copy::of("quickstart");
    let run = package.run("test . --filter nonsense");
    assert_eq!(run.code, 2, "{}", run.out);
    insta::assert_snapshot!(run.err, @"
    error: no test of . has `nonsense` in its name
      help: a run that tests nothing is no pass; write `scenarios/main.yaml`, or widen `--filter`
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
    assert!(
        run.out.contains("scenarios/invoices.yaml:") && run.out.contains("did you mean `carl`?"),
        "{}",
        run.out
    );
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
