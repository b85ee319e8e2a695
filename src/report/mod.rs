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
mod mended;
mod mutation;
mod proofs;
mod sarif;
/// What a run of scenarios came to.
pub mod tests;
mod witness;

pub use answers::answers;
pub use answers::answers_json;
pub use coverage::coverage_json;
pub use files::Files;
pub use github::annotations;
pub use human::Colour;
pub use human::Style;
pub use human::diagnostic;
pub use human::diagnostics;
pub use human::printable;
pub use human::summary;
pub use json::json;
pub use json::waivers;
pub use mended::changes;
pub use mutation::Requests;
pub use mutation::mutants;
pub use mutation::mutation_json;
pub use mutation::mutation_scenarios;
pub use mutation::mutation_summary;
pub use mutation::survivors;
pub use proofs::beyond_proof;
pub use proofs::proof_scenario;
pub use proofs::proof_summary;
pub use proofs::proofs;
pub use proofs::proofs_json;
pub use sarif::sarif;
