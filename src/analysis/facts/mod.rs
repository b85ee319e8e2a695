//! What is proved of a program's policies, statement by statement: whether they ever apply, matter, error, and which of
//! their tests decide nothing. Facts are data; who reads them judges.

mod allowed;
mod cases;
mod environment_slice;
mod errors;
mod impact;
mod tests_of;
mod years;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::Effect;

use super::base::Base;
use super::conjuncts::Place;
use super::prover::{Prover, SchemaRefused};
use super::sample::Samples;
use super::solver::Identity;
use super::witness::Witness;
use crate::bundle::OriginKind;
use crate::graph::StatementId;
use crate::lower;
use crate::lower::{Lowered, Part};
use crate::text::Span;

use environment_slice::EnvironmentSlice;

pub use allowed::Allowed;
pub use errors::Replay;

/// What is known of a program's policies.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The engine that was asked; `None` where there is none, and what needs one is not asked.
    pub engine: Option<Identity>,
    /// By statement.
    pub statements: BTreeMap<StatementId, StatementFacts>,
    /// Own grants of roles that extend others, by role: whether all of them together matter.
    pub roles: BTreeMap<String, Fact<Impact>>,
    /// Who may do everything, and what everybody may do.
    pub allowed: Fact<Allowed>,
}

/// The answer to a question, if it was put.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fact<T> {
    /// Proved, or shown by a request.
    Known(T),
    /// As far as it was answered, and why not all of it was.
    Partly(T, String),
    /// Put, and not answered: why.
    Unknown(String),
    /// Not put.
    #[default]
    NotAsked,
}

/// What is known of a statement.
#[derive(Debug, Clone)]
pub struct StatementFacts {
    /// What it does.
    pub effect: Effect,
    /// What it comes to beside the others.
    pub impact: Fact<Impact>,
    /// Tests that decide nothing in any policy it becomes.
    pub constant: Fact<Tests>,
    /// Of a grant with an end: what its end comes to.
    pub end: Fact<Impact>,
    /// How it errors; `None`: it never does.
    pub erring: Fact<Option<Erring>>,
}

/// What a statement comes to beside the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impact {
    /// Some request is decided otherwise without it.
    Matters,
    /// It never applies, because of these tests; none where its scope alone excludes every request.
    Never(Vec<Test>),
    /// Wherever it applies, these statements decide.
    Covered {
        /// Those that let in.
        permits: BTreeSet<StatementId>,
        /// Those that keep out.
        forbids: BTreeSet<StatementId>,
    },
}

/// Tests that decide nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tests {
    /// They hold whenever they are reached; with the alternative that does so alone, if there is one.
    pub always: Vec<Test>,
    /// Alternatives that never hold.
    pub never: Vec<Test>,
}

/// A test of a policy's condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// The policy's id.
    pub policy: String,
    /// Where the test is in it.
    pub place: Place,
    /// One alternative of it, `a` or `b` of `a || b`, counted from 0.
    pub branch: Option<usize>,
    /// The test as Cedar writes it.
    pub cedar: String,
}

/// A policy that errors on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erring {
    /// The policy's id.
    pub policy: String,
    /// Cedar's message.
    pub message: String,
    /// The request.
    pub witness: Witness,
    /// What Cedar decides then, which skips the policy.
    pub outcome: Skipped,
    /// What the finding rests on.
    pub basis: Basis,
    /// Whether it is proved to need a time outside the years 0001 to 9999.
    pub remote: bool,
}

/// What comes of a request on which a policy errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    /// It is let in.
    Allowed,
    /// It is not.
    Denied,
}

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The solver was asked about all requests.
    Proved,
    /// A request built from the schema was replayed, because strict validation refuses the policy.
    Witnessed,
}

/// A statement, and what it becomes.
#[derive(Debug)]
struct Statement {
    id: StatementId,
    span: Span,
    effect: Effect,
    kind: OriginKind,
    policies: Vec<usize>,
    /// The clause of its own end.
    until: Option<usize>,
    /// Clauses that the author wrote, of each policy.
    own: BTreeMap<usize, BTreeSet<usize>>,
}

/// What questions need besides the policies.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The program.
    pub lowered: &'a Lowered,
    /// Who answers; without one only what a replay shows is known.
    pub prover: Option<&'a Prover<'a>>,
    /// How requests are replayed and shown.
    pub replay: Replay<'a>,
    /// Own grants of roles that extend others, by role.
    pub roles: &'a BTreeMap<String, BTreeSet<StatementId>>,
}

