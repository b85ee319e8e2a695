//! Why a program cannot be asked about.

use thiserror::Error;

use super::prover::SchemaRefused;
use crate::decide::EngineError;

/// Why there is nothing to be asked.
#[derive(Debug, Error)]
pub enum ProofGoalsError {
    /// The program has no schema.
    #[error("nothing can be proved about all requests: there is no schema")]
    NoSchema,
    /// The symbolic compiler does not take the schema.
    #[error(transparent)]
    Schema(#[from] SchemaRefused),
    /// A policy that no question can take in, so that none can be trusted; a fault of ours.
    #[error("the solver does not support the policy `{0}`")]
    NotAsked(String),
    /// The policies that a property speaks of make no set; a fault of ours.
    #[error("cannot replay a claim: {0}")]
    Replay(String),
    /// No engine to replay with; a fault of ours.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
