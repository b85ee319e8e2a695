//! The verbs, one file each: arguments in, exit code out.

mod baseline;
mod budget;
pub(super) mod build;
pub(super) mod bump;
pub(super) mod bundle;
pub(super) mod check;
mod compared;
pub(super) mod completions;
pub(super) mod diff;
pub(super) mod explain;
mod fix;
pub(super) mod fmt;
pub(super) mod graph;
pub(super) mod import;
pub(super) mod init;
#[cfg(feature = "signing")]
pub(super) mod key;
pub(super) mod lint;
mod measured;
pub(super) mod mutate;
mod named;
mod package;
#[cfg(feature = "prover")]
pub(super) mod prove;
#[cfg(feature = "registry")]
pub(super) mod publish;
mod questions;
mod review;
mod saved;
#[cfg(feature = "signing")]
mod signing;
#[cfg(feature = "prover")]
pub(super) mod smt_worker;
#[cfg(feature = "prover")]
pub(super) mod solver;
pub(super) mod test;
pub(super) mod what_can;
pub(super) mod who_can;
pub(super) mod why;
