//! What the rules of a role come to, entry by entry: a verb on the objects of a type. Two roles with the same entries grant
//! the same, however their rules are cut.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Rule, Target};

/// What entries are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TypeKey {
    Resource { group: String, resource: String },
    Urls,
}

/// The verbs on each object (none: all of them) of a type.
pub(super) type Objects = BTreeMap<Option<String>, BTreeSet<String>>;

/// The entries of a role.
#[derive(Debug, Default)]
pub(super) struct Entries {
    types: BTreeMap<TypeKey, Objects>,
}

impl Entries {
    /// Those of some rules.
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut found = Self::default();
        for rule in rules {
            found.add(rule);
        }
        found
    }

    /// By type.
    pub(super) fn types(&self) -> impl Iterator<Item = (&TypeKey, &Objects)> {
        self.types.iter()
    }

    /// One by one.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&TypeKey, &Option<String>, &String)> {
        let objects = self.types.iter().flat_map(|(ty, objects)| objects.iter().map(move |entry| (ty, entry)));
        objects.flat_map(|(ty, (object, verbs))| verbs.iter().map(move |verb| (ty, object, verb)))
    }

    pub(super) fn has(&self, (ty, object, verb): (&TypeKey, &Option<String>, &String)) -> bool {
        let verbs = self.types.get(ty).and_then(|objects| objects.get(object));
        verbs.is_some_and(|verbs| verbs.contains(verb))
    }

    fn add(&mut self, rule: &Rule) {
        let mut add = |key: TypeKey, object: Option<&String>| {
            let objects = self.types.entry(key).or_default();
            let verbs = objects.entry(object.cloned()).or_default();
            verbs.extend(rule.verbs.iter().cloned());
        };
        match &rule.on {
            Target::Urls(paths) => {
                for path in paths {
                    add(TypeKey::Urls, Some(path).filter(|path| *path != "*"));
                }
            }
            Target::Resources { groups, resources, names } => {
                let pairs = groups.iter().flat_map(|group| resources.iter().map(move |r| (group, r)));
                for (group, resource) in pairs {
                    let key = TypeKey::Resource { group: group.clone(), resource: resource.clone() };
                    match names.is_empty() {
                        true => add(key, None),
                        false => names.iter().for_each(|name| add(key.clone(), Some(name))),
                    }
                }
            }
        }
    }
}
