//! Output formats, one per file, each a pure function from values to text. Nothing here writes to a terminal or a disk;
//! `cli` does.

mod answers;
mod coverage;
/// What changed between two packages, and for whom.
pub mod diff;
mod excerpt;
mod files;
mod github;
/// A program as a picture.
pub mod graph;
mod human;
mod json;
mod markdown;
mod mended;
mod mutation;
mod printable;
mod proofs;
/// What a run of scenarios came to.
pub mod results;
mod sarif;
mod suite;

pub use answers::{answers, answers_json};
pub use coverage::{annotated, cobertura, coverage_json, coverage_summary, coverage_value, lcov};
pub use files::Files;
pub use github::annotations;
pub use human::{Colour, Style, diagnostic, diagnostics, summary};
pub use json::{json, waivers};
pub use markdown::markdown;
pub use mended::changes;
pub use mutation::{Requests, mutants, mutation_json, mutation_scenarios, mutation_summary, survivors};
pub use printable::printable;
pub use proofs::{beyond_proof, proof_scenario, proof_summary, proofs, proofs_json};
pub use sarif::sarif;
pub use suite::Saved;
