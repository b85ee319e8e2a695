//! What there is to see of a policy: obligations, each for one statement, and the policies and steps that meet them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use cedar_policy::{Effect, EntityTypeName, EntityUid};

use super::condition::{Atom, Condition};
use crate::break_glass::Reason;
use crate::bundle::OriginKind;
use crate::text::Span;

/// A kind of obligation, which has a share and a minimum of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Grants seen allowing, and withheld by each of their clauses.
    Grants,
    /// Statements that deny, seen denying alone.
    Denials,
    /// Clauses of break-glass profiles seen refusing, and grants of them allowing.
    BreakGlass,
    /// Atoms of conditions seen true, false and deciding.
    Conditions,
}

impl Aspect {
    /// All of them, in the order of every report.
    pub const ALL: [Self; 4] = [Self::Grants, Self::Denials, Self::BreakGlass, Self::Conditions];

    /// Its name, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::Denials => "denials",
            Self::BreakGlass => "break-glass",
            Self::Conditions => "conditions",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aspect| aspect.name() == name)
    }
}

/// A statement, whatever its place: what it is and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementName {
    /// What it is.
    pub kind: OriginKind,
    /// What tests, diffs and logs call it.
    pub name: String,
}

/// Something that a test must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// Its kind.
    pub aspect: Aspect,
    /// The statement that it is about.
    pub statement: StatementName,
    /// Where the statement stands.
    pub statement_at: Span,
    /// What is to be seen, after the statement's name: ``allowing `Payout.read` ``.
    pub what: String,
    /// The words that it is about.
    pub at: Span,
    /// What to test.
    pub help: String,
}

/// Something that is not counted, because no request can show it or because nothing is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// The statement.
    pub statement: StatementName,
    /// Its place.
    pub at: Span,
    /// What is not counted, and why.
    pub why: String,
}

/// Where a break-glass grant is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// At a step: a request, an approval, a review.
    Step,
    /// At a use.
    Use,
    /// At a use after a grant has ended because nobody used it.
    IdleUse,
}

/// A clause of a policy's own condition.
#[derive(Debug, Clone)]
pub struct OwnClause {
    /// The condition.
    pub condition: Condition,
    /// Where it is noted that this clause alone withheld the statement.
    pub withheld: Option<usize>,
}

/// A policy that decides requests.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Its Cedar id.
    pub id: String,
    /// Permit or forbid.
    pub effect: Effect,
    /// Its statement. Policies of one statement are looked at together.
    pub statement: StatementName,
    /// Its actions; empty: any.
    pub actions: Vec<EntityUid>,
    /// The type of its principals; `None`: any.
    pub principal: Option<EntityTypeName>,
    /// The type of its resources; `None`: any.
    pub resource: Option<EntityTypeName>,
    /// The role that the scope tests, and where it is noted that this alone withheld the statement.
    pub role: Option<(EntityUid, Option<usize>)>,
    /// Its condition without what guards add to it.
    pub own: Vec<OwnClause>,
    /// The atoms of that.
    pub atoms: Vec<Atom>,
    /// Where it is noted that it allowed an action.
    pub allows: HashMap<EntityUid, usize>,
    /// Where it is noted that it allowed any action.
    pub allows_any: Option<usize>,
    /// Where it is noted that its statement alone denied.
    pub alone: Option<usize>,
}

/// Everything that there is to see.
#[derive(Debug, Default)]
pub struct Plan {
    /// Obligations, each with the marks that show it, all of them.
    pub(super) obligations: Vec<(Obligation, Range<usize>)>,
    pub(super) excluded: Vec<Excluded>,
    pub(super) marks: usize,
    pub(super) watched: Vec<Watched>,
    pub(super) by_action: HashMap<EntityUid, Vec<usize>>,
    pub(super) for_any_action: Vec<usize>,
    pub(super) by_id: HashMap<String, usize>,
    pub(super) refusals: BTreeMap<(String, Stage, Reason), BTreeSet<usize>>,
}

impl Plan {
    /// A plan with nothing to see.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an obligation with some marks; gives the first mark.
    pub fn oblige(&mut self, obligation: Obligation, marks: usize) -> usize {
        let first = self.marks;
        self.marks += marks;
        self.obligations.push((obligation, first..self.marks));
        first
    }

    /// Adds something that is not counted.
    pub fn exclude(&mut self, excluded: Excluded) {
        if !self.excluded.contains(&excluded) {
            self.excluded.push(excluded);
        }
    }

    /// Adds that a refusal of a profile's grant shows what a mark stands for.
    pub fn refusal(&mut self, profile: &str, stage: Stage, reason: Reason, mark: usize) {
        self.refusals.entry((profile.to_owned(), stage, reason)).or_default().insert(mark);
    }

    /// Adds the policies, sorted by statement.
    pub fn watch(&mut self, mut watched: Vec<Watched>) {
        watched.sort_by(|a, b| (&a.statement, &a.id).cmp(&(&b.statement, &b.id)));
        for (at, policy) in watched.iter().enumerate() {
            self.by_id.insert(policy.id.clone(), at);
            match policy.actions.as_slice() {
                [] => self.for_any_action.push(at),
                actions => actions.iter().for_each(|action| self.by_action.entry(action.clone()).or_default().push(at)),
            }
        }
        self.watched = watched;
    }
}
