//! Which way access changes.

/// Which way access changes: of a request, of what somebody holds, of what a declaration covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// More is allowed: the new side allows what the old one denies.
    Widened,
    /// Less is allowed: the old side allows what the new one denies.
    Narrowed,
}

impl Direction {
    /// Both, in the order in which reports show them.
    pub const ALL: [Self; 2] = [Self::Widened, Self::Narrowed];

    /// Its name, as declarations and reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
        }
    }

    /// What a holder does with what changes so: `gains`, `loses`.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Widened => "gains",
            Self::Narrowed => "loses",
        }
    }

    /// The same of several holders, and after `does not`: `gain`, `lose`.
    #[must_use]
    pub fn infinitive(self) -> &'static str {
        match self {
            Self::Widened => "gain",
            Self::Narrowed => "lose",
        }
    }

    /// The allowing and the denying one of what stands for the old and the new side.
    #[must_use]
    pub fn of<T>(self, [old, new]: [T; 2]) -> (T, T) {
        match self {
            Self::Widened => (new, old),
            Self::Narrowed => (old, new),
        }
    }
}
