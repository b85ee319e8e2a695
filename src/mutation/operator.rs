//! Mutation operators: the kinds of mistakes that mutants make.

/// A kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutationOperator {
    /// One clause of a condition always holds, or one alternative never does.
    DropClause,
    /// A comparison says the opposite.
    FlipComparison,
    /// A bound takes in the value it left out, or leaves out the one it took in.
    ShiftBound,
    /// `&&` for `||`, or the other way round.
    SwapAndOr,
    /// A guard or denial is gone.
    DropGuard,
    /// A grant is gone.
    DropGrant,
    /// A grant is made to another role, too.
    AddRole,
    /// A grant opens another action, too.
    AddAction,
    /// Break-glass asks for one approval less.
    FewerApprovals,
    /// A break-glass grant lasts twice as long.
    LongerWindow,
}

impl MutationOperator {
    /// Each of them, in the order in which mutants of one place stand.
    pub const ALL: [Self; 10] = [
        Self::DropClause,
        Self::FlipComparison,
        Self::ShiftBound,
        Self::SwapAndOr,
        Self::DropGuard,
        Self::DropGrant,
        Self::AddRole,
        Self::AddAction,
        Self::FewerApprovals,
        Self::LongerWindow,
    ];

    /// The operator with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DropClause => "drop-clause",
            Self::FlipComparison => "flip-comparison",
            Self::ShiftBound => "shift-bound",
            Self::SwapAndOr => "swap-and-or",
            Self::DropGuard => "drop-guard",
            Self::DropGrant => "drop-grant",
            Self::AddRole => "add-role",
            Self::AddAction => "add-action",
            Self::FewerApprovals => "fewer-approvals",
            Self::LongerWindow => "longer-window",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_genre_is_found_by_its_name() {
        for operator in MutationOperator::ALL {
            assert_eq!(MutationOperator::parse(operator.name()), Some(operator));
        }
        assert_eq!(MutationOperator::parse("drop"), None);
    }
}
