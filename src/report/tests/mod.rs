//! What a run of scenarios came to, one format per file. Faults in the suites themselves are ordinary diagnostics.

mod github;
mod human;
mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod sample;
mod why;

pub use github::annotations;
pub use human::failures;
pub use human::summary;
pub use human::test_line;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use why::why;
pub use why::why_json;
