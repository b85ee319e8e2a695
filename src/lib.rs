//! Gatewright compiles authorization policy written in Gate to Cedar, lints it and tests it by scenarios.
//!
//! The contract of this package is its command line, its language and its wire formats; this Rust API is not.
//! The rooms below stand in the order of the data's way; which may import which is a table in the book
//! (`book/src/contributing/architecture.md`) that a test holds the code to.

/// Source texts, spans, instants.
pub mod text;

/// The same work on many values, on all cores.
pub mod parallel;

/// The one diagnostic type.
pub mod diag;

/// A package as sources: from disk, from a git revision; YAML with positions.
pub mod load;

/// The project file and the stack of lint levels.
pub mod config;

/// The clauses of a break-glass profile, as one table.
pub mod clauses;

/// Text to tree with spans, and the formatter.
pub mod syntax;

/// Wire types of a compiled package, and the archive it travels as.
pub mod bundle;

/// Who says that a bundle may be used, and what it takes to believe them.
#[cfg(feature = "signing")]
pub mod trust;

/// Where bundles are kept: registries, layouts, folders, file servers.
#[cfg(feature = "registry")]
pub mod registry;

/// Bundle and request to decision: one evaluator for tests and production.
pub mod decide;

/// The break-glass state machine, pure.
pub mod break_glass;

/// Tree to resolved program.
pub mod graph;

/// What each condition means for each kind of request.
pub mod typing;

/// Resolved program to Cedar, and Cedar's errors back to the author's words.
pub mod lower;

/// Policies of other systems as packages.
pub mod import;

/// YAML scenarios: typed, run, kept as snapshots.
pub mod scenario;

/// Questions about all requests, and the solver that answers them.
pub mod analysis;

/// Two programs compared: changes of parts, and of access.
pub mod semdiff;

/// Mutants of a program: small mistakes that its scenarios should notice.
pub mod mutation;

/// What is valid and yet suspicious: one file and one page per lint, levels, waivers.
pub mod lint;

/// The one place where stages are strung together.
pub mod pipeline;

/// One output format per file.
pub mod report;

/// Arguments, dispatch, exit codes.
pub mod cli;
