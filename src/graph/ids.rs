//! Ids of resolved things: indices into the vectors of [`Program`](super::Program).

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The id of the element at an index.
            pub(crate) fn at(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The index of the element.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// An entity type or an enumeration.
    TypeId;
    /// An action.
    ActionId;
    /// A named condition.
    ConditionId;
    /// A role.
    RoleId;
    /// A break-glass profile.
    ProfileId;
}
