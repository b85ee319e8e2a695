//! The steps of a break-glass grant's life that people take. What happens by time alone is an event of the log, and no step.

use std::fmt;

/// A step of a grant's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Somebody asks for a grant.
    Request,
    /// Somebody approves a request.
    Approve,
    /// Somebody refuses a request.
    Refuse,
    /// The requester takes a request back: their own right, which no policy decides.
    Withdraw,
    /// Somebody revokes a grant.
    Revoke,
    /// Somebody reviews a grant that has ended.
    Review,
}

impl Step {
    /// All steps, in the order in which they follow each other.
    pub const ALL: [Self; 6] = [Self::Request, Self::Approve, Self::Refuse, Self::Withdraw, Self::Revoke, Self::Review];

    /// The steps that policies decide: each profile has an action for each of them.
    pub const DECIDED: [Self; 5] = [Self::Request, Self::Approve, Self::Refuse, Self::Revoke, Self::Review];

    /// Its word, in suites, `alerts`, logs, and the names of policies: `approve`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Withdraw => "withdraw",
            Self::Revoke => "revoke",
            Self::Review => "review",
        }
    }

    /// The name of its action, `ApproveBreakGlass`. Programs and schemas have those of the steps that policies decide.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::Request => "RequestBreakGlass",
            Self::Approve => "ApproveBreakGlass",
            Self::Refuse => "RefuseBreakGlass",
            Self::Withdraw => "WithdrawBreakGlass",
            Self::Revoke => "RevokeBreakGlass",
            Self::Review => "ReviewBreakGlass",
        }
    }

    /// The step that an action decides.
    #[must_use]
    pub fn by_action(name: &str) -> Option<Self> {
        Self::DECIDED.into_iter().find(|step| step.action() == name)
    }

    /// Whether it takes access away. A denial of `any` does not reach such a step: whoever is denied everything may still
    /// refuse a request and revoke a grant.
    #[must_use]
    pub fn takes_away(self) -> bool {
        matches!(self, Self::Refuse | Self::Withdraw | Self::Revoke)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
