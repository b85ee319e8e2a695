//! Who may hold a role: the kinds of subjects that bindings give it to, and everybody where no binding is known.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::aggregate::Collected;
use super::manifest::Binding;
use super::manifest::RoleKey;
use super::manifest::Subject;
use super::plan::Held;
use super::plan::held_by;

const EVERYBODY: [&str; 2] = ["ServiceAccount", "User"];

/// The principal types of each role. A role that others extend is for whoever those are for.
pub(super) fn holders(
    held: &BTreeSet<Held>,
    collected: &Collected,
    bindings: &[Binding],
) -> BTreeMap<Held, BTreeSet<&'static str>> {
    let mut bound: BTreeMap<Held, BTreeSet<&'static str>> = BTreeMap::new();
    for binding in bindings {
        let types = binding.subjects.iter().flat_map(types);
        bound.entry(held_by(binding)).or_default().extend(types);
    }
    let within: BTreeSet<&RoleKey> = bound
        .keys()
        .filter_map(|bound| match bound {
            Held::Within { role, .. } => Some(role),
            Held::Declared(_) => None,
        })
        .collect();
    let mut waiting: Vec<(Held, BTreeSet<&'static str>)> = Vec::new();
    for role in held {
        let known = bound.get(role).filter(|types| !types.is_empty());
        let is_bound_within = matches!(role, Held::Declared(key) if within.contains(key));
        match known {
            Some(types) => waiting.push((role.clone(), types.clone())),
            None if is_bound_within => {}
            None => waiting.push((role.clone(), EVERYBODY.into())),
        }
    }
    // Each role is visited once for each type that is new to it.
    let mut found: BTreeMap<Held, BTreeSet<&'static str>> = BTreeMap::new();
    while let Some((role, types)) = waiting.pop() {
        let bases: Vec<Held> = match &role {
            Held::Within { role, .. } => vec![Held::Declared(role.clone())],
            Held::Declared(key) => {
                let bases = collected.get(key).into_iter().flatten();
                bases.cloned().map(Held::Declared).collect()
            }
        };
        let known = found.entry(role).or_default();
        let new: BTreeSet<&'static str> = types.difference(known).copied().collect();
        if !new.is_empty() {
            known.extend(&new);
            waiting.extend(bases.into_iter().map(|base| (base, new.clone())));
        }
    }
    found
}

/// The principal types that a subject may be or hold.
fn types(subject: &Subject) -> Vec<&'static str> {
    match subject {
        Subject::User(_) => vec!["User"],
        Subject::ServiceAccount { .. } => vec!["ServiceAccount"],
        Subject::Group(name) if name == "system:serviceaccounts" || name.starts_with("system:serviceaccounts:") => {
            vec!["ServiceAccount"]
        }
        Subject::Group(name) if name == "system:nodes" || name == "system:unauthenticated" => vec!["User"],
        Subject::Group(_) => EVERYBODY.into(),
    }
}
