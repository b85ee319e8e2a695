//! Two schemas as one, for changes that take something away and bring something else: types, actions, parents, attributes
//! and members of either side. An attribute that either side requires is required, so that policies of both still type;
//! where the two give one attribute different types, the new side's counts, and old policies that read it do not type.

use std::collections::BTreeMap;

use cedar_policy::SchemaFragment;
use serde_json::{Map, Value, json};

use crate::bundle::{AttributeContract, Contract, EntityContract};

/// The merged schema in Cedar's schema language, or why there is none.
pub(super) fn schemas(old: &str, new: &str) -> Result<String, String> {
    let json = |text: &str| -> Result<Value, String> {
        let (fragment, _) = SchemaFragment::from_cedarschema_str(text).map_err(|error| error.to_string())?;
        fragment.to_json_value().map_err(|error| error.to_string())
    };
    let (old, mut merged) = (json(old)?, json(new)?);
    let Some(into) = merged.as_object_mut() else {
        return Err("the schema is not an object".to_owned());
    };
    for (namespace, body) in fields(&old) {
        let known = into.entry(namespace.clone()).or_insert_with(|| json!({}));
        for (name, merge_one) in
            [("entityTypes", entity_type as fn(&mut Value, &Value)), ("actions", action), ("commonTypes", shape)]
        {
            let Some(known) = section(known, name) else { continue };
            for (name, was) in body.get(name).map(fields).into_iter().flatten() {
                match known.get_mut(name) {
                    Some(is) => merge_one(is, was),
                    None => {
                        known.insert(name.clone(), was.clone());
                    }
                }
            }
        }
    }
    let fragment = SchemaFragment::from_json_value(merged).map_err(|error| error.to_string())?;
    fragment.to_cedarschema().map_err(|error| error.to_string())
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A section of a namespace, made where there is none.
fn section<'a>(namespace: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let sections = namespace.as_object_mut()?;
    sections.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

fn entity_type(is: &mut Value, was: &Value) {
    union(is, was, "memberOfTypes");
    union(is, was, "enum");
    match (is.get_mut("shape"), was.get("shape")) {
        (Some(into), Some(old)) => shape(into, old),
        (None, Some(old)) => put(is, "shape", old),
        _ => {}
    }
    if let (None, Some(tags)) = (is.get("tags"), was.get("tags")) {
        put(is, "tags", tags);
    }
}

fn action(is: &mut Value, was: &Value) {
    union(is, was, "memberOf");
    match (is.get_mut("appliesTo"), was.get("appliesTo")) {
        (Some(into), Some(old)) => {
            union(into, old, "principalTypes");
            union(into, old, "resourceTypes");
            match (into.get_mut("context"), old.get("context")) {
                (Some(into), Some(old)) => shape(into, old),
                (None, Some(old)) => put(into, "context", old),
                _ => {}
            }
        }
        (None, Some(old)) => put(is, "appliesTo", old),
        _ => {}
    }
}

/// A record with the attributes of both; anything else stays the new side's.
fn shape(is: &mut Value, was: &Value) {
    let (Some(known), Some(old)) =
        (is.get_mut("attributes").and_then(Value::as_object_mut), was.get("attributes").and_then(Value::as_object))
    else {
        return;
    };
    for (name, attribute) in old {
        let Some(into) = known.get_mut(name) else {
            known.insert(name.clone(), attribute.clone());
            continue;
        };
        shape(into, attribute);
        // Cedar writes `required` only where it is false.
        let optional = |value: &Value| value.get("required") == Some(&Value::Bool(false));
        if optional(into)
            && !optional(attribute)
            && let Some(into) = into.as_object_mut()
        {
            into.remove("required");
        }
    }
}

fn put(into: &mut Value, name: &str, value: &Value) {
    if let Some(into) = into.as_object_mut() {
        into.insert(name.to_owned(), value.clone());
    }
}

/// A list with what the other one has besides.
fn union(is: &mut Value, was: &Value, name: &str) {
    let Some(old) = was.get(name).and_then(Value::as_array) else {
        return;
    };
    match is.get_mut(name).and_then(Value::as_array_mut) {
        Some(known) => {
            for one in old {
                if !known.contains(one) {
                    known.push(one.clone());
                }
            }
        }
        None => put(is, name, &Value::Array(old.clone())),
    }
}

/// The contract of the merged schema, as far as entities and roles go.
pub(super) fn contracts(old: &Contract, new: &Contract) -> Contract {
    let mut merged = new.clone();
    for (name, was) in &old.entities {
        match merged.entities.get_mut(name) {
            Some(is) => entity_contract(is, was),
            None => {
                merged.entities.insert(name.clone(), was.clone());
            }
        }
    }
    for (name, was) in &old.roles {
        merged.roles.entry(name.clone()).or_insert_with(|| was.clone());
    }
    for (name, was) in &old.actions {
        merged.actions.entry(name.clone()).or_insert_with(|| was.clone());
    }
    merged.role_type = merged.role_type.or_else(|| old.role_type.clone());
    merged.holders_type = merged.holders_type.or_else(|| old.holders_type.clone());
    merged
}

fn entity_contract(is: &mut EntityContract, was: &EntityContract) {
    for member in &was.members {
        if !is.members.contains(member) {
            is.members.push(member.clone());
        }
    }
    for parent in &was.parents {
        if !is.parents.contains(parent) {
            is.parents.push(parent.clone());
        }
    }
    for relation in &was.relations {
        if !is.relations.iter().any(|known| known.role == relation.role) {
            is.relations.push(relation.clone());
        }
    }
    attributes(&mut is.attributes, &was.attributes);
    is.tags = is.tags.clone().or_else(|| was.tags.clone());
    is.holds_roles |= was.holds_roles;
    is.carries_roles |= was.carries_roles;
}

fn attributes(is: &mut BTreeMap<String, AttributeContract>, was: &BTreeMap<String, AttributeContract>) {
    for (name, old) in was {
        match is.get_mut(name) {
            Some(known) => known.required |= old.required,
            None => {
                is.insert(name.clone(), old.clone());
            }
        }
    }
}
