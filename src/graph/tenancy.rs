//! Paths along named parents: how a resource reaches its tenant, or the entity that carries a role.

use super::Program;
use super::TypeId;

/// One way up: the attributes to follow, each with whether it may be absent. Empty: the type itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// Attribute, and whether it is optional.
    pub steps: Vec<(String, bool)>,
}

/// Every path from a type up to another along named parents, shortest first, then by name.
/// A type that may be its own parent (folders in folders) is not walked through itself: the attribute that
/// leaves it is what counts, and the tenant of a nested one is compared by its own attribute.
#[must_use]
pub fn paths(program: &Program, from: TypeId, to: TypeId) -> Vec<Path> {
    let mut found = Vec::new();
    let mut on_the_way = vec![from];
    walk(program, from, to, &mut Vec::new(), &mut on_the_way, &mut found);
    found.sort_by(|a, b| (a.steps.len(), a).cmp(&(b.steps.len(), b)));
    found
}

fn walk(
    program: &Program,
    at: TypeId,
    to: TypeId,
    steps: &mut Vec<(String, bool)>,
    on_the_way: &mut Vec<TypeId>,
    found: &mut Vec<Path>,
) {
    if at == to {
        found.push(Path { steps: steps.clone() });
        return;
    }
    let Some(ty) = program.ty(at) else { return };
    for link in &ty.parents {
        let Some(attribute) = &link.attribute else { continue };
        if on_the_way.contains(&link.ty) {
            continue;
        }
        steps.push((attribute.clone(), link.optional));
        on_the_way.push(link.ty);
        walk(program, link.ty, to, steps, on_the_way, found);
        on_the_way.pop();
        steps.pop();
    }
}
