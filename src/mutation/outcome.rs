//! What became of mutants, and the score of the tests.

use crate::analysis::Witness;

use super::mutant::Mutant;

/// A mutant and what became of it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The mutant.
    pub mutant: Mutant,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a mutant.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A test fails on it: `SUITE: TEST`, the first one.
    Killed(String),
    /// Every test passes on it, and it is another policy.
    Missed(Box<Shown>),
    /// Every test passes on it, and it is proved to decide every request as the program does.
    Equivalent(Same),
    /// Every test passes on it, and it is not known whether it is another policy; why.
    Undecided(String),
    /// It is no program: the compiler refuses it.
    Unviable,
}

/// What makes a mutant the same policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Same {
    /// Its words: it is the same without any other statement.
    Itself,
    /// These other statements, by name: without any one of them it is another policy.
    With(Vec<String>),
    /// It is not known; why.
    Unsaid(String),
}

/// What is different about a mutant that no test noticed.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Who gains or loses what, `every User gains Payout.read on Payout`; or what else differs.
    pub what: String,
    /// A request that the program and the mutant decide differently.
    pub request: Option<Decided>,
}

/// A request with both decisions.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The request and its entities.
    pub witness: Witness,
    /// Whether the program allows it; the mutant decides the other way.
    pub allowed: bool,
    /// Whether a scenario can put it to the program.
    pub is_asked: bool,
}

/// How many mutants came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Mutants that a test noticed.
    pub killed: usize,
    /// Mutants that no test noticed.
    pub missed: usize,
    /// Mutants that are the same policy.
    pub equivalent: usize,
    /// Mutants that no test noticed and that may be the same policy.
    pub undecided: usize,
    /// Mutants that the compiler refuses.
    pub unviable: usize,
}

impl Tally {
    /// Counts outcomes.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            *match outcome {
                Outcome::Killed(_) => &mut tally.killed,
                Outcome::Missed(_) => &mut tally.missed,
                Outcome::Equivalent(_) => &mut tally.equivalent,
                Outcome::Undecided(_) => &mut tally.undecided,
                Outcome::Unviable => &mut tally.unviable,
            } += 1;
        }
        tally
    }

    /// All mutants that were run.
    #[must_use]
    pub fn total(self) -> usize {
        self.killed + self.missed + self.equivalent + self.undecided
    }

    /// Those that a test should notice. What is undecided is one of them.
    #[must_use]
    pub fn counted(self) -> usize {
        self.total() - self.equivalent
    }

    /// Killed mutants among those that count, in whole percent, rounded down; `None` where none counts.
    #[must_use]
    pub fn score(self) -> Option<usize> {
        self.killed.saturating_mul(100).checked_div(self.counted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn killed() -> Outcome {
        Outcome::Killed("bills: nobody pays".to_owned())
    }

    fn undecided() -> Outcome {
        Outcome::Undecided("there is no solver".to_owned())
    }

    #[test]
    fn what_is_proved_equivalent_does_not_count_and_what_is_undecided_does() {
        let all = [killed(), killed(), Outcome::Equivalent(Same::Itself), undecided(), Outcome::Unviable];
        let tally = Tally::of(&all);
        assert_eq!((tally.total(), tally.counted(), tally.score()), (4, 3, Some(66)));
    }

    #[test]
    fn only_all_is_a_hundred_and_none_has_no_score() {
        let mut all = vec![killed(); 999];
        all.push(undecided());
        assert_eq!(Tally::of(&all).score(), Some(99));
        assert_eq!(Tally::of(&[Outcome::Equivalent(Same::Itself), Outcome::Unviable]).score(), None);
    }
}
