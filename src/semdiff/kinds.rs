//! Kinds of request in Gate's names, and what decides whether two sides speak of the same ones.

use std::collections::BTreeSet;

use cedar_policy::{EntityTypeName, EntityUid};

use crate::analysis::{Environment, Environments};

use super::align::Aligned;
use super::request_kind::{Presence, RequestKind};

/// A kind of request in the names of whichever side has it, the new one first.
pub(super) fn request(env: &Environment, presence: Presence, [old, new]: [&Aligned<'_>; 2]) -> RequestKind {
    let type_name = |ty: &EntityTypeName| {
        let cedar = ty.to_string();
        let known = [new, old].into_iter().find_map(|side| {
            let mut types = side.program.types.iter();
            types.find(|ty| ty.cedar == cedar).map(|ty| ty.name.clone())
        });
        known.unwrap_or_else(|| ty.basename().to_owned())
    };
    let action = || {
        let (ty, id) = (env.action.type_name().to_string(), env.action.id().unescaped());
        let known = [new, old].into_iter().find_map(|side| {
            let mut actions = side.program.actions.iter();
            let found = actions.find(|action| action.cedar.0 == ty && action.cedar.1 == id);
            found.map(|action| action.full_name(&side.program))
        });
        known.unwrap_or_else(|| id.to_owned())
    };
    RequestKind {
        principal: type_name(&env.principal),
        action: action(),
        resource: type_name(&env.resource),
        cedar: env.clone(),
        presence,
    }
}

/// Whether every action is in the same groups on both sides, those included that nothing is granted of.
pub(super) fn same_groups(old: &Environments, new: &Environments) -> bool {
    let actions: BTreeSet<&EntityUid> = old.actions().chain(new.actions()).collect();
    actions.into_iter().all(|action| has_same_groups(old, new, action))
}

/// Whether an action is in the same groups on both sides.
pub(super) fn has_same_groups(old: &Environments, new: &Environments, action: &EntityUid) -> bool {
    let groups = |all: &Environments| all.groups_of(action).cloned().collect::<BTreeSet<_>>();
    groups(old) == groups(new)
}
