//! Principals, resources and groups: from YAML to entities, with the edges that parents and roles mean.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;
use serde_json::json;

use crate::bundle::{Contract, EntityContract, EntityRole, ROLES_ATTRIBUTE, RolesForm};
use crate::decide::EntityParts;
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::document::{Key, Node};
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Fixture, Named, Section};
use crate::scenario::value::Value;
use crate::scenario::{codes, value};
use crate::text::Instant;

use super::directory::{Directory, TypeNames};
use super::lineage::{Edge, Lineage};
use super::{a, roles, values};

/// Keys of a fixture that are not attributes. An attribute of such a name stands under `attributes`.
const OWN_KEYS: [&str; 6] = ["type", "id", "in", "roles", "tags", "attributes"];

/// A fixture as it stands in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) section: Section,
    pub(super) key: &'a Key,
    pub(super) node: &'a Node,
}

/// What each fixture is, before any attribute is read: attributes may name fixtures further down.
pub(super) fn identify(
    declared: &BTreeMap<String, Declared<'_>>,
    contract: &Contract,
    types: &TypeNames,
    out: &mut Diagnostics,
) -> BTreeMap<String, (Named, Section)> {
    let mut known = BTreeMap::new();
    let mut by_uid: BTreeMap<EntityUid, &Key> = BTreeMap::new();
    for (name, fixture) in declared {
        let Some(named) = named(name, fixture, contract, types, out) else {
            continue;
        };
        if let Some(first) = by_uid.insert(named.uid.clone(), fixture.key) {
            out.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    fixture.key.span,
                    format!("two fixtures have the same entity `{}`", named.uid),
                )
                .label("give it another `id`")
                .also(first.span, "first here"),
            );
            continue;
        }
        known.insert(name.clone(), (named, fixture.section));
    }
    known
}

/// The fixtures of a suite as they are read, and the holder groups that follow from them.
#[derive(Debug)]
pub(super) struct Read<'a> {
    fixtures: Vec<(&'a str, &'a Named, Section, Parts)>,
    groups: BTreeMap<EntityUid, BTreeSet<EntityUid>>,
    form: RolesForm,
}

/// Reads fixtures. Each is a principal, a resource or a group of the directory.
pub(super) fn read<'a>(
    declared: &BTreeMap<String, Declared<'a>>,
    directory: &'a Directory<'_>,
    out: &mut Diagnostics,
) -> (BTreeMap<String, Fixture>, Read<'a>) {
    let mut read = Vec::with_capacity(directory.fixtures.len());
    for (name, (named, section)) in &directory.fixtures {
        let Some(fixture) = declared.get(name) else { continue };
        if directory.loaded.get(&named.uid).is_some() {
            out.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    fixture.key.span,
                    format!("`{}` is also in the suite's `entities` file", named.uid),
                )
                .label("use the loaded entity, or give this one another `id`"),
            );
        }
        if let Some(parts) = parts(fixture, named, directory, out) {
            read.push((name.as_str(), named, *section, parts));
        }
    }
    let groups = roles::holder_groups(read.iter().map(|(_, named, _, parts)| (*named, &parts.attributes)), directory);
    let lineage = Lineage::of(read.iter().filter_map(|(name, named, _, parts)| {
        let span = declared.get(*name)?.key.span;
        Some(Edge { name, span, uid: &named.uid, parents: &parts.parents, roles: &parts.roles })
    }));
    lineage.report_cycles(out);
    let fixture = |(name, named, section, _): &(&str, &Named, Section, Parts)| {
        let roles = lineage.held_roles(&named.uid);
        ((*name).to_owned(), Fixture { named: (*named).clone(), section: *section, roles })
    };
    let fixtures = read.iter().map(fixture).collect();
    let carries_roles =
        |named: &Named| directory.contract.entities.get(&named.ty).is_some_and(|declared| declared.carries_roles);
    let names: Vec<Option<Value>> = read
        .iter()
        .map(|(_, named, ..)| carries_roles(named).then(|| roles::names(&lineage.held_as_parents(&named.uid), &groups)))
        .collect();
    for ((.., parts), names) in read.iter_mut().zip(names) {
        parts.attributes.extend(names.map(|names| (ROLES_ATTRIBUTE.to_owned(), names)));
    }
    (fixtures, Read { fixtures: read, groups, form: directory.contract.roles_form })
}

