//! Who may hold a role: the kinds of subjects that bindings give it to, and everybody where no binding is known.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::manifest::Binding;
use super::manifest::RoleKey;
use super::manifest::Subject;
use super::plan::Held;
use super::plan::held_by;

const EVERYBODY: [&str; 2] = ["ServiceAccount", "User"];

/// The principal types of each role. A role that others extend is for whoever those are for.
pub(super) fn holders(
    held: &BTreeSet<Held>,
    collected: &BTreeMap<RoleKey, BTreeSet<RoleKey>>,
    bindings: &[Binding],
) -> BTreeMap<Held, BTreeSet<&'static str>> {
    let mut found: BTreeMap<Held, BTreeSet<&'static str>> = BTreeMap::new();
    for binding in bindings {
        let types = binding.subjects.iter().flat_map(types);
        found.entry(held_by(binding)).or_default().extend(types);
    }
    for role in held {
        let bound_within =
            |other: &Held| matches!((role, other), (Held::Declared(key), Held::Within { role, .. }) if role == key);
        let known = found.get(role).is_some_and(|types| !types.is_empty());
        if !known && !found.keys().any(bound_within) {
            found.insert(role.clone(), EVERYBODY.into());
        }
    }
    loop {
        let mut more: Vec<(Held, &'static str)> = Vec::new();
        for role in held {
            let bases: Vec<Held> = match role {
                Held::Within { role, .. } => vec![Held::Declared(role.clone())],
                Held::Declared(key) => collected
                    .get(key)
                    .into_iter()
                    .flatten()
                    .cloned()
                    .map(Held::Declared)
                    .collect(),
            };
            for base in bases {
                let of_base = found.get(&base);
                let missing = found.get(role).into_iter().flatten();
                let missing = missing.filter(|ty| !of_base.is_some_and(|types| types.contains(*ty)));
                more.extend(missing.map(|ty| (base.clone(), *ty)));
            }
        }
        if more.is_empty() {
            return found;
        }
        for (base, ty) in more {
            found.entry(base).or_default().insert(ty);
        }
    }
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
