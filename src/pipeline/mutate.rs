//! From a checked package to how strong its scenarios are: each mutant compiled and tested, those that pass compared with the
//! program.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cedar_policy::EntityTypeName;
use thiserror::Error;

use crate::analysis::solver::Limits;
use crate::analysis::{Cache, Deadline, Prover, solver};
use crate::bundle::PROFILE_TYPE;
use crate::decide::EngineError;
use crate::diag::Diagnostics;
use crate::lint::Extent;
use crate::load::PackageFiles;
use crate::mutation::{Decided, Mutant, Named, Outcome, Shown, Tally, Trial};
use crate::parallel::Work;
use crate::scenario::golden::{Accepted, SnapshotMode};
use crate::scenario::{Policy, RunOptions, RunReport};
use crate::semdiff::{Basis, CompareError, Difference, Effect, Side, Verdict};
use crate::syntax::ast;
use crate::text::{Instant, Sources};
use crate::typing::Conditions;
use crate::{graph, lower, mutation, parallel, scenario, semdiff, syntax};

use super::{Checked, Suites, check, engine};

/// How mutants are tried.
#[derive(Clone, Copy)]
pub struct MutateOptions<'a> {
    /// The engine; without one, nobody knows whether a mutant that no test notices is the same policy.
    pub solver: Option<&'a dyn solver::Engine>,
    /// Answers of earlier runs.
    pub cache: &'a Cache,
    /// What one question may take.
    pub limits: Limits,
    /// When the run gives up asking.
    pub deadline: Deadline,
    /// The time that clocks of requests are set to.
    pub at: Instant,
    /// Whether to try a mutant.
    pub is_wanted: &'a (dyn Fn(&Mutant) -> bool + Sync),
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
    /// Each mutant and what became of it, in the order of the texts.
    Tried {
        /// The mutants.
        trials: Vec<Trial>,
        /// How many came to what.
        tally: Tally,
        /// The solver, `cvc5 1.3.1`; `None` where there is none.
        engine: Option<String>,
    },
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

/// The mutants of a package without faults, none of them tried.
#[must_use]
pub fn mutants(package: &PackageFiles, checked: &Checked) -> Vec<Mutant> {
    let files = check::parse(package, &checked.project, &mut Diagnostics::new());
    mutation::mutants(&files, &checked.program, &package.sources)
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
    let checked = suites.checked;
    let accepted: Accepted = package
        .snapshots
        .iter()
        .map(|file| (package.sources.name(*file).to_owned(), package.sources.text(*file).to_owned()))
        .collect();
    let baseline = run(suites, suites.policy(), &accepted);
    if !baseline.is_success() || baseline.totals().passed == 0 {
        return Ok(Mutated::Unfit(baseline));
    }
    let mut nothing = Diagnostics::new();
    let files = check::parse(package, &checked.project, &mut nothing);
    let (raw_schema, raw) = check::raw(package, &files, &mut nothing);
    let mut all = mutation::mutants(&files, &checked.program, &package.sources);
    all.retain(|mutant| (options.is_wanted)(mutant));
    let lab = Lab { package, suites, files, raw_schema, raw, accepted };
    let done = AtomicUsize::new(0);
    (options.progress)(0, all.len());
    let tested = parallel::map(
        Work::Much,
        &all,
        || (),
        |(), mutant| {
            let tested = lab.test(mutant);
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, all.len());
            tested
        },
    );
    let prover = options.solver.map(|solver| Prover::new(solver, options.cache, options.limits, options.deadline));
    let mut trials = Vec::new();
    for (mutant, tested) in all.into_iter().zip(tested) {
        let outcome = match tested? {
            Tested::Ended(outcome) => outcome,
            // The proofs of one mutant take all cores.
            Tested::Passed => match lab.compile(&mutant) {
                Some(compiled) => lab.compare(&compiled, prover.as_ref(), options.at)?,
                None => Outcome::Unviable,
            },
        };
        trials.push(Trial { mutant, outcome });
    }
    Ok(Mutated::Tried {
        tally: Tally::of(trials.iter().map(|trial| &trial.outcome)),
        trials,
        engine: prover.map(|prover| prover.engine().to_string()),
    })
}