impl Read<'_> {
    /// The entities, holder groups included; `None` for one that only the JSON form can say. `at` is what relative times count
    /// from.
    pub(super) fn into_entities(self, at: Instant) -> impl Iterator<Item = Option<EntityParts>> {
        let Self { fixtures, groups, form } = self;
        let groups = groups.into_iter().filter(move |_| form.has_parents()).map(|(uid, parents)| {
            let parents = parents.into_iter().collect();
            Some(EntityParts { uid, attributes: Vec::new(), tags: Vec::new(), parents })
        });
        groups.chain(fixtures.into_iter().map(move |(_, named, _, parts)| parts.into_entity(&named.uid, form, at)))
    }

    /// The entities in Cedar's JSON form.
    pub(super) fn to_json(&self, at: Instant) -> Vec<serde_json::Value> {
        let mut json = match self.form.has_parents() {
            true => roles::group_entities(&self.groups),
            false => Vec::new(),
        };
        json.extend(self.fixtures.iter().map(|(_, named, _, parts)| parts.to_json(&named.uid, self.form, at)));
        json
    }
}

/// What a fixture says about its entity.
#[derive(Debug, Default)]
struct Parts {
    attributes: Vec<(String, Value)>,
    tags: BTreeMap<String, Value>,
    parents: Vec<EntityUid>,
    roles: Vec<(String, EntityUid)>,
}

impl Parts {
    fn to_json(&self, uid: &EntityUid, form: RolesForm, at: Instant) -> serde_json::Value {
        let roles = self.roles.iter().map(|(_, role)| role).filter(|_| form.has_parents());
        let parents: BTreeSet<&EntityUid> = self.parents.iter().chain(roles).collect();
        json!({
            "uid": value::entity(uid),
            "attrs": value::record(self.attributes.iter().map(|(name, value)| (name, value)), at),
            "parents": parents.into_iter().map(value::entity).collect::<Vec<_>>(),
            "tags": value::record(&self.tags, at),
        })
    }

    fn into_entity(self, uid: &EntityUid, form: RolesForm, at: Instant) -> Option<EntityParts> {
        let roles = self.roles.into_iter().map(|(_, role)| role).filter(|_| form.has_parents());
        Some(EntityParts {
            uid: uid.clone(),
            attributes: value::expressions(self.attributes.iter().map(|(name, value)| (name, value)), at)?,
            tags: value::expressions(&self.tags, at)?,
            parents: self.parents.into_iter().chain(roles).collect(),
        })
    }
}

fn named(
    name: &str,
    fixture: &Declared<'_>,
    contract: &Contract,
    types: &TypeNames,
    out: &mut Diagnostics,
) -> Option<Named> {
    let entries = SUITE.at(fixture.node, "a fixture").mapping(out)?;
    let get = |wanted: &str| entries.iter().find(|(key, _)| key.text == wanted).map(|(_, node)| node);
    let Some(ty_node) = get("type") else {
        out.push(
            SUITE
                .missing("type", &format!("`{name}`"), fixture.key.span)
                .help(format!("write `{name}: {{type: TYPE, …}}`")),
        );
        return None;
    };
    let ty = SUITE.at(ty_node, "a type").scalar(out)?;
    let fitting = |declared: &EntityContract| match fixture.section {
        Section::Principals => matches!(declared.kind, EntityRole::Principal | EntityRole::Raw),
        Section::Resources => declared.kind != EntityRole::Enum,
        Section::Groups => matches!(declared.kind, EntityRole::Group | EntityRole::Raw),
    };
    let candidates = contract.entities.iter().filter(|(_, declared)| fitting(declared)).map(|(name, _)| name.as_str());
    let Some(declared) = contract.entities.get(ty) else {
        out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, ty_node.span, format!("unknown type `{ty}`"))
                .label("no such entity type is declared")
                .meant(ty_node.span, ty, candidates),
        );
        return None;
    };
    if !fitting(declared) {
        out.push(
            Diagnostic::error(codes::WRONG_TYPE, ty_node.span, format!("`{ty}` is not allowed here"))
                .label(format!("`{name}` is listed under `{}`", section_key(fixture.section)))
                .meant(ty_node.span, ty, candidates),
        );
        return None;
    }
    let id = match get("id") {
        Some(node) => SUITE.at(node, "an id").scalar(out)?,
        None => name,
    };
    Some(Named { label: name.to_owned(), ty: ty.to_owned(), uid: types.uid(&declared.cedar, id)? })
}

