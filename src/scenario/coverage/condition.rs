//! Conditions as trees of atoms, and what one request shows of them: which atoms it reaches, and which of them decide.
//!
//! An atom decides where the condition would come out the other way if this atom alone did (masking MC/DC). Parts that mask it,
//! such as a false conjunct beside it, keep it from deciding. It also decides where the condition would have no value otherwise: the
//! test `x has a` alone keeps `x.a` from erring. A condition is evaluated as Cedar does, from left to right and no
//! further than needed: an atom that is not reached shows nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cedar_policy::Expression;

use crate::decide::Evaluator;

/// A condition over the atoms of a policy.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A constant.
    Always(bool),
    /// An atom of the policy, by its index.
    Atom(usize),
    /// `!c`
    Not(Box<Condition>),
    /// All hold.
    All(Vec<Condition>),
    /// One holds.
    Any(Vec<Condition>),
    /// `if`, `then`, `else`
    If(Box<[Condition; 3]>),
}

/// A test without parts that are true or false themselves.
#[derive(Debug, Clone)]
pub struct Atom {
    /// The test; `None` where it cannot be evaluated by itself, so that it shows nothing.
    pub test: Option<Expression>,
    /// Where what it showed is noted; `None` where it is not counted.
    pub marks: Option<AtomMarks>,
}

/// What is noted of an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtomMarks {
    /// It was false, and it was true.
    pub seen: [usize; 2],
    /// It decided while false, and it decided while true.
    pub decided: [usize; 2],
}

/// The atoms of a policy under one request, each evaluated when it is first reached.
pub(super) struct Values<'a> {
    atoms: &'a [Atom],
    evaluator: &'a Evaluator<'a>,
    known: RefCell<Vec<Option<Option<bool>>>>,
}

impl<'a> Values<'a> {
    pub(super) fn new(atoms: &'a [Atom], evaluator: &'a Evaluator<'a>) -> Self {
        Self { atoms, evaluator, known: RefCell::new(vec![None; atoms.len()]) }
    }

    fn atom(&self, at: usize) -> Option<bool> {
        if let Some(known) = self.known.borrow().get(at).copied().flatten() {
            return known;
        }
        let test = self.atoms.get(at).and_then(|atom| atom.test.as_ref());
        let value = test.and_then(|test| self.evaluator.truth(test));
        if let Some(known) = self.known.borrow_mut().get_mut(at) {
            *known = Some(value);
        }
        value
    }

    /// What a condition comes to; `None` where it has no value. With `flip`, as if that atom came out the other way.
    fn of(&self, condition: &Condition, flip: Option<usize>, reached: &mut BTreeSet<usize>) -> Option<bool> {
        match condition {
            Condition::Always(value) => Some(*value),
            Condition::Atom(at) => {
                reached.insert(*at);
                self.atom(*at).map(|value| value != (flip == Some(*at)))
            }
            Condition::Not(inner) => self.of(inner, flip, reached).map(|value| !value),
            Condition::All(parts) => self.chain(parts, false, flip, reached),
            Condition::Any(parts) => self.chain(parts, true, flip, reached),
            Condition::If(parts) => {
                let [test, yes, no] = parts.as_ref();
                let branch = if self.of(test, flip, reached)? { yes } else { no };
                self.of(branch, flip, reached)
            }
        }
    }

    /// `&&`, which ends at what is false, or `||`, which ends at what is true.
    fn chain(
        &self,
        parts: &[Condition],
        end: bool,
        flip: Option<usize>,
        reached: &mut BTreeSet<usize>,
    ) -> Option<bool> {
        for part in parts {
            if self.of(part, flip, reached)? == end {
                return Some(end);
            }
        }
        Some(!end)
    }

    /// What a condition comes to; `None` where it has no value.
    pub(super) fn outcome(&self, condition: &Condition) -> Option<bool> {
        self.of(condition, None, &mut BTreeSet::new())
    }

    /// Hands over the marks that one evaluation of a condition earns.
    pub(super) fn marks(&self, condition: &Condition, is_marked: &dyn Fn(usize) -> bool, mark: &dyn Fn(usize)) {
        let mut reached = BTreeSet::new();
        let outcome = self.of(condition, None, &mut reached);
        for at in reached {
            let marks = self.atoms.get(at).and_then(|atom| atom.marks);
            let (Some(marks), Some(value)) = (marks, self.atom(at)) else { continue };
            let pick = |[when_false, when_true]: [usize; 2]| if value { when_true } else { when_false };
            mark(pick(marks.seen));
            let decided = pick(marks.decided);
            if outcome.is_some() && !is_marked(decided) {
                let flipped = self.of(condition, Some(at), &mut BTreeSet::new());
                // Where the condition would err, this atom alone keeps it from that: `x has a` before `x.a`.
                let differs = flipped.map_or(self.evaluator.is_complete(), |flipped| Some(flipped) != outcome);
                if differs {
                    mark(decided);
                }
            }
        }
    }
}
