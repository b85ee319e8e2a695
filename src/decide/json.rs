//! What values in Cedar's JSON form hold: references to entities, and unknowns.

use serde_json::Value;

/// The type and id of a reference to an entity, in either of Cedar's forms.
pub(super) fn uid(reference: &Value) -> Option<(&str, &str)> {
    let uid = reference.get("__entity").unwrap_or(reference);
    Some((uid.get("type")?.as_str()?, uid.get("id")?.as_str()?))
}

/// A reference to an entity as Cedar writes it: `User::"alice"`.
pub(super) fn uid_text(reference: &Value) -> Option<String> {
    uid(reference).map(|(ty, id)| format!("{ty}::{id:?}"))
}

/// Whether a value holds an unknown. Only this room may put one in: Cedar takes a policy that meets one for errored.
pub(super) fn holds_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_unknown),
        Value::Object(fields) => {
            let call = fields.get("fn").and_then(Value::as_str) == Some("unknown");
            (call && (fields.contains_key("arg") || fields.contains_key("args"))) || fields.values().any(holds_unknown)
        }
        _ => false,
    }
}
