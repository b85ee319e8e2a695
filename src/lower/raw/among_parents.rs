//! Raw policies that look for roles among the parents of somebody.

use cedar_policy::Policy;
use serde_json::Value;

use crate::bundle::{HOLDERS_TYPE, ROLE_TYPE};
use crate::graph::Program;
use crate::lower::names::qualified;

/// What a policy looks for there: a role's entity, or the attribute that holds an entity's holder group. By names, so that what
/// only looks like it is found, too; a policy that cannot be read is taken to.
pub(in crate::lower) fn role_among_parents(program: &Program, policy: &Policy) -> Option<String> {
    match policy.to_json() {
        Ok(json) => role_in(program, &json),
        Err(_) => Some("a role".to_owned()),
    }
}

fn role_in(program: &Program, value: &Value) -> Option<String> {
    let fields = match value {
        Value::Array(all) => return all.iter().find_map(|one| role_in(program, one)),
        Value::Object(fields) => fields,
        _ => return None,
    };
    if let (Some(ty), Some(id)) = (fields.get("type").and_then(Value::as_str), fields.get("id").and_then(Value::as_str))
        && [ROLE_TYPE, HOLDERS_TYPE].iter().any(|name| ty == qualified(program, name))
    {
        return Some(format!("`{ty}::{id:?}`"));
    }
    for (key, inner) in fields {
        let container = match key.as_str() {
            "in" => inner.get("right"),
            "is" => inner.get("in"),
            _ => None,
        };
        let found = container.and_then(|container| group_in(program, container));
        if let Some(found) = found.or_else(|| role_in(program, inner)) {
            return Some(found);
        }
    }
    None
}

/// The attribute of a role held per entity, anywhere in an expression.
fn group_in(program: &Program, value: &Value) -> Option<String> {
    match value {
        Value::Array(all) => all.iter().find_map(|one| group_in(program, one)),
        Value::Object(fields) => fields.iter().find_map(|(key, inner)| {
            let attribute = inner.get("attr").and_then(Value::as_str).filter(|_| key == ".");
            let mut relations = program.roles.iter().filter(|role| role.on.is_some() && role.by.is_none());
            match attribute {
                Some(name) if relations.any(|role| role.name == name) => Some(format!("the holders in `{name}`")),
                _ => group_in(program, inner),
            }
        }),
        _ => None,
    }
}
