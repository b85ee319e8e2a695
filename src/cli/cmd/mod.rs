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
pub(super) mod fmt;
pub(super) mod graph;
pub(super) mod import;
pub(super) mod init;
pub(super) mod key;
pub(super) mod lint;
mod package;
pub(super) mod prove;
pub(super) mod publish;
mod questions;
mod review;
pub(super) mod smt_worker;
pub(super) mod solver;
pub(super) mod test;
pub(super) mod what_can;
pub(super) mod who_can;
pub(super) mod why;
