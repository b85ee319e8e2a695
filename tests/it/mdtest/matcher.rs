//! Compiles the package of a test and compares its diagnostics with the assertions.

use std::num::NonZeroUsize;

use gatewright::analysis::Cache;
use gatewright::analysis::Deadline;
use gatewright::analysis::solver::Limits;
use gatewright::config::Level;
use gatewright::diag::Diagnostic;
use gatewright::diag::Diagnostics;
use gatewright::import;
use gatewright::import::K8sOptions;
use gatewright::lint;
use gatewright::lint::Reads;
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use gatewright::pipeline::Options;
use gatewright::pipeline::ProofOptions;
use gatewright::pipeline::TestOptions;
use gatewright::report;
use gatewright::scenario::FailureKind;
use gatewright::scenario::RunReport;
use gatewright::scenario::TestOutcome;
use gatewright::scenario::codes;
use gatewright::scenario::golden::SnapshotMode;
use gatewright::text::Instant;
use gatewright::text::Sources;

use super::page::Test;

/// Which lints count in a test. Faults always do.
#[derive(Clone, Copy)]
pub(super) enum Lints<'a> {
    /// None but those asserted.
    None,
    /// The one that the page is about.
    Only(&'a str),
}

/// What a test came to.
pub(super) struct Outcome {
    /// `line: what is wrong`, by the page's lines.
    pub(super) offences: Vec<String>,
    /// The diagnostics that count, as people see them.
    pub(super) rendered: String,
}

pub(super) fn check(test: &Test, lints: Lints<'_>) -> Outcome {
    let (sources, diagnostics) = compile(test, lints);
    let diagnostics: Diagnostics = diagnostics.into_iter().filter(|one| counts(one, test, lints)).collect();
    let mut offences = Vec::new();
    let mut expected: Vec<_> = test
        .files
        .iter()
        .flat_map(|file| file.assertions.iter().map(move |assertion| (file, assertion)))
        .collect();
    for diagnostic in diagnostics.iter() {
        let place = diagnostic
            .primary()
            .map(|span| (sources.name(span.file), sources.position(span).line as usize));
        let met = expected.iter().position(|(file, assertion)| {
            let here = place.is_none_or(|(name, line)| name == file.path && line == assertion.line);
            here && assertion.code == diagnostic.code.as_str() && diagnostic.message.contains(&assertion.message)
        });
        match met {
            Some(met) => {
                expected.remove(met);
            }
            None => {
                let line = place.and_then(|(name, line)| {
                    let file = test.files.iter().find(|file| file.path == name)?;
                    Some(file.line + line - 1)
                });
                let line = line.or_else(|| test.files.first().map(|file| file.line)).unwrap_or(1);
                offences.push(format!(
                    "{line}: {}: unexpected [{}] {}",
                    test.name, diagnostic.code, diagnostic.message
                ));
            }
        }
    }
    for (file, assertion) in expected {
        let line = file.line + assertion.line - 1;
        offences.push(format!(
            "{line}: {}: no [{}] {}",
            test.name, assertion.code, assertion.message
        ));
    }
    Outcome {
        offences,
        rendered: report::diagnostics(&diagnostics, report::Files::new(&sources), report::Style::PLAIN),
    }
}

/// The project file of a test that shows none.
const PROJECT: (&str, &str) = (
    "gatewright.toml",
    "[package]\nname = \"page\"\nversion = \"0.1.0\"\nedition = \"2026\"\n",
);

/// The policy of a test that shows none.
const POLICY: (&str, &str) = (
    "policy/main.gate",
    "principal User;\nresource Page { action read; }\nrole reader for User { allow read on Page; }\n",
);

impl Lints<'_> {
    /// Whether the lint needs proofs.
    pub(super) fn need_proofs(self) -> bool {
        match self {
            Self::Only(id) => lint::find(id).is_some_and(|lint| lint.reads == Reads::Proofs),
            Self::None => false,
        }
    }
}

