//! Roles given to fixtures, and the edges that follow: `role finance` makes a parent of the role entity, `role admin on Org`
//! one of the holder group of that one Org, and holder groups of nested entities are members of each other.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;
use serde_json::json;

use crate::bundle::{EntityRole, HOLDERS_TYPE, ROLE_TYPE, RelationContract, RoleContract, relation_attribute};
use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::Node;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::Named;
use crate::scenario::value::Value;
use crate::scenario::{codes, value};
use crate::text::Span;

use super::a;
use super::directory::Directory;

/// Reads `roles: […]` of a fixture: what each is called, and the Cedar parent that makes the fixture a holder.
pub(super) fn given(
    node: &Node,
    holder: &Named,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> Vec<(String, EntityUid)> {
    let mut roles: Vec<(String, EntityUid)> = Vec::new();
    for item in node.one_or_many() {
        let Some(text) = SUITE.at(item, "a role").scalar(out) else {
            continue;
        };
        let Some(parent) = role(item, text, holder, directory, out) else {
            continue;
        };
        if roles.iter().any(|(known, _)| known == text) {
            out.push(
                Diagnostic::error(codes::DUPLICATE_NAME, item.span, format!("duplicate role `{text}`"))
                    .label("again here"),
            );
            continue;
        }
        roles.push((text.to_owned(), parent));
    }
    roles
}

/// The id of a holder group: who holds `role` of the entity.
pub(super) fn holder_group(ty: &str, entity: &EntityUid, role: &str, directory: &Directory<'_>) -> Option<EntityUid> {
    directory.types.uid(holders_type(directory), &format!("{ty}::{}.{role}", entity.id().unescaped()))
}

/// The generated attributes of an entity with per-entity roles: each holds the role's holder group.
pub(super) fn relation_attributes(
    named: &Named,
    relations: &[RelationContract],
    directory: &Directory<'_>,
) -> Vec<(String, Value)> {
    let form = directory.contract.roles_form;
    let groups = relations.iter().filter_map(|relation| {
        let group = holder_group(&named.ty, &named.uid, &relation.role, directory)?;
        Some((&relation.role, group))
    });
    groups
        .flat_map(|(role, group)| {
            let id = form.has_attribute().then(|| {
                let id = Value::String(group.id().unescaped().to_owned());
                (relation_attribute(role), id)
            });
            let group = form.has_parents().then(|| (role.clone(), Value::Entity(group)));
            group.into_iter().chain(id)
        })
        .collect()
}

/// The Cedar type of holder groups. Where roles are no parents there is none, and the ids alone count.
fn holders_type<'a>(directory: &'a Directory<'_>) -> &'a str {
    directory.contract.holders_type.as_deref().unwrap_or(HOLDERS_TYPE)
}

/// Likewise of roles.
fn role_type<'a>(directory: &'a Directory<'_>) -> &'a str {
    directory.contract.role_type.as_deref().unwrap_or(ROLE_TYPE)
}

/// The holder groups of all entities: one for each entity and relation, with those it is a member of. Where a relation is
/// inherited through a parent of the same type, the parent's group is a member of the child's.
pub(super) fn holder_groups<'a>(
    entities: impl Iterator<Item = (&'a Named, &'a Vec<(String, Value)>)>,
    directory: &Directory<'_>,
) -> BTreeMap<EntityUid, BTreeSet<EntityUid>> {
    let mut members: BTreeMap<EntityUid, BTreeSet<EntityUid>> = BTreeMap::new();
    for (named, attributes) in entities {
        let Some(declared) = directory.contract.entities.get(&named.ty) else {
            continue;
        };
        for relation in &declared.relations {
            let Some(group) = holder_group(&named.ty, &named.uid, &relation.role, directory) else {
                continue;
            };
            members.entry(group.clone()).or_default();
            for parent in &relation.inherits_through {
                let Some(Value::Entity(parent)) = value_of(attributes, parent) else {
                    continue;
                };
                if let Some(above) = holder_group(&named.ty, parent, &relation.role, directory) {
                    members.entry(above).or_default().insert(group.clone());
                }
            }
        }
    }
    members
}

/// Holder groups as entities.
pub(super) fn group_entities(groups: &BTreeMap<EntityUid, BTreeSet<EntityUid>>) -> Vec<serde_json::Value> {
    let entity = |(group, parents): (&EntityUid, &BTreeSet<EntityUid>)| {
        let parents: Vec<_> = parents.iter().map(value::entity).collect();
        json!({"uid": value::entity(group), "attrs": {}, "parents": parents})
    };
    groups.iter().map(entity).collect()
}

