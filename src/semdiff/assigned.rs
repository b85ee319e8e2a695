//! Who came to hold a role and who does not hold it any more, by the assignments of the two sides, and what the role brings.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;

use crate::config::Assignment;
use crate::graph::{NameOf, Renames};
use crate::lower;
use crate::text::Span;

use super::Side;
use super::direction::Direction;
use super::request_kind::title;

/// A role that somebody gained or lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Whether it is a role gained, [`Direction::Widened`], or lost, [`Direction::Narrowed`].
    pub way: Direction,
    /// Who, as declarations name them: `User::"ann"`.
    pub who: String,
    /// What, as declarations name it: `role reader`, `role admin on Org::"acme"`.
    pub what: String,
    /// What holders of the role may do, `Bill.read`, each with the grant's own conditions.
    pub brings: Vec<String>,
    /// Where the assignment stands, or stood on the old side.
    pub at: Span,
}

/// An assignment in the new side's names.
type Key = (String, String, Option<String>);

/// The assignments that came and went. A side that names no file of assignments has none. Sorted: gained before lost, by who.
#[must_use]
pub fn assigned(
    (old, before): (Side<'_>, &[Assignment]),
    (new, after): (Side<'_>, &[Assignment]),
    renames: &Renames,
) -> Vec<Assigned> {
    let old_side = by_key(before, renames);
    let new_side = by_key(after, &Renames::default());
    let mut found = Vec::new();
    for (way, side, these, those) in
        [(Direction::Widened, new, &new_side, &old_side), (Direction::Narrowed, old, &old_side, &new_side)]
    {
        let gone = these.iter().filter(|(key, _)| !those.contains_key(*key));
        let gone: Vec<(&Key, &&Assignment)> = gone.collect();
        if gone.is_empty() {
            continue;
        }
        let brought = brought(side);
        found.extend(gone.into_iter().map(|((who, role, on), one)| Assigned {
            way,
            who: who.clone(),
            what: match on {
                Some(on) => format!("role {role} on {on}"),
                None => format!("role {role}"),
            },
            brings: brought.get(one.role.as_str()).into_iter().flatten().cloned().collect(),
            at: one.span,
        }));
    }
    found
}

fn by_key<'a>(all: &'a [Assignment], renames: &Renames) -> BTreeMap<Key, &'a Assignment> {
    let entity = |uid: &EntityUid| {
        let ty = renames.of(NameOf::Type, &uid.type_name().to_string());
        match uid.to_string().split_once("::\"") {
            Some((_, id)) => format!("{ty}::\"{id}"),
            None => uid.to_string(),
        }
    };
    let keyed = all.iter().map(|one| {
        let role = renames.of(NameOf::Role, &one.role);
        let on = one.on.as_ref().map(|(on, _)| entity(on));
        ((entity(&one.who), role, on), one)
    });
    keyed.collect()
}

/// What each role of a side opens, as it is written: what a wildcard stands for is not told beside it.
fn brought(side: Side<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for access in lower::accesses(side.program, side.lowered) {
        let Some(role) = access.role.filter(|_| !access.implied) else {
            continue;
        };
        let mut brings = title(&access.action, &access.resource);
        if !access.when.is_empty() {
            brings.push_str(&format!(" when {}", access.when.join(" && ")));
        }
        found.entry(role).or_default().insert(brings);
    }
    found
}
