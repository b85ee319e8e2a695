//! From a checked package to what is proved of it: assertions, and what its declarations promise.

mod templates;

use thiserror::Error;

use crate::analysis::solver::Limits;
use crate::analysis::{
    Beyond, Cache, Deadline, Outcome, Proof, ProofGoal, ProofGoals, ProofGoalsError, Prover, Replay, Statistics, solver,
};
use crate::decide::{Engine, EngineError};
use crate::load::PackageFiles;
use crate::lower;
use crate::lower::{Property, PropertyKind, is_called};
use crate::text::Instant;

use super::shard::Shard;
use super::{Checked, engine, meant};

use templates::Templates;

/// The kind of what wildcards stand for beyond what is declared. It is told whatever is proved.
const WILDCARD: &str = "wildcard";

/// How a package is proved.
#[derive(Debug, Clone, Copy)]
pub struct ProveOptions<'a> {
    /// The engine.
    pub solver: &'a dyn solver::Engine,
    /// Answers of earlier runs.
    pub cache: &'a Cache,
    /// What one question may take.
    pub limits: Limits,
    /// When the run gives up.
    pub deadline: Deadline,
    /// Names of the properties to prove, as [`Property::is_called`] takes them; none: all.
    pub only: &'a [String],
    /// Which part of these.
    pub shard: Shard,
    /// The time that clocks of counterexamples are set to.
    pub at: Instant,
    /// Whether questions without an answer are kept as SMT-LIB.
    pub keeps_scripts: bool,
}

/// What was proved.
#[derive(Debug)]
pub struct Proofs {
    /// Each property, in the order of kinds and declarations.
    pub all: Vec<Proof>,
    /// What is promised and held by something else than policies.
    pub beyond: Vec<Beyond>,
    /// How many properties the program has; more than `all` where only a shard was asked for.
    pub of: usize,
    /// How many of these all parts of the run are about.
    pub wanted: usize,
    /// How many questions were put.
    pub statistics: Statistics,
    /// The engine, as `cvc5 1.3.1`.
    pub engine: String,
}

