//! From a checked package to how strong its scenarios are: each mutant compiled and tested, those that pass compared with the
//! program.

mod compare;
mod kept;
mod lab;
mod merge;
mod same;

use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;

use crate::analysis::solver::Limits;
use crate::analysis::{Cache, Deadline, Prover, solver};
use crate::decide::EngineError;
use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::mutation::{Mutant, MutationOperator, Tally, Trial};
use crate::parallel::Work;
use crate::scenario::golden::{Accepted, SnapshotMode};
use crate::scenario::{RunOptions, RunReport};
use crate::semdiff::CompareError;
use crate::text::Instant;
use crate::{mutation, parallel, scenario};

use super::shard::Shard;
use super::{Checked, Suites, check};
use kept::Kept;
use lab::Lab;

pub use merge::{MergeError, Part, merge};

/// How mutants are tried.
#[derive(Clone, Copy)]
pub struct MutateOptions<'a> {
    /// The engine; without one, nobody knows whether a mutant that no test notices is the same policy.
    pub solver: Option<&'a dyn solver::Engine>,
    /// Answers and outcomes of earlier runs.
    pub cache: &'a Cache,
    /// Which build of this tool runs: outcomes of another one are not taken over.
    pub build: &'a str,
    /// What one question may take.
    pub limits: Limits,
    /// When the run gives up asking.
    pub deadline: Deadline,
    /// The time that clocks of requests are set to.
    pub at: Instant,
    /// The kinds of mistakes to make; none: all.
    pub kinds: &'a [MutationOperator],
    /// Which part of the mutants to try.
    pub shard: Shard,
    /// Hears how many mutants are tried, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl std::fmt::Debug for MutateOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MutateOptions").finish_non_exhaustive()
    }
}

/// How strong the scenarios of a package are.
#[derive(Debug)]
pub enum Mutated {
    /// The scenarios fail on the program itself, or there are none that run, so that they tell nothing of mutants.
    Unfit(RunReport),
    /// Mutants were tried.
    Tried(Tried),
}

/// Mutants that were tried.
#[derive(Debug)]
pub struct Tried {
    /// Each mutant and what became of it, in the order of the texts.
    pub trials: Vec<Trial>,
    /// How many came to what.
    pub tally: Tally,
    /// The solver, `cvc5 1.3.1`; `None` where there is none.
    pub engine: Option<String>,
}

impl Tried {
    fn new(trials: Vec<Trial>, engine: Option<String>) -> Self {
        Self { tally: Tally::of(trials.iter().map(|trial| &trial.outcome)), trials, engine }
    }
}

/// Why no mutant could be tried.
#[derive(Debug, Error)]
pub enum MutateError {
    /// A bundle could not be loaded; a fault of ours.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no schema to compare under.
    #[error(transparent)]
    Compare(#[from] CompareError),
}

/// The mutants of a package without faults that make some kinds of mistakes (none: all), none of them tried.
#[must_use]
pub fn mutants(package: &PackageFiles, checked: &Checked, kinds: &[MutationOperator]) -> Vec<Mutant> {
    let files = check::parse(package, &checked.project, &mut Diagnostics::new());
    let mut all = mutation::mutants(&files, &checked.program, &package.sources);
    all.retain(|mutant| kinds.is_empty() || kinds.contains(&mutant.operator));
    all
}

/// Tries the mutants of a package whose files and suites have no faults. The scenarios run on the program first.
///
/// # Errors
/// Where what the compiler made cannot be built, loaded or compared.
pub fn mutate(
    package: &PackageFiles,
    suites: &Suites<'_>,
    options: &MutateOptions<'_>,
) -> Result<Mutated, MutateError> {
    let accepted: Accepted = package
        .snapshots
        .iter()
        .map(|file| (package.sources.name(*file).to_owned(), package.sources.text(*file).to_owned()))
        .collect();
    let baseline = run(suites, &accepted);
    if !baseline.is_success() || baseline.totals().passed == 0 {
        return Ok(Mutated::Unfit(baseline));
    }
    let numbered = mutants(package, suites.checked, options.kinds).into_iter().enumerate();
    let mine: Vec<Mutant> = numbered.filter(|(at, _)| options.shard.has(*at)).map(|(_, mutant)| mutant).collect();
    let prover = options.solver.map(|solver| Prover::new(solver, options.cache, options.limits, options.deadline));
    let kept = Kept::new(package, options);
    let lab = Lab::new(package, suites, &accepted, prover.as_ref(), options.at);
    let done = AtomicUsize::new(0);
    (options.progress)(0, mine.len());
    let outcomes = parallel::map(
        Work::Much,
        &mine,
        || (),
        |(), mutant| {
            let outcome = kept.outcome(mutant, &lab);
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, mine.len());
            outcome
        },
    );
    let trials = mine.into_iter().zip(outcomes).map(|(mutant, outcome)| Ok(Trial { mutant, outcome: outcome? }));
    let trials = trials.collect::<Result<_, MutateError>>()?;
    Ok(Mutated::Tried(Tried::new(trials, prover.map(|prover| prover.engine().to_string()))))
}

fn run(suites: &Suites<'_>, accepted: &Accepted) -> RunReport {
    let options = RunOptions {
        filter: None,
        threads: parallel::threads(),
        snapshots: SnapshotMode::ReadOnly,
        accepted,
        watch: None,
    };
    scenario::run(&suites.suites, suites.policy(), options, &mut |_| {})
}
