//! Suites on compiled packages: a whole program in Gate, its suites in YAML, decided through the bundle that `build` makes.

use std::num::NonZeroUsize;

use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::scenario::golden::{SnapshotAction, SnapshotMode};
use gatewright::scenario::{RunReport, TestOutcome};
use gatewright::text::Instant;
use gatewright::{pipeline, report};

const POLICY: &str = include_str!("scenarios/payouts.gate");
const WORLD: &str = include_str!("scenarios/world.yaml");
const PAYOUTS: &str = include_str!("scenarios/payouts.yaml");
const EMERGENCIES: &str = include_str!("scenarios/emergencies.yaml");

/// A run, and everything people would read of it.
struct Run {
    report: RunReport,
    shown: String,
}

/// Compiles a policy and runs a suite on what its bundle holds.
fn run(policy: &str, suite: &str, snapshots: SnapshotMode) -> Run {
    let mut loading = Diagnostics::new();
    let texts = [
        ("gatewright.toml", "[package]\nname = \"payouts\"\nversion = \"0.1.0\"\nedition = \"2026\"\n"),
        ("policy/payouts.gate", policy),
        ("scenarios/suite.yaml", suite),
        ("scenarios/world.yaml", WORLD),
    ];
    let package = PackageFiles::in_memory(texts, &mut loading);
    let options =
        pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let files = report::Files::new(&package.sources);
    let show = |all: &Diagnostics| report::diagnostics(all, files, report::Style::PLAIN);
    let checked = pipeline::check(&package, &options, loading);
    assert!(!checked.failed(), "{}", show(&checked.diagnostics));
    let options =
        pipeline::TestOptions { filter: None, threads: NonZeroUsize::new(2).unwrap(), snapshots, watch: None };
    let tested = pipeline::test(&package, &checked, options, &mut |_| {}).unwrap();
    let report = tested.report.unwrap_or_else(|| panic!("{}", show(&tested.diagnostics)));
    let shown = report::results::failures(&report, files, report::Style::PLAIN);
    Run { report, shown }
}

/// The snapshot that a run would write.
fn written(run: &Run) -> String {
    let texts = run.report.snapshots.iter().filter_map(|action| match action {
        SnapshotAction::Write { text, .. } => Some(text.as_str()),
        SnapshotAction::Remove { .. } => None,
    });
    texts.collect()
}

