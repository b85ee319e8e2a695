//! What a gate says that lets declared changes pass.

/// What a gate says that lets declared changes pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// All that is widened is declared, all that is declared is there, and what the package asserts holds.
    Passes,
    /// Something is not declared, or declared in vain, or badly; or an assertion is refuted.
    Fails,
    /// Nothing is known to be wrong, and not everything is known.
    NotProved,
}

impl Gate {
    /// What two gates say together. What is known to be wrong outranks what is not known.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fails, _) | (_, Self::Fails) => Self::Fails,
            (Self::NotProved, _) | (_, Self::NotProved) => Self::NotProved,
            (Self::Passes, Self::Passes) => Self::Passes,
        }
    }

    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Fails => "fails",
            Self::NotProved => "not-proved",
        }
    }
}
