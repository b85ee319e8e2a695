//! Lints: what is valid and yet suspicious. One file and one page each; their registry, levels and waivers.
//! Faults that no level can change are not here: each room reports its own.

mod admission;
mod baseline;
/// Codes of the faults in levels and waivers.
pub mod codes;
mod cx;
mod declare;
mod driver;
mod erring;
mod expr;
mod hazard;
mod hazards;
mod holding;
mod proofs;
mod raw;
mod registry;
mod rules;
mod satisfiability;
mod sensitive;
mod suppress;
mod unproved;

pub use baseline::{Baseline, Names};
pub use cx::{Cx, Extent};
pub use declare::{Lint, Reads};
pub use driver::{check_settings, run};
pub use registry::{all, find, removed};
pub use unproved::{Unasked, demanded, that_prove, unasked, unproved};

use declare::{Sink, declare_lint};