#[test]
fn the_suite_of_the_design_passes() {
    let run = run(POLICY, PAYOUTS, SnapshotMode::Accept);
    assert!(run.report.is_success(), "{}", run.shown);
    insta::assert_snapshot!(written(&run), @"
    ---
    source: scenarios/suite.yaml
    expression: access table
    ---
    Org in calm

      Org::acme.admin · dana
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    Org.admin.Payout.list-read

      PartnerApp · shopify
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    PartnerApp.Payout.list-read

      finance · fred
        Payout.create  acme  allow    finance.Payout.create
        Payout.list    acme  allow    support.Payout.list

      security_lead · lee, sam
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    security_lead.Payout.list-read

      support · mia
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    support.Payout.list

    Org in risky

      Org::acme.admin · dana
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    Org.admin.Payout.list-read

      PartnerApp · shopify
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    PartnerApp.Payout.list-read

      finance · fred
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    support.Payout.list

      security_lead · lee, sam
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    security_lead.Payout.list-read

      support · mia
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    support.Payout.list

    Payout in calm

      Org::acme.admin · dana
        approve             p1  deny     no-grant
        change_destination  p1  allow    Org.admin.Payout.change_destination
        read                p1  allow    Org.admin.Payout.list-read

      PartnerApp · shopify
        approve             p1  deny     no-grant
        change_destination  p1  deny     no-grant
        read                p1  deny     partners

      finance · fred
        approve             p1  allow    finance.Payout.approve
        change_destination  p1  deny     no-grant
        read                p1  deny     no-grant

      security_lead · lee, sam
        approve             p1  deny     no-grant
        change_destination  p1  deny     no-grant
        read                p1  allow    security_lead.Payout.list-read

      support · mia
        approve             p1  deny     separate.Payout.create.from.Payout.approve
        change_destination  p1  deny     no-grant
        read                p1  allow    Payout.creator.Payout.read

    Payout in risky

      Org::acme.admin · dana
        approve             p1  deny     risk_gate
        change_destination  p1  allow    Org.admin.Payout.change_destination
        read                p1  allow    Org.admin.Payout.list-read

      PartnerApp · shopify
        approve             p1  deny     no-grant
        change_destination  p1  deny     no-grant
        read                p1  deny     partners

      finance · fred
        approve             p1  deny     risk_gate
        change_destination  p1  deny     no-grant
        read                p1  deny     no-grant

      security_lead · lee, sam
        approve             p1  deny     risk_gate
        change_destination  p1  deny     no-grant
        read                p1  allow    security_lead.Payout.list-read

      support · mia
        approve             p1  deny     risk_gate, separate.Payout.create.from.Payout.approve
        change_destination  p1  deny     no-grant
        read                p1  allow    Payout.creator.Payout.read

    held by no principal of the suite: helper
    ");
}

#[test]
fn emergencies_go_as_the_profile_says_minute_by_minute() {
    let run = run(POLICY, EMERGENCIES, SnapshotMode::ReadOnly);
    assert!(run.report.is_success(), "{}", run.shown);
    assert!(run.report.totals().passed >= 8);
}

#[test]
fn a_break_glass_profile_makes_no_denial_unknown_where_facts_are_missing() {
    let suite = "
suite: half
at: 2026-03-01T10:00:00Z
include: [world.yaml]
principals:
  mia: {type: User, roles: [support], org: acme, clearance: internal}
  fred: {type: User, roles: [finance], org: acme, clearance: restricted}
contexts:
  half: {mfa: true}
tests:
  - {name: nothing grants it, as: mia, in: half, cannot: {approve: p1}}
  - {name: risk and time decide, as: fred, in: half, unknown: {approve: p1}}
";
    let run = run(POLICY, suite, SnapshotMode::ReadOnly);
    assert!(run.report.is_success(), "{}", run.shown);
}

#[test]
fn a_dropped_guard_fails_the_tests_that_rely_on_it_by_name() {
    let guard = POLICY.lines().find(|line| line.starts_with("risk_gate:")).unwrap();
    let policy = POLICY
        .replace(guard, "")
        .replace("    lifts risk_gate;\n", "")
        .replace("when low_risk && cleared(resource)", "when cleared(resource)");
    let run = run(&policy, PAYOUTS, SnapshotMode::Accept);
    let failed: Vec<&str> = run
        .report
        .tests()
        .filter(|(_, test)| matches!(test.outcome, TestOutcome::Failed(_)))
        .map(|(_, test)| test.name.as_str())
        .collect();
    assert_eq!(failed, ["everyone, everything"]);
    assert!(run.shown.contains("fred Payout.approve p1 in risky: expected deny, got allow"), "{}", run.shown);
    assert!(run.shown.contains("no line of the matrix states this cell"), "{}", run.shown);
}

#[test]
fn one_changed_grant_changes_only_its_own_lines_of_a_snapshot() {
    let before = written(&run(POLICY, PAYOUTS, SnapshotMode::Accept));
    let changed = POLICY.replace(
        "role security_lead for User { allow read, list on Payout; }",
        "role security_lead for User { allow read, list on Payout when context.risk_score <= 30; }",
    );
    assert_ne!(changed, POLICY);
    let after = written(&run(&changed, PAYOUTS, SnapshotMode::Accept));
    let differing: Vec<(&str, &str)> = before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(before.lines().count(), after.lines().count());
    // A line of each context, which the two security leads share.
    assert_eq!(differing.len(), 2, "{differing:?}");
    for (old, new) in differing {
        assert!(old.contains("allow") && old.contains("security_lead.Payout"), "{old}");
        assert!(new.contains("deny") && new.contains("no-grant"), "{new}");
    }
}
