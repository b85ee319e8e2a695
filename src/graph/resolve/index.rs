//! Fills the index of a program: who is granted what, and which guards and profiles concern an action.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::index::Index;
use crate::graph::permitted::let_in;
use crate::graph::{ActionId, ExternalPermit, Holder, Program, RoleId, TypeId};

/// Indexes the statements of a program whose relations are known. Separations come later.
pub(super) fn index(program: &Program, raw: &[ExternalPermit]) -> Index {
    let mut index = Index::default();
    let mut holding: BTreeMap<RoleId, BTreeSet<TypeId>> = BTreeMap::new();
    for (at, grant) in program.grants.iter().enumerate() {
        index.add_grant(grant.holder, at);
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
            index.add_principal_types(*action, types.iter().copied());
        }
    }
    for (at, profile) in program.profiles.iter().enumerate() {
        let opened: BTreeSet<ActionId> = profile.actions.iter().map(|(action, _)| *action).collect();
        for action in opened {
            index.add_principal_types(action, [profile.principal]);
            index.add_profile(action, at);
        }
    }
    for (action, types) in let_in(program, raw) {
        index.add_principal_types(action, types);
    }
    for (at, require) in program.requires.iter().enumerate() {
        let guarded: BTreeSet<ActionId> = require.actions.iter().copied().collect();
        for action in guarded {
            index.add_require(action, at);
        }
    }
    index
}
