//! Names that a reader can keep apart: `user-1`, `org-2`, in the order in which the request leads to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cedar_policy::{EntityId, EntityUid};
use serde_json::Value;

use super::{Witness, data};
use crate::bundle::{Contract, EntityRole, ROLES_ATTRIBUTE, relation_attribute};

/// The same witness under other ids. What the policies name, roles and members of enumerations keep theirs.
pub(super) fn rename(witness: &Witness, contract: &Contract, literals: &BTreeSet<EntityUid>) -> Witness {
    let mut names: BTreeMap<EntityUid, EntityUid> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let fixed: BTreeSet<&str> = contract
        .entities
        .values()
        .filter(|ty| ty.kind == EntityRole::Enum)
        .map(|ty| ty.cedar.as_str())
        .chain(contract.role_type.as_deref())
        .chain(contract.holders_type.as_deref())
        .collect();
    for uid in in_order(witness) {
        let ty = uid.type_name();
        if literals.contains(&uid) || fixed.contains(ty.to_string().as_str()) {
            continue;
        }
        let stem = kebab(ty.basename());
        let number = counts.entry(stem.clone()).or_default();
        *number += 1;
        let new = EntityUid::from_type_name_and_id(ty.clone(), EntityId::new(format!("{stem}-{number}")));
        names.insert(uid, new);
    }
    let replace = |uid: &EntityUid| match names.get(uid) {
        Some(new) => new.clone(),
        None => group(uid, &names, contract),
    };
    let entity = |entity: &Value| {
        let uid = data::uid_of(entity)?;
        let attributes = entity.get("attrs").map(|attributes| {
            let mut attributes = data::with_entities(attributes, &replace);
            rename_roles(&mut attributes, &names, contract);
            attributes
        });
        let tags = entity.get("tags").map(|tags| data::with_entities(tags, &replace));
        let parents = data::parents(entity).map(|parent| replace(&parent)).collect();
        Some(data::entity(&replace(&uid), attributes.unwrap_or_default(), parents, tags.as_ref()))
    };
    let context = Value::Object(witness.request.context.clone());
    let context = data::with_entities(&context, &replace);
    let mut renamed = witness.clone();
    renamed.entities = data::entities(&witness.entities).filter_map(entity).collect();
    renamed.request.principal = replace(&witness.request.principal);
    renamed.request.resource = replace(&witness.request.resource);
    renamed.request.context = context.as_object().cloned().unwrap_or_default();
    renamed
}

/// A holder group is called after its entity, `Org::acme.admin`.
fn group(uid: &EntityUid, names: &BTreeMap<EntityUid, EntityUid>, contract: &Contract) -> EntityUid {
    let ty = uid.type_name();
    if contract.holders_type.as_deref() != Some(ty.to_string().as_str()) {
        return uid.clone();
    }
    let renamed = group_name(uid.id().unescaped(), names, contract);
    renamed.map_or_else(|| uid.clone(), |id| EntityUid::from_type_name_and_id(ty.clone(), EntityId::new(id)))
}

/// The names of holder groups in generated attributes.
fn rename_roles(attributes: &mut Value, names: &BTreeMap<EntityUid, EntityUid>, contract: &Contract) {
    let rename = |value: &mut Value| {
        if let Some(new) = value.as_str().and_then(|id| group_name(id, names, contract)) {
            *value = Value::from(new);
        }
    };
    let relations = contract.entities.values().flat_map(|declared| &declared.relations);
    let single: BTreeSet<String> = relations.map(|relation| relation_attribute(&relation.role)).collect();
    for (name, value) in attributes.as_object_mut().into_iter().flatten() {
        if name == ROLES_ATTRIBUTE {
            value.as_array_mut().into_iter().flatten().for_each(rename);
        } else if single.contains(name) {
            rename(value);
        }
    }
}

/// The new id of a holder group.
fn group_name(id: &str, names: &BTreeMap<EntityUid, EntityUid>, contract: &Contract) -> Option<String> {
    contract.entities.iter().find_map(|(name, declared)| {
        let rest = id.strip_prefix(name.as_str())?.strip_prefix("::")?;
        declared.relations.iter().find_map(|relation| {
            let owner = rest.strip_suffix(relation.role.as_str())?.strip_suffix('.')?;
            let owner = names.iter().find(|(old, _)| {
                old.type_name().to_string() == declared.cedar && AsRef::<str>::as_ref(old.id().unescaped()) == owner
            });
            owner.map(|(_, new)| format!("{name}::{}.{}", new.id().unescaped(), relation.role))
        })
    })
}

/// Every entity that is named, from the request outwards.
fn in_order(witness: &Witness) -> Vec<EntityUid> {
    let loaded: BTreeMap<EntityUid, &Value> =
        data::entities(&witness.entities).filter_map(|entity| Some((data::uid_of(entity)?, entity))).collect();
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::from([witness.request.principal.clone(), witness.request.resource.clone()]);
    let mut rest = Vec::new();
    data::named_in(&Value::Object(witness.request.context.clone()), &mut rest);
    open.extend(rest);
    open.extend(loaded.keys().cloned());
    while let Some(uid) = open.pop_front() {
        if !seen.insert(uid.clone()) {
            continue;
        }
        if let Some(entity) = loaded.get(&uid) {
            let mut next = Vec::new();
            data::named_in(entity.get("attrs").unwrap_or(&Value::Null), &mut next);
            data::named_in(entity.get("tags").unwrap_or(&Value::Null), &mut next);
            next.extend(data::parents(entity));
            for uid in next.into_iter().rev() {
                open.push_front(uid);
            }
        }
        order.push(uid);
    }
    order
}

/// `PartnerApp` as `partner-app`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(c.to_lowercase());
    }
    text
}
