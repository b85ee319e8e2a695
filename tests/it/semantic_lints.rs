//! The lints that prove, on real policies: Cedar's labelled analyses, a policy set from the wild, a run without a solver.

mod differential;
mod labels;

use std::path::Path;

use gatewright::analysis::solver::{Engine, Limits};
use gatewright::analysis::{Cache, Deadline};
use gatewright::diag::{Diagnostic, Diagnostics, Evidence, Severity};
use gatewright::load::{CedarInput, PackageFiles};
use gatewright::pipeline::{Checked, ProofOptions};
use gatewright::text::Instant;
use gatewright::{load, pipeline};

use crate::prover::solver;
use crate::support::{corpora, root};

/// A checked package of `.cedar` files.
fn cedar(policies: &Path, schema: &Path) -> (PackageFiles, Checked) {
    let mut loading = Diagnostics::new();
    let input = CedarInput { policies: &[policies.to_owned()], schema: Some(schema), entities: None, links: None };
    let package = load::load_cedar(input, &mut loading).unwrap();
    let checked = pipeline::check(&package, &options(), loading);
    (package, checked)
}

fn options() -> pipeline::Options {
    pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None }
}

/// What the lints that prove find, and what they could not.
fn proved(package: &PackageFiles, checked: &Checked, solver: Option<&dyn Engine>, deadline: Deadline) -> Diagnostics {
    let cache = Cache::in_memory();
    let options = ProofOptions { solver, cache: &cache, limits: Limits::default(), deadline, at: options().at };
    pipeline::prove_lints(package, checked, &options, &|_, _| ()).unwrap().found
}

fn notes(finding: &Diagnostic) -> String {
    finding.notes.join("\n")
}

#[test]
fn two_forbids_of_openclaw_open_read_and_a_request_without_a_path_shows_it_without_a_solver() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("cedar-wild/openclaw/policies/cedar");
    let (package, checked) = cedar(&folder.join("policies.cedar"), &folder.join("schema.cedarschema"));
    let found = proved(&package, &checked, None, Deadline::never());
    let erring: Vec<&Diagnostic> = found.iter().filter(|one| one.code.as_str() == "erring-forbid").collect();
    let opening: Vec<&str> = erring
        .iter()
        .filter(|one| one.message.ends_with("on `ToolExec::Read`, and the request is allowed"))
        .map(|one| one.message.split('`').nth(1).unwrap())
        .collect();
    assert_eq!(opening, ["policy-7-deny-credential-files", "policy-demo-1-deny-protected-credentials"]);
    // The other forbids err where nothing else lets in.
    assert_eq!(erring.len(), 6);
    assert_eq!(erring.iter().filter(|one| one.message.contains("is allowed")).count(), 2);
    for finding in &erring {
        assert_eq!(finding.evidence, Some(Evidence::Witnessed));
        assert!(finding.is_error());
        assert!(!notes(finding).contains("filePath:"), "{}", notes(finding));
        assert!(notes(finding).contains("context   toolCallId: "), "{}", notes(finding));
    }
    // Which lints did not run is told once, and how to run them.
    let told: Vec<&Diagnostic> = found.iter().filter(|one| one.code.as_str() == "no-solver").collect();
    let [told] = told.as_slice() else { panic!("{found:?}") };
    assert_eq!(told.severity, Severity::Advice);
    assert!(told.message.contains("`shadowed-grant`"));
    assert!(told.help.as_ref().unwrap().contains("gatewright solver install"));
    assert!(!found.iter().any(|one| one.code.as_str() == "unproved"));
}

#[test]
fn what_the_solver_does_not_take_or_has_no_time_for_is_told_by_name() {
    let Some(solver) = solver() else { return };
    let mut loading = Diagnostics::new();
    let package = load::load_package(&root().join("examples/marketplace"), &mut loading).unwrap();
    let checked = pipeline::check(&package, &options(), loading);
    let late = Deadline::after(std::time::Duration::ZERO);
    let found = proved(&package, &checked, Some(solver.engine.as_ref()), late);
    let unproved = || found.iter().filter(|one| one.code.as_str() == "unproved");
    assert!(unproved().count() > 0);
    assert!(unproved().all(|one| notes(one).contains("time ran out before")));
    // Nothing is taken for proved that was not asked.
    assert!(!found.iter().any(|one| one.evidence == Some(Evidence::Proved)), "{found:?}");
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("cedar-wild/openclaw/policies/cedar");
    let (package, checked) = cedar(&folder.join("policies.cedar"), &folder.join("schema.cedarschema"));
    let found = proved(&package, &checked, Some(solver.engine.as_ref()), Deadline::never());
    let refused = found.iter().filter(|one| one.code.as_str() == "unproved");
    let refused: Vec<String> = refused.map(notes).collect();
    assert!(refused.len() >= 9, "{refused:?}");
    assert!(refused.iter().all(|why| why.contains("the symbolic compiler rejects it")), "{refused:?}");
}

#[test]
fn examples_are_proved_alike_however_often_and_hold_no_surprise() {
    let Some(solver) = solver() else { return };
    for example in ["quickstart", "marketplace", "authzen-todo"] {
        let mut loading = Diagnostics::new();
        let package = load::load_package(&root().join("examples").join(example), &mut loading).unwrap();
        let checked = pipeline::check(&package, &options(), loading);
        let once = proved(&package, &checked, Some(solver.engine.as_ref()), Deadline::never());
        assert!(once.is_empty(), "{example}: {once:?}");
    }
}

#[test]
fn that_nothing_is_proved_without_a_schema_is_told() {
    let Some(solver) = solver() else { return };
    let solver = Some(solver.engine.as_ref());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let policies = file("a.cedar", "permit (principal is User, action, resource) when { principal.age > 3 };");
    let mut loading = Diagnostics::new();
    let input = CedarInput { policies: std::slice::from_ref(&policies), schema: None, entities: None, links: None };
    let package = load::load_cedar(input, &mut loading).unwrap();
    let checked = pipeline::check(&package, &options(), loading);
    let found = proved(&package, &checked, solver, Deadline::never());
    let told: Vec<(&str, Severity)> = found.iter().map(|one| (one.code.as_str(), one.severity)).collect();
    assert_eq!(told, [("unproved", Severity::Advice)]);
}
