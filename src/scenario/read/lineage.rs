//! What follows from the parents of fixtures: roles that come through groups, and cycles.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;

use crate::diag::{Diagnostic, Diagnostics};
use crate::scenario::codes;
use crate::text::Span;

/// An entity, its parents and the roles it was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) uid: &'a EntityUid,
    pub(super) parents: &'a BTreeSet<EntityUid>,
    pub(super) roles: &'a BTreeMap<String, EntityUid>,
}

/// The roles of every entity, its own and those of the groups it is in, however deep.
pub(super) fn held_roles(edges: &[Edge<'_>]) -> BTreeMap<EntityUid, BTreeSet<String>> {
    let by_uid = by_uid(edges);
    let roles_of = |start: &Edge<'_>| {
        let mut roles: BTreeSet<String> = start.roles.keys().cloned().collect();
        for above in ancestors(start, &by_uid) {
            roles.extend(by_uid.get(above).into_iter().flat_map(|edge| edge.roles.keys().cloned()));
        }
        roles
    };
    edges.iter().map(|edge| (edge.uid.clone(), roles_of(edge))).collect()
}

/// The Cedar entities of those roles.
pub(super) fn held_as_parents(edges: &[Edge<'_>]) -> BTreeMap<EntityUid, BTreeSet<EntityUid>> {
    let by_uid = by_uid(edges);
    let roles_of = |start: &Edge<'_>| {
        let above = ancestors(start, &by_uid).into_iter().filter_map(|uid| by_uid.get(uid));
        let all = above.copied().chain(std::iter::once(start));
        all.flat_map(|edge| edge.roles.values().cloned()).collect()
    };
    edges.iter().map(|edge| (edge.uid.clone(), roles_of(edge))).collect()
}

/// Reports each entity from which its parents lead back to itself.
pub(super) fn report_cycles(edges: &[Edge<'_>], out: &mut Diagnostics) {
    let by_uid = by_uid(edges);
    for start in edges.iter().filter(|edge| ancestors(edge, &by_uid).contains(edge.uid)) {
        out.push(
            Diagnostic::error(codes::CYCLE, start.span, format!("`{}` is its own ancestor", start.name))
                .label("its parents lead back to it"),
        );
    }
}

fn by_uid<'a, 'b>(edges: &'b [Edge<'a>]) -> BTreeMap<&'a EntityUid, &'b Edge<'a>> {
    edges.iter().map(|edge| (edge.uid, edge)).collect()
}

/// All that can be reached over parents. It ends on cycles too: nothing is entered twice.
fn ancestors<'a>(start: &Edge<'a>, by_uid: &BTreeMap<&EntityUid, &Edge<'a>>) -> BTreeSet<&'a EntityUid> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&EntityUid> = start.parents.iter().collect();
    while let Some(next) = open.pop() {
        if seen.insert(next) {
            open.extend(by_uid.get(next).into_iter().flat_map(|edge| edge.parents));
        }
    }
    seen
}
