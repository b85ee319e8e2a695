//! Scenario tests: YAML suites typed against a compiled policy, their runner, golden snapshots and the reasons of failures.
//! The policy is seen through bundle artifacts only, and decided by the same code that a gateway runs.

/// Codes of everything that can be wrong in a suite.
pub mod codes;
/// Golden snapshots in insta's file format.
pub mod golden;
mod read;
mod suite;
mod value;
mod words;

use crate::bundle::Contract;
use crate::bundle::Origins;
use crate::decide::Engine;

pub use read::link_files;
pub use read::load_suites;
pub use suite::*;

/// A compiled policy, as its bundle shows it.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Types, actions, roles: what names in a suite are typed against.
    pub contract: &'a Contract,
    /// Statements and their words.
    pub origins: &'a Origins,
    /// The evaluator.
    pub engine: &'a Engine,
}
