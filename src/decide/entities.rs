//! Entities from JSON in Cedar's form, added to those of the bundle (roles, actions), each checked against the schema.

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression};
use serde_json::Value;
use thiserror::Error;

use super::json::{holds_unknown, uid_text};
use super::model::Model;
use crate::diag::with_causes;

/// Why entities were not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct EntitiesError(pub Vec<EntityFault>);

/// An entity that is not as declared, or what is wrong with all of them together, such as a cycle of parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityFault {
    /// Its position in the list, from 0.
    pub position: Option<usize>,
    /// Its uid, as far as it can be read: `User::"alice"`.
    pub entity: Option<String>,
    /// What is wrong; it names the attribute.
    pub message: String,
}

impl std::fmt::Display for EntityFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.entity, self.position) {
            (Some(entity), _) => write!(f, "entity `{entity}`: {}", self.message),
            (None, Some(position)) => write!(f, "entity {} of the list: {}", position + 1, self.message),
            (None, None) => f.write_str(&self.message),
        }
    }
}

/// What makes an entity.
#[derive(Debug, Clone)]
pub struct EntityParts {
    /// Its name.
    pub uid: EntityUid,
    /// Its attributes.
    pub attributes: Vec<(String, RestrictedExpression)>,
    /// Its tags.
    pub tags: Vec<(String, RestrictedExpression)>,
    /// Its parents.
    pub parents: Vec<EntityUid>,
}

/// What Cedar reads of an entity; anything else it would pass over.
const PARTS: [&str; 4] = ["uid", "attrs", "parents", "tags"];

/// Reads entities and adds them to `base`. Without a model, nothing is checked and values need their wrappers.
pub(super) fn load(json: &Value, base: &Entities, model: Option<&Model>) -> Result<Entities, EntitiesError> {
    let schema = model.map(|model| &model.schema);
    let read = |base: Entities, json: Value| {
        base.add_entities_from_json_value(json, schema).map_err(|error| with_causes(&error))
    };
    let smuggled = faults_of_each(json, |entity| {
        let unknown = holds_unknown(entity).then(|| "an entity cannot contain the value `unknown`".to_owned());
        unknown.into_iter().collect()
    });
    if !smuggled.is_empty() {
        return Err(EntitiesError(smuggled));
    }
    let unread = faults_of_each(json, |entity| {
        let keys = entity.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let unread = keys.filter(|key| !PARTS.contains(key));
        unread.map(|key| format!("`{key}` is not a part of an entity: {}", PARTS.join(", "))).collect()
    });
    if !unread.is_empty() {
        return Err(EntitiesError(unread));
    }
    let misplaced = |entity: &Value| model.map_or_else(Vec::new, |model| model.lineage.faults(entity));
    match read(base.clone(), json.clone()) {
        Ok(entities) => {
            let faults = faults_of_each(json, misplaced);
            if faults.is_empty() { Ok(entities) } else { Err(EntitiesError(faults)) }
        }
        Err(message) => {
            // Cedar stops at the first faulty entity; each read alone shows all of them.
            let mut cedar_refuses_one = false;
            let mut faults =
                faults_of_each(json, |entity| match read(Entities::empty(), Value::Array(vec![entity.clone()])) {
                    Ok(_) => misplaced(entity),
                    Err(message) => {
                        cedar_refuses_one = true;
                        vec![message]
                    }
                });
            if !cedar_refuses_one {
                faults.push(EntityFault { position: None, entity: None, message });
            }
            Err(EntitiesError(faults))
        }
    }
}

/// Adds entities to `base` that are there as values. What is wrong with them, their JSON form tells.
pub(super) fn take(
    values: impl IntoIterator<Item = Option<EntityParts>>,
    json: impl FnOnce() -> Value,
    base: &Entities,
    model: Option<&Model>,
) -> Result<Entities, EntitiesError> {
    let sound = |parts: Option<EntityParts>| {
        let EntityParts { uid, attributes, tags, parents } = parts?;
        let entity = Entity::new_with_tags(uid, attributes, parents.iter().cloned(), tags).ok()?;
        model.is_none_or(|model| model.lineage.is_kept_by(&entity, &parents)).then_some(entity)
    };
    let entities: Option<Vec<Entity>> = values.into_iter().map(sound).collect();
    let added =
        entities.and_then(|entities| base.clone().add_entities(entities, model.map(|model| &model.schema)).ok());
    added.map_or_else(|| load(&json(), base, model), Ok)
}

fn faults_of_each(json: &Value, mut faults: impl FnMut(&Value) -> Vec<String>) -> Vec<EntityFault> {
    let mut all = Vec::new();
    for (position, entity) in json.as_array().into_iter().flatten().enumerate() {
        all.extend(faults(entity).into_iter().map(|message| EntityFault {
            position: Some(position),
            entity: entity.get("uid").and_then(uid_text),
            message,
        }));
    }
    all
}
