//! Compiles the package of a test and compares its diagnostics with the assertions.

use std::num::NonZeroUsize;

use gatewright::analysis::solver::Limits;
use gatewright::analysis::{Cache, Deadline};
use gatewright::config::Level;
use gatewright::diag::{Diagnostic, Diagnostics};
use gatewright::import::K8sOptions;
use gatewright::lint::Reads;
use gatewright::load::PackageFiles;
use gatewright::pipeline::{Options, ProofOptions, ProveOptions, Shard, TestOptions};
use gatewright::scenario::golden::SnapshotMode;
use gatewright::scenario::{FailureKind, RunReport, TestOutcome, codes};
use gatewright::text::{Instant, Sources};
use gatewright::{import, lint, pipeline, report};

use super::page::Test;

/// Which lints count in a test. Faults always do.
#[derive(Clone, Copy)]
pub(super) enum Lints<'a> {
    /// None but those asserted.
    None,
    /// The one that the page is about.
    Only(&'a str),
    /// None but those asserted; what the package claims is proved, and the snapshot shows that.
    Proofs,
}

/// What a test came to.
pub(super) struct Outcome {
    /// `line: what is wrong`, by the page's lines.
    pub(super) offences: Vec<String>,
    /// The diagnostics that count, as people see them.
    pub(super) rendered: String,
}

pub(super) fn check(test: &Test, lints: Lints<'_>) -> Outcome {
    let Compiled { sources, diagnostics, proofs } = compile(test, lints);
    let diagnostics: Diagnostics = diagnostics.into_iter().filter(|one| counts(one, test, lints)).collect();
    let mut offences = Vec::new();
    let mut expected: Vec<_> =
        test.files.iter().flat_map(|file| file.assertions.iter().map(move |assertion| (file, assertion))).collect();
    for diagnostic in diagnostics.iter() {
        let place = diagnostic.primary().map(|span| (sources.name(span.file), sources.position(span).line as usize));
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
                offences
                    .push(format!("{line}: {}: unexpected [{}] {}", test.name, diagnostic.code, diagnostic.message));
            }
        }
    }
    for (file, assertion) in expected {
        let line = file.line + assertion.line - 1;
        offences.push(format!("{line}: {}: no [{}] {}", test.name, assertion.code, assertion.message));
    }
    let rendered = match lints {
        Lints::Proofs => proofs,
        Lints::None | Lints::Only(_) => {
            report::diagnostics(&diagnostics, report::Files::new(&sources), report::Style::PLAIN)
        }
    };
    Outcome { offences, rendered }
}

/// The project file of a test that shows none.
const PROJECT: (&str, &str) =
    ("gatewright.toml", "[package]\nname = \"page\"\nversion = \"0.1.0\"\nedition = \"2026\"\n");

/// The policy of a test that shows none.
const POLICY: (&str, &str) = (
    "policy/main.gate",
    "principal User;\nresource Page { action read; }\nrole reader for User { allow read on Page; }\n",
);

impl Lints<'_> {
    /// Whether the lint needs proofs.
    fn need_proofs(self) -> bool {
        match self {
            Self::Only(id) => lint::find(id).is_some_and(|lint| lint.reads == Reads::Proofs),
            Self::None | Self::Proofs => false,
        }
    }

    /// Whether a solver is needed.
    pub(super) fn need_a_solver(self) -> bool {
        self.need_proofs() || matches!(self, Self::Proofs)
    }
}

/// All diagnostics of importing a test's manifests; `None` where it has none.
fn import(test: &Test) -> Option<(Sources, Diagnostics)> {
    let mut sources = Sources::default();
    let manifests = test.files.iter().filter(|file| file.path.starts_with("manifests/"));
    let manifests: Vec<_> = manifests.map(|file| sources.add(file.path.as_str(), file.text.as_str())).collect();
    let options = K8sOptions { name: "page", namespace: "default" };
    let mut out = Diagnostics::new();
    if manifests.is_empty() {
        return None;
    }
    import::k8s_rbac(&sources, &manifests, options, &mut out).unwrap();
    Some((sources, out.sorted()))
}

/// A test's package.
struct Compiled {
    sources: Sources,
    /// All of them.
    diagnostics: Diagnostics,
    /// What is proved of it, where that is asked for, as people see it.
    proofs: String,
}

/// Compiles a test's package, or imports its manifests.
fn compile(test: &Test, lints: Lints<'_>) -> Compiled {
    if let Some((sources, diagnostics)) = import(test) {
        return Compiled { sources, diagnostics, proofs: String::new() };
    }
    let mut texts: Vec<_> = test.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
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
        Lints::None | Lints::Proofs => None,
    };
    let options = Options {
        roles: None,
        at: Instant::parse_date("2026-03-01").unwrap(),
        levels: asked.iter().map(|lint| (lint.id().to_owned(), Level::Warn)).collect(),
    };
    let mut checked = pipeline::check(&package, &options, loading);
    let faulty = checked.diagnostics.iter().any(|one| one.is_error() && lint::find(one.code.as_str()).is_none());
    pipeline::beside(&package, &mut checked).unwrap();
    let mut diagnostics = checked.diagnostics.clone();
    if lints.need_proofs() {
        let found = crate::prover::solver();
        let options = ProofOptions {
            solver: found.as_ref().map(|found| found.engine.as_ref()),
            cache: &Cache::in_memory(),
            limits: Limits::default(),
            deadline: Deadline::never(),
            at: options.at,
        };
        diagnostics.extend(pipeline::prove_lints(&package, &checked, &options, &|_, _| ()).unwrap().found);
        diagnostics = diagnostics.sorted();
    }
    let mut told = String::new();
    if let (false, Lints::Proofs, Some(found)) = (faulty, lints, crate::prover::solver()) {
        let options = ProveOptions {
            solver: found.engine.as_ref(),
            cache: &Cache::in_memory(),
            limits: Limits::default(),
            deadline: Deadline::never(),
            only: &[],
            shard: Shard::WHOLE,
            at: options.at,
            keeps_scripts: false,
        };
        let proofs = pipeline::prove(&package, &checked, options, &|_, _| ()).unwrap();
        diagnostics.extend(pipeline::refuted(&proofs.all, &checked));
        told = report::proofs(&proofs.all, report::Files::new(&package.sources));
        told.push_str(&report::beyond_proof(&proofs.beyond));
    }
    if !faulty && !package.scenarios.is_empty() {
        let options =
            TestOptions { filter: None, threads: NonZeroUsize::MIN, snapshots: SnapshotMode::ReadOnly, watch: None };
        let tested = pipeline::test(&package, &checked, options, &mut |_| {}).unwrap();
        diagnostics.extend(tested.report.iter().flat_map(failures));
    }
    Compiled { sources: package.sources, diagnostics, proofs: told }
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