fn parts(fixture: &Declared<'_>, named: &Named, directory: &Directory<'_>, out: &mut Diagnostics) -> Option<Parts> {
    let declared = directory.contract.entities.get(&named.ty)?;
    let mut parts = Parts::default();
    let mut given = BTreeSet::new();
    for (key, node) in fixture.node.as_map()? {
        match key.text.as_str() {
            "type" | "id" => {}
            "in" => parts.parents.extend(memberships(node, named, declared, directory, out)),
            "roles" => parts.roles = roles::given(node, named, directory, out),
            "tags" => parts.tags = tags(key, node, named, declared, directory, out),
            "attributes" => {
                for (key, node) in SUITE.at(node, "`attributes`").mapping(out).unwrap_or_default() {
                    attribute(key, node, named, declared, directory, &mut given, &mut parts, out);
                }
            }
            _ => attribute(key, node, named, declared, directory, &mut given, &mut parts, out),
        }
    }
    for (name, attribute) in &declared.attributes {
        if attribute.required && !given.contains(name.as_str()) {
            out.push(
                Diagnostic::error(
                    codes::MISSING_ATTRIBUTE,
                    fixture.key.span,
                    format!("`{}` is missing the attribute `{name}`", named.label),
                )
                .label(format!(
                    "{} needs `{name}: {}`",
                    a(&named.ty),
                    values::type_name(&attribute.ty)
                )),
            );
        }
    }
    for parent in &declared.parents {
        let value = parent.attribute.as_ref().and_then(|attribute| roles::value_of(&parts.attributes, attribute));
        if let Some(Value::Entity(uid)) = value {
            parts.parents.push(uid.clone());
        }
    }
    parts.attributes.extend(roles::relation_attributes(named, &declared.relations, directory));
    Some(parts)
}

#[expect(clippy::too_many_arguments, reason = "one step of the loop over a fixture's keys; it has no state of its own")]
fn attribute<'a>(
    key: &'a Key,
    node: &Node,
    named: &Named,
    declared: &EntityContract,
    directory: &Directory<'_>,
    given: &mut BTreeSet<&'a str>,
    parts: &mut Parts,
    out: &mut Diagnostics,
) {
    if let Some(fault) = SUITE.unspaced(key, node) {
        out.push(fault);
        if let Some((name, _)) = key.text.split_once(':') {
            // It is there, in the wrong words.
            given.insert(name);
        }
        return;
    }
    let Some(attribute) = declared.attributes.get(&key.text) else {
        let relation = declared.relations.iter().any(|relation| relation.role == key.text);
        let help = if relation {
            Some(format!("give holders `roles: [\"{}::{}.{}\"]`", named.ty, named.label, key.text))
        } else {
            did_you_mean(&key.text, declared.attributes.keys().map(String::as_str).chain(OWN_KEYS))
        };
        out.push(
            Diagnostic::error(
                codes::UNKNOWN_NAME,
                key.span,
                format!("{} has no attribute `{}`", a(&named.ty), key.text),
            )
            .label("not an attribute of this type")
            .maybe_help(help)
            .near(
                key.span,
                &key.text,
                declared.attributes.keys().map(String::as_str).filter(|_| !relation),
            ),
        );
        return;
    };
    if !given.insert(&key.text) {
        out.push(
            Diagnostic::error(codes::DUPLICATE_NAME, key.span, format!("duplicate attribute `{}`", key.text))
                .label("again here")
                .help("give it once: next to `type`, or under `attributes`"),
        );
        return;
    }
    if let Some(value) = values::value(node, &attribute.ty, directory, out) {
        parts.attributes.push((key.text.clone(), value));
    }
}

/// `in: […]`: parents that no attribute names.
fn memberships(
    node: &Node,
    named: &Named,
    declared: &EntityContract,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> Vec<EntityUid> {
    let mut parents = Vec::new();
    for item in node.one_or_many() {
        let Some(parent) = directory.entity(item, out) else {
            continue;
        };
        let mut fitting = declared.parents.iter().filter(|possible| possible.ty == parent.ty).peekable();
        if fitting.peek().is_none() {
            out.push(
                Diagnostic::error(
                    codes::WRONG_TYPE,
                    item.span,
                    format!("{} is never in {}", a(&named.ty), a(&parent.ty)),
                )
                .label(format!("`{}` is {}", parent.label, a(&parent.ty))),
            );
            continue;
        }
        match fitting.find_map(|possible| possible.attribute.as_ref()) {
            Some(attribute) => out.push(
                Diagnostic::error(
                    codes::WRONG_TYPE,
                    item.span,
                    format!("{} has exactly one {} as `{attribute}`", a(&named.ty), parent.ty),
                )
                .label("not one of several memberships")
                .help(format!("write `{attribute}: {}`", parent.label)),
            ),
            None => parents.push(parent.uid),
        }
    }
    parents
}

fn tags(
    key: &Key,
    node: &Node,
    named: &Named,
    declared: &EntityContract,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> BTreeMap<String, Value> {
    let Some(ty) = &declared.tags else {
        out.push(
            Diagnostic::error(codes::UNKNOWN_KEY, key.span, format!("{} has no tags", a(&named.ty)))
                .label("its type declares none"),
        );
        return BTreeMap::new();
    };
    let entries = SUITE.at(node, "`tags`").mapping(out).unwrap_or_default();
    entries
        .iter()
        .filter_map(|(key, node)| Some((key.text.clone(), values::value(node, ty, directory, out)?)))
        .collect()
}

fn section_key(section: Section) -> &'static str {
    match section {
        Section::Principals => "principals",
        Section::Resources => "resources",
        Section::Groups => "groups",
    }
}

#[cfg(test)]
mod tests;
