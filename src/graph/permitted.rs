//! Whom raw permits let in, as far as their scopes say. A raw permit is one more way to be allowed an action, so guards, claims
//! and the schema must know the principal types that it admits.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::ROLE_TYPE;

use super::{Action, ActionId, ExternalPermit, ExternalScope, Program, TypeId, TypeKind};

/// The principal types that the scopes of raw permits admit, by Gate action. Those of a raw action stand in its schema.
pub(super) fn let_in(program: &Program, permits: &[ExternalPermit]) -> BTreeMap<ActionId, BTreeSet<TypeId>> {
    let mut found: BTreeMap<ActionId, BTreeSet<TypeId>> = BTreeMap::new();
    if permits.is_empty() {
        return found;
    }
    let asking = program.asking();
    for id in program.action_ids() {
        let Some(action) = program.action(id).filter(|action| !action.is_raw()) else {
            continue;
        };
        let own = own_names(program, id, action);
        let names = |permit: &&ExternalPermit| {
            (permit.actions.as_ref()).is_none_or(|actions| actions.iter().any(|named| own.contains(named)))
        };
        for permit in permits.iter().filter(names) {
            let is_asked_for = action.decided_on.iter().any(|ty| admits(program, &permit.resource, *ty));
            if is_asked_for {
                let asking = program.type_ids().filter(|ty| asks(program, &asking, &permit.principal, *ty));
                found.entry(id).or_default().extend(asking);
            }
        }
    }
    found
}

/// The action and the groups it is in, as Cedar type and id.
fn own_names(program: &Program, id: ActionId, action: &Action) -> BTreeSet<(String, String)> {
    let (cedar, _) = &action.cedar;
    let mut names = BTreeSet::from([action.cedar.clone()]);
    if let Some(ty) = action.declared_on.and_then(|ty| program.ty(ty)) {
        let groups = ty.groups.iter().filter(|(_, members)| members.contains(&id));
        names.extend(groups.map(|(group, _)| (cedar.clone(), format!("{}.{group}", ty.name))));
    }
    names
}

/// Whether entities of a type can be the principal that a scope admits. A type of a raw schema may be anything, so it counts
/// only where the scope speaks of it or the schema makes it a principal.
fn asks(program: &Program, asking: &BTreeSet<TypeId>, scope: &ExternalScope, id: TypeId) -> bool {
    let is_raw = || program.ty(id).is_some_and(|ty| ty.kind == TypeKind::Raw);
    let may_ask = asking.contains(&id) || *scope != ExternalScope::Any && is_raw();
    may_ask && admits(program, scope, id)
}

/// Whether a scope admits some entity of a type.
fn admits(program: &Program, scope: &ExternalScope, id: TypeId) -> bool {
    let Some(ty) = program.ty(id) else { return false };
    match scope {
        ExternalScope::Any => true,
        ExternalScope::Of(cedar) => *cedar == ty.cedar,
        ExternalScope::Within { container, id: name } => {
            *container == ty.cedar || is_within(program, id, container) || may_hold(program, id, container, name)
        }
    }
}

/// Whether entities of a type can have an ancestor of another.
fn is_within(program: &Program, id: TypeId, container: &str) -> bool {
    let mut seen = BTreeSet::from([id]);
    let mut open = vec![id];
    while let Some(ty) = open.pop().and_then(|at| program.ty(at)) {
        for link in &ty.parents {
            if program.ty(link.ty).is_some_and(|parent| parent.cedar == container) {
                return true;
            }
            if seen.insert(link.ty) {
                open.push(link.ty);
            }
        }
    }
    false
}

/// Whether entities of a type may hold a plain role, which is a container in Cedar.
fn may_hold(program: &Program, id: TypeId, container: &str, name: &str) -> bool {
    let generated = match &program.namespace {
        Some(namespace) => {
            container.strip_prefix(namespace.as_str()).and_then(|rest| rest.strip_prefix("::")) == Some(ROLE_TYPE)
        }
        None => container == ROLE_TYPE,
    };
    let held = program.roles.iter().filter(|role| role.on.is_none() && role.name == name);
    generated && held.flat_map(|role| &role.holders).any(|holder| *holder == id)
}
