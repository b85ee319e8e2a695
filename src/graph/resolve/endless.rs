//! Parents that every entity of a type must have, and that lead back to the type: no data can satisfy them.

use std::collections::BTreeSet;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::diag::Diagnostic;
use crate::graph::relations::cycles_of;
use crate::graph::{Attribute, ParentLink, Program, Ty, TypeId, codes};

use super::Resolver;

/// Reports each ring of required parents, with what else cannot be because of it.
pub(super) fn parents(cx: &mut Resolver<'_>) {
    for ring in rings(&cx.program) {
        let found = report(&cx.program, &ring);
        cx.out.extend(found);
    }
}

/// Cycles of parents that every entity must have, each in its order, starting at the type declared first. Entities cannot be
/// their own ancestors.
fn rings(program: &Program) -> Vec<Vec<TypeId>> {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = program.type_ids().map(|id| graph.add_node(id)).collect();
    for (ty, from) in program.types.iter().zip(&nodes) {
        for link in ty.parents.iter().filter(|link| link.is_required()) {
            if let Some(to) = nodes.get(link.ty.index()) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    cycles_of(&graph).into_iter().map(|cycle| cycle.shortest).collect()
}

fn report(program: &Program, ring: &[TypeId]) -> Option<Diagnostic> {
    let above = ring.iter().skip(1).chain(ring.first());
    let steps = ring.iter().zip(above);
    let links: Vec<&ParentLink> = steps
        .filter_map(|(ty, above)| {
            let mut links = program.ty(*ty)?.parents.iter();
            links.find(|link| link.ty == *above && link.is_required())
        })
        .collect();
    let (first, others) = links.split_first()?;
    let names: Vec<&str> = ring.iter().map(|id| program.type_name(*id)).collect();
    let lowest = names.first().copied()?;
    let message = match names.as_slice() {
        [_] => format!("the required parents of `{lowest}` form a cycle"),
        _ => {
            format!("the required parents of `{lowest}` form a cycle: `{}` → `{lowest}`", names.join("` → `"))
        }
    };
    let mut diagnostic = Diagnostic::error(codes::ENDLESS_PARENTS, first.span, message)
        .label("no data can satisfy this")
        .help("put `?` after the name of one of these parents, so that the topmost entity needs none");
    for link in others {
        diagnostic = diagnostic.also(link.span, "part of the cycle");
    }
    let never = impossible(program, ring);
    let besides = never.iter().filter(|id| !ring.contains(id));
    let besides = quoted(besides.map(|id| program.type_name(*id).to_owned()));
    if !besides.is_empty() {
        diagnostic = diagnostic.note(format!("no entity of these types can exist either: {besides}"));
    }
    let unheld = program.roles.iter().filter(|role| {
        let holders = &role.holders;
        !holders.is_empty() && holders.iter().all(|holder| never.contains(holder))
    });
    let unheld = quoted(unheld.map(|role| role.full_name(program)));
    if !unheld.is_empty() {
        diagnostic = diagnostic.note(format!("so nobody can hold these roles: {unheld}"));
    }
    Some(diagnostic)
}

/// The types of a ring and all that need an entity of one of them.
fn impossible(program: &Program, ring: &[TypeId]) -> BTreeSet<TypeId> {
    let mut never: BTreeSet<TypeId> = ring.iter().copied().collect();
    loop {
        let needs = |id: &TypeId| {
            let Some(ty) = program.ty(*id) else { return false };
            let mut links = ty.parents.iter();
            links.any(|link| link.is_required() && never.contains(&link.ty))
                || ty.attributes.values().any(|a| holds(a, &never))
        };
        let more: Vec<TypeId> = program.type_ids().filter(|id| !never.contains(id) && needs(id)).collect();
        if more.is_empty() {
            return never;
        }
        never.extend(more);
    }
}

/// Whether a value of an attribute holds an entity of some types for certain. A set may be empty.
fn holds(attribute: &Attribute, types: &BTreeSet<TypeId>) -> bool {
    attribute.required
        && match &attribute.ty {
            Ty::Entity(id) => types.contains(id),
            Ty::Record(fields) => fields.values().any(|field| holds(field, types)),
            _ => false,
        }
}

fn quoted(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
