//! Assertions that do not hold are told by every verb that proves: `lint`, `diff --gate` and `bundle`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{SHOP, copy, gatewright, package, text};
use crate::prover::solver;
use crate::support::root;

const BROKEN: &str = "assert approving: only finance to approve on Payout;\n";
const SOUND: &str = "assert approving: only finance, boss to approve on Payout;\n";

fn shop(more: &str) -> TempDir {
    package(&format!("{SHOP}\n{more}"))
}

/// Runs a verb on a folder, on a day.
fn run(verb: &[&str], folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut arguments = verb.to_vec();
    arguments.extend([folder.to_str().unwrap(), "--at", "2026-03-01"]);
    arguments.extend(more);
    told(&gatewright(&arguments))
}

fn told(output: &Output) -> (Option<i32>, String) {
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    (output.status.code(), told)
}

#[test]
fn lint_fails_on_an_assertion_that_does_not_hold_and_check_does_not_prove() {
    if solver().is_none() {
        return;
    }
    let broken = shop(BROKEN);
    let (code, told) = run(&["lint"], broken.path(), &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("error[refuted-assertion]: the assertion `approving` does not hold"), "{told}");
    assert!(told.contains("allowed by `boss.Payout.approve`"), "{told}");
    assert!(told.contains("run `gatewright prove --only approving` to see all details"), "{told}");
    let (_, sarif) = run(&["lint"], broken.path(), &["--format", "sarif"]);
    assert!(sarif.contains("refuted-assertion"), "{sarif}");
    assert_eq!(run(&["check"], broken.path(), &[]).0, Some(0));
    let (code, told) = run(&["lint"], broken.path(), &["--no-proofs"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = run(&["lint"], shop(SOUND).path(), &[]);
    assert_eq!(code, Some(0), "{told}");
    // What nobody can ask for is no pass either, and no failure of the policy.
    let empty = shop("assert none: never boss to approve on Payout when resource.level > 3 && resource.level < 2;\n");
    let (code, told) = run(&["lint"], empty.path(), &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("warning[unproved]: the assertion `none` is neither proved nor refuted"), "{told}");
}

#[test]
fn without_a_solver_lint_names_the_assertions_that_it_does_not_prove() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["lint", shop(BROKEN).path().to_str().unwrap()])
        .env_clear()
        .env("GATEWRIGHT_PROGRESS", "never")
        .env("GATEWRIGHT_CACHE", nowhere.path())
        .output()
        .unwrap();
    let (code, told) = told(&output);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("these assertions are not proved: `approving`"), "{told}");
}

/// `diff --gate` of two packages.
fn gate(old: &str, new: &str, more: &[&str]) -> (Option<i32>, String) {
    let (old, new) = (package(old), package(new));
    fs::create_dir(new.path().join("changes")).unwrap();
    fs::write(new.path().join("changes/boss.yaml"), DECLARED).unwrap();
    let sides = ["--from", old.path().to_str().unwrap(), "--to", new.path().to_str().unwrap()];
    let mut arguments = vec!["diff", "--gate", "--at", "2026-03-01"];
    arguments.extend(sides);
    arguments.extend(more);
    told(&gatewright(&arguments))
}

const DECLARED: &str = "who: boss\nwhat: Payout.read\nchange: widened\nbecause: bosses look\nowner: ann\n";

#[test]
fn the_gate_fails_on_an_assertion_that_the_change_breaks_though_the_change_is_declared() {
    if solver().is_none() {
        return;
    }
    let with = |grant: &str, assertion: &str| {
        let shop = SHOP.replace("role boss for User {", &format!("role boss for User {{ {grant} "));
        format!("{shop}\n{assertion}\n")
    };
    let reading = "assert reading: only support to read on Payout;";
    let grant = "allow read on Payout when principal.senior;";
    let (old, new) = (with("", reading), with(grant, reading));
    let (code, told) = gate(&old, &new, &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("breaks assert reading: only support to read on Payout\n"), "{told}");
    assert!(told.contains("it is allowed by `boss.Payout.read`"), "{told}");
    assert!(told.contains("declared by "), "{told}");
    assert!(told.ends_with("gate: fails: 1 assertion is refuted\n"), "{told}");
    // In every format.
    let (code, told) = gate(&old, &new, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, json["gate"].as_str()), (Some(1), Some("fails")));
    let broken = &json["assertions"][0];
    assert_eq!(
        (broken["name"].as_str(), broken["outcome"].as_str(), broken["before"].as_str()),
        (Some("reading"), Some("refuted"), Some("proved"))
    );
    assert_eq!(broken["deciding"][0]["statement"], "boss.Payout.read");
    let (_, told) = gate(&old, &new, &["--format", "markdown"]);
    assert!(told.contains("### Assertions\n\n- **breaks assert reading: only support"), "{told}");
    assert!(told.contains("<details><summary>breaks assert reading"), "{told}");
    let (_, told) = gate(&old, &new, &["--format", "github"]);
    assert!(told.contains("title=assertion refuted::breaks assert reading"), "{told}");
    // The assertion says what is meant now, and less than before, which has to be declared as well.
    let meant = with(grant, "assert reading: only support, boss to read on Payout;");
    let (code, told) = gate(&old, &meant, &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("assertions.reading weakened: "), "{told}");
    assert!(told.contains("gate: fails: 1 undeclared weakened term"), "{told}");
    assert!(!told.contains("refuted"), "{told}");
    // It was broken before, and is still.
    let (code, told) = gate(&new, &new.replace("resource.level <= 3", "resource.level <= 2"), &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("still violates assert reading"), "{told}");
    // Without a gate nothing is asked and nothing fails.
    let folders = [package(&old), package(&new)];
    let [from, to] = folders.each_ref().map(|folder| folder.path().to_str().unwrap());
    let shown = gatewright(&["diff", "--from", from, "--to", to]);
    assert_eq!(shown.status.code(), Some(0));
    assert!(!text(&shown.stdout).contains("breaks assert"));
}

