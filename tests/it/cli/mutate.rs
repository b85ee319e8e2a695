//! `gatewright mutate`: what is killed, missed and the same, what is shown of it, and bundles that carry it.

use std::path::Path;
use std::process::Command;

use super::{Copy, Run, gatewright};
use crate::prover::{places, solver};

const POLICY: &str = "\
namespace Shop;
resource Org;
principal User in Org as org;
resource Bill in Org as org {
    paid: Bool,
    action read;
    sensitive action pay;
}
context { from token { mfa: Bool } }
role clerk for User { allow read on Bill when resource.paid; }
role boss for User { allow pay on Bill when context.mfa because \"bosses pay\"; }
isolate by org;
stepped_up: require context.mfa for Bill.pay;
";

const SUITE: &str = "\
suite: bills
at: 2026-03-01T10:00:00Z
principals:
  carl: {type: User, roles: [clerk], org: acme}
  mona: {type: User, roles: [boss], org: acme}
resources:
  acme: {type: Org}
  evil: {type: Org}
  paid: {type: Bill, org: acme, paid: true}
  theirs: {type: Bill, org: evil, paid: true}
contexts:
  plain: {mfa: false}
  stepped: {mfa: true}
tests:
  - {name: clerks read, as: carl, in: plain, can: {read: paid}, cannot: {pay: paid}}
  - {name: nothing of others, as: carl, in: plain, cannot: {read: theirs}}
  - {name: bosses pay, as: mona, in: stepped, can: {pay: paid}, cannot: {read: paid}}
";

/// A package with a bound that no test is about, and a condition that a guard says again.
fn shop() -> Copy {
    let package = Copy::of("quickstart");
    for file in ["policy/invoices.gate", "scenarios/invoices.yaml"] {
        std::fs::remove_file(package.path(file)).unwrap();
    }
    std::fs::remove_dir_all(package.path("snapshots")).unwrap();
    package.write("policy/shop.gate", POLICY);
    package.write("scenarios/bills.yaml", SUITE);
    package
}

/// Runs with the solver of the tests.
fn solved(folder: &Path, args: &str) -> Run {
    let mut command = gatewright(folder);
    command.args(args.split_whitespace());
    ran(command)
}

/// The same on one core, where the system has a program that keeps it there.
fn solved_on_one_core(folder: &Path, args: &str) -> Option<Run> {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0", env!("CARGO_BIN_EXE_gatewright")]);
    command.args(args.split_whitespace()).current_dir(folder).env_clear();
    let is_there = Command::new("taskset").arg("--version").output().is_ok();
    is_there.then(|| ran(command))
}

fn ran(mut command: Command) -> Run {
    let places = places();
    for (name, value) in [("GATEWRIGHT_CVC5", places.chosen), ("GATEWRIGHT_CACHE", places.cache)] {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    if let Some(path) = places.path {
        command.env("PATH", path);
    }
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn mutants_are_listed_in_the_order_of_the_text() {
    let package = shop();
    let run = package.run("mutate . --list");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    policy/shop.gate:10:23  drop-grant: `allow read on Bill when resource.paid;` is removed
    policy/shop.gate:10:23  add-role: this is also granted to `boss`
    policy/shop.gate:10:29  add-action: `pay` is also granted
    policy/shop.gate:10:47  drop-clause: `resource.paid` always holds
    policy/shop.gate:11:22  drop-grant: `allow pay on Bill when context.mfa because "bosses pay";` is removed
    policy/shop.gate:11:22  add-role: this is also granted to `clerk`
    policy/shop.gate:11:28  add-action: `read` is also granted
    policy/shop.gate:11:45  drop-clause: `context.mfa` always holds
    policy/shop.gate:12:1  drop-guard: `isolate by org;` is removed
    policy/shop.gate:13:21  drop-guard: the guard no longer requires `context.mfa`
    "#);
    let run = package.run("mutate . --kind drop --list");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("expected one of drop-clause, flip-comparison"), "{}", run.err);
}

#[test]
fn without_a_solver_what_no_test_notices_is_undecided_and_no_pass() {
    let package = shop();
    let run = package.run("mutate . --genre drop-clause --min 1");
    assert_eq!((run.code, run.err.as_str()), (3, ""));
    insta::assert_snapshot!(run.out, @"
    undecided  drop-clause: `resource.paid` always holds
               policy/shop.gate:10:47
               not checked: no solver found; run `gatewright solver install` to install one
    undecided  drop-clause: `context.mfa` always holds
               policy/shop.gate:11:45
               not checked: no solver found; run `gatewright solver install` to install one

    .: 2 mutants: 2 undecided; score 0% (0 of 2), without a solver
    ");
    let run = package.run("mutate .");
    assert_eq!(run.code, 0, "nothing was demanded");
}

#[test]
fn what_is_missed_is_shown_with_a_request_that_kills_it() {
    if solver().is_none() {
        return;
    }
    let package = shop();
    let folder = package.dir.path();
    let run = solved(folder, "mutate . --at 2026-03-01 --save scenarios --min 90");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    // The request itself is the solver's choice.
    let lines: Vec<&str> = run.out.lines().filter(|line| !line.starts_with("             ")).collect();
    let by = |line: &str| line.split(", by ").next().unwrap_or_default().to_owned();
    let lines: Vec<String> = lines.into_iter().map(by).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    missed     add-action: `pay` is also granted
               policy/shop.gate:10:29
               clerk gains Bill.pay on Bill
               the policy denies this, but the mutant allows it:
    missed     drop-clause: `resource.paid` always holds
               policy/shop.gate:10:47
               clerk gains Bill.read on Bill
               the policy denies this, but the mutant allows it:
    missed     add-role: this is also granted to `clerk`
               policy/shop.gate:11:22
               clerk gains Bill.pay on Bill
               the policy denies this, but the mutant allows it:

    .: 10 mutants: 5 killed, 3 missed, 2 equivalent; score 62% (5 of 8)
    ");
    assert!(run.out.contains("             principal Shop::User::"), "{}", run.out);

    assert!(package.path("scenarios/mutant-drop-clause-shop-10-47.yaml").exists());
    let run = package.run("test .");
    assert_eq!(run.code, 0, "what was saved holds: {}{}", run.out, run.err);
    let run = solved(folder, "mutate . --at 2026-03-01 --min 100");
    assert_eq!(run.code, 0, "and kills: {}", run.out);
}

#[test]
fn the_same_is_told_of_the_same_mutants_on_every_run_and_on_one_core() {
    if solver().is_none() {
        return;
    }
    let package = shop();
    let args = "mutate . --at 2026-03-01 --format json";
    let first = solved(package.dir.path(), args).out;
    let report: serde_json::Value = serde_json::from_str(&first).unwrap();
    let outcome = |what: &str| {
        let all = report["mutants"].as_array().unwrap();
        let mutant = all.iter().find(|mutant| mutant["what"] == what).unwrap();
        mutant["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome("`isolate by org;` is removed"), "killed");
    assert_eq!(outcome("`resource.paid` always holds"), "missed");
    assert_eq!(outcome("`context.mfa` always holds"), "equivalent");
    assert_eq!(first, solved(package.dir.path(), args).out);
    if let Some(alone) = solved_on_one_core(package.dir.path(), args) {
        assert_eq!(first, alone.out, "{}", alone.err);
    }
}

#[test]
fn mutants_wait_for_scenarios_that_pass() {
    let package = shop();
    package.replace("scenarios/bills.yaml", "cannot: {read: theirs}", "can: {read: theirs}");
    let run = package.run("mutate .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("mutants are tested only if all tests pass"), "{}", run.out);
    std::fs::remove_file(package.path("scenarios/bills.yaml")).unwrap();
    assert_eq!(package.run("mutate .").code, 2, "no tests are no pass");
}

#[test]
fn a_bundle_carries_the_score_and_gives_the_same_bytes_again() {
    if solver().is_none() {
        return;
    }
    let package = shop();
    let folder = package.dir.path();
    let run = solved(folder, "bundle . --at 2026-03-01 --out a.cjar --evidence tests,mutation");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let run = solved(folder, "bundle inspect a.cjar --format json");
    let shown: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let totals = &shown["manifest"]["evidence"]["mutation"];
    assert!(totals["killed"].as_u64().unwrap() > 0, "{}", run.out);
    assert_eq!((&totals["missed"], &totals["undecided"]), (&3.into(), &0.into()), "{totals}");
    let run = solved(folder, "bundle inspect a.cjar --print evidence/mutation.json");
    assert!(!run.out.contains("\"request\""), "the solver's choice is not in it: {}", run.out);
    let run = solved(folder, "bundle verify a.cjar --rebuild");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn break_glass_on_other_terms_is_missed_until_a_test_with_steps_is_there() {
    let package = shop();
    let policy = format!(
        "{POLICY}break-glass outage {{\n    for clerk;\n    grants pay on Bill;\n    resources at most 1;\n    requires reason;\n    \
         approved by 2 of boss;\n    refused by 1;\n    pending 30m;\n    expires within 1h;\n    uses at most 1;\n    \
         alerts on request to \"ops\";\n    revoked by boss;\n    review within 24h by boss;\n}}\n"
    );
    let clock = "context { from gateway { now: datetime } ";
    package.write("policy/shop.gate", &policy.replace("context { ", clock));
    let run = package.run("mutate . --kind fewer-approvals --kind longer-window --min 50");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    insta::assert_snapshot!(run.out, @"
    missed     fewer-approvals: 1 of 2 approvals suffice
               policy/shop.gate:19:5
               break-glass outage grants on different terms; only a test with steps can show it
    missed     longer-window: `1h` becomes `2h`
               policy/shop.gate:22:5
               break-glass outage grants on different terms; only a test with steps can show it

    .: 2 mutants: 2 missed; score 0% (0 of 2), without a solver
    ");
    // The marketplace plays such grants through.
    let run = super::run("mutate examples/marketplace --genre fewer-approvals --genre longer-window --min 100");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}
