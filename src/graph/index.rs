//! Answers to what nearly every statement asks: who is granted what, and which guards and profiles concern an action.
//! Walking all statements for each would take time with the square of their number.

use std::collections::{BTreeMap, BTreeSet};

use super::{ActionId, Holder, TypeId};

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
    /// Adds a grant of a program.
    pub(super) fn add_grant(&mut self, holder: Holder, at: usize) {
        self.granted.entry(holder).or_default().push(at);
    }

    /// Adds principal types that can come by an action.
    pub(super) fn add_principal_types(&mut self, action: ActionId, types: impl IntoIterator<Item = TypeId>) {
        self.principal_types.entry(action).or_default().extend(types);
    }

    /// Adds a `require` that names an action.
    pub(super) fn add_require(&mut self, action: ActionId, at: usize) {
        self.requires.entry(action).or_default().push(at);
    }

    /// Adds a break-glass profile that opens an action.
    pub(super) fn add_profile(&mut self, action: ActionId, at: usize) {
        self.profiles.entry(action).or_default().push(at);
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
