//! Cedar's JSON form of values and entities: what names an entity, and a walk over everything that does.

use cedar_policy::EntityUid;
use serde_json::{Map, Value, json};

/// The uid of an entity in a list.
pub(in crate::analysis) fn uid_of(entity: &Value) -> Option<EntityUid> {
    read(entity.get("uid")?)
}

/// A reference to an entity, with or without its wrapper.
pub(in crate::analysis) fn read(value: &Value) -> Option<EntityUid> {
    let inner = value.get("__entity").unwrap_or(value);
    let is_reference = inner.as_object().is_some_and(|fields| fields.len() == 2)
        && inner.get("type").is_some_and(Value::is_string)
        && inner.get("id").is_some_and(Value::is_string);
    is_reference.then(|| EntityUid::from_json(inner.clone()).ok()).flatten()
}

/// A reference to an entity, for lists of parents.
pub(in crate::analysis) fn bare(uid: &EntityUid) -> Value {
    json!({ "type": uid.type_name().to_string(), "id": uid.id().unescaped() })
}

/// A reference to an entity, for values.
pub(in crate::analysis) fn wrapped(uid: &EntityUid) -> Value {
    json!({ "__entity": bare(uid) })
}

/// The entities of a list.
pub(in crate::analysis) fn entities(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// An entity's attributes.
pub(in crate::analysis) fn attributes(entity: &Value) -> Option<&Map<String, Value>> {
    entity.get("attrs").and_then(Value::as_object)
}

/// An entity's parents.
pub(in crate::analysis) fn parents(entity: &Value) -> impl Iterator<Item = EntityUid> {
    let parents = entity.get("parents").and_then(Value::as_array);
    parents.into_iter().flatten().filter_map(read)
}

/// Every entity named inside a value.
pub(in crate::analysis) fn named_in(value: &Value, found: &mut Vec<EntityUid>) {
    if value.get("__entity").is_some() {
        found.extend(read(value));
        return;
    }
    match value {
        Value::Array(all) => all.iter().for_each(|value| named_in(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| named_in(value, found)),
        _ => {}
    }
}

/// The value with every entity in it replaced.
pub(in crate::analysis) fn with_entities(value: &Value, replace: &dyn Fn(&EntityUid) -> EntityUid) -> Value {
    if value.get("__entity").is_some() {
        return read(value).map_or_else(|| value.clone(), |uid| wrapped(&replace(&uid)));
    }
    match value {
        Value::Array(all) => all.iter().map(|value| with_entities(value, replace)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), with_entities(value, replace))).collect()
        }
        other => other.clone(),
    }
}

/// An entity of its parts.
pub(in crate::analysis) fn entity(
    uid: &EntityUid,
    attributes: Value,
    parents: Vec<EntityUid>,
    tags: Option<&Value>,
) -> Value {
    let mut parents = parents;
    parents.sort();
    parents.dedup();
    let parents: Vec<Value> = parents.iter().map(bare).collect();
    let mut entity = json!({ "uid": bare(uid), "attrs": attributes, "parents": parents });
    if let (Some(tags), Some(fields)) = (tags, entity.as_object_mut())
        && tags.as_object().is_some_and(|tags| !tags.is_empty())
    {
        fields.insert("tags".to_owned(), tags.clone());
    }
    entity
}