/// The value of an attribute.
pub(super) fn value_of<'v>(attributes: &'v [(String, Value)], name: &str) -> Option<&'v Value> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The names of roles and of all holder groups that those lead to: what the attribute of a holder says.
pub(super) fn names(held: &BTreeSet<EntityUid>, groups: &BTreeMap<EntityUid, BTreeSet<EntityUid>>) -> Value {
    let mut all: BTreeSet<&EntityUid> = BTreeSet::new();
    let mut open: Vec<&EntityUid> = held.iter().collect();
    while let Some(next) = open.pop() {
        if all.insert(next) {
            open.extend(groups.get(next).into_iter().flatten());
        }
    }
    let names = all.into_iter().map(|role| Value::String(role.id().unescaped().to_owned()));
    Value::Set(names.collect())
}

fn role(
    node: &Node,
    text: &str,
    holder: &Named,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> Option<EntityUid> {
    let roles = &directory.contract.roles;
    let (name, entity) = match text.rsplit_once("::") {
        None => (text.to_owned(), None),
        Some((ty, rest)) => {
            let Some((entity, role)) = rest.rsplit_once('.') else {
                out.push(
                    Diagnostic::error(codes::WRONG_ROLE, node.span, format!("`{text}` does not name a role"))
                        .label("the role is missing")
                        .help(format!("write `{text}.ROLE`")),
                );
                return None;
            };
            (format!("{ty}.{role}"), Some((ty, entity, role)))
        }
    };
    let Some(declared) = roles.get(&name) else {
        out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown role `{name}`"))
                .label("no such role is declared")
                .meant(node.span, &name, roles.keys().map(String::as_str)),
        );
        return None;
    };
    check_holder(node, &name, declared, holder, directory, out)?;
    match (&declared.on, entity) {
        (None, _) => directory.types.uid(role_type(directory), &name),
        (Some(ty), None) => {
            out.push(
                Diagnostic::error(codes::WRONG_ROLE, node.span, format!("`{name}` is held per {ty}"))
                    .label("no entity given")
                    .help(format!("write `{ty}::FIXTURE.{}`", own_name(&name))),
            );
            None
        }
        (Some(ty), Some((before, entity, role))) => {
            let Some((named, _)) = directory.fixtures.get(entity) else {
                let fitting = directory.fixtures.values().map(|(named, _)| named).filter(|named| named.ty == *ty);
                let start = node.span.start as usize + before.len() + "::".len();
                let at = Span::new(node.span.file, start, start + entity.len());
                directory.undeclared.report(
                    entity,
                    Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown fixture `{entity}`"))
                        .label(format!("no {ty} of this name is declared"))
                        .meant(at, entity, fitting.map(|named| named.label.as_str())),
                    out,
                );
                return None;
            };
            if named.ty != *ty {
                out.push(
                    Diagnostic::error(
                        codes::WRONG_TYPE,
                        node.span,
                        format!("`{entity}` is of type {}, not {ty}", named.ty),
                    )
                    .label(format!("`{name}` is held per {ty}")),
                );
                return None;
            }
            holder_group(ty, &named.uid, role, directory)
        }
    }
}

/// Whether the role can be given to this entity at all.
fn check_holder(
    node: &Node,
    name: &str,
    role: &RoleContract,
    holder: &Named,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> Option<()> {
    if let Some(attribute) = &role.by {
        out.push(
            Diagnostic::error(codes::WRONG_ROLE, node.span, format!("the role `{name}` cannot be assigned"))
                .label(format!("it is held by the entity's `{attribute}`"))
                .help(format!("set `{attribute}` of the entity instead")),
        );
        return None;
    }
    let group = directory
        .contract
        .entities
        .get(&holder.ty)
        .is_some_and(|declared| declared.kind == EntityRole::Group && declared.holds_roles);
    if role.holders.contains(&holder.ty) || group {
        return Some(());
    }
    out.push(
        Diagnostic::error(codes::WRONG_ROLE, node.span, format!("{} cannot hold `{name}`", a(&holder.ty)))
            .label(format!("`{}` is {}", holder.label, a(&holder.ty)))
            .help(format!("`{name}` is declared for {}", role.holders.join(", "))),
    );
    None
}

/// The role's name without the type it is held on.
fn own_name(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, own)| own)
}
