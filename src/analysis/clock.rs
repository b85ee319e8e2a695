//! The time of a run. A verdict never depends on it: what is not asked in time is unknown.
#![expect(
    clippy::disallowed_methods,
    reason = "the time a run may take is measured here, and nowhere else in this room"
)]

use std::time::{Duration, Instant};

/// When a run gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Never.
    #[must_use]
    pub fn never() -> Self {
        Self(None)
    }

    /// After some time from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// The time that is left; `None` where there is no end.
    pub(super) fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}
