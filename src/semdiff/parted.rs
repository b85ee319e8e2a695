//! What one side's schema knows and the other's does not of what both declare. A test of it, `x has a` or `x in y`, is false
//! for certain under the schema that does not know it, so that a policy says nothing there that it says under the other.

use std::collections::BTreeSet;

use cedar_policy::SchemaFragment;
use serde_json::Value;

/// Whether there is any such thing. What cannot be read may hold one.
pub(super) fn parted(old: &str, new: &str) -> bool {
    if old == new {
        return false;
    }
    let (Some(old), Some(new)) = (json(old), json(new)) else {
        return true;
    };
    let namespaces = common(&old, &new);
    let sections = namespaces.into_iter().flat_map(|(old, new)| common(old, new));
    let parts = sections.flat_map(|(old, new)| common(old, new));
    parts.into_iter().any(|(old, new)| known(old) != known(new))
}

fn json(schema: &str) -> Option<Value> {
    let (fragment, _) = SchemaFragment::from_cedarschema_str(schema).ok()?;
    fragment.to_json_value().ok()
}

/// Fields that both have.
fn common<'a>(old: &'a Value, new: &'a Value) -> Vec<(&'a Value, &'a Value)> {
    let fields = old.as_object().into_iter().flatten();
    fields.filter_map(|(name, old)| Some((old, new.get(name)?))).collect()
}

/// The attributes of a type or of an action's context, records in them included, what it may be in, and named types.
fn known(part: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk("", part, &mut found);
    found
}

fn walk(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(&format!("{path}/{name}"), value, found);
            }
            if path.ends_with("/attributes") {
                found.extend(fields.keys().map(|name| format!("{path}/{name}")));
            }
        }
        Value::Array(all) => all.iter().for_each(|value| walk(path, value, found)),
        Value::String(text) => {
            found.insert(format!("{path}={text}"));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_side_knows_parts_them_and_what_is_required_does_not() {
        let schema = |user: &str, context: &str| {
            format!(
                "entity Team; entity User{user}; action a appliesTo {{ principal: User, resource: Team, context: {{{context}}} }};"
            )
        };
        let plain = schema("", "n: Long");
        for (user, context, is_parted) in [
            ("", "n: Long", false),
            ("", "n?: Long", false),
            (" in [Team]", "n: Long", true),
            (" { x?: Bool }", "n: Long", true),
            ("", "n: Long, r?: { x?: Long }", true),
            ("", "n: String", true),
        ] {
            let other = schema(user, context);
            assert_eq!(parted(&plain, &other), is_parted, "{other}");
            assert_eq!(parted(&other, &plain), is_parted, "{other}");
        }
        let more = format!("{plain} entity Bill {{ n: Long }};");
        assert!(!parted(&plain, &more), "a type that only one side has is compared with nothing");
    }
}
