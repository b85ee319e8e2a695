//! Gatewright compiles authorization policy written in Gate to Cedar, lints it and tests it by scenarios.
//!
//! The contract of this package is its command line, its language and its wire formats; this Rust API is not.
//! The rooms below stand in the order of the data's way; which may import which is a table in the book
//! (`book/src/contributing/architecture.md`) that a test holds the code to.

/// Wire types of a compiled package.
pub mod bundle;
/// One evaluator for tests and production.
pub mod decide;
/// The one diagnostic type.
pub mod diag;
/// The break-glass state machine.
pub mod emergency;
/// A project as sources; YAML with positions.
pub mod load;
/// Scenario tests on compiled policies, and their snapshots.
pub mod scenario;
/// Source texts, spans, instants.
pub mod text;
