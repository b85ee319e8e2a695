//! The log: every event in order, with what must be known to rebuild the ledger from it. Indices count from 0 without gaps.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;

use super::names::named;
use super::{Issue, Reason, Terms};
use crate::clauses::Step;
use crate::decide::Cause;
use crate::text::Instant;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place in the log.
    pub index: i64,
    /// When it happened. What happens by time alone is entered at the time it was due.
    pub at: Instant,
    /// What happened.
    pub event: Event,
    /// To which grant.
    pub grant: Option<String>,
    /// Of which profile.
    pub profile: Option<String>,
    /// By whom; `None`: by time alone, or through the step just before.
    pub by: Option<EntityUid>,
    /// The channels that must be told.
    pub alerts: Vec<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A grant was asked for.
    Requested {
        /// What was asked for.
        terms: Terms,
        /// The requester's tenants.
        tenant: BTreeMap<String, EntityUid>,
    },
    /// Someone approved.
    Approved,
    /// Someone refused.
    Refused,
    /// The requester took it back.
    Withdrawn,
    /// It waited too long for approvals.
    TimedOut,
    /// It became active.
    Issued(Issue),
    /// It was revoked.
    Revoked,
    /// Its time was over.
    Expired,
    /// It was reviewed.
    Reviewed,
    /// The time for its review has passed.
    ReviewOverdue,
    /// A step was tried and refused.
    Rejected {
        /// Which.
        step: Step,
        /// Why.
        reason: Reason,
        /// The policies that refused it, where the policy did.
        policies: BTreeSet<String>,
    },
    /// A request was allowed by virtue of the grant.
    Used {
        /// What was done.
        action: EntityUid,
        /// To what.
        resource: EntityUid,
        /// Which use it was, from 1.
        uses: i64,
    },
    /// A request was allowed, and no grant was needed.
    Allowed {
        /// What was done.
        action: EntityUid,
        /// To what.
        resource: EntityUid,
        /// The policies that allowed it.
        policies: BTreeSet<String>,
    },
    /// A request was not allowed.
    Denied {
        /// What was to be done.
        action: EntityUid,
        /// To what.
        resource: EntityUid,
        /// What decided.
        cause: Cause,
        /// The policies that denied it.
        policies: BTreeSet<String>,
        /// Why the grant that was presented did not count.
        objection: Option<Reason>,
    },
}

named! {
    /// The kind of an event; a rejected step has a kind per step.
    pub enum EventKind {
        /// A grant was asked for.
        Requested => "requested",
        /// Someone approved.
        Approved => "approved",
        /// Someone refused.
        Refused => "refused",
        /// The requester took it back.
        Withdrawn => "withdrawn",
        /// It waited too long for approvals.
        TimedOut => "timed-out",
        /// It became active.
        Issued => "issued",
        /// It was revoked.
        Revoked => "revoked",
        /// Its time was over.
        Expired => "expired",
        /// It was reviewed.
        Reviewed => "reviewed",
        /// The time for its review has passed.
        ReviewOverdue => "review-overdue",
        /// A request for a grant was rejected.
        RefusedRequest => "refused-request",
        /// An approval was rejected.
        RefusedApproval => "refused-approval",
        /// A refusal was rejected.
        RefusedRefusal => "refused-refusal",
        /// A withdrawal was rejected.
        RefusedWithdrawal => "refused-withdrawal",
        /// A revocation was rejected.
        RefusedRevocation => "refused-revocation",
        /// A review was rejected.
        RefusedReview => "refused-review",
        /// A request was allowed by virtue of a grant.
        Used => "used",
        /// A request was allowed, and no grant was needed.
        Allowed => "allowed",
        /// A request was not allowed.
        Denied => "denied",
    }
}

impl EventKind {
    /// Whether it happens by time alone.
    #[must_use]
    pub fn is_of_the_clock(self) -> bool {
        matches!(self, Self::TimedOut | Self::Expired | Self::ReviewOverdue)
    }

    /// The event of a profile's `alerts` that it belongs to.
    pub(super) fn alert(self) -> Option<&'static str> {
        match self {
            Self::Requested => Some(Step::Request.word()),
            Self::Approved => Some(Step::Approve.word()),
            Self::Refused => Some(Step::Refuse.word()),
            Self::Used => Some("use"),
            Self::Revoked => Some(Step::Revoke.word()),
            Self::Reviewed | Self::ReviewOverdue => Some(Step::Review.word()),
            _ => None,
        }
    }
}

impl Event {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Requested { .. } => EventKind::Requested,
            Self::Approved => EventKind::Approved,
            Self::Refused => EventKind::Refused,
            Self::Withdrawn => EventKind::Withdrawn,
            Self::TimedOut => EventKind::TimedOut,
            Self::Issued(_) => EventKind::Issued,
            Self::Revoked => EventKind::Revoked,
            Self::Expired => EventKind::Expired,
            Self::Reviewed => EventKind::Reviewed,
            Self::ReviewOverdue => EventKind::ReviewOverdue,
            Self::Rejected { step, .. } => match step {
                Step::Request => EventKind::RefusedRequest,
                Step::Approve => EventKind::RefusedApproval,
                Step::Refuse => EventKind::RefusedRefusal,
                Step::Withdraw => EventKind::RefusedWithdrawal,
                Step::Revoke => EventKind::RefusedRevocation,
                Step::Review => EventKind::RefusedReview,
            },
            Self::Used { .. } => EventKind::Used,
            Self::Allowed { .. } => EventKind::Allowed,
            Self::Denied { .. } => EventKind::Denied,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whom each event alerts, and whether anybody must have done something for it. A kind that is new is missing here.
    #[test]
    fn every_kind_of_event_has_its_alert_and_its_cause() {
        let all = EventKind::ALL.iter().map(|kind| {
            let clock = if kind.is_of_the_clock() { " by the clock" } else { "" };
            format!("{kind}{clock} -> {}", kind.alert().unwrap_or("-"))
        });
        insta::assert_snapshot!(all.collect::<Vec<_>>().join("\n"), @r"
        requested -> request
        approved -> approve
        refused -> refuse
        withdrawn -> -
        timed-out by the clock -> -
        issued -> -
        revoked -> revoke
        expired by the clock -> -
        reviewed -> review
        review-overdue by the clock -> review
        refused-request -> -
        refused-approval -> -
        refused-refusal -> -
        refused-withdrawal -> -
        refused-revocation -> -
        refused-review -> -
        used -> use
        allowed -> -
        denied -> -
        ");
    }
}
