//! What a wildcard covers where a denial, a guard or an assertion names it: all that it stands for in a grant. Like grants,
//! these reach only what `.gate` files declare.

use crate::graph::{ActionId, TypeId};
use crate::text::Span;

use super::Resolver;
use super::limits::may_name;

/// Actions, and those that the wildcards among them stand for.
pub(super) fn with_covered(cx: &mut Resolver<'_>, named: Vec<ActionId>, at: Span) -> Vec<ActionId> {
    let mut found = named.clone();
    for wild in named {
        let Some((of, name)) = wildcard(cx, wild) else { continue };
        let types = stood_for(cx, of, at);
        if cx.program.action(wild).is_some_and(|action| action.effects.wildcard) {
            for ty in std::iter::once(of).chain(types) {
                let all = cx.program.ty(ty).map(|ty| ty.actions.clone()).unwrap_or_default();
                if !may_name(cx, all.len(), at) {
                    return found;
                }
                found.extend(all.into_iter().filter(|other| cx.program.covers(wild, *other)));
            }
        } else {
            let of_that_name = types.iter().filter_map(|ty| cx.actions_by_name.get(ty)?.get(&name).copied());
            found.extend(of_that_name.filter(|other| cx.program.covers(wild, *other)));
        }
    }
    found
}

/// Types, and those that the wildcards among them stand for.
pub(super) fn with_stood_for(cx: &mut Resolver<'_>, named: Vec<TypeId>, at: Span) -> Vec<TypeId> {
    let mut found = named.clone();
    for ty in named {
        found.extend(stood_for(cx, ty, at));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The type and the name of an action, where it is a wildcard or is declared on one.
fn wildcard(cx: &Resolver<'_>, id: ActionId) -> Option<(TypeId, String)> {
    let named = cx.program.action(id)?;
    cx.program.is_wild(id).then_some((named.declared_on?, named.name.clone()))
}

/// The types that a type stands for; none unless it is a wildcard. Each one counts as named, and is looked for once.
fn stood_for(cx: &mut Resolver<'_>, ty: TypeId, at: Span) -> Vec<TypeId> {
    if !cx.program.ty(ty).is_some_and(|ty| ty.wildcard) || !may_name(cx, 0, at) {
        return Vec::new();
    }
    let program = &cx.program;
    let known = cx.stood_for.entry(ty);
    let found = known.or_insert_with(|| program.type_ids().filter(|other| program.stands_for(ty, *other)).collect());
    let found = found.clone();
    match may_name(cx, found.len(), at) {
        true => found,
        false => Vec::new(),
    }
}
