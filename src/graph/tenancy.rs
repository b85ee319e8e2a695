//! Paths along named parents: how a resource reaches its tenant, or the entity that carries a role.

use std::collections::{BTreeMap, BTreeSet};

use super::{Program, TypeId};

/// Most paths between two types. With one more the walk ends, and a program that needs them is refused.
pub const MOST_PATHS: usize = 32;

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
    let leading = between(program, from, to);
    let mut walk = Walk { program, to, leading, steps: Vec::new(), on_the_way: vec![from] };
    walk.on(from, &mut found);
    found.sort_by(|a, b| (a.steps.len(), a).cmp(&(b.steps.len(), b)));
    found
}

/// Types on the way from one type to another along named parents, both included where there is one.
fn between(program: &Program, from: TypeId, to: TypeId) -> BTreeSet<TypeId> {
    let mut below: BTreeMap<TypeId, Vec<TypeId>> = BTreeMap::new();
    let mut seen = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        let links = program.ty(at).map(|ty| ty.parents.as_slice()).unwrap_or_default();
        for link in links.iter().filter(|link| link.attribute.is_some()) {
            below.entry(link.ty).or_default().push(at);
            if seen.insert(link.ty) {
                waiting.push(link.ty);
            }
        }
    }
    let mut leading = BTreeSet::from([to]);
    waiting.push(to);
    while let Some(at) = waiting.pop() {
        let more = below.get(&at).into_iter().flatten().copied();
        waiting.extend(more.filter(|ty| leading.insert(*ty)));
    }
    leading
}

struct Walk<'a> {
    program: &'a Program,
    to: TypeId,
    leading: BTreeSet<TypeId>,
    steps: Vec<(String, bool)>,
    on_the_way: Vec<TypeId>,
}

impl Walk<'_> {
    fn on(&mut self, at: TypeId, found: &mut Vec<Path>) {
        if found.len() > MOST_PATHS {
            return;
        }
        if at == self.to {
            found.push(Path { steps: self.steps.clone() });
            return;
        }
        let Some(ty) = self.program.ty(at) else { return };
        for link in &ty.parents {
            let Some(attribute) = &link.attribute else { continue };
            if self.on_the_way.contains(&link.ty) || !self.leading.contains(&link.ty) {
                continue;
            }
            self.steps.push((attribute.clone(), link.optional));
            self.on_the_way.push(link.ty);
            self.on(link.ty, found);
            self.on_the_way.pop();
            self.steps.pop();
        }
    }
}
