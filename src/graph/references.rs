//! Where names are used, and what each stands for.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::Span;

use super::{ActionId, ConditionId, ProfileId, RoleId, StatementId, TypeId};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A type.
    Type(TypeId),
    /// An action; the name of a group stands for each of its members.
    Action(ActionId),
    /// A role.
    Role(RoleId),
    /// A named condition.
    Condition(ConditionId),
    /// A break-glass profile.
    Profile(ProfileId),
    /// A statement, by its label.
    Statement(StatementId),
    /// An attribute of a type.
    Attribute(TypeId, String),
    /// A member of an enumeration.
    Member(TypeId, String),
    /// An attribute that the context of every action has.
    Context(String),
    /// An attribute that the context of one action has.
    ActionContext(ActionId, String),
}

/// The uses of names: of each place, what it names. The resolver adds those of statements while it looks them up, and those of
/// conditions once all are known. Which attributes and members a condition names depends on its kind of request, so that `typing`
/// lists those.
#[derive(Debug, Clone, Default)]
pub struct References {
    uses: BTreeMap<Span, BTreeSet<Named>>,
    /// Which statement some words are.
    statements: BTreeMap<Span, StatementId>,
}

impl References {
    pub(super) fn add(&mut self, at: Span, named: Named) {
        self.uses.entry(at).or_default().insert(named);
    }

    pub(super) fn write(&mut self, words: Span, id: StatementId) {
        self.statements.insert(words, id);
    }

    /// The statement that some words are.
    pub(super) fn statement(&self, words: Span) -> Option<&StatementId> {
        self.statements.get(&words)
    }

    /// All uses, by place.
    pub fn iter(&self) -> impl Iterator<Item = (Span, &Named)> {
        self.uses.iter().flat_map(|(at, named)| named.iter().map(|named| (*at, named)))
    }

    /// What the name at a place stands for, where it is used; of several the shortest.
    pub(super) fn at(&self, place: Span) -> Option<&BTreeSet<Named>> {
        let uses = self.uses.iter().filter(|(at, _)| at.contains(place));
        uses.min_by_key(|(at, _)| at.end - at.start).map(|(_, named)| named)
    }

    /// The places that use a name, in order.
    pub(super) fn of(&self, named: &Named) -> Vec<Span> {
        self.uses.iter().filter(|(_, all)| all.contains(named)).map(|(at, _)| *at).collect()
    }
}
