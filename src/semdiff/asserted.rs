//! What a change does to the assertions of a package: which of the new side's do not hold, and whether they held before.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Outcome, Proof};

use super::gate::Gate;
use super::promises::Kept;
use super::terms::{ASSERTIONS, spelt};

/// What the assertions of the new side come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asserted {
    /// Those that some request breaks.
    pub broken: Vec<Broken>,
    /// Those that are neither proved nor refuted.
    pub open: Vec<Proof>,
    /// Those that are proved, but not for something that the old side's proof covered, or that it did not prove.
    pub in_part: Vec<InPart>,
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

/// An assertion that the new side proves in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InPart {
    /// What it came to on the new side.
    pub proof: Proof,
    /// How it stood on the old side.
    pub before: Before,
    /// What the proof leaves out and the old side's did not, sorted.
    pub left_out: Vec<String>,
}

impl InPart {
    /// Whether the old side proved more of it.
    #[must_use]
    pub fn is_less(&self) -> bool {
        self.before == Before::Held
    }

    /// As declarations name it: `assertions.bots`.
    #[must_use]
    pub fn path(&self) -> String {
        spelt(&[ASSERTIONS.to_owned(), self.proof.name.clone()])
    }
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
    /// Holds the assertions of the new side against what is known of the old one's. `kept` says which of them are as firm by their
    /// words.
    #[must_use]
    pub fn new(after: Vec<Proof>, before: &[Proof], kept: &Kept) -> Self {
        let mut asserted = Self::default();
        let mut lost = lost(&after, before, kept);
        for proof in after {
            match &proof.outcome {
                Outcome::Proved if proof.is_in_part() => {
                    let lost = lost.remove(&proof.name);
                    asserted.in_part.extend(in_part(proof, before, lost.unwrap_or_default()));
                }
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

    /// Those of which the old side proved more. They have to be declared.
    pub fn lessened(&self) -> impl Iterator<Item = &InPart> {
        self.in_part.iter().filter(|one| one.is_less())
    }

    /// What a gate says of them, whatever is declared. One that was broken before fails as well: the package does not keep what
    /// it says.
    #[must_use]
    pub fn gate(&self) -> Gate {
        match (self.broken.is_empty(), self.open.is_empty() && self.unasked == 0) {
            (false, _) => Gate::Fails,
            (true, false) => Gate::NotProved,
            (true, true) => Gate::Passes,
        }
    }
}

/// What is proved in part, where the old side does not prove just as little. It is the same assertion by its words, or else by
/// its name: a proof that covers less does not pass because the assertion was renamed or written anew. `lost` is what it leaves out
/// of others that it stands for now.
fn in_part(proof: Proof, before: &[Proof], lost: BTreeSet<String>) -> Option<InPart> {
    let same_words = before.iter().filter(|old| old.words == proof.words);
    let same_name = before.iter().filter(|old| old.name == proof.name);
    let known = same_words.clone().find(|old| old.name == proof.name).or_else(|| same_words.chain(same_name).next());
    let before = match known {
        _ if !lost.is_empty() => Before::Held,
        Some(old) => stood(old),
        None => Before::Absent,
    };
    let covered = |part: &&String| {
        let is_known = known.is_some_and(|old| stood(old) == Before::Held && old.skipped.contains(part));
        lost.contains(*part) || !is_known
    };
    let is_only_lost = known.is_none_or(|old| stood(old) != Before::Held) && !lost.is_empty();
    let mut left_out: Vec<String> = match is_only_lost {
        true => lost.iter().cloned().collect(),
        false => proof.skipped.iter().filter(covered).cloned().collect(),
    };
    left_out.sort();
    (!left_out.is_empty()).then_some(InPart { proof, before, left_out })
}

/// By the names of the new side's assertions, what the old side proved of those which they stand for, and they leave out. An
/// assertion that is gone, or has other words, is kept by one that is at least as firm, and whose proof covers at least as much.
fn lost(after: &[Proof], before: &[Proof], kept: &Kept) -> BTreeMap<String, BTreeSet<String>> {
    let mut lost: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for old in before.iter().filter(|old| stood(old) == Before::Held) {
        let keepers = kept.get(&old.name).into_iter().flatten();
        let keepers = keepers.filter_map(|name| after.iter().find(|proof| proof.name == *name));
        let proved = keepers.filter(|proof| proof.outcome == Outcome::Proved);
        let less = proved.map(|proof| {
            let less: BTreeSet<String> =
                proof.skipped.iter().filter(|part| !old.skipped.contains(part)).cloned().collect();
            (less.len(), proof.name != old.name, &proof.name, less)
        });
        // The one that covers most counts, and of two the one of the same name.
        if let Some((1.., _, name, less)) = less.min() {
            lost.entry(name.clone()).or_default().extend(less);
        }
    }
    lost
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
        let asserted = Asserted::new(after, &before, &Kept::new());
        let stood: Vec<Before> = asserted.broken.iter().map(|broken| broken.before).collect();
        assert_eq!(stood, [Before::Held, Before::Refuted, Before::Unknown, Before::Absent, Before::Absent]);
        assert_eq!(asserted.gate(), Gate::Fails);
        for outcome in [open(), Outcome::Empty] {
            let asserted = Asserted::new(vec![proof("a", "a", outcome)], &[], &Kept::new());
            assert_eq!((asserted.gate(), asserted.open.len()), (Gate::NotProved, 1));
        }
        let unasked = Asserted { unasked: 1, ..Asserted::default() };
        assert_eq!(unasked.gate(), Gate::NotProved);
        assert_eq!(Asserted::new(vec![proof("a", "a", Outcome::Proved)], &[], &Kept::new()).gate(), Gate::Passes);
        assert_eq!(Gate::Passes.and(Gate::NotProved), Gate::NotProved);
        assert_eq!(Gate::NotProved.and(Gate::Fails), Gate::Fails);
        assert_eq!(Gate::Fails.and(Gate::Passes), Gate::Fails);
        assert_eq!(Gate::Passes.and(Gate::Passes), Gate::Passes);
    }

    #[test]
    fn a_proof_that_covers_less_than_before_has_to_be_declared_under_any_name() {
        let partly = |name: &str, words: &str, skipped: &[&str]| Proof {
            skipped: skipped.iter().map(|part| (*part).to_owned()).collect(),
            ..proof(name, words, Outcome::Proved)
        };
        let after = [partly("a", "x", &["links", "bots"])];
        for (before, left_out, lessened) in [
            (vec![partly("a", "x", &[])], Some((Before::Held, vec!["bots", "links"])), 1),
            (vec![partly("a", "x", &["bots"])], Some((Before::Held, vec!["links"])), 1),
            (vec![partly("b", "x", &[])], Some((Before::Held, vec!["bots", "links"])), 1),
            (vec![partly("a", "y", &[])], Some((Before::Held, vec!["bots", "links"])), 1),
            (vec![partly("a", "x", &["bots", "links", "more"])], None, 0),
            (vec![partly("b", "y", &[])], Some((Before::Absent, vec!["bots", "links"])), 0),
            (vec![proof("a", "x", open())], Some((Before::Unknown, vec!["bots", "links"])), 0),
        ] {
            let asserted = Asserted::new(after.to_vec(), &before, &Kept::new());
            let said = asserted.in_part.first();
            let said = said.map(|one| (one.before, one.left_out.iter().map(String::as_str).collect::<Vec<_>>()));
            assert_eq!((said, asserted.lessened().count()), (left_out, lessened), "{before:?}");
            assert!(asserted.lessened().all(|one| one.path() == "assertions.a"));
        }
    }

    #[test]
    fn an_assertion_that_keeps_another_one_has_to_cover_what_that_one_did() {
        let partly = |name: &str, words: &str, skipped: &[&str]| Proof {
            skipped: skipped.iter().map(|part| (*part).to_owned()).collect(),
            ..proof(name, words, Outcome::Proved)
        };
        let kept = |name: &str, by: &[&str]| -> Kept {
            [(name.to_owned(), by.iter().map(|name| (*name).to_owned()).collect())].into()
        };
        let by = |after: &[Proof], before: &[Proof], kept: &Kept| {
            let asserted = Asserted::new(after.to_vec(), before, kept);
            let less: Vec<(String, Vec<String>)> =
                asserted.lessened().map(|one| (one.proof.name.clone(), one.left_out.clone())).collect();
            less
        };
        let less = |name: &str, parts: &[&str]| {
            vec![(name.to_owned(), parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())]
        };
        let new = partly("new", "y", &["bots", "links"]);
        let gone = [partly("gone", "x", &["bots"])];
        // Another name and other words.
        assert_eq!(by(std::slice::from_ref(&new), &gone, &kept("gone", &["new"])), less("new", &["links"]));
        // Something else proves all of it, or nothing keeps it, which is a weakened term.
        let whole = partly("whole", "z", &[]);
        assert_eq!(by(&[new.clone(), whole], &gone, &kept("gone", &["new", "whole"])), []);
        assert_eq!(by(std::slice::from_ref(&new), &gone, &Kept::new()), []);
        // One that stays as it was, and takes the place of another one.
        let both = [partly("new", "y", &["bots", "links"]), partly("gone", "x", &[])];
        assert_eq!(by(&[new], &both, &kept("gone", &["new"])), less("new", &["bots", "links"]));
    }
}
