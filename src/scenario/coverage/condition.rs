//! Conditions as trees of atoms, and what one request shows of them: which atoms it reaches, and which of them decide.
//!
//! Each occurrence of a test is an atom of its own. It decides where the condition would come out the other way if this atom alone
//! did (masking MC/DC). Parts that mask it, such as a false conjunct beside it, keep it from deciding. It also decides where the
//! condition would have no value otherwise: the test `x has a` alone keeps `x.a` from erring. A condition is evaluated as Cedar
//! does, from left to right and no further than needed: an atom that is not reached shows nothing.

use std::cell::RefCell;

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

    /// What a condition comes to; `None` where it has no value.
    pub(super) fn outcome(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Always(value) => Some(*value),
            Condition::Atom(at) => self.atom(*at),
            Condition::Not(inner) => self.outcome(inner).map(|value| !value),
            Condition::All(parts) => self.chain(parts, false),
            Condition::Any(parts) => self.chain(parts, true),
            Condition::If(parts) => {
                let [test, yes, no] = parts.as_ref();
                self.outcome(if self.outcome(test)? { yes } else { no })
            }
        }
    }

    /// `&&`, which ends at what is false, or `||`, which ends at what is true.
    fn chain<'c>(&self, parts: impl IntoIterator<Item = &'c Condition>, end: bool) -> Option<bool> {
        for part in parts {
            if self.outcome(part)? == end {
                return Some(end);
            }
        }
        Some(!end)
    }

    /// Hands over the marks that one evaluation of some conditions, all of which must hold, earns.
    pub(super) fn marks(&self, all: &[&Condition], mark: &dyn Fn(usize)) {
        let decides = self.chain(all.iter().copied(), false).is_some();
        self.walk_chain(all, false, decides, mark);
    }

    /// Marks the atoms that evaluation reaches. `decides`: the whole comes out otherwise if this part does.
    fn walk(&self, condition: &Condition, decides: bool, mark: &dyn Fn(usize)) {
        match condition {
            Condition::Always(_) => {}
            Condition::Atom(at) => {
                let marks = self.atoms.get(*at).and_then(|atom| atom.marks);
                let (Some(marks), Some(value)) = (marks, self.atom(*at)) else { return };
                let pick = |[when_false, when_true]: [usize; 2]| if value { when_true } else { when_false };
                mark(pick(marks.seen));
                if decides {
                    mark(pick(marks.decided));
                }
            }
            Condition::Not(inner) => self.walk(inner, decides, mark),
            Condition::All(parts) => self.walk_chain(&parts.iter().collect::<Vec<_>>(), false, decides, mark),
            Condition::Any(parts) => self.walk_chain(&parts.iter().collect::<Vec<_>>(), true, decides, mark),
            Condition::If(parts) => {
                let [test, yes, no] = parts.as_ref();
                let Some(value) = self.outcome(test) else { return self.walk(test, false, mark) };
                let (taken, other) = if value { (yes, no) } else { (no, yes) };
                let differs = decides && self.differs(self.outcome(other), self.outcome(taken));
                self.walk(test, differs, mark);
                self.walk(taken, decides, mark);
            }
        }
    }

    /// The parts of a chain up to the one that ends it. That one decides unless the parts behind it come to the same; the parts
    /// before it are masked by it. Where no part ends the chain, each decides.
    fn walk_chain(&self, parts: &[&Condition], end: bool, decides: bool, mark: &dyn Fn(usize)) {
        let last = parts.iter().position(|part| self.outcome(part).is_none_or(|value| value == end));
        let Some(last) = last else {
            return parts.iter().for_each(|part| self.walk(part, decides, mark));
        };
        let behind = || self.chain(parts.iter().skip(last + 1).copied(), end);
        let last_decides = decides && self.differs(behind(), Some(end));
        for (at, part) in parts.iter().take(last + 1).enumerate() {
            self.walk(part, at == last && last_decides, mark);
        }
    }

    /// Whether an outcome is another one. Where there would be none, a test alone keeps the next from erring: `x has a` before
    /// `x.a`. In a request that leaves something out, nobody knows.
    fn differs(&self, other: Option<bool>, outcome: Option<bool>) -> bool {
        other.map_or(self.evaluator.is_complete(), |other| Some(other) != outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::str::FromStr as _;

    use proptest::prelude::*;

    use super::*;
    use crate::decide;
    use crate::scenario::testing;

    /// Marks of an atom are numbered by its index: seen false, seen true, decided false, decided true.
    fn atom(at: usize, cedar: &str) -> Atom {
        let first = at * 4;
        let marks = AtomMarks { seen: [first, first + 1], decided: [first + 2, first + 3] };
        Atom { test: Some(Expression::from_str(cedar).unwrap()), marks: Some(marks) }
    }

    /// The marks that a condition earns under a request, and its outcome.
    fn earned(condition: &Condition, tests: &[&str]) -> (Option<bool>, BTreeSet<usize>) {
        let loaded = testing::suite("tests:\n  - {name: calm, as: fred, in: calm, can: {approve: p1}}\n");
        let compiled = testing::marketplace();
        let request: decide::Request =
            crate::scenario::asked(&loaded.suites, compiled.policy()).remove(0).requests.remove(0);
        let evaluator = compiled.policy().engine.evaluator(&request, &loaded.suites[0].world.entities).unwrap();
        let atoms: Vec<Atom> = tests.iter().enumerate().map(|(at, test)| atom(at, test)).collect();
        let values = Values::new(&atoms, &evaluator);
        let marked = RefCell::new(BTreeSet::new());
        values.marks(&[condition], &|mark| {
            marked.borrow_mut().insert(mark);
        });
        (values.outcome(condition), marked.into_inner())
    }

    fn all(atoms: &[usize]) -> Condition {
        Condition::All(atoms.iter().map(|at| Condition::Atom(*at)).collect())
    }

    #[test]
    fn what_is_not_reached_shows_nothing_and_what_is_masked_does_not_decide() {
        let any = Condition::Any(vec![Condition::Atom(0), Condition::Atom(1)]);
        // `true || true`: the second is not reached, and masks the first.
        assert_eq!(earned(&any, &["true", "true"]).1, BTreeSet::from([1]));
        assert_eq!(earned(&any, &["true", "false"]).1, BTreeSet::from([1, 3]));
        assert_eq!(earned(&any, &["false", "false"]).1, BTreeSet::from([0, 2, 4, 6]));
        assert_eq!(earned(&all(&[0, 1]), &["true", "false"]).1, BTreeSet::from([1, 4, 6]));
        let negated = Condition::Not(Box::new(Condition::Atom(0)));
        assert_eq!(earned(&negated, &["true"]).1, BTreeSet::from([1, 3]));
        let either = [0, 1, 2].map(Condition::Atom);
        // Both branches agree, so the test decides nothing.
        let chosen = Condition::If(Box::new(either));
        assert_eq!(earned(&chosen, &["true", "false", "false"]).1, BTreeSet::from([1, 4, 6]));
        assert_eq!(earned(&chosen, &["true", "false", "true"]).1, BTreeSet::from([1, 3, 4, 6]));
    }

    #[test]
    fn a_test_that_alone_keeps_the_next_from_erring_decides_and_what_errs_shows_nothing() {
        let (outcome, marks) = earned(&all(&[0, 1]), &["principal has contractor", "principal.contractor"]);
        assert_eq!((outcome, marks), (Some(false), BTreeSet::from([0, 2])));
        let (outcome, marks) = earned(&all(&[0, 1]), &["principal.contractor", "true"]);
        assert_eq!((outcome, marks), (None, BTreeSet::new()));
    }

    fn condition(atoms: usize) -> impl Strategy<Value = Condition> {
        let leaf = prop_oneof![(0..atoms).prop_map(Condition::Atom), any::<bool>().prop_map(Condition::Always)];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let parts = || prop::collection::vec(inner.clone(), 0..4);
            prop_oneof![
                inner.clone().prop_map(|one| Condition::Not(Box::new(one))),
                parts().prop_map(Condition::All),
                parts().prop_map(Condition::Any),
                [inner.clone(), inner.clone(), inner.clone()].prop_map(|parts| Condition::If(Box::new(parts))),
            ]
        })
    }

    /// Each occurrence of an atom as an atom of its own, as plans have them.
    fn apart(condition: &mut Condition, values: &[bool], all: &mut Vec<bool>) {
        match condition {
            Condition::Always(_) => {}
            Condition::Atom(at) => {
                all.push(values[*at]);
                *at = all.len() - 1;
            }
            Condition::Not(inner) => apart(inner, values, all),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter_mut().for_each(|part| apart(part, values, all));
            }
            Condition::If(parts) => parts.iter_mut().for_each(|part| apart(part, values, all)),
        }
    }

    /// The outcome by the truth table of the atoms.
    fn table(condition: &Condition, values: &[bool]) -> bool {
        match condition {
            Condition::Always(value) => *value,
            Condition::Atom(at) => values[*at],
            Condition::Not(inner) => !table(inner, values),
            Condition::All(parts) => parts.iter().all(|part| table(part, values)),
            Condition::Any(parts) => parts.iter().any(|part| table(part, values)),
            Condition::If(parts) => table(&parts[if table(&parts[0], values) { 1 } else { 2 }], values),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

        #[test]
        fn an_atom_decides_exactly_where_the_table_has_another_outcome_for_its_other_value(
            mut condition in condition(4),
            few in prop::collection::vec(any::<bool>(), 4),
        ) {
            let mut values = Vec::new();
            apart(&mut condition, &few, &mut values);
            let tests: Vec<&str> = values.iter().map(|value| if *value { "true" } else { "false" }).collect();
            let (outcome, marks) = earned(&condition, &tests);
            prop_assert_eq!(outcome, Some(table(&condition, &values)));
            for (at, value) in values.iter().enumerate() {
                let mut other = values.clone();
                other[at] = !value;
                let differs = table(&condition, &other) != table(&condition, &values);
                let decided = marks.contains(&(at * 4 + 2 + usize::from(*value)));
                prop_assert_eq!(decided, differs, "atom {} of {:?}", at, condition);
                prop_assert!(!decided || marks.contains(&(at * 4 + usize::from(*value))), "what decides is seen");
            }
        }
    }
}