/// Finds out what is true of a program's policies. `None` where there is no schema, under which nothing can be asked.
///
/// # Errors
/// Where the schema cannot be reasoned about.
pub fn facts(asked: &Asked<'_>) -> Result<Option<Facts>, SchemaRefused> {
    let lowered = asked.lowered;
    let (Some(schema), Some(text)) = (&lowered.schema, &lowered.schema_text) else {
        return Ok(None);
    };
    let gate = lowered.policies.iter().map(|(policy, _)| policy);
    let all: Vec<_> = gate.chain(lowered.raw.iter().map(|raw| &raw.policy)).collect();
    let base = Base::new(schema, all.iter().copied())?;
    let Some(samples) = Samples::new(schema, text) else {
        return Ok(None);
    };
    let statements = statements(lowered, &base);
    let unsound: BTreeSet<String> = lower::suspects(&all, schema)
        .into_iter()
        .filter_map(|at| all.get(at).map(|policy| policy.id().to_string()))
        .collect();
    let mut slices: Vec<EnvironmentSlice<'_>> =
        base.environments.iter().map(|environment| EnvironmentSlice::new(&base, &samples, environment)).collect();
    let mut found = Facts { engine: asked.prover.map(|prover| prover.engine().clone()), ..Facts::default() };
    let impacts = match asked.prover {
        Some(prover) => cases::impacts(prover, &mut slices, &statements),
        None => BTreeMap::new(),
    };
    let constants = match asked.prover {
        Some(prover) => tests_of::constant(prover, &slices, &statements),
        None => BTreeMap::new(),
    };
    let ends = match asked.prover {
        Some(prover) => cases::ends(prover, &mut slices, &statements),
        None => BTreeMap::new(),
    };
    let erring = errors::erring(asked, &slices, &statements, &unsound);
    if let Some(prover) = asked.prover {
        found.roles = cases::roles(prover, &mut slices, &statements, &impacts, asked.roles);
        found.allowed = allowed::allowed(prover, &slices, lowered);
    }
    for statement in &statements {
        let of = |facts: &BTreeMap<StatementId, Fact<Impact>>| facts.get(&statement.id).cloned().unwrap_or_default();
        let facts = StatementFacts {
            effect: statement.effect,
            impact: of(&impacts),
            constant: constants.get(&statement.id).cloned().unwrap_or_default(),
            end: of(&ends),
            erring: erring.get(&statement.id).cloned().unwrap_or_default(),
        };
        found.statements.insert(statement.id.clone(), facts);
    }
    Ok(Some(found))
}

/// The statements of a program, by place.
fn statements(lowered: &Lowered, base: &Base) -> Vec<Statement> {
    let positions: BTreeMap<&str, usize> =
        base.policies().iter().enumerate().map(|(at, listed)| (listed.id.as_str(), at)).collect();
    let mut found: BTreeMap<StatementId, Statement> = BTreeMap::new();
    let mut add = |id: StatementId, span, effect, kind, at: usize, own: BTreeSet<usize>, until| {
        let statement = found.entry(id.clone()).or_insert_with(|| Statement {
            id,
            span,
            effect,
            kind,
            policies: Vec::new(),
            until,
            own: BTreeMap::new(),
        });
        statement.policies.push(at);
        statement.own.insert(at, own);
    };
    for draft in &lowered.drafts {
        let effect = match draft.effect {
            lower::Effect::Permit => Effect::Permit,
            lower::Effect::Forbid => Effect::Forbid,
        };
        let own = draft.when.iter().enumerate();
        let written = |part: &Part| draft.span.contains(part.expr.span) && part.guard.is_none();
        let own = own.filter(|(_, part)| written(part) && part.words.is_none());
        let own: BTreeSet<usize> = own.map(|(clause, _)| clause).collect();
        let ends = |part: &Part| written(part) && part.until.is_some();
        let until = draft.when.iter().position(ends);
        if let Some(at) = positions.get(draft.id.as_str()) {
            add(draft.of.clone(), draft.span, effect, draft.kind, *at, own, until);
        }
    }
    for raw in &lowered.raw {
        let id = raw.policy.id().to_string();
        let clauses = raw.body.as_ref().map_or(0, |body| body.clauses().len());
        if let Some(at) = positions.get(id.as_str()) {
            let own = (0..clauses).collect();
            add(raw.statement(), raw.span, raw.policy.effect(), OriginKind::Raw, *at, own, None);
        }
    }
    let mut found: Vec<Statement> = found.into_values().collect();
    found.sort_by_key(|statement| statement.span);
    found
}

impl Statement {
    /// Whether it keeps what others promise: a guard is conjoined to every grant besides, so that it need not matter.
    fn is_guard(&self) -> bool {
        matches!(self.kind, OriginKind::Require | OriginKind::Isolate | OriginKind::Separate)
    }
}
