//! How far the version of a package must go up by a difference, and for which reason.

use thiserror::Error;

use crate::config::{Bump, Step, Version};

use super::difference::{Difference, Finding};

/// The step that a difference takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Required {
    /// The highest that it could be: what is not known counts as what it could be.
    pub step: Step,
    /// The lowest that it could be. The same, where everything that counts is known.
    pub at_least: Step,
    /// Why it is the highest.
    pub ground: Ground,
}

/// What makes a step as high as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Callers must change.
    SchemaBreaking,
    /// Some requests are newly allowed, or terms of access weakened.
    Widened,
    /// Some requests are newly denied, or terms of access strengthened.
    Narrowed,
    /// Every request is decided as before.
    Equivalent,
    /// Nothing in the package is different, its version aside.
    Unchanged,
    /// The old side has no such package.
    Initial,
    /// More may be allowed, and it is not known.
    PerhapsWidened,
    /// Less may be allowed, and it is not known.
    PerhapsNarrowed,
}

impl Ground {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SchemaBreaking => "schema-breaking",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Equivalent => "equivalent",
            Self::Unchanged => "unchanged",
            Self::Initial => "initial",
            Self::PerhapsWidened => "perhaps-widened",
            Self::PerhapsNarrowed => "perhaps-narrowed",
        }
    }
}

impl Required {
    /// Whether nothing that is not known could make it another.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.step == self.at_least
    }
}

/// The version that a difference takes, beside the one that the new side has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bumped {
    /// How far it must go up, and why.
    pub required: Required,
    /// The old side's version.
    pub old: Version,
    /// The new side's version.
    pub new: Version,
    /// The version that the old side's becomes by the step.
    pub next: Version,
}

/// There is no next version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the version {0} cannot increase")]
pub struct NoNextVersion(pub Version);

impl Bumped {
    /// Whether the new side's version goes as far as a step asks.
    #[must_use]
    pub fn reaches(&self, step: Step) -> bool {
        self.old.is_followed_by(&self.new, step)
    }

    /// The version that the new side should have: its own where that is enough.
    #[must_use]
    pub fn should_be(&self) -> &Version {
        match self.reaches(self.required.step) {
            true => &self.new,
            false => &self.next,
        }
    }
}

/// The step for a difference, by what a package says of each verdict. Of several that apply the highest counts, and of equally
/// high ones the first of: callers must change, more is allowed, less is allowed.
#[must_use]
pub fn required(difference: &Difference, bump: &Bump) -> Required {
    let unsure = |of: fn(&super::Access) -> &Finding| {
        let mut accesses = difference.accesses.iter();
        accesses.any(|access| matches!(of(access), Finding::Unsure(_)))
    };
    let known: Vec<(Ground, Step)> = [
        (!difference.breaks.is_empty(), Ground::SchemaBreaking, bump.schema_breaking),
        (difference.widens(), Ground::Widened, bump.widened),
        (difference.narrows(), Ground::Narrowed, bump.narrowed),
    ]
    .into_iter()
    .filter(|(is, ..)| *is)
    .map(|(_, ground, step)| (ground, step))
    .collect();
    let possible: Vec<(Ground, Step)> = [
        (unsure(|access| &access.gained), Ground::PerhapsWidened, bump.widened),
        (unsure(|access| &access.lost), Ground::PerhapsNarrowed, bump.narrowed),
        (!difference.extent.uncompared.is_empty(), Ground::PerhapsWidened, bump.widened),
    ]
    .into_iter()
    .filter(|(is, ..)| *is)
    .map(|(_, ground, step)| (ground, step))
    .collect();
    // Where nothing is known to have changed, what may have changed may also not have.
    let (sure, at_least) = match known.is_empty() {
        true => {
            let lowest = possible.iter().map(|(_, step)| *step).min();
            let equivalent = (Ground::Equivalent, bump.equivalent);
            (vec![equivalent], lowest.unwrap_or(bump.equivalent).min(bump.equivalent))
        }
        false => {
            let highest = known.iter().map(|(_, step)| *step).max();
            (known, highest.unwrap_or(Step::None))
        }
    };
    let mut highest = (Ground::Equivalent, Step::None);
    for (at, one) in sure.iter().chain(&possible).enumerate() {
        if at == 0 || one.1 > highest.1 {
            highest = *one;
        }
    }
    Required { step: highest.1, at_least, ground: highest.0 }
}
