//! The steps of a break-glass grant that policies decide.

use crate::graph::ProfileId;

/// A step of a grant's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Somebody asks for a grant.
    Request,
    /// Somebody approves a request.
    Approve,
    /// Somebody refuses a request.
    Refuse,
    /// Somebody revokes a grant.
    Revoke,
    /// Somebody reviews a grant that has ended.
    Review,
}

impl Step {
    /// All steps, in the order in which they follow each other.
    pub const ALL: [Self; 5] = [Self::Request, Self::Approve, Self::Refuse, Self::Revoke, Self::Review];

    /// The name of its action: `ApproveBreakGlass`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "RequestBreakGlass",
            Self::Approve => "ApproveBreakGlass",
            Self::Refuse => "RefuseBreakGlass",
            Self::Revoke => "RevokeBreakGlass",
            Self::Review => "ReviewBreakGlass",
        }
    }

    /// What it is called in the names of policies and claims: `approve`.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Revoke => "revoke",
            Self::Review => "review",
        }
    }

    /// The step of an action's name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// Whether it takes access away. A denial of `any` does not reach such a step: whoever is denied everything may still
    /// refuse a request and revoke a grant.
    #[must_use]
    pub fn takes_away(self) -> bool {
        matches!(self, Self::Refuse | Self::Revoke)
    }
}

/// A step of one profile: `ApproveBreakGlass.emergency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileStep {
    /// The profile.
    pub profile: ProfileId,
    /// The step.
    pub step: Step,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::RESERVED_NAMES;

    #[test]
    fn no_program_declares_the_name_of_a_step() {
        assert!(Step::ALL.iter().all(|step| RESERVED_NAMES.contains(&step.name())));
    }
}