#[test]
fn the_gate_fails_on_what_is_no_longer_possible_though_nothing_is_widened() {
    if solver().is_none() {
        return;
    }
    let claim = "assert usable: possible finance to approve on Payout when resource.level == 3;\n\
                 assert sure: always support to read on Payout when principal.org == resource.org;\n";
    let old = format!("{SHOP}\n{claim}");
    let new = old
        .replace("resource.level <= 3", "resource.level <= 2")
        .replace("allow read on Payout;", "allow read on Payout when context.mfa;");
    let (old, new) = (package(&old), package(&new));
    let sides = ["--from", old.path().to_str().unwrap(), "--to", new.path().to_str().unwrap()];
    let mut arguments = vec!["diff", "--gate", "--at", "2026-03-01"];
    arguments.extend(sides);
    let (code, told) = told(&gatewright(&arguments));
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("breaks assert sure: always support to read"), "{told}");
    assert!(told.contains("no statement allows it"), "{told}");
    assert!(told.contains("gate: fails: "), "{told}");
    assert!(told.contains("refuted"), "{told}");
}

#[test]
fn a_bundle_carries_proofs_where_there_is_a_solver_and_says_where_it_does_not() {
    if solver().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("examples/quickstart"), folder.path());
    let file = folder.path().join("a.cjar");
    let out = ["--out", file.to_str().unwrap()];
    let (code, told) = run(&["bundle"], folder.path(), &out);
    assert_eq!(code, Some(0), "{told}");
    let shown = gatewright(&["bundle", "inspect", file.to_str().unwrap()]);
    let (_, told) = self::told(&shown);
    assert!(told.contains("proofs: 4 proved, 0 refuted, 0 unknown"), "{told}");
    assert!(told.contains("--evidence lint,tests,proofs"), "{told}");

    let without = [out.as_slice(), &["--evidence", "lint,tests"]].concat();
    let (code, told) = run(&["bundle"], folder.path(), &without);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("note: the assertion of the package is not proved"), "{told}");
    for verb in [
        vec!["bundle", "inspect", file.to_str().unwrap()],
        vec!["bundle", "verify", file.to_str().unwrap(), "--rebuild"],
    ] {
        let (code, told) = self::told(&gatewright(&verb));
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("its assertions were not proved"), "{told}");
    }

    // A claim that is proved in part is counted apart.
    let template = "@id(\"share\")\npermit (principal == ?principal, action, resource == ?resource);\n";
    fs::write(folder.path().join("policy/share.cedar"), template).unwrap();
    let (code, told) = run(&["bundle"], folder.path(), &out);
    assert_eq!(code, Some(0), "{told}");
    let (_, told) = self::told(&gatewright(&["bundle", "inspect", file.to_str().unwrap()]));
    assert!(told.contains("proofs: 4 proved (1 in part), 0 refuted, 0 unknown"), "{told}");
    let (code, told) = self::told(&gatewright(&["bundle", "verify", file.to_str().unwrap(), "--rebuild"]));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("1 of its 4 claims is proved in part"), "{told}");
    fs::remove_file(folder.path().join("policy/share.cedar")).unwrap();

    // An assertion that does not hold is not bundled, unless somebody says that nothing is to be proved.
    let policy = folder.path().join("policy/invoices.gate");
    let broken = fs::read_to_string(&policy)
        .unwrap()
        .replace("only manager to cancel on Invoice", "never manager to cancel on Invoice");
    fs::write(&policy, broken).unwrap();
    fs::remove_file(&file).unwrap();
    let (code, told) = run(&["bundle"], folder.path(), &out);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("refuted  assert cancelling") && !file.exists(), "{told}");
    assert_eq!(run(&["bundle"], folder.path(), &without).0, Some(0));
}
