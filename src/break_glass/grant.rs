//! A grant, from the request for it to its review. Its state changes only by the steps of `state`.

use std::collections::BTreeMap;

use cedar_policy::EntityUid;

use super::issue::later;
use super::{Event, Issue, Reason, Terms};
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
