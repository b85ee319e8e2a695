//! Whether what the words of an assertion stand for is as much on the new side as it was: who holds the roles that it names and
//! who inherits from them, what conditions say, the order of members. It is compared as it is lowered.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::graph::{Program, TypeKind};
use crate::lower;
use crate::lower::Spoken;
use crate::semdiff::item::Kind;
use crate::semdiff::structural::Structure;
use crate::typing::Conditions;

use super::Promise;

/// The two programs, under the new side's names, and what their assertions speak of, as far as it was asked.
pub(super) struct Meant<'a> {
    sides: [&'a Program; 2],
    structure: &'a Structure,
    /// Whether nothing changed that words of an assertion could stand for.
    is_settled: bool,
    /// Both sides' conditions, once they are asked for.
    conditions: [OnceCell<Conditions>; 2],
    known: [BTreeMap<usize, Spoken>; 2],
}

impl<'a> Meant<'a> {
    pub(super) fn new(sides: [&'a Program; 2], structure: &'a Structure) -> Self {
        let is_aside = |kind| {
            let aside = [Kind::Grant, Kind::Deny, Kind::Require, Kind::Separation, Kind::Assertion, Kind::RawPolicy];
            aside.contains(&kind)
        };
        let is_settled = structure.changes.iter().all(|change| is_aside(change.kind));
        Self { sides, structure, is_settled, conditions: Default::default(), known: [BTreeMap::new(), BTreeMap::new()] }
    }

    /// Whether a promise of the old side, which one of the new side keeps by its words, is kept by what they stand for.
    pub(super) fn is_kept(&mut self, was: &Promise<'_>, is: &Promise<'_>) -> bool {
        // What a separation names is in its words.
        let (Some(old), Some(new)) = (was.at, is.at) else { return true };
        if self.is_settled {
            return true;
        }
        let [_, program] = self.sides;
        let [before, after] = self.spoken([old, new]);
        let (Some(before), Some(after)) = (before, after) else { return false };
        match is.claim.as_str() {
            // Fewer ways to be possible are harder to keep.
            "possible" => after.is_within(before),
            _ => after.covers(before, |role| program.find_role(role).is_some()),
        }
    }

    /// The changed parts that the words of a promise stand for on either side, sorted.
    pub(super) fn through(&mut self, was: &Promise<'_>, is: &Promise<'_>) -> Vec<(Kind, String)> {
        let structure = self.structure;
        let [_, program] = self.sides;
        let [before, after] = match (was.at, is.at) {
            (Some(old), Some(new)) => self.spoken([old, new]),
            _ => [None, None],
        };
        let members = |name: &str| {
            let ty = program.find_type(name).and_then(|id| program.ty(id));
            ty.filter(|ty| matches!(ty.kind, TypeKind::Enum { .. })).is_some_and(|ty| {
                let mut sides = [before, after].into_iter().flatten();
                sides.any(|spoken| spoken.names(&ty.cedar))
            })
        };
        let mut found: Vec<(Kind, String)> = Vec::new();
        for change in &structure.changes {
            let part = (change.kind, change.name.clone());
            let is_meant = match change.kind {
                Kind::Type => members(&change.name),
                _ => was.stands_for.contains(&part) || is.stands_for.contains(&part),
            };
            if is_meant && !found.contains(&part) {
                found.push(part);
            }
        }
        found.sort();
        found
    }

    /// What two assertions speak of, one of each side, by their places.
    fn spoken(&mut self, places: [usize; 2]) -> [Option<&Spoken>; 2] {
        let sides = self.sides.into_iter().zip(&self.conditions).zip(&mut self.known);
        for (((program, conditions), known), at) in sides.zip(places) {
            if let (false, Some(assertion)) = (known.contains_key(&at), program.assertions.get(at)) {
                let conditions = conditions.get_or_init(|| Conditions::new(Arc::new(program.clone())));
                known.insert(at, lower::spoken(conditions, assertion));
            }
        }
        let [before, after] = &self.known;
        let [old, new] = places;
        [before.get(&old), after.get(&new)]
    }
}
