//! What a proof is called, and what it is about.

use super::{Outcome, Proof};
use crate::lower::{Promise, PropertyKind};
use crate::text::safe;

impl Proof {
    /// `assert tenants_apart`
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.kind.word(), self.name)
    }

    /// A name for files.
    #[must_use]
    pub fn file_stem(&self) -> String {
        safe::file_stem(&self.title())
    }

    /// Whether the requests it speaks of are to be allowed, and one that refutes it is denied.
    #[must_use]
    pub fn wants_allow(&self) -> bool {
        match self.claim {
            Promise::Always => true,
            Promise::Never | Promise::Possible => false,
        }
    }

    /// Whether the requests it speaks of are to be denied.
    #[must_use]
    pub fn wants_denial(&self) -> bool {
        self.claim == Promise::Never
    }

    /// Whether an `assert` makes it.
    #[must_use]
    pub fn is_assertion(&self) -> bool {
        self.kind == PropertyKind::Assertion
    }

    /// Whether it is proved, but not of all that its words speak of.
    #[must_use]
    pub fn is_in_part(&self) -> bool {
        self.outcome == Outcome::Proved && !self.skipped.is_empty()
    }

    /// The word for what it came to.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Proved | Outcome::Shown(_) => "proved",
            Outcome::Refuted(_) | Outcome::Impossible => "refuted",
            Outcome::Empty => "empty",
            Outcome::Unknown(_) => "unknown",
            Outcome::NotReplayed(_) => "fault",
        }
    }
}
