//! From the objects to what the package declares: a type for each resource, an action for each verb, a role for each role,
//! with names that Gate takes. Wildcards stay the entries that they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics};
use crate::import::codes;
use crate::import::gate::{Names, camel, snake};

use super::aggregate;
use super::entries::{Entries, TypeKey};
use super::manifest::{Binding, Manifests, Role, RoleKey, Subject};

/// Names of resources in one grant, so that no condition grows without end.
const MOST_NAMES: usize = 200;

/// What a package declares.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) types: Vec<Type>,
    pub(super) roles: Vec<Planned>,
    /// Whether roles with paths are held within a namespace: then a path must be something that could lie in one.
    pub(super) paths_in_namespaces: bool,
    /// Who is bound, and the names of the roles.
    pub(super) bound: BTreeMap<Subject, BTreeSet<String>>,
}

/// A resource type.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) key: TypeKey,
    pub(super) name: String,
    /// Verbs and the names of their actions, in the order of use.
    pub(super) actions: Vec<(String, String)>,
}

/// Which role of the package: one that is declared, or a `ClusterRole` within a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Declared(RoleKey),
    Within { role: RoleKey, namespace: String },
}

/// A role.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) name: String,
    /// `ClusterRole/view`.
    pub(super) written: String,
    /// The namespace that a binding keeps it within.
    pub(super) bound_in: Option<String>,
    pub(super) description: String,
    pub(super) extends: Vec<String>,
    /// The namespace that it is bound to.
    pub(super) place: Option<String>,
    pub(super) grants: Vec<Grant>,
}

/// A grant.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) label: Option<String>,
    pub(super) on: String,
    pub(super) actions: Vec<String>,
    pub(super) only: Only,
}

/// Which objects of a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Only {
    All,
    Named(Vec<String>),
    Paths(Vec<String>),
}

/// Plans the package.
pub(super) fn plan(manifests: &Manifests, out: &mut Diagnostics) -> Plan {
    let missing = missing_roles(manifests, out);
    let declared: BTreeMap<&RoleKey, &Role> = manifests.roles.iter().map(|role| (&role.key, role)).collect();
    // What a collecting role says itself is overwritten by what it collects.
    let own = manifests.roles.iter().filter(|role| role.aggregates.is_none());
    let entries: BTreeMap<&RoleKey, Entries> = own.map(|role| (&role.key, Entries::of(&role.rules))).collect();
    let collected = aggregate::collected(&manifests.roles, out);
    aggregate::overwritten(&manifests.roles, &entries, &collected, out);
    let mut names = Names::new();
    for own in ["Group", "Namespace", "ServiceAccount", "User"] {
        names.fresh(own);
    }
    let types = types(entries.values(), &mut names);
    let by_key: BTreeMap<&TypeKey, &Type> = types.iter().map(|ty| (&ty.key, ty)).collect();
    let held = held(manifests, &missing);
    let role_names: BTreeMap<&Held, String> = held.iter().map(|held| (held, names.fresh(&wanted_name(held)))).collect();
    let mut roles = Vec::new();
    for (held, name) in &role_names {
        let named = |key: &RoleKey| role_names.get(&Held::Declared(key.clone())).cloned();
        roles.push(match held {
            Held::Within { role, namespace } => Planned {
                name: name.clone(),
                written: role.written(),
                bound_in: Some(namespace.clone()),
                description: format!("`{}`, bound in the namespace `{namespace}`.", role.name),
                extends: named(role).into_iter().collect(),
                place: Some(namespace.clone()),
                grants: Vec::new(),
            },
            Held::Declared(key) => {
                let description = match declared.get(key) {
                    Some(role) => role.description.clone().unwrap_or_default(),
                    None => "Bound, but not declared in any of the imported files.".to_owned(),
                };
                let grants = entries.get(key).map(|entries| grants(name, entries, &by_key, &mut names));
                Planned {
                    name: name.clone(),
                    written: key.written(),
                    bound_in: None,
                    description,
                    extends: collected.get(key).into_iter().flatten().filter_map(named).collect(),
                    place: key.namespace.clone(),
                    grants: grants.unwrap_or_default(),
                }
            }
        });
    }
    roles.sort_by(|a, b| a.name.cmp(&b.name));
    let mut bound: BTreeMap<Subject, BTreeSet<String>> = BTreeMap::new();
    for binding in &manifests.bindings {
        if let Some(role) = role_names.get(&held_by(binding)) {
            for subject in &binding.subjects {
                bound.entry(subject.clone()).or_default().insert(role.clone());
            }
        }
    }
    Plan { types, paths_in_namespaces: held.iter().any(|held| matches!(held, Held::Within { .. })), roles, bound }
}

/// Roles that are bound and not declared: they stay as roles without grants.
fn missing_roles(manifests: &Manifests, out: &mut Diagnostics) -> BTreeSet<RoleKey> {
    let declared: BTreeSet<&RoleKey> = manifests.roles.iter().map(|role| &role.key).collect();
    let mut missing = BTreeSet::new();
    for binding in manifests.bindings.iter().filter(|binding| !declared.contains(&binding.role)) {
        if missing.insert(binding.role.clone()) {
            let message = format!("`{}` is bound, but none of these files declares it", binding.role.name);
            out.push(
                Diagnostic::warning(codes::LEFT_OUT, binding.role_span, message)
                    .label("becomes a role without grants")
                    .also(binding.span, "bound here")
                    .help("also name the file that declares it"),
            );
        }
    }
    missing
}

