//! What a change does to the assertions of a package: which of the new side's do not hold, and whether they held before.

use crate::analysis::{Outcome, Proof};

use super::covering::Gate;

/// What the assertions of the new side come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asserted {
    /// Those that some request breaks.
    pub broken: Vec<Broken>,
    /// Those that are neither proved nor refuted.
    pub open: Vec<Proof>,
    /// How many were not asked about, as there is no solver.
    pub unasked: usize,
}

/// An assertion that the new side breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What it came to on the new side.
    pub proof: Proof,
    /// How it stood on the old side.
    pub before: Before,
}

/// How an assertion stood on the old side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It held.
    Held,
    /// It did not.
    Refuted,
    /// That is not known.
    Unknown,
    /// The old side does not assert it in these words.
    Absent,
}

impl Before {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "proved",
            Self::Refuted => "refuted",
            Self::Unknown => "unknown",
            Self::Absent => "absent",
        }
    }
}

impl Asserted {
    /// Holds the assertions of the new side against what is known of the old one's.
    #[must_use]
    pub fn new(after: Vec<Proof>, before: &[Proof]) -> Self {
        let mut asserted = Self::default();
        for proof in after {
            match &proof.outcome {
                Outcome::Proved | Outcome::Shown(_) => {}
                Outcome::Refuted(_) | Outcome::Impossible => {
                    let known = before.iter().find(|old| old.name == proof.name && old.words == proof.words);
                    asserted.broken.push(Broken { before: known.map_or(Before::Absent, stood), proof });
                }
                Outcome::Empty | Outcome::Unknown(_) | Outcome::NotReplayed(_) => asserted.open.push(proof),
            }
        }
        asserted
    }

    /// What a gate says of them. One that was broken before fails as well: the package does not keep what it says.
    #[must_use]
    pub fn gate(&self) -> Gate {
        match (self.broken.is_empty(), self.open.is_empty() && self.unasked == 0) {
            (false, _) => Gate::Fails,
            (true, false) => Gate::NotProved,
            (true, true) => Gate::Passes,
        }
    }
}

fn stood(old: &Proof) -> Before {
    match old.outcome {
        Outcome::Proved | Outcome::Shown(_) => Before::Held,
        Outcome::Refuted(_) | Outcome::Impossible => Before::Refuted,
        Outcome::Empty | Outcome::Unknown(_) | Outcome::NotReplayed(_) => Before::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Open;
    use crate::lower::{Promise, PropertyKind};
    use crate::text::{FileId, Span};

    fn proof(name: &str, words: &str, outcome: Outcome) -> Proof {
        Proof {
            name: name.to_owned(),
            kind: PropertyKind::Assertion,
            claim: Promise::Never,
            span: Span::new(FileId(0), 0, 0),
            words: words.to_owned(),
            reach: 1,
            skipped: Vec::new(),
            apart: Vec::new(),
            granting: Vec::new(),
            hint: None,
            outcome,
        }
    }

    fn open() -> Outcome {
        Outcome::Unknown(vec![Open { environment: String::new(), why: String::new(), script: None }])
    }

    #[test]
    fn what_is_refuted_fails_whatever_it_was_before_and_what_is_not_known_is_no_pass() {
        let before = [
            proof("held", "a", Outcome::Proved),
            proof("refuted", "a", Outcome::Impossible),
            proof("open", "a", open()),
            proof("edited", "a", Outcome::Proved),
        ];
        let after = ["held", "refuted", "open", "new"].map(|name| proof(name, "a", Outcome::Impossible));
        let mut after = after.to_vec();
        after.push(proof("edited", "b", Outcome::Impossible));
        let asserted = Asserted::new(after, &before);
        let stood: Vec<Before> = asserted.broken.iter().map(|broken| broken.before).collect();
        assert_eq!(stood, [Before::Held, Before::Refuted, Before::Unknown, Before::Absent, Before::Absent]);
        assert_eq!(asserted.gate(), Gate::Fails);
        for outcome in [open(), Outcome::Empty] {
            let asserted = Asserted::new(vec![proof("a", "a", outcome)], &[]);
            assert_eq!((asserted.gate(), asserted.open.len()), (Gate::NotProved, 1));
        }
        let unasked = Asserted { unasked: 1, ..Asserted::default() };
        assert_eq!(unasked.gate(), Gate::NotProved);
        assert_eq!(Asserted::new(vec![proof("a", "a", Outcome::Proved)], &[]).gate(), Gate::Passes);
        assert_eq!(Gate::Passes.and(Gate::NotProved), Gate::NotProved);
        assert_eq!(Gate::NotProved.and(Gate::Fails), Gate::Fails);
        assert_eq!(Gate::Fails.and(Gate::Passes), Gate::Fails);
        assert_eq!(Gate::Passes.and(Gate::Passes), Gate::Passes);
    }
}
