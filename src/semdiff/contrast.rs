//! What tells two sides apart for one holder and one kind of request, whatever the example happens to run into: guards,
//! conditions and denials that one side alone has, and grants that the other one has besides.

use std::collections::BTreeMap;

use crate::bundle::{Clause, OriginKind, Origins};

use super::holder::Holder;
use super::listing::{Half, Listed};

/// One thing that the side that denies an example asks for and the other one does not, or that the other one grants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contrast {
    /// A guard of such requests that only the denying side has.
    Guard {
        /// Its name.
        statement: String,
    },
    /// Conditions of a statement in whose place the allowing side has none.
    Gone {
        /// The statement.
        statement: String,
        /// The conditions, in the author's words.
        conditions: Vec<String>,
    },
    /// Conditions of a statement in whose place the allowing side has others.
    Other {
        /// The statement.
        statement: String,
        /// The conditions of the denying side.
        conditions: Vec<String>,
    },
    /// A denial that only the denying side has.
    Denial {
        /// Its name.
        statement: String,
        /// When it denies.
        conditions: Vec<String>,
    },
    /// A grant to the holder that only the allowing side has.
    Grant {
        /// Its name.
        statement: String,
        /// When it grants.
        conditions: Vec<String>,
    },
}

impl Contrast {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Guard { .. } => "guard",
            Self::Gone { .. } => "gone",
            Self::Other { .. } => "other",
            Self::Denial { .. } => "denial",
            Self::Grant { .. } => "grant",
        }
    }

    /// The statement that it is about.
    #[must_use]
    pub fn statement(&self) -> &str {
        match self {
            Self::Guard { statement }
            | Self::Gone { statement, .. }
            | Self::Other { statement, .. }
            | Self::Denial { statement, .. }
            | Self::Grant { statement, .. } => statement,
        }
    }

    /// The conditions that it is about.
    #[must_use]
    pub fn conditions(&self) -> &[String] {
        match self {
            Self::Guard { .. } => &[],
            Self::Gone { conditions, .. }
            | Self::Other { conditions, .. }
            | Self::Denial { conditions, .. }
            | Self::Grant { conditions, .. } => conditions,
        }
    }
}

/// One side of a kind of request.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) half: &'a Half<'a>,
    pub(super) origins: &'a Origins,
}

/// The statements of one side and what each asks for itself; guards that a permit carries are told by their own statement.
type Asks<'a> = BTreeMap<(OriginKind, &'a str), Vec<&'a Clause>>;

/// What an allowing and a denying side differ by, sorted.
pub(super) fn contrasts(holder: &Holder, allowing: Part<'_>, denying: Part<'_>) -> Vec<Contrast> {
    let words = |clauses: &[&Clause]| clauses.iter().map(|clause| clause.gate.clone()).collect();
    let mut found = Vec::new();
    let (allows, denies) = (allowing.asks(holder), denying.asks(holder));
    for (key @ (kind, statement), asked) in &denies {
        let statement = (*statement).to_owned();
        match (allows.get(key), kind) {
            (None, OriginKind::Require | OriginKind::Isolate | OriginKind::Separate) => {
                found.push(Contrast::Guard { statement });
            }
            (None, OriginKind::Deny) => found.push(Contrast::Denial { statement, conditions: words(asked) }),
            (None, OriginKind::Grant | OriginKind::BreakGlass | OriginKind::Raw) | (Some(_), OriginKind::Deny) => {}
            (Some(others), _) => {
                let conditions = only(asked, others);
                if conditions.is_empty() {
                    continue;
                }
                found.push(match only(others, asked).is_empty() {
                    true => Contrast::Gone { statement, conditions },
                    false => Contrast::Other { statement, conditions },
                });
            }
        }
    }
    for (key @ (kind, statement), asked) in &allows {
        if *kind == OriginKind::Grant && !denies.contains_key(key) {
            found.push(Contrast::Grant { statement: (*statement).to_owned(), conditions: words(asked) });
        }
    }
    found.sort();
    found
}

impl<'a> Part<'a> {
    fn asks(self, holder: &Holder) -> Asks<'a> {
        let mut asks = Asks::new();
        let permits = self.half.permits_of(holder).map(|(_, listed)| listed);
        for listed in permits.chain(self.half.forbids.values().copied()) {
            let Some((kind, statement, clauses)) = self.of(listed) else {
                continue;
            };
            let known = asks.entry((kind, statement)).or_default();
            for clause in clauses.iter().filter(|clause| clause.guard.is_none()) {
                if !known.iter().any(|other| other.cedar == clause.cedar) {
                    known.push(clause);
                }
            }
        }
        asks
    }

    fn of(self, listed: &Listed<'_>) -> Option<(OriginKind, &'a str, &'a [Clause])> {
        let origin = self.origins.policies.get(&listed.id)?;
        Some((origin.kind, &origin.statement, &origin.clauses))
    }
}

/// Conditions that others do not have; of a named condition that others have with another meaning, its parts.
fn only(these: &[&Clause], those: &[&Clause]) -> Vec<String> {
    let mut found = Vec::new();
    for clause in these {
        if those.iter().any(|other| other.cedar == clause.cedar) {
            continue;
        }
        let namesake = those.iter().find(|other| other.gate == clause.gate);
        match namesake.filter(|other| !clause.parts.is_empty() && !other.parts.is_empty()) {
            Some(other) => {
                let (mine, others): (Vec<&Clause>, Vec<&Clause>) =
                    (clause.parts.iter().collect(), other.parts.iter().collect());
                found.extend(only(&mine, &others));
            }
            None => found.push(clause.gate.clone()),
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use crate::bundle::Place;

    use super::*;

    fn clause(gate: &str, cedar: &str, parts: &[Clause]) -> Clause {
        Clause {
            gate: gate.to_owned(),
            place: Place { file: String::new(), start: 0, end: 0, line: 1, column: 1 },
            cedar: cedar.to_owned(),
            guard: None,
            parts: parts.to_vec(),
        }
    }

    #[test]
    fn of_a_named_condition_the_parts_that_changed_are_told() {
        let (mfa, low, lower) =
            (clause("mfa", "m", &[]), clause("risk <= 30", "r30", &[]), clause("risk <= 35", "r35", &[]));
        let calm = |cedar: &str, risk: &Clause| clause("calm", cedar, &[mfa.clone(), risk.clone()]);
        let (old, new) = (calm("c30", &low), calm("c35", &lower));
        assert_eq!(only(&[&old], &[&new]), ["risk <= 30"]);
        assert_eq!(only(&[&old, &mfa], &[&old]), ["mfa"]);
        assert_eq!(only(&[&old], &[&mfa]), ["calm"]);
        assert!(only(&[&mfa], &[&mfa, &low]).is_empty());
    }
}
