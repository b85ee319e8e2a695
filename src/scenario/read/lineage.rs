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
    pub(super) parents: &'a [EntityUid],
    pub(super) roles: &'a [(String, EntityUid)],
}

/// The entities of a suite, by uid.
#[derive(Debug)]
pub(super) struct Lineage<'a>(BTreeMap<&'a EntityUid, Edge<'a>>);

impl<'a> Lineage<'a> {
    pub(super) fn of(edges: impl Iterator<Item = Edge<'a>>) -> Self {
        Self(edges.map(|edge| (edge.uid, edge)).collect())
    }

    /// The roles of an entity, its own and those of the groups it is in, however deep.
    pub(super) fn held_roles(&self, uid: &EntityUid) -> BTreeSet<String> {
        self.held(uid).map(|(name, _)| name.clone()).collect()
    }

    /// The Cedar entities of those roles.
    pub(super) fn held_as_parents(&self, uid: &EntityUid) -> BTreeSet<EntityUid> {
        self.held(uid).map(|(_, role)| role.clone()).collect()
    }

    /// Reports each entity from which its parents lead back to itself.
    pub(super) fn report_cycles(&self, out: &mut Diagnostics) {
        for start in self.0.values().filter(|edge| self.ancestors(edge).contains(edge.uid)) {
            out.push(
                Diagnostic::error(codes::CYCLE, start.span, format!("`{}` is its own ancestor", start.name))
                    .label("its parents lead back to it"),
            );
        }
    }

    fn held(&self, uid: &EntityUid) -> impl Iterator<Item = &'a (String, EntityUid)> {
        let start = self.0.get(uid);
        let above = start.map(|edge| self.ancestors(edge)).unwrap_or_default();
        let above: Vec<_> = above.into_iter().filter_map(|uid| self.0.get(uid)).collect();
        start.into_iter().chain(above).flat_map(|edge| edge.roles)
    }

    /// All that can be reached over parents. It ends on cycles too: nothing is entered twice.
    fn ancestors(&self, start: &Edge<'a>) -> BTreeSet<&'a EntityUid> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&EntityUid> = start.parents.iter().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.0.get(next).into_iter().flat_map(|edge| edge.parents));
            }
        }
        seen
    }
}
