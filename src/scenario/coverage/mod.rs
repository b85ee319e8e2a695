//! What the scenarios show of the policy: each grant allowing and withheld by each of its clauses, each statement that denies
//! doing so alone, each clause of break-glass refusing, each atom of a condition true, false and deciding. Meaning is counted,
//! never lines: spans are for display only.

mod condition;
mod minimum;
mod plan;
mod watch;

use std::collections::BTreeSet;

use crate::bundle::{CoverageTotals, Share};

pub use condition::{Atom, AtomMarks, Condition};
pub use minimum::Minimum;
pub use plan::{Aspect, Excluded, Obligation, OwnClause, Plan, Stage, StatementName, Watched};
pub(super) use watch::Refused;
pub use watch::Watch;

/// What was seen of all that there is to see, sorted by kind and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The obligations.
    pub covered: Vec<Covered>,
    /// What is not counted.
    pub excluded: Vec<Excluded>,
}

/// An obligation, and whether it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The obligation.
    pub obligation: Obligation,
    /// Whether a request showed it.
    pub seen: bool,
}

impl Coverage {
    /// What was seen of a kind.
    #[must_use]
    pub fn share(&self, aspect: Aspect) -> Share {
        let of = self.covered.iter().filter(|one| one.obligation.aspect == aspect);
        of.fold(Share::default(), |sum, one| Share { seen: sum.seen + usize::from(one.seen), of: sum.of + 1 })
    }

    /// What it comes to.
    #[must_use]
    pub fn totals(&self) -> CoverageTotals {
        CoverageTotals {
            grants: self.share(Aspect::Grants),
            denials: self.share(Aspect::Denials),
            break_glass: self.share(Aspect::BreakGlass),
            conditions: self.share(Aspect::Conditions),
        }
    }

    /// The obligations that were not met.
    pub fn missing(&self) -> impl Iterator<Item = &Obligation> {
        self.covered.iter().filter(|one| !one.seen).map(|one| &one.obligation)
    }

    /// The same of some statements only.
    #[must_use]
    pub fn only(mut self, statements: &BTreeSet<StatementName>) -> Self {
        self.covered.retain(|one| statements.contains(&one.obligation.statement));
        self.excluded.retain(|one| statements.contains(&one.statement));
        self
    }
}