/// What all mutants share.
struct Lab<'a> {
    package: &'a PackageFiles,
    suites: &'a Suites<'a>,
    files: Vec<ast::File>,
    raw_schema: lower::RawSchema,
    raw: Vec<lower::RawPolicy>,
    accepted: Accepted,
}

/// A mutant after the scenarios.
enum Tested {
    /// It was killed, or refused.
    Ended(Outcome),
    /// Every test passes.
    Passed,
}

/// A mutant compiled.
struct Compiled {
    checked: Checked,
    sources: Sources,
}

impl Lab<'_> {
    /// Compiles a mutant: its file is read anew, the others are as they were. Lints have no say: they would not run on every
    /// machine where the policy is changed. `None` where the compiler refuses it.
    fn compile(&self, mutant: &Mutant) -> Option<Compiled> {
        let checked = self.suites.checked;
        let project = &checked.project;
        let file = mutant.edit.span.file;
        let sources = self.package.sources.with_text(file, mutant.edit.applied(&self.package.sources));
        let mut out = Diagnostics::new();
        let mut changed = syntax::parse(&sources, file, &check::limits(project), &mut out);
        if let Some(statement) = &mutant.statement {
            keep_name(&mut changed, statement);
        }
        let files: Vec<ast::File> =
            self.files.iter().map(|tree| if tree.file == file { changed.clone() } else { tree.clone() }).collect();
        let longest = check::longest_grant(project);
        let program = graph::resolve(&files, &self.raw_schema.externals, longest, &mut out);
        if out.has_errors() {
            return None;
        }
        let form = checked.lowered.contract.roles_form;
        let program = Arc::new(program);
        let conditions = Arc::new(Conditions::new(Arc::clone(&program)));
        let mut lowered = lower::lower(&conditions, &self.raw_schema, self.raw.clone(), form, &sources, &mut out);
        // The same settings of the gateway. A name in them that the mutant lost is no fault of the mutant.
        let _ = check::add_gateway(self.package, &program, &mut lowered.contract);
        let checked = Checked {
            project: project.clone(),
            program,
            conditions,
            lowered,
            extent: Extent::Whole,
            assignments: None,
            diagnostics: Diagnostics::new(),
        };
        (!out.has_errors()).then_some(Compiled { checked, sources })
    }

    /// Runs the scenarios on a mutant. They are read as they are for the program: a name that the mutant lost is no reason
    /// for a test to fail, a decision that it changed is.
    fn test(&self, mutant: &Mutant) -> Result<Tested, MutateError> {
        let Some(Compiled { checked, .. }) = self.compile(mutant) else {
            return Ok(Tested::Ended(Outcome::Unviable));
        };
        let engine = engine(&checked.lowered)?;
        let policy = Policy { contract: &checked.lowered.contract, origins: &checked.lowered.origins, engine: &engine };
        let failed = scenario::first_failure(&self.suites.suites, policy, &self.accepted);
        Ok(match failed {
            Some((suite, test)) => Tested::Ended(Outcome::Killed(format!("{}: {}", suite.name, test.name))),
            None => Tested::Passed,
        })
    }

    /// What is different about a mutant on which every test passes.
    fn compare(&self, mutant: &Compiled, prover: Option<&Prover<'_>>, at: Instant) -> Result<Outcome, CompareError> {
        let program = Side {
            program: &self.suites.checked.program,
            lowered: &self.suites.checked.lowered,
            sources: &self.package.sources,
        };
        let other =
            Side { program: &mutant.checked.program, lowered: &mutant.checked.lowered, sources: &mutant.sources };
        let options = semdiff::Options { prover, at, is_mine: &|_| true, own_form: None, progress: &|_, _| () };
        let difference = semdiff::compare(program, other, &options)?;
        if let Some(shown) = shown(&difference) {
            return Ok(Outcome::Missed(Box::new(shown)));
        }
        // What a grant takes and how long it lasts is no matter of single requests.
        let profiles = (&program.lowered.contract.break_glass, &other.lowered.contract.break_glass);
        if profiles.0 != profiles.1 {
            let changed = profiles.0.iter().find(|(name, profile)| profiles.1.get(*name) != Some(*profile));
            let name = changed.map_or("", |(name, _)| name.as_str());
            return Ok(Outcome::Missed(Box::new(Shown {
                what: format!("break-glass {name} grants on different terms; only a test with steps can show it"),
                request: None,
            })));
        }
        // No request of today shows what links of a template may be allowed.
        let opened = difference.terms.iter().find(|term| term.effect == Effect::Weakens);
        Ok(match difference.verdict() {
            Verdict::Widened | Verdict::Both if opened.is_some() => {
                let term = opened.map_or("", |term| term.path.as_str());
                Outcome::Undecided(format!("every request is decided as before, but on weaker terms: `{term}`"))
            }
            Verdict::Equivalent if difference.extent.assuming > 0 => Outcome::Undecided(
                "it is equivalent for times within 146 million years of 1970; further out Cedar's arithmetic overflows"
                    .to_owned(),
            ),
            Verdict::Equivalent => Outcome::Equivalent,
            Verdict::SchemaBreaking => {
                Outcome::Undecided("it accepts different requests than the original policy".to_owned())
            }
            _ => {
                let doubts = difference.accesses.iter().flat_map(semdiff::Access::doubts);
                Outcome::Undecided(doubts.min().map(ToString::to_string).unwrap_or_default())
            }
        })
    }
}

