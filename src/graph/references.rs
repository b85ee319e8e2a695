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
}

/// The uses of names: of each place, what it names. The resolver adds those of statements while it looks them up, and those of
/// conditions once all are known. Attributes that a condition reads depend on its kind of request, so that `typing` tells them.
#[derive(Debug, Clone, Default)]
pub struct References {
    uses: BTreeMap<Span, BTreeSet<Named>>,
}

impl References {
    pub(super) fn add(&mut self, at: Span, named: Named) {
        self.uses.entry(at).or_default().insert(named);
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
