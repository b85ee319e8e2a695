//! The words that suites use for what happens to break-glass grants.

/// Why a grant cannot be used.
pub(super) fn unusable_causes() -> Vec<&'static str> {
    vec!["expired"]
}
/// Why the state machine refuses a step.
pub(super) fn refusals() -> Vec<&'static str> {
    vec![]
}
/// Kinds of log events.
pub(super) fn log_kinds() -> Vec<&'static str> {
    vec!["denied"]
}
