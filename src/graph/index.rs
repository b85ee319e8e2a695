//! Answers to what nearly every statement asks: who is granted what, and which guards and profiles concern an action.
//! Walking all statements for each would take time with the square of their number.

use std::collections::{BTreeMap, BTreeSet};

use super::permitted::let_in;
use super::{ActionId, ExternalPermit, Holder, Program, RoleId, TypeId};

/// Positions in the vectors of a program, each list in the order of the program.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    granted: BTreeMap<Holder, Vec<usize>>,
    principal_types: BTreeMap<ActionId, BTreeSet<TypeId>>,
    requires: BTreeMap<ActionId, Vec<usize>>,
    profiles: BTreeMap<ActionId, Vec<usize>>,
    separations: BTreeMap<ActionId, Vec<usize>>,
}

impl Index {
    /// Indexes the statements of a program whose relations are known. Separations come later.
    pub(super) fn build(program: &Program, raw: &[ExternalPermit]) -> Self {
        let mut index = Self::default();
        let mut holding: BTreeMap<RoleId, BTreeSet<TypeId>> = BTreeMap::new();
        for (at, grant) in program.grants.iter().enumerate() {
            index.granted.entry(grant.holder).or_default().push(at);
            let types = match grant.holder {
                Holder::Type(ty) => &BTreeSet::from([ty]),
                Holder::Role(role) => holding.entry(role).or_insert_with(|| {
                    let extenders = program.extenders(role).into_iter();
                    let roles = extenders.filter_map(|id| program.role(id));
                    roles.flat_map(|role| role.holders.iter().copied()).collect()
                }),
            };
            let implied = grant.implied.iter().flat_map(|implied| &implied.actions);
            for action in grant.actions.iter().map(|(action, _)| action).chain(implied) {
                index.principal_types.entry(*action).or_default().extend(types);
            }
        }
        for (at, profile) in program.profiles.iter().enumerate() {
            let opened: BTreeSet<ActionId> = profile.actions.iter().map(|(action, _)| *action).collect();
            for action in opened {
                index.principal_types.entry(action).or_default().insert(profile.principal);
                index.profiles.entry(action).or_default().push(at);
            }
        }
        for (action, types) in let_in(program, raw) {
            index.principal_types.entry(action).or_default().extend(types);
        }
        for (at, require) in program.requires.iter().enumerate() {
            let guarded: BTreeSet<ActionId> = require.actions.iter().copied().collect();
            for action in guarded {
                index.requires.entry(action).or_default().push(at);
            }
        }
        index
    }

    /// Adds a separation that a program has been given.
    pub(super) fn add_separation(&mut self, second: ActionId, at: usize) {
        self.separations.entry(second).or_default().push(at);
    }

    /// The grants that name a holder.
    pub(super) fn granted(&self, holder: Holder) -> &[usize] {
        list(&self.granted, holder)
    }

    /// The principal types that can come by an action.
    pub(super) fn principal_types(&self, action: ActionId) -> impl Iterator<Item = TypeId> {
        self.principal_types.get(&action).into_iter().flatten().copied()
    }

    /// The `require`s that name an action.
    pub(super) fn requires(&self, action: ActionId) -> &[usize] {
        list(&self.requires, action)
    }

    /// The break-glass profiles that open an action.
    pub(super) fn profiles(&self, action: ActionId) -> &[usize] {
        list(&self.profiles, action)
    }

    /// The separations whose second duty is an action.
    pub(super) fn separations(&self, action: ActionId) -> &[usize] {
        list(&self.separations, action)
    }
}

fn list<K: Ord>(of: &BTreeMap<K, Vec<usize>>, key: K) -> &[usize] {
    of.get(&key).map_or(&[], Vec::as_slice)
}