/// What a binding gives.
fn held_by(binding: &Binding) -> Held {
    match (&binding.namespace, &binding.role.namespace) {
        (Some(namespace), None) => Held::Within { role: binding.role.clone(), namespace: namespace.clone() },
        _ => Held::Declared(binding.role.clone()),
    }
}

fn held(manifests: &Manifests, missing: &BTreeSet<RoleKey>) -> BTreeSet<Held> {
    let declared = manifests.roles.iter().map(|role| &role.key).chain(missing);
    let declared = declared.cloned().map(Held::Declared);
    declared.chain(manifests.bindings.iter().map(held_by)).collect()
}

fn wanted_name(held: &Held) -> String {
    match held {
        Held::Declared(RoleKey { namespace: None, name }) => snake(name),
        Held::Declared(RoleKey { namespace: Some(namespace), name }) => {
            format!("{}_in_{}", snake(name), snake(namespace))
        }
        Held::Within { role, namespace } => format!("{}_in_{}", snake(&role.name), snake(namespace)),
    }
}

fn types<'a>(entries: impl Iterator<Item = &'a Entries>, names: &mut Names) -> Vec<Type> {
    let mut verbs: BTreeMap<&TypeKey, BTreeSet<&String>> = BTreeMap::new();
    for (key, objects) in entries.flat_map(Entries::types) {
        verbs.entry(key).or_default().extend(objects.values().flatten());
    }
    let actions = action_names(verbs.values().flatten().copied());
    let types = verbs.into_iter().map(|(key, verbs)| {
        let mut verbs: Vec<&String> = verbs.into_iter().collect();
        verbs.sort_by_key(|verb| (rank(verb), *verb));
        let actions = verbs.into_iter().filter_map(|verb| Some((verb.clone(), actions.get(verb)?.clone())));
        Type { key: key.clone(), name: names.fresh(&type_name(key)), actions: actions.collect() }
    });
    types.collect()
}

/// The names of actions by their verbs. A verb has the same name on every type, so that a wildcard type's action stands for that
/// of the same name.
fn action_names<'a>(verbs: impl Iterator<Item = &'a String>) -> BTreeMap<&'a String, String> {
    let mut verbs: Vec<&String> = verbs.collect::<BTreeSet<_>>().into_iter().collect();
    // The wildcard first: whatever else there is, it is called the same.
    verbs.sort_by_key(|verb| (*verb != "*", rank(verb), *verb));
    let mut names = Names::within();
    let named = verbs.into_iter().map(|verb| match verb.as_str() {
        "*" => (verb, names.fresh("all")),
        other => (verb, names.fresh(&snake(other))),
    });
    named.collect()
}

/// The usual verbs in the order in which one thinks of them, then the others, then the wildcard.
fn rank(verb: &str) -> usize {
    const USUAL: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    match USUAL.iter().position(|usual| *usual == verb) {
        Some(at) => at,
        None if verb == "*" => USUAL.len() + 1,
        None => USUAL.len(),
    }
}

/// `PodsLog`, `AppsDeployments`, `RbacRoles`; with wildcards `CoreAllResources`, `AnyGroupPods`, `AllScale`.
fn type_name(key: &TypeKey) -> String {
    let TypeKey::Resource { group, resource } = key else {
        return "NonResourceUrl".to_owned();
    };
    let group = match group.as_str() {
        "" if resource == "*" => "Core".to_owned(),
        "" => String::new(),
        "*" => "AnyGroup".to_owned(),
        "rbac.authorization.k8s.io" => "Rbac".to_owned(),
        group => camel(group.strip_suffix(".k8s.io").unwrap_or(group)),
    };
    let resource = match resource.as_str() {
        "*" => "AllResources".to_owned(),
        resource => match resource.strip_prefix("*/") {
            Some(sub) => format!("All{}", camel(sub)),
            // A star within a name is a star, and must not look like the name without it.
            None => camel(&resource.replace('*', "Star")),
        },
    };
    format!("{group}{resource}")
}

/// The grants of a role: one for all objects of a type, and one for each list of objects with the same verbs.
fn grants(role: &str, entries: &Entries, types: &BTreeMap<&TypeKey, &Type>, names: &mut Names) -> Vec<Grant> {
    let mut found = Vec::new();
    for (key, objects) in entries.types() {
        let Some(ty) = types.get(key) else { continue };
        let mut by_verbs: BTreeMap<(Vec<&str>, bool), Vec<String>> = BTreeMap::new();
        for (object, verbs) in objects {
            let actions = ty.actions.iter().filter(|(verb, _)| verbs.contains(verb));
            let actions = actions.map(|(_, action)| action.as_str()).collect();
            let same = by_verbs.entry((actions, object.is_some())).or_default();
            same.extend(object.clone());
        }
        let mut used: BTreeSet<Vec<&str>> = BTreeSet::new();
        for ((actions, some), objects) in &by_verbs {
            let parts: Vec<&[String]> = match some {
                true => objects.chunks(MOST_NAMES).collect(),
                false => vec![&[]],
            };
            for part in parts {
                let only = match (&ty.key, part) {
                    (_, []) => Only::All,
                    (TypeKey::Urls, paths) => Only::Paths(paths.to_vec()),
                    (TypeKey::Resource { .. }, names) => Only::Named(names.to_vec()),
                };
                // Two grants of the same actions on the same type would have the same name.
                let label = (!used.insert(actions.clone())).then(|| names.fresh(&format!("{role}_{}_named", ty.name)));
                found.push(Grant {
                    label,
                    on: ty.name.clone(),
                    actions: actions.iter().map(|action| (*action).to_owned()).collect(),
                    only,
                });
            }
        }
    }
    found
}
