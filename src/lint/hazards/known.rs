//! What is known at a point of an evaluation. Where a test stands more than once, what is known is kept apart by its outcomes,
//! since it comes out the same each time.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::lint::expr::shape;
use crate::lint::hazard::{Fact, Holds};
use crate::typing::{TypedExpr, TypedKind};

/// How many tests are followed. Each may have come out true, false, or not at all, which makes at most 81 cases.
const MOST_REPEATED: usize = 4;

/// The tests that conditions repeat, by their shapes.
#[derive(Debug, Default)]
pub(super) struct Repeated(Vec<String>);

impl Repeated {
    /// The first few of them.
    pub(super) fn of(conditions: &[(&TypedExpr, Holds)]) -> Self {
        let mut counts = BTreeMap::new();
        conditions.iter().for_each(|(condition, _)| count(condition, &mut counts));
        let repeated = counts.into_iter().filter(|(_, count)| *count > 1).map(|(test, _)| test);
        Self(repeated.take(MOST_REPEATED).collect())
    }

    /// Which of them an expression is.
    pub(super) fn find(&self, expr: &TypedExpr) -> Option<usize> {
        if self.0.is_empty() || !is_test(expr) {
            return None;
        }
        let shape = shape(expr);
        self.0.iter().position(|test| *test == shape)
    }
}

/// Whether an expression is no combination of others that come out true or false.
fn is_test(expr: &TypedExpr) -> bool {
    use TypedKind::{And, Bool, If, Named, Not, Opaque, Or};
    !matches!(expr.kind, And(_) | Or(_) | Not(_) | If(..) | Named(..) | Bool(_) | Opaque)
}

fn count(expr: &TypedExpr, counts: &mut BTreeMap<String, usize>) {
    if !is_test(expr) {
        expr.children().into_iter().for_each(|part| count(part, counts));
        return;
    }
    let shape = shape(expr);
    // Parts that have no syntax tree look alike and need not be.
    if !shape.contains('?') {
        *counts.entry(shape).or_default() += 1;
    }
}

/// How repeated tests came out, by their numbers.
type Outcomes = BTreeMap<usize, bool>;

/// What is known at a point: the paths that can be read, and the entities that are loaded, in each case that can lead there. In
/// none, evaluation never comes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known(BTreeMap<Outcomes, BTreeSet<Fact>>);

impl Known {
    pub(super) fn nothing() -> Self {
        Self(BTreeMap::from([(Outcomes::new(), BTreeSet::new())]))
    }

    pub(super) fn unreachable() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn is_unreachable(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn knows(&self, fact: &Fact) -> bool {
        self.0.values().all(|facts| facts.contains(fact))
    }

    pub(super) fn and(mut self, fact: Fact) -> Self {
        for facts in self.0.values_mut() {
            facts.insert(fact.clone());
        }
        self
    }

    /// What is known where either way may have been taken.
    pub(super) fn or(mut self, other: Self) -> Self {
        for (outcomes, facts) in other.0 {
            self.add(outcomes, facts);
        }
        self
    }

    /// What is known once a repeated test has come out. Cases in which it came out otherwise before do not lead here.
    pub(super) fn decided(self, test: usize, outcome: bool) -> Self {
        let mut left = Self::unreachable();
        for (mut outcomes, facts) in self.0 {
            if *outcomes.entry(test).or_insert(outcome) == outcome {
                left.add(outcomes, facts);
            }
        }
        left
    }

    fn add(&mut self, outcomes: Outcomes, facts: BTreeSet<Fact>) {
        match self.0.entry(outcomes) {
            Entry::Vacant(free) => {
                free.insert(facts);
            }
            Entry::Occupied(mut known) => known.get_mut().retain(|fact| facts.contains(fact)),
        }
    }
}
