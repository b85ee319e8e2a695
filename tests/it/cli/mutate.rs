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
pub(super) fn shop() -> Copy {
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
pub(super) fn solved(folder: &Path, args: &str) -> Run {
    let mut command = gatewright(folder);
    command.args(args.split_whitespace());
    ran(command)
}

/// The same on one core, where the system has a program that keeps it there.
fn solved_on_one_core(folder: &Path, args: &str) -> Option<Run> {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0", env!("CARGO_BIN_EXE_gatewright")]);
    command.args(args.split_whitespace()).current_dir(folder).env_clear().env("GATEWRIGHT_PROGRESS", "never");
    let is_there = Command::new("taskset").arg("--version").output().is_ok();
    is_there.then(|| ran(command))
}

/// Lets a command find the solver of the tests.
pub(super) fn with_solver(command: &mut Command) {
    let places = places();
    for (name, value) in [("GATEWRIGHT_CVC5", places.chosen), ("GATEWRIGHT_CACHE", places.cache)] {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    if let Some(path) = places.path {
        command.env("PATH", path);
    }
}

fn ran(mut command: Command) -> Run {
    with_solver(&mut command);
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
    policy/shop.gate:10:1  add-extends: `clerk` extends `boss`
    policy/shop.gate:10:23  drop-grant: `allow read on Bill when resource.paid;` is removed
    policy/shop.gate:10:23  add-role: this is also granted to `boss`
    policy/shop.gate:10:29  add-action: `pay` is also granted
    policy/shop.gate:10:47  drop-clause: `resource.paid` always holds
    policy/shop.gate:11:1  add-extends: `boss` extends `clerk`
    policy/shop.gate:11:22  drop-grant: `allow pay on Bill when context.mfa because "bosses pay";` is removed
    policy/shop.gate:11:22  add-role: this is also granted to `clerk`
    policy/shop.gate:11:28  add-action: `read` is also granted
    policy/shop.gate:11:45  drop-clause: `context.mfa` always holds
    policy/shop.gate:12:1  drop-guard: `isolate by org;` is removed
    policy/shop.gate:12:1  isolate-less: `Bill` is not kept apart by `org`
    policy/shop.gate:13:21  drop-guard: the guard no longer requires `context.mfa`
    "#);
    let run = package.run("mutate . --kind drop --list");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("expected one of drop-clause, drop-negation"), "{}", run.err);
}

#[test]
fn without_a_solver_what_no_test_notices_is_undecided_and_no_pass() {
    let package = shop();
    let run = package.run("mutate . --genre drop-clause --min 1");
    assert_eq!((run.code, run.err.as_str()), (3, ""));
    insta::assert_snapshot!(run.out, @r#"
    undecided  drop-clause: `resource.paid` always holds
               policy/shop.gate:10:47
               - role clerk for User { allow read on Bill when resource.paid; }
               + role clerk for User { allow read on Bill when true; }
               not checked: no solver found; run `gatewright solver install` to install one
    undecided  drop-clause: `context.mfa` always holds
               policy/shop.gate:11:45
               - role boss for User { allow pay on Bill when context.mfa because "bosses pay"; }
               + role boss for User { allow pay on Bill when true because "bosses pay"; }
               not checked: no solver found; run `gatewright solver install` to install one

    .: 2 mutants: 2 undecided; score 0% (0 of 2), without a solver
    "#);
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
    insta::assert_snapshot!(lines.join("\n"), @r#"
    missed     add-extends: `clerk` extends `boss`
               policy/shop.gate:10:1
               - role clerk for User { allow read on Bill when resource.paid; }
               + role clerk for User extends boss { allow read on Bill when resource.paid; }
               clerk gains Bill.pay on Bill
               the policy denies this, but the mutant allows it:
               this suite kills it, with its entities beside it in mutant-add-extends-shop-10-1.json:
    missed     add-action: `pay` is also granted
               policy/shop.gate:10:29
               - role clerk for User { allow read on Bill when resource.paid; }
               + role clerk for User { allow read, pay on Bill when resource.paid; }
               clerk gains Bill.pay on Bill
               the policy denies this, but the mutant allows it:
               this suite kills it, with its entities beside it in mutant-add-action-shop-10-29.json:
    missed     drop-clause: `resource.paid` always holds
               policy/shop.gate:10:47
               - role clerk for User { allow read on Bill when resource.paid; }
               + role clerk for User { allow read on Bill when true; }
               clerk gains Bill.read on Bill
               the policy denies this, but the mutant allows it:
               this suite kills it, with its entities beside it in mutant-drop-clause-shop-10-47.json:
    missed     add-role: this is also granted to `clerk`
               policy/shop.gate:11:22
               - role clerk for User { allow read on Bill when resource.paid; }
               + role clerk for User { allow read on Bill when resource.paid;     allow pay on Bill when context.mfa because "bosses pay";
               + }
               clerk gains Bill.pay on Bill
               the policy denies this, but the mutant allows it:
               this suite kills it, with its entities beside it in mutant-add-role-shop-11-22.json:
    equivalent drop-clause: `context.mfa` always holds
               policy/shop.gate:11:45
               - role boss for User { allow pay on Bill when context.mfa because "bosses pay"; }
               + role boss for User { allow pay on Bill when true because "bosses pay"; }
               it decides every request as the policy does, because of stepped_up
    equivalent drop-guard: the guard no longer requires `context.mfa`
               policy/shop.gate:13:21
               - stepped_up: require context.mfa for Bill.pay;
               + stepped_up: require true for Bill.pay;
               it decides every request as the policy does, because of boss.Bill.pay

    .: 13 mutants: 7 killed, 4 missed, 2 equivalent; score 63% (7 of 11)
    "#);
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
    assert_eq!((&totals["missed"], &totals["undecided"]), (&4.into(), &0.into()), "{totals}");
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
               -     approved by 2 of boss;
               +     approved by 1 of boss;
               break-glass outage grants on different terms; only a test with steps can show it
    missed     longer-window: `30m` becomes `1h` in `pending 30m;`
               policy/shop.gate:21:5
               -     pending 30m;
               +     pending 1h;
               break-glass outage grants on different terms; only a test with steps can show it
    missed     longer-window: `1h` becomes `2h` in `expires within 1h;`
               policy/shop.gate:22:5
               -     expires within 1h;
               +     expires within 2h;
               break-glass outage grants on different terms; only a test with steps can show it
    missed     longer-window: `24h` becomes `2d` in `review within 24h by boss;`
               policy/shop.gate:26:5
               -     review within 24h by boss;
               +     review within 2d by boss;
               break-glass outage grants on different terms; only a test with steps can show it

    .: 4 mutants: 4 missed; score 0% (0 of 4), without a solver
    ");
    // The marketplace plays such grants through.
    let run = super::run("mutate examples/marketplace --genre fewer-approvals --genre longer-window --min 100");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn what_gateway_toml_masks_is_masked_in_mutants_too() {
    if crate::prover::solver().is_none() {
        return;
    }
    let package = shop();
    let equivalent = |package: &Copy| {
        let run = solved(&package.path(""), "mutate . --format json");
        let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let all = report["mutants"].as_array().unwrap().clone();
        assert!(!run.out.contains("masked"), "{}", run.out);
        all.iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let without = equivalent(&package);
    assert!(without.contains(&"equivalent".to_owned()), "{without:?}");
    package.write("gateway.toml", "[mask]\nattributes = [\"context.mfa\"]\n");
    assert_eq!(equivalent(&package), without);
}

#[test]
fn a_separation_that_becomes_no_policy_has_no_mutant() {
    let package = shop();
    let policy = package.read("policy/shop.gate").replace("paid: Bool,", "paid: Bool,\n    payer: User,");
    package.write(
        "policy/shop.gate",
        &format!("{policy}desks: separate Bill.read from Bill.pay;\nown: separate Bill.read from Bill.pay by payer;\n"),
    );
    let run = package.run("mutate . --list");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("`own: separate Bill.read from Bill.pay by payer;` is removed"), "{}", run.out);
    assert!(!run.out.contains("desks"), "{}", run.out);
}

/// What stands between the tests of a suite that are taken out and the rest.
fn without_tests(suite: &str, names: &[&str]) -> String {
    let (head, tests) = suite.split_once("tests:\n").unwrap();
    let mut kept = format!("{head}tests:\n");
    for test in tests.split_inclusive("\n\n") {
        if !names.iter().any(|name| test.contains(&format!("- name: {name}\n"))) {
            kept.push_str(test);
        }
    }
    assert!(kept.len() < suite.len(), "{names:?} are there");
    kept
}

#[test]
fn without_the_tests_of_a_boundary_its_mutant_survives_with_the_request_that_kills_it() {
    if solver().is_none() {
        return;
    }
    let package = Copy::of("marketplace");
    // The bound itself, and the first score beyond it.
    let suites = [
        ("scenarios/webhooks.yaml", "the integrator replaces a leaked secret at low risk"),
        ("scenarios/payments.yaml", "small losses are finance's to write off"),
        (
            "scenarios/boundaries.yaml",
            "money is asked for while the risk is low, or the risk engine could be passed by asking",
        ),
    ];
    for (suite, name) in suites {
        let text = package.read(suite);
        package.write(suite, &without_tests(&text, &[name]));
    }
    let suite = package.read("scenarios/payouts.yaml");
    let suite =
        suite.replace("      - {in: just_high, because: steady}\n", "").replace("[just_high, risky]", "[risky]");
    package.write("scenarios/payouts.yaml", &suite.replace(", just_low", "").replace(", just_high", ""));
    let run = solved(package.dir.path(), "mutate . --at 2026-03-01 --kind shift-bound");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("missed     shift-bound: `<=` becomes `<` in `context.risk_score <= 30`"), "{}", run.out);
    assert!(run.out.contains("+ condition low_risk = context.risk_score < 30;"), "{}", run.out);
    assert!(run.out.contains("context   risk_score: 30"), "{}", run.out);
    assert!(run.out.contains("this suite kills it"), "{}", run.out);
}

#[test]
fn what_is_saved_after_tests_are_gone_kills_what_survived_without_them() {
    if solver().is_none() {
        return;
    }
    let package = Copy::of("marketplace");
    let suite = package.read("scenarios/payments.yaml");
    let names = ["small losses are finance's to write off", "access to payments"];
    package.write("scenarios/payments.yaml", &without_tests(&suite, &names));
    std::fs::remove_file(package.path("snapshots/payments__access-to-payments.snap")).unwrap();
    let suite = package.read("scenarios/boundaries.yaml");
    package.write("scenarios/boundaries.yaml", &without_tests(&suite, &["a loss of exactly 500 is still small"]));
    let args =
        "mutate . --at 2026-03-01 --kind drop-clause --kind flip-comparison --kind shift-bound --kind drop-grant";
    let run = solved(package.dir.path(), &format!("{args} --save scenarios --min 100"));
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let missed = run.out.lines().filter(|line| line.starts_with("missed ")).count();
    assert!(missed >= 3, "{}", run.out);
    let run = solved(package.dir.path(), &format!("{args} --min 100"));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}
