//! The solver behind one small interface: SMT-LIB text in, a verdict and a model out. What asks (`prover`) knows neither
//! cvc5 nor processes, so that a second engine can join and be compared question by question.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

mod cvc5;
mod find;
mod install;
mod process;
mod wheels;
#[cfg(feature = "prover")]
pub(super) mod worker;

pub use find::{Absent, Found, Places, Provenance, REMEDY, find, needed};
pub use install::{InstallError, Source, Status, install, status};
#[cfg(feature = "prover")]
pub use worker::{WorkerError, work};

/// What bounds the work on one question. A count of resources gives the same verdict on every machine; the time is a
/// last resort against an engine that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// cvc5's `rlimit-per`: how many resource units (roughly, solving steps) a question may take.
    pub resources: u64,
    /// Milliseconds after which a question is given up, whatever was counted.
    pub milliseconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { resources: 2_000_000, milliseconds: 120_000 }
    }
}

/// What an engine says of a script of assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// They can hold together: a model, as SMT-LIB's `get-model` prints it.
    Sat(String),
    /// They cannot.
    Unsat,
    /// It gave up: why, in its own words.
    Unknown(String),
}

/// What an engine is, as results and cache keys state it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// `cvc5`
    pub name: String,
    /// `1.3.1`
    pub version: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// An engine that can be started, several times at once.
pub trait Engine: fmt::Debug + Sync {
    /// What it is.
    fn identity(&self) -> &Identity;

    /// Starts one instance, which answers one question after the other.
    ///
    /// # Errors
    /// Where the system does not start it.
    fn start(&self, limits: Limits) -> Result<Box<dyn Solver>, SolverError>;
}

/// A running instance.
pub trait Solver: Send {
    /// Decides a script of declarations and assertions, which does not depend on any before it. The script sets its
    /// options itself and holds no `check-sat`. Where the run has an end, the engine is stopped at it: `left` is the time
    /// until then.
    ///
    /// # Errors
    /// Where the engine broke down or did not understand the script. It answers the next question all the same.
    fn check(&mut self, script: &str, left: Option<Duration>) -> Result<Reply, SolverError>;
}

/// Why there is no reply.
#[derive(Debug, Error)]
pub enum SolverError {
    /// The process could not be started or spoken to.
    #[error("cannot {doing} the solver: {}", source.kind())]
    Process {
        /// `start`, `write to`
        doing: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It ended in the middle of a question.
    #[error("the solver exited before it answered")]
    Ended,
    /// It does not understand the question.
    #[error("the solver rejects the question: {0}")]
    Refused(String),
}
