//! The files of a bundle: what is compiled, what is carried, and the evidence that is gathered for it here.

use std::collections::BTreeSet;

use crate::analysis::{Outcome, solver};
use crate::bundle::{BundleTree, EvidenceSummary, LintTotals, MutationTotals, ProofTotals, TestTotals};
use crate::cli::args::{BudgetArgs, Format};
use crate::cli::cmd::budget::{budget, lint_budget};
use crate::cli::cmd::lint::proving;
use crate::cli::cmd::mutate;
use crate::cli::cmd::mutate::Asked;
use crate::cli::cmd::package::Package;
use crate::cli::console::Console;
use crate::cli::error::{CliError, WRITE_SCENARIOS};
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::config::EvidenceKind;
use crate::diag::Severity;
use crate::pipeline::{Evidence, Origin, Shard, Suites, TestOptions, Tried};
use crate::report::{Files, Requests, printable, results};
use crate::scenario::golden::SnapshotMode;
use crate::text::Instant;
use crate::{lint, pipeline, report, scenario};

/// Whether lint evidence includes the lints that prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LintProofs {
    /// It does, which takes a solver.
    Run,
    /// It does not, and says so.
    LeftOut,
}

/// The whole tree, with all evidence that was asked for; or how the run ends where the policy does not come up to it.
/// What is wrong with it then is shown.
pub(super) fn assemble(
    package: &Package,
    kinds: &BTreeSet<EvidenceKind>,
    proofs: LintProofs,
    limits: &BudgetArgs,
    at: Instant,
    origin: Origin,
    console: &mut Console,
) -> Result<Result<BundleTree, Exit>, CliError> {
    let (suites, built) = pipeline::suites_of_files(&package.loaded, &package.checked)?;
    let faults = suites.faults();
    if faults.has_errors() {
        return Ok(Err(package.show(&faults, Format::Human, console)?));
    }
    let mut gathered = Gathered::default();
    for kind in kinds {
        let ended = match kind {
            EvidenceKind::Lint => gathered.lint(package, proofs, limits, at, console)?,
            EvidenceKind::Tests => gathered.tests(package, &suites, console)?,
            EvidenceKind::Coverage => gathered.coverage(package, &suites)?,
            EvidenceKind::Proofs => gathered.proofs(package, limits, at, console)?,
            EvidenceKind::Mutation => gathered.mutation(package, &suites, limits, at, console)?,
        };
        if let Some(exit) = ended {
            return Ok(Err(exit));
        }
    }
    let origin = Origin { evidence: gathered.totals, ..origin };
    let tree = pipeline::bundle(&package.loaded, built, &suites, &gathered.files, origin)?;
    Ok(Ok(tree))
}

/// Evidence so far. Each step gives how the run ends where it does not pass.
#[derive(Default)]
struct Gathered {
    files: Vec<Evidence>,
    totals: EvidenceSummary,
}

impl Gathered {
    fn add(&mut self, kind: EvidenceKind, report: &str) -> Result<(), CliError> {
        self.files.push((kind.name(), read(report)?));
        Ok(())
    }

    /// What checking found, and what lints that prove found. A package with errors does not come here.
    fn lint(
        &mut self,
        package: &Package,
        proofs: LintProofs,
        limits: &BudgetArgs,
        at: Instant,
        console: &mut Console,
    ) -> Result<Option<Exit>, CliError> {
        let mut found = package.checked.diagnostics.clone();
        let wanted = lint::that_prove(&package.checked.project.levels);
        let mut not_run = wanted.clone();
        if proofs == LintProofs::Run && !wanted.is_empty() {
            let solver = solver::needed(&env::solver_places())?;
            let proved = proving(package, Some(solver.engine.as_ref()), &lint_budget(limits), at)?;
            if proved.found.has_errors() {
                let exit = package.show(&proved.found, Format::Human, console)?;
                console.print("no bundle was written: `lint` evidence includes the lints that prove\n")?;
                return Ok(Some(exit));
            }
            // Where nothing could be asked, the names of the lints say so: a bundle made without a solver has the same bytes.
            if proved.not_run.is_empty() {
                found.extend(proved.found);
                found = found.sorted();
            }
            not_run = proved.not_run;
        }
        let files = carried_files(package);
        let waivers = report::waivers(&package.checked.program.waivers, files);
        self.totals.lint = Some(LintTotals {
            errors: found.count(Severity::Error),
            warnings: found.count(Severity::Warning),
            waivers: waivers.len(),
            not_run: not_run.len(),
            unanswered: found.iter().filter(|found| found.code == lint::codes::UNPROVED).count(),
        });
        let mut report = read(&report::json(&found, files))?;
        if let Some(fields) = report.as_object_mut() {
            fields.insert("waivers".to_owned(), waivers.into());
            let not_run: Vec<&str> = not_run.iter().map(|lint| lint.id()).collect();
            fields.insert("not_run".to_owned(), not_run.into());
        }
        self.files.push((EvidenceKind::Lint.name(), report));
        Ok(None)
    }