/// A statement that an author did not name is named after its words; in a mutant it keeps the name that tests know.
fn keep_name(file: &mut ast::File, statement: &Named) {
    let nested = |item: &mut ast::Item| match &mut item.kind {
        ast::ItemKind::Role(role) => std::mem::take(&mut role.grants),
        _ => Vec::new(),
    };
    for item in &mut file.items {
        let mut grants = nested(item);
        for one in grants.iter_mut().chain(std::iter::once(&mut *item)) {
            let is_role = matches!(one.kind, ast::ItemKind::Role(_));
            if one.span.start == statement.span.start && one.label.is_none() && !is_role {
                one.label = Some(ast::Ident { text: statement.name.clone(), span: one.span });
            }
        }
        if let ast::ItemKind::Role(role) = &mut item.kind {
            role.grants = grants;
        }
    }
}

/// The first change of access with a request; one that a scenario can put, where there is any.
fn shown(difference: &Difference) -> Option<Shown> {
    let mut all = Vec::new();
    for access in &difference.accesses {
        for (finding, way) in [(&access.gained, "gains"), (&access.lost, "loses")] {
            let Some(example) = finding.example() else { continue };
            let request = &example.witness.request;
            // Requests about a break-glass profile are the gateway's own; tests tell them as steps.
            let is_own = is_profile(request.resource.type_name());
            let is_known = example.before.cause != "no-such-request" && example.basis != Basis::Merged;
            let kind = &access.request;
            all.push(Shown {
                what: format!("{} {way} {} on {}", access.who(), kind.action, kind.resource),
                request: Some(Decided {
                    witness: example.witness.clone(),
                    allowed: example.before.allowed,
                    is_asked: is_known && !is_own,
                }),
            });
        }
    }
    let is_asked = |shown: &Shown| shown.request.as_ref().is_some_and(|decided| decided.is_asked);
    let best = all.iter().position(is_asked).unwrap_or(0);
    (best < all.len()).then(|| all.swap_remove(best))
}

fn is_profile(ty: &EntityTypeName) -> bool {
    ty.basename() == PROFILE_TYPE
}

fn run(suites: &Suites<'_>, policy: Policy<'_>, accepted: &Accepted) -> RunReport {
    let options = RunOptions {
        filter: None,
        // Mutants run beside each other.
        threads: NonZeroUsize::MIN,
        snapshots: SnapshotMode::ReadOnly,
        accepted,
    };
    scenario::run(&suites.suites, policy, options, &mut |_| {})
}
