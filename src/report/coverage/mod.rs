//! What the scenarios showed of a policy: a summary, annotated sources, JSON, LCOV and Cobertura XML.

mod annotated;
mod cobertura;
mod json;
mod lcov;
mod lines;
mod summary;

pub use annotated::annotated;
pub use cobertura::cobertura;
pub use json::{coverage_json, coverage_value};
pub use lcov::lcov;
pub use summary::coverage_summary;

/// `seen of of`, and the whole percents, rounded down.
fn percent(share: crate::bundle::Share) -> String {
    match share.seen.saturating_mul(100).checked_div(share.of) {
        Some(percent) => format!("{percent}%"),
        None => "-".to_owned(),
    }
}