    fn tests(
        &mut self,
        package: &Package,
        suites: &Suites<'_>,
        console: &mut Console,
    ) -> Result<Option<Exit>, CliError> {
        let options = TestOptions {
            filter: None,
            threads: env::threads(),
            // Nothing is written: what is accepted is what is carried.
            snapshots: SnapshotMode::ReadOnly,
            watch: None,
        };
        let run = progress::during(&format!("testing {}", package.named), || {
            pipeline::run_suites(&package.loaded, suites, options, &mut |_| {})
        });
        if run.tests().next().is_none() {
            return Err(CliError::NoTests {
                message: format!("{} has no scenarios to use as evidence", package.named),
                instead: WRITE_SCENARIOS,
            });
        }
        if !run.is_success() {
            let root = package.root();
            let failures = results::failures(&run, package.files(&root), console.style());
            let named = printable(&package.named);
            console.print(&format!("{}\n\n{named}: {}\n", failures.trim_end(), results::summary(&run)))?;
            return Ok(Some(Exit::PolicyFails));
        }
        let totals = run.totals();
        self.totals.tests = Some(TestTotals {
            passed: totals.passed,
            failed: totals.failed,
            skipped: totals.skipped,
            decisions: totals.decisions,
        });
        self.add(EvidenceKind::Tests, &results::json(&run, carried_files(package), None))?;
        Ok(None)
    }

    /// What the tests see of the policy. How much must be seen is for `publish` to say.
    fn coverage(&mut self, package: &Package, suites: &Suites<'_>) -> Result<Option<Exit>, CliError> {
        let coverage = progress::during(&format!("measuring coverage of {}", package.named), || {
            let plan = pipeline::coverage_plan(&package.checked, &package.loaded.sources);
            scenario::coverage(&suites.suites, suites.policy(), &plan, env::threads())
        });
        self.totals.coverage = Some(coverage.totals());
        self.add(EvidenceKind::Coverage, &report::coverage_json(&coverage, carried_files(package)))?;
        Ok(None)
    }

    fn proofs(
        &mut self,
        package: &Package,
        limits: &BudgetArgs,
        at: Instant,
        console: &mut Console,
    ) -> Result<Option<Exit>, CliError> {
        let found = solver::needed(&env::solver_places())?;
        let budget = budget(limits);
        let options = budget.whole(found.engine.as_ref(), at);
        let proofs = progress::counted(&format!("proving {}", package.named), |progress| {
            pipeline::prove(&package.loaded, &package.checked, options, progress)
        })?;
        let count = |test: fn(&Outcome) -> bool| proofs.all.iter().filter(|proof| test(&proof.outcome)).count();
        let totals = ProofTotals {
            proved: count(|outcome| matches!(outcome, Outcome::Proved | Outcome::Shown(_))),
            in_part: proofs.all.iter().filter(|proof| proof.is_in_part()).count(),
            refuted: count(|outcome| matches!(outcome, Outcome::Refuted(_) | Outcome::Impossible)),
            unknown: count(|outcome| matches!(outcome, Outcome::Empty | Outcome::Unknown(_) | Outcome::NotReplayed(_))),
            beyond: proofs.beyond.len(),
        };
        if totals.refuted > 0 || totals.unknown > 0 || totals.proved == 0 {
            let root = package.root();
            let files = package.files(&root);
            let named = printable(&package.named);
            let summary = report::proof_summary(&proofs.all, proofs.of, &proofs.engine);
            console.print(&format!(
                "{}\n{named}: {summary}\nno bundle was written: these proofs cannot be included; use `--evidence` to leave proofs out\n",
                report::proofs(&proofs.all, files)
            ))?;
            return Ok(Some(match totals.refuted {
                0 => Exit::NotProved,
                _ => Exit::PolicyFails,
            }));
        }
        self.totals.proofs = Some(totals);
        let files = carried_files(package);
        let report = report::proofs_json(&proofs.all, &proofs.beyond, proofs.of, &proofs.engine, files);
        self.add(EvidenceKind::Proofs, &report)?;
        Ok(None)
    }

    /// What the tests notice of mistakes. How strong they must be is for `publish` to say.
    fn mutation(
        &mut self,
        package: &Package,
        suites: &Suites<'_>,
        limits: &BudgetArgs,
        at: Instant,
        console: &mut Console,
    ) -> Result<Option<Exit>, CliError> {
        // Without one, the same sources would give other bytes than with one.
        let found = solver::needed(&env::solver_places())?;
        let asked = Asked { found: Some(&found), budget: limits, at, kinds: &[], shard: Shard::WHOLE };
        let (Tried { trials, tally, engine }, _) = match mutate::tried(package, suites, &asked, console)? {
            Ok(tried) => tried,
            Err(exit) => return Ok(Some(exit)),
        };
        self.totals.mutation = Some(MutationTotals {
            killed: tally.killed,
            missed: tally.missed,
            equivalent: tally.equivalent,
            undecided: tally.undecided,
        });
        let files = carried_files(package);
        let report = report::mutation_json(&trials, tally, engine.as_deref(), files, Requests::LeftOut, None::<&()>);
        self.add(EvidenceKind::Mutation, &report)?;
        Ok(None)
    }
}

/// A report as it was just written.
fn read(report: &str) -> Result<serde_json::Value, CliError> {
    Ok(serde_json::from_str(report).map_err(pipeline::BuildError::Json)?)
}

/// Files by their names in the package, wherever that lies.
fn carried_files(package: &Package) -> Files<'_> {
    Files::new(&package.loaded.sources)
}
