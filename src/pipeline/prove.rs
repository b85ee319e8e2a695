//! From a checked package to what is proved of it: assertions, and what its declarations promise.

use thiserror::Error;

use crate::analysis::Beyond;
use crate::analysis::Cache;
use crate::analysis::Deadline;
use crate::analysis::Obligations;
use crate::analysis::ObligationsError;
use crate::analysis::Outcome;
use crate::analysis::Proof;
use crate::analysis::Prover;
use crate::analysis::Replay;
use crate::analysis::Statistics;
use crate::analysis::solver;
use crate::analysis::solver::Limits;
use crate::decide::Engine;
use crate::decide::EngineError;
use crate::load::PackageFiles;
use crate::lower;
use crate::lower::Property;
use crate::lower::PropertyKind;
use crate::lower::is_called;
use crate::text::Instant;

use super::BuildError;
use super::Checked;
use super::build;
use super::meant;
use super::shard::Shard;

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
    #[error("nothing to prove is called `{name}`")]
    NoProperty {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A claim cannot be written as Cedar; a fault of ours.
    #[error("a claim cannot be written as Cedar: {0}")]
    Property(String),
    /// Nothing can be asked.
    #[error(transparent)]
    Obligations(#[from] ObligationsError),
    /// The bundle could not be built; a fault of ours.
    #[error(transparent)]
    Build(#[from] BuildError),
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
    let tree = build(checked, &package.sources)?;
    let engine = Engine::from_tree(&tree)?;
    let properties =
        lower::properties(&checked.program, checked.lowered.contract.roles_form).map_err(ProveError::Property)?;
    let of = properties.len();
    let beyond = lower::beyond(&checked.program, &checked.lowered)
        .into_iter()
        .map(Beyond::from);
    let mut beyond: Vec<Beyond> = beyond.collect();
    beyond.extend(checked.program.granted_wildcards().into_iter().map(|name| {
        Beyond {
            name,
            kind: WILDCARD,
            why: "it stands for types and actions that no file declares, too; of requests for those nothing is proved"
                .to_owned(),
        }
    }));
    let called = wanted(properties, &beyond, options.only)?;
    let wanted = called.len();
    let named =
        |one: &Beyond| options.only.is_empty() || options.only.iter().any(|name| is_called(one.kind, &one.name, name));
    beyond.retain(|one| (named(one) || one.kind == WILDCARD) && options.shard.part == 1);
    let numbered = called.into_iter().enumerate();
    let mine = numbered
        .filter(|(at, _)| options.shard.has(*at))
        .map(|(_, property)| property);
    let Obligations { grounds, all: mine } = Obligations::new(mine.collect(), &checked.lowered)?;
    let prover = Prover::new(options.solver, options.cache, options.limits, options.deadline).telling(progress);
    let mut literals = grounds.base.literals();
    for obligation in &mine {
        literals.extend(
            obligation
                .property
                .requests
                .iter()
                .flat_map(cedar_policy::Policy::entity_literals),
        );
    }
    let replay = Replay {
        engine: &engine,
        schema: Replay::schema_of(&checked.lowered)?,
        lowered: &checked.lowered,
        literals,
        at: options.at,
        keeps_scripts: options.keeps_scripts,
    };
    let outcomes = prover.each(&mine, |asking, obligation| obligation.settle(asking, &replay, &grounds));
    let mut proofs = Vec::new();
    for (obligation, outcome) in mine.into_iter().zip(outcomes) {
        let reach = obligation.reach();
        let granting = obligation.granting(&checked.lowered.origins);
        let property = obligation.property;
        let words = match property.words.is_empty() {
            true => said(package.sources.slice(property.span)),
            false => property.words,
        };
        let outcome = outcome?;
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
    Ok(Proofs {
        all: proofs,
        beyond,
        of,
        wanted,
        statistics: prover.statistics(),
        engine: prover.engine().to_string(),
    })
}

/// How many properties a package without faults claims.
///
/// # Errors
/// Where a claim cannot be written as Cedar; a fault of ours.
pub fn claims(checked: &Checked) -> Result<usize, ProveError> {
    let properties = lower::properties(&checked.program, checked.lowered.contract.roles_form);
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
