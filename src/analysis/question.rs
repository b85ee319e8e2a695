//! What is asked of the prover, and what it answers.

use cedar_policy::{Entities, Request};

use super::environment::Environment;
use super::rule::{Rule, Rules};

/// A claim about all requests of one environment, over all entity stores that fit the schema.
#[derive(Debug, Clone)]
pub struct Question {
    /// The kind of request.
    pub environment: Environment,
    /// What is claimed of each.
    pub claim: Claim,
}

/// What may be claimed. Claims about single rules speak of whether they apply, whatever their effect; claims about sets
/// speak of Cedar's decision by the set: some permit applies and no forbid does.
#[derive(Debug, Clone)]
pub enum Claim {
    /// The rule never errors.
    NeverErrors(Rule),
    /// The rule never applies.
    NeverApplies(Rule),
    /// The rule always applies.
    AlwaysApplies(Rule),
    /// Wherever the first applies, the second does.
    ApplyImplies(Rule, Rule),
    /// The two never apply together.
    ApplyDisjoint(Rule, Rule),
    /// The set allows everything.
    AlwaysAllows(Rules),
    /// The set allows nothing.
    AlwaysDenies(Rules),
    /// Whatever the first set allows, the second does.
    Implies(Rules, Rules),
    /// The two sets allow nothing in common.
    Disjoint(Rules, Rules),
}

/// What the prover says of a claim.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It holds for all requests.
    Holds,
    /// It does not; here is a request.
    Fails(Box<Counterexample>),
    /// Neither was found. Never a pass.
    Unknown(Unknown),
}

impl Answer {
    /// Whether the claim is proved.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds)
    }
}

/// A request and the entities it is decided with, as the solver made them up.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// The request.
    pub request: Request,
    /// The entities, those of actions included.
    pub entities: Entities,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// The question took more than it may.
    Limit(String),
    /// The run took more time than it may; the question was not asked.
    OutOfTime,
    /// The symbolic compiler does not take a policy.
    Refused(String),
    /// The solver broke down.
    Solver(String),
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Limit(what) => f.write_str(what),
            Self::OutOfTime => f.write_str("time ran out before the question was asked"),
            Self::Refused(what) => write!(f, "the symbolic compiler rejects it: {what}"),
            Self::Solver(what) => f.write_str(what),
        }
    }
}
