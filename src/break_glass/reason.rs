//! Why a step was refused, or a grant that was presented did not count.

use super::names::named;
use crate::decide::{Decision, Request};

named! {
    /// A reason, by a stable name.
    pub enum Reason {
        /// There is no such profile.
        UnknownProfile => "unknown-profile",
        /// There is no such grant.
        UnknownGrant => "unknown-grant",
        /// Another grant has this id.
        DuplicateGrant => "duplicate-grant",
        /// The request names no action.
        NoActions => "no-actions",
        /// The request names an action that the profile does not open.
        ActionNotCovered => "action-not-covered",
        /// The request names no resource.
        NoResources => "no-resources",
        /// The request names a resource of a type that the profile does not open.
        ResourceNotCovered => "resource-not-covered",
        /// The request names more resources than the profile allows.
        TooManyResources => "too-many-resources",
        /// The requested duration is not positive.
        NoDuration => "no-duration",
        /// The requested duration is longer than the profile allows.
        TooLong => "too-long",
        /// The profile requires a reason.
        ReasonMissing => "reason-missing",
        /// The profile requires a ticket.
        TicketMissing => "ticket-missing",
        /// The ticket is not of the required form.
        TicketMismatch => "ticket-mismatch",
        /// The requester belongs to no tenant.
        NoTenant => "no-tenant",
        /// The requester has a pending request for this profile.
        AlreadyPending => "already-pending",
        /// The requester has an active grant of this profile.
        AlreadyActive => "already-active",
        /// An ended grant of the requester has not been reviewed.
        OpenReview => "open-review",
        /// Too little time has passed since the requester's last grant ended.
        Cooldown => "cooldown",
        /// The requester was given as many grants as the window allows.
        TooManyGrants => "too-many-grants",
        /// The policy does not let this principal request it, in this context.
        NotEligible => "not-eligible",
        /// The requester cannot approve.
        SelfApproval => "self-approval",
        /// This approver has approved already.
        AlreadyApproved => "already-approved",
        /// This approver has refused already.
        AlreadyRefused => "already-refused",
        /// The policy does not let this principal approve or refuse it.
        NotApprover => "not-approver",
        /// The policy does not let this principal revoke it.
        NotRevoker => "not-revoker",
        /// The grant is someone else's.
        NotRequester => "not-requester",
        /// The requester cannot review.
        SelfReview => "self-review",
        /// An approver cannot review.
        ApproverReview => "approver-review",
        /// It has been reviewed.
        AlreadyReviewed => "already-reviewed",
        /// The policy does not let this principal review it.
        NotReviewer => "not-reviewer",
        /// It waits for approvals.
        Pending => "pending",
        /// It is active.
        Active => "active",
        /// It was refused.
        Refused => "refused",
        /// It was withdrawn.
        Withdrawn => "withdrawn",
        /// It waited too long for approvals.
        TimedOut => "timed-out",
        /// It was revoked.
        Revoked => "revoked",
        /// Its time is over.
        Expired => "expired",
        /// It was used as often as the profile allows.
        UsesExhausted => "uses-exhausted",
        /// The grant does not name this action or this resource.
        OutOfScope => "out-of-scope",
    }
}

/// A step that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The policy's decision, where it was the policy that refused; its reasons name the guard.
    pub decision: Option<Decision>,
    /// The request that was decided, where it was the policy that refused.
    pub request: Option<Box<Request>>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, decision: None, request: None }
    }
}