/// All diagnostics of importing a test's manifests; `None` where it has none.
fn import(test: &Test) -> Option<(Sources, Diagnostics)> {
    let mut sources = Sources::default();
    let manifests = test.files.iter().filter(|file| file.path.starts_with("manifests/"));
    let manifests: Vec<_> = manifests
        .map(|file| sources.add(file.path.as_str(), file.text.as_str()))
        .collect();
    let options = K8sOptions {
        name: "page",
        namespace: "default",
    };
    let mut out = Diagnostics::new();
    if manifests.is_empty() {
        return None;
    }
    import::k8s_rbac(&sources, &manifests, options, &mut out).unwrap();
    Some((sources, out.sorted()))
}

/// All diagnostics of a test's package.
fn compile(test: &Test, lints: Lints<'_>) -> (Sources, Diagnostics) {
    if let Some(imported) = import(test) {
        return imported;
    }
    let mut texts: Vec<_> = test
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    if !texts.iter().any(|(path, _)| *path == PROJECT.0) {
        texts.push(PROJECT);
    }
    if !texts.iter().any(|(path, _)| path.starts_with("policy/")) {
        texts.push(POLICY);
    }
    let mut loading = Diagnostics::new();
    let package = PackageFiles::in_memory(texts, &mut loading);
    // A lint that is allowed unless somebody asks for it is asked for on its own pages.
    let asked = match lints {
        Lints::Only(id) => lint::find(id).filter(|lint| lint.level == Level::Allow),
        Lints::None => None,
    };
    let options = Options {
        roles: None,
        at: Instant::parse_date("2026-03-01").unwrap(),
        levels: asked.iter().map(|lint| (lint.id().to_owned(), Level::Warn)).collect(),
    };
    let checked = pipeline::check(&package, &options, loading);
    let mut diagnostics = checked.diagnostics.clone();
    let _ = pipeline::declarations(&package, &mut diagnostics);
    let faulty = diagnostics
        .iter()
        .any(|one| one.is_error() && lint::find(one.code.as_str()).is_none());
    if lints.need_proofs() {
        let found = crate::prover::solver();
        let options = ProofOptions {
            solver: found.as_ref().map(|found| found.engine.as_ref()),
            cache: &Cache::in_memory(),
            limits: Limits::default(),
            deadline: Deadline::never(),
            at: options.at,
        };
        diagnostics.extend(pipeline::prove_lints(&package, &checked, &options, &|_, _| ()).unwrap());
        diagnostics = diagnostics.sorted();
    }
    if !faulty && !package.scenarios.is_empty() {
        let options = TestOptions {
            filter: None,
            threads: NonZeroUsize::MIN,
            snapshots: SnapshotMode::ReadOnly,
        };
        let tested = pipeline::test(&package, &checked, options, &mut |_| {}).unwrap();
        diagnostics.extend(pipeline::suites(&package, &checked).unwrap().faults());
        diagnostics.extend(tested.report.iter().flat_map(failures));
    }
    (package.sources, diagnostics)
}

/// The claims of a suite that do not hold, at their places.
fn failures(report: &RunReport) -> Vec<Diagnostic> {
    let outcomes = report.tests().map(|(_, test)| &test.outcome);
    outcomes
        .filter_map(|outcome| match outcome {
            TestOutcome::Failed(failures) => Some(failures),
            TestOutcome::Passed | TestOutcome::Skipped(_) => None,
        })
        .flatten()
        // A cause that is none is told as such, and the claim fails by it.
        .filter(|failure| !matches!(&failure.kind, FailureKind::Decision(wrong) if !wrong.faults().is_empty()))
        .map(|failure| Diagnostic::error(codes::FAILED, failure.span, failure.kind.headline()))
        .collect()
}

/// Whether a diagnostic counts: every fault, and the lints that the test is about.
fn counts(diagnostic: &Diagnostic, test: &Test, lints: Lints<'_>) -> bool {
    let code = diagnostic.code.as_str();
    let is_lint = lint::find(code).is_some();
    !is_lint || test.asserts(code) || matches!(lints, Lints::Only(lint) if lint == code)
}
