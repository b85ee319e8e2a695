//! What a run of scenarios came to, one format per file. Faults in the suites themselves are ordinary diagnostics.

mod github;
mod grouped;
mod human;
mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod sample;
mod sarif;
mod why;

pub use github::annotations;
pub use human::{failures, summary, test_line};
pub use json::{Measured, json};
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif_log;
pub use why::{why, why_json};