/// Why nothing could be proved.
#[derive(Debug, Error)]
pub enum ProveError {
    /// A name in `only` is that of no property.
    #[error("unknown claim `{name}`")]
    NoProperty {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A claim cannot be written as Cedar; a fault of ours.
    #[error("cannot write a claim as Cedar: {0}")]
    Property(String),
    /// Nothing can be asked.
    #[error(transparent)]
    ProofGoals(#[from] ProofGoalsError),
    /// The bundle could not be loaded; a fault of ours.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Proves what a package without faults claims. `progress` hears how many properties are
/// settled, and of how many.
///
/// # Errors
/// Where a name in `only` means nothing, there is nothing to reason about, or what the compiler made cannot be built or loaded.
pub fn prove(
    package: &PackageFiles,
    checked: &Checked,
    options: ProveOptions<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Proofs, ProveError> {
    let engine = engine(&checked.lowered)?;
    let properties =
        lower::properties(&checked.conditions, checked.lowered.contract.roles_form).map_err(ProveError::Property)?;
    let of = properties.len();
    let templates = lower::raw_templates(&package.sources);
    let beyond = lower::beyond(&checked.program, &checked.lowered, &templates).into_iter().map(Beyond::from);
    let mut beyond: Vec<Beyond> = beyond.collect();
    beyond.extend(checked.program.granted_wildcards().into_iter().map(|name| Beyond {
        name,
        kind: WILDCARD,
        why: "it also stands for undeclared types and actions; nothing is proved about their requests".to_owned(),
    }));
    let called = wanted(properties, &beyond, options.only)?;
    let wanted = called.len();
    let named =
        |one: &Beyond| options.only.is_empty() || options.only.iter().any(|name| is_called(one.kind, &one.name, name));
    beyond.retain(|one| (named(one) || one.kind == WILDCARD) && options.shard.part == 1);
    let numbered = called.into_iter().enumerate();
    let mine = numbered.filter(|(at, _)| options.shard.has(*at)).map(|(_, property)| property);
    let mine: Vec<Property> = mine.collect();
    let prover = Prover::new(options.solver, options.cache, options.limits, options.deadline).telling(progress);
    let mut settled = settled(mine, checked, &engine, &prover, &options)?;
    Templates::new(templates, checked).hold(&mut settled, checked, &prover, &options)?;
    let mut proofs = Vec::new();
    for (goal, outcome) in settled {
        let reach = goal.reach();
        let granting = goal.granting(&checked.lowered.origins);
        let property = goal.property;
        let words = match property.words.is_empty() {
            true => said(package.sources.slice(property.span)),
            false => property.words,
        };
        let hint = match (&outcome, property.kind) {
            (Outcome::Refuted(refutation), PropertyKind::Assertion) => {
                meant::only(checked, &property.name, &words, &refutation.deciding)
            }
            _ => None,
        };
        proofs.push(Proof {
            outcome,
            name: property.name,
            kind: property.kind,
            claim: property.claim,
            span: property.span,
            words,
            reach,
            skipped: property.skipped,
            apart: property.apart.into_iter().filter_map(|apart| apart.told).collect(),
            granting,
            hint,
        });
    }
    Ok(Proofs { all: proofs, beyond, of, wanted, statistics: prover.statistics(), engine: prover.engine().to_string() })
}

/// What some properties come to by what was lowered.
fn settled(
    properties: Vec<Property>,
    checked: &Checked,
    engine: &Engine,
    prover: &Prover<'_>,
    options: &ProveOptions<'_>,
) -> Result<Vec<(ProofGoal, Outcome)>, ProveError> {
    let ProofGoals { grounds, all } = ProofGoals::new(properties, &checked.lowered)?;
    let mut literals = grounds.base.literals();
    for goal in &all {
        let requests = goal.property.requests.iter();
        literals.extend(requests.flat_map(cedar_policy::Policy::entity_literals));
    }
    let replay = Replay {
        engine,
        schema: Replay::schema_of(&checked.lowered)?,
        lowered: &checked.lowered,
        literals,
        at: options.at,
        keeps_scripts: options.keeps_scripts,
    };
    let outcomes = prover.each(&all, |asking, goal| goal.settle(asking, &replay, &grounds));
    let both = all.into_iter().zip(outcomes);
    let both = both.map(|(goal, outcome)| Ok((goal, outcome?)));
    both.collect()
}

/// How many properties a package without faults claims.
///
/// # Errors
/// Where a claim cannot be written as Cedar; a fault of ours.
pub fn claims(checked: &Checked) -> Result<usize, ProveError> {
    let properties = lower::properties(&checked.conditions, checked.lowered.contract.roles_form);
    Ok(properties.map_err(ProveError::Property)?.len())
}

/// The properties that a run and all its parts are about.
fn wanted(all: Vec<Property>, beyond: &[Beyond], only: &[String]) -> Result<Vec<Property>, ProveError> {
    let unknown = |name: &&String| {
        !all.iter().any(|property| property.is_called(name))
            && !beyond.iter().any(|one| is_called(one.kind, &one.name, name))
    };
    if let Some(name) = only.iter().find(unknown) {
        return Err(ProveError::NoProperty {
            name: name.clone(),
            known: all.into_iter().map(|property| property.name).collect(),
        });
    }
    let called = |property: &Property| only.is_empty() || only.iter().any(|name| property.is_called(name));
    Ok(all.into_iter().filter(called).collect())
}

/// `assert name: never …;` without its head and its end, on one line.
fn said(statement: &str) -> String {
    let claim = statement.split_once(':').map_or(statement, |(_, claim)| claim);
    let words: Vec<&str> = claim.trim_end().trim_end_matches(';').split_whitespace().collect();
    words.join(" ")
}
