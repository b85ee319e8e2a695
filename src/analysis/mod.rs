//! Questions about all requests: what is asked, the solver that answers, counterexamples as requests that anyone can replay.
//! Cedar's symbolic compiler turns policies to formulas here, and nowhere else.

mod action_groups;
mod base;
mod cache;
mod clock;
mod conjuncts;
mod demands;
mod environment;
mod erring;
mod error;
/// What is proved of a program's policies.
pub mod facts;
mod proof_goal;
mod prover;
mod question;
mod refutation;
mod replay;
mod rule;
mod sample;
/// The engines.
pub mod solver;
#[cfg_attr(not(feature = "prover"), path = "no_symbolic.rs")]
mod symbolic;
mod wider;
mod witness;

pub use action_groups::{reads_groups, spelt_out};
pub use base::{Base, Listed};
pub use cache::Cache;
pub use clock::Deadline;
pub use conjuncts::Place;
pub use demands::{Demands, TestedTypes};
pub use environment::{Environment, Environments};
pub use error::ProofGoalsError;
pub use facts::Facts;
pub use proof_goal::{Beyond, Open, Outcome, Proof, ProofGoal, ProofGoals};
pub use prover::{Asking, Ground, Prover, SchemaRefused, Statistics};
pub use question::{Answer, Claim, Counterexample, Question, Unknown};
pub use refutation::{Deciding, Missing, Refutation};
pub use replay::Replay;
pub use rule::{Rule, Rules};
pub use sample::Samples;
pub use wider::{Grounds, Wider};
#[cfg(test)]
pub(crate) use witness::{EVERY_VALUE, witness_of_every_value};
pub use witness::{Stage, Unshowable, Witness};
