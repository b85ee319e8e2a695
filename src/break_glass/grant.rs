//! A grant, from the request for it to its review. Its state changes only by the steps of `state`.

use std::collections::BTreeMap;

use cedar_policy::EntityUid;

use super::{Event, Reason, Terms};
use crate::bundle::BreakGlassProfile;
use crate::clauses::Clause;
use crate::text::{Duration, Instant};

/// Where a grant stands. All but the first two are terminal: a grant never leaves them, whatever the clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Waits for approvals.
    Pending,
    /// Opens what it names.
    Active,
    /// Ended by refusals.
    Refused,
    /// Taken back by the requester before it was approved.
    Withdrawn,
    /// Waited too long for approvals.
    TimedOut,
    /// Ended by someone before its time was over.
    Revoked,
    /// Ended because its time was over, or because it was idle for too long.
    Expired,
}

impl State {
    /// Whether it is past all change.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::Active)
    }

    /// The reason that a grant in this state gives for not taking a step.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Pending => Reason::Pending,
            Self::Active => Reason::Active,
            Self::Refused => Reason::Refused,
            Self::Withdrawn => Reason::Withdrawn,
            Self::TimedOut => Reason::TimedOut,
            Self::Revoked => Reason::Revoked,
            Self::Expired => Reason::Expired,
        }
    }
}

/// One grant, or a request for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Who asked for it, and alone may use it.
    pub requester: EntityUid,
    /// What was asked for.
    pub terms: Terms,
    /// The requester's tenants at the request, by attribute.
    pub tenant: BTreeMap<String, EntityUid>,
    /// When it was asked for.
    pub requested_at: Instant,
    /// Where it stands.
    pub state: State,
    /// Who approved, in this order.
    pub approvers: Vec<EntityUid>,
    /// Who refused, in this order.
    pub refusers: Vec<EntityUid>,
    /// What was issued; kept when it ends.
    pub issue: Option<Issue>,
    /// When it reached a terminal state.
    pub ended_at: Option<Instant>,
    /// What became of its review.
    pub review: Review,
}

impl Grant {
    /// One that was asked for and that nobody has acted on yet.
    pub(super) fn pending(
        id: String,
        requester: EntityUid,
        terms: Terms,
        tenant: BTreeMap<String, EntityUid>,
        requested_at: Instant,
    ) -> Self {
        Self {
            id,
            requester,
            terms,
            tenant,
            requested_at,
            state: State::Pending,
            approvers: Vec::new(),
            refusers: Vec::new(),
            issue: None,
            ended_at: None,
            review: Review::Open,
        }
    }
}

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
}

impl Issue {
    /// When it was used last; before the first use, when it was issued.
    pub(super) fn idle_since(&self) -> Instant {
        self.last_used_at.unwrap_or(self.not_before)
    }

    /// When it ends by time alone: its time is over, or nobody used it for long enough.
    fn ends_at(&self, rules: &BreakGlassProfile) -> Instant {
        match rules.bounds.get(Clause::Idle) {
            0 => self.expires_at,
            idle => self.expires_at.min(later(self.idle_since(), Duration(idle))),
        }
    }
}

impl Grant {
    /// What time alone brings about next, and when.
    pub(super) fn next_due(&self, rules: &BreakGlassProfile) -> Option<(Instant, Event)> {
        match self.state {
            State::Pending => {
                let waits = Duration(rules.bounds.get(Clause::Pending));
                Some((later(self.requested_at, waits), Event::TimedOut))
            }
            State::Active => Some((self.issue?.ends_at(rules), Event::Expired)),
            _ if self.needs_review() && self.review == Review::Open => {
                Some((later(self.ended_at?, Duration(rules.review_within)), Event::ReviewOverdue))
            }
            _ => None,
        }
    }
}

/// An instant and a duration later, the end of time at the latest.
fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add(by).unwrap_or(Instant(i64::MAX))
}

/// What became of the review that every grant needs once it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Not due, or not done yet.
    Open,
    /// Due, and the time for it has passed.
    Overdue,
    /// Done.
    Done {
        /// By whom.
        by: EntityUid,
        /// When.
        at: Instant,
    },
}

impl Grant {
    /// Whether it was issued, has ended, and has not been reviewed.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        self.issue.is_some() && self.state.is_terminal() && !matches!(self.review, Review::Done { .. })
    }
}
