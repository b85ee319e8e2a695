//! Questions about all requests: what is asked, the solver that answers, counterexamples as requests that anyone can replay.
//! Cedar's symbolic compiler turns policies to formulas here, and nowhere else.

mod base;
mod cache;
mod clock;
mod conjuncts;
mod environment;
mod erring;
/// What is proved of a program's policies.
pub mod facts;
mod obligation;
mod prover;
mod question;
mod refutation;
mod replay;
mod rule;
mod sample;
/// The engines.
pub mod solver;
mod symbolic;
mod wider;
mod witness;

pub use base::Base;
pub use base::Listed;
pub use cache::Cache;
pub use clock::Deadline;
pub use conjuncts::Place;
pub use environment::Environment;
pub use environment::Environments;
pub use facts::Facts;
pub use obligation::Beyond;
pub use obligation::Obligation;
pub use obligation::Obligations;
pub use obligation::ObligationsError;
pub use obligation::Open;
pub use obligation::Outcome;
pub use obligation::Proof;
pub use prover::Asking;
pub use prover::Ground;
pub use prover::Prover;
pub use prover::SchemaRefused;
pub use prover::Statistics;
pub use question::Answer;
pub use question::Claim;
pub use question::Counterexample;
pub use question::Question;
pub use question::Unknown;
pub use refutation::Deciding;
pub use refutation::Missing;
pub use refutation::Refutation;
pub use replay::Replay;
pub use rule::Rule;
pub use rule::Rules;
pub use sample::Samples;
pub use wider::Grounds;
pub use wider::Wider;
pub use witness::Stage;
pub use witness::Unshowable;
pub use witness::Witness;
