//! What is issued when a grant is approved, and how long it lasts.

use crate::bundle::BreakGlassProfile;
use crate::clauses::Clause;
use crate::text::{Duration, Instant};

/// What makes a grant usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// When the last approval came.
    pub approved_at: Instant,
    /// From when it may be used.
    pub not_before: Instant,
    /// Until when, exclusive.
    pub expires_at: Instant,
    /// Where the log says so.
    pub log_index: i64,
    /// How often it was used.
    pub uses: i64,
    /// Uses that are being decided on.
    pub reserved: i64,
    /// When it was used last.
    pub last_used_at: Option<Instant>,
}

impl Issue {
    /// What is issued now for a duration.
    pub(super) fn new(now: Instant, duration: Duration, log_index: i64) -> Self {
        Self {
            approved_at: now,
            not_before: now,
            expires_at: later(now, duration),
            log_index,
            uses: 0,
            reserved: 0,
            last_used_at: None,
        }
    }

    /// Counts a use that was reserved.
    pub(super) fn used(self, now: Instant) -> Self {
        Self {
            uses: self.uses.saturating_add(1),
            reserved: self.reserved.saturating_sub(1),
            last_used_at: Some(now),
            ..self
        }
    }

    /// When it was used last; before the first use, when it was issued.
    pub(super) fn idle_since(&self) -> Instant {
        self.last_used_at.unwrap_or(self.not_before)
    }

    /// When it ends by time alone: its time is over, or nobody used it for long enough.
    pub(super) fn ends_at(&self, rules: &BreakGlassProfile) -> Instant {
        match rules.bounds.get(Clause::Idle) {
            0 => self.expires_at,
            idle => self.expires_at.min(later(self.idle_since(), Duration(idle))),
        }
    }
}

/// An instant and a duration later, the end of time at the latest.
pub(super) fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add(by).unwrap_or(Instant(i64::MAX))
}
