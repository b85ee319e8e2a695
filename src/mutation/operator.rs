//! Mutation operators: the kinds of mistakes that mutants make.

/// Declares the kinds, `ALL` of them in the order in which mutants of one place stand, and their names.
macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $Operator:ident => $name:literal,)+) => {
        /// A kind of mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MutationOperator {
            $($(#[doc = $doc])+ $Operator,)+
        }

        impl MutationOperator {
            /// Each of them, in the order in which mutants of one place stand.
            pub const ALL: &[Self] = &[$(Self::$Operator),+];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$Operator => $name,)+
                }
            }
        }
    };
}

operators! {
    /// One clause of a condition always holds, or one alternative never does.
    DropClause => "drop-clause",
    /// `!` is gone.
    DropNegation => "drop-negation",
    /// A comparison says the opposite.
    FlipComparison => "flip-comparison",
    /// A bound takes in the value it left out, or leaves out the one it took in.
    ShiftBound => "shift-bound",
    /// `&&` for `||`, or the other way round.
    SwapAndOr => "swap-and-or",
    /// A guard or denial is gone.
    DropGuard => "drop-guard",
    /// An isolation leaves out one type.
    IsolateLess => "isolate-less",
    /// A break-glass profile lifts a guard that nothing may lift.
    MakeLiftable => "make-liftable",
    /// A grant is gone.
    DropGrant => "drop-grant",
    /// A grant is made to another role, too.
    AddRole => "add-role",
    /// A statement about a role is about the role that it extends.
    WidenRole => "widen-role",
    /// A role extends another one.
    AddExtends => "add-extends",
    /// A grant opens another action, too.
    AddAction => "add-action",
    /// A grant opens all actions of its type.
    AnyAction => "any-action",
    /// What is granted on a type is granted on its parent.
    WidenType => "widen-type",
    /// What ends on a day ends a day later.
    LaterUntil => "later-until",
    /// What ends on a day does not end.
    DropUntil => "drop-until",
    /// Break-glass asks for one approval less.
    FewerApprovals => "fewer-approvals",
    /// A time that a break-glass profile allows is twice as long.
    LongerWindow => "longer-window",
    /// A number that a break-glass profile allows is one more.
    RaiseLimit => "raise-limit",
    /// A break-glass profile lifts one more of the guards that may be lifted.
    LiftMore => "lift-more",
}

impl MutationOperator {
    /// The operator with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_its_name() {
        for operator in MutationOperator::ALL {
            assert_eq!(MutationOperator::parse(operator.name()), Some(*operator));
        }
        assert_eq!(MutationOperator::parse("drop"), None);
    }

    /// An author reads in the book what each kind does.
    #[test]
    fn the_page_of_the_book_has_a_row_for_each_kind() {
        let page = include_str!("../../book/src/scenarios/mutation.md");
        for operator in MutationOperator::ALL {
            assert!(page.contains(&format!("\n| `{}` |", operator.name())), "`{}` has no row", operator.name());
        }
    }
}
