//! Suites on compiled packages: a whole program in Gate, its suites in YAML, decided through the bundle that `build` makes.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use gatewright::bundle::BundleTree;
use gatewright::decide::Engine;
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use gatewright::report;
use gatewright::scenario;
use gatewright::scenario::RunOptions;
use gatewright::scenario::RunReport;
use gatewright::scenario::golden::Accepted;
use gatewright::scenario::golden::SnapshotAction;
use gatewright::scenario::golden::SnapshotMode;
use gatewright::text::Instant;

const POLICY: &str = include_str!("scenarios/payouts.gate");
const SUITE: &str = include_str!("scenarios/payouts.yaml");
const WORLD: &str = include_str!("scenarios/world.yaml");

/// A run, and everything people would read of it.
struct Run {
    report: RunReport,
    shown: String,
}

/// Compiles the policy, edited by `edit`, and runs a suite on what its bundle holds.
fn run(policy: &str, suite: &str, mode: SnapshotMode, accepted: &Accepted) -> Run {
    let mut faults = Diagnostics::new();
    let texts = [
        (
            "gatewright.toml",
            "[package]\nname = \"payouts\"\nversion = \"0.1.0\"\nedition = \"2026\"\n",
        ),
        ("policy/payouts.gate", policy),
        ("scenarios/payouts.yaml", suite),
        ("scenarios/world.yaml", WORLD),
    ];
    let package = PackageFiles::in_memory(texts, &mut faults);
    let options = pipeline::Options {
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        levels: Vec::new(),
    };
    let checked = pipeline::check(&package, &options, faults);
    let files = report::Files::new(&package.sources);
    let show = |all: &Diagnostics| report::diagnostics(all, files, report::Style::PLAIN);
    assert!(!checked.failed(), "{}", show(&checked.diagnostics));
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    let engine = Engine::from_tree(&tree).unwrap();
    let (contract, origins) = (json(&tree, "contract.json"), json(&tree, "origins.json"));
    let policy = scenario::Policy {
        contract: &serde_json::from_value(contract).unwrap(),
        origins: &serde_json::from_value(origins).unwrap(),
        engine: &engine,
    };
    let mut faults = Diagnostics::new();
    let suites = scenario::load_suites(&package.sources, &package.scenarios, policy, None, &mut faults);
    assert!(faults.is_empty(), "{}", show(&faults));
    let options = RunOptions {
        filter: None,
        threads: NonZeroUsize::new(2).unwrap(),
        snapshots: mode,
        accepted,
    };
    let report = scenario::run(&suites, policy, options, &mut |_| {});
    let shown = report::tests::failures(&report, files, report::Style::PLAIN);
    Run { report, shown }
}

fn json(tree: &BundleTree, path: &str) -> serde_json::Value {
    serde_json::from_slice(tree.get(path).unwrap()).unwrap()
}

#[test]
fn the_suite_of_the_design_passes() {
    let run = run(POLICY, SUITE, SnapshotMode::Accept, &BTreeMap::new());
    assert!(run.report.is_success(), "{}", run.shown);
    let written: Vec<&str> = run
        .report
        .snapshots
        .iter()
        .filter_map(|action| match action {
            SnapshotAction::Write { text, .. } => Some(text.as_str()),
            SnapshotAction::Remove { .. } => None,
        })
        .collect();
    insta::assert_snapshot!(written.join(""), @"
    ---
    source: scenarios/payouts.yaml
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

      security_lead · lee
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    security_lead.Payout.list-read

      security_lead · sam
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

      security_lead · lee
        Payout.create  acme  deny     no-grant
        Payout.list    acme  allow    security_lead.Payout.list-read

      security_lead · sam
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

      security_lead · lee
        approve             p1  deny     no-grant
        change_destination  p1  deny     no-grant
        read                p1  allow    security_lead.Payout.list-read

      security_lead · sam
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

      security_lead · lee
        approve             p1  deny     risk_gate
        change_destination  p1  deny     no-grant
        read                p1  allow    security_lead.Payout.list-read

      security_lead · sam
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
