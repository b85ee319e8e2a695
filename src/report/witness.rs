//! A request and its entities as people read them.

use serde_json::Value;

use crate::analysis::Witness;

/// The request and the entities, a line each.
pub(super) fn lines(witness: &Witness) -> Vec<String> {
    let request = &witness.request;
    let mut lines = vec![
        format!("principal {}", request.principal),
        format!("action    {}", request.action),
        format!("resource  {}", request.resource),
    ];
    for (name, value) in &request.context {
        lines.push(format!("context   {name}: {}", plain(value)));
    }
    for entity in witness.entities.as_array().into_iter().flatten() {
        let parents: Vec<String> = entity
            .get("parents")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|parent| uid(Some(parent)))
            .collect();
        let within = match parents.is_empty() {
            true => String::new(),
            false => format!(" in {}", parents.join(", ")),
        };
        lines.push(format!("entity    {}{within}", uid(entity.get("uid"))));
        for part in ["attrs", "tags"] {
            for (name, value) in entity.get(part).and_then(Value::as_object).into_iter().flatten() {
                lines.push(format!("            {name}: {}", plain(value)));
            }
        }
    }
    lines
}

/// The same for programs.
pub(super) fn json(witness: &Witness) -> Value {
    let request = &witness.request;
    serde_json::json!({
        "principal": request.principal.to_string(),
        "action": request.action.to_string(),
        "resource": request.resource.to_string(),
        "context": request.context,
        "entities": witness.entities,
    })
}

/// An attribute of the principal, of the resource or of the context, as `principal.level` names it.
pub(super) fn attribute(witness: &Witness, path: &str) -> Option<String> {
    let mut parts = path.split('.');
    let mut value = match parts.next()? {
        "context" => witness.request.context.get(parts.next()?)?,
        of @ ("principal" | "resource") => {
            let wanted = match of {
                "principal" => &witness.request.principal,
                _ => &witness.request.resource,
            };
            let is_wanted = |entity: &&Value| {
                let part = |name: &str| entity.pointer(&format!("/uid/{name}")).and_then(Value::as_str);
                part("type") == Some(&wanted.type_name().to_string()) && part("id") == Some(wanted.id().unescaped())
            };
            let entity = witness.entities.as_array()?.iter().find(is_wanted)?;
            entity.get("attrs")?.get(parts.next()?)?
        }
        _ => return None,
    };
    for part in parts {
        match value.get(part) {
            Some(inner) => value = inner,
            // `.contains(…)` and the like.
            None => break,
        }
    }
    Some(plain(value))
}

fn uid(value: Option<&Value>) -> String {
    let part = |name: &str| value.and_then(|value| value.get(name)?.as_str()).unwrap_or_default();
    format!("{}::{:?}", part("type"), part("id"))
}

/// A value as Cedar writes it.
fn plain(value: &Value) -> String {
    if let Some(entity) = value.get("__entity") {
        return uid(Some(entity));
    }
    if let Some(call) = value.get("__extn") {
        let function = call.get("fn").and_then(Value::as_str).unwrap_or_default();
        if let Some(argument) = call.get("arg") {
            return format!("{function}({})", plain(argument));
        }
        // What has several arguments is a method of the first.
        let arguments = call.get("args").and_then(Value::as_array);
        if let Some((of, arguments)) = arguments.and_then(|all| all.split_first()) {
            let arguments: Vec<String> = arguments.iter().map(plain).collect();
            return format!("{}.{function}({})", plain(of), arguments.join(", "));
        }
    }
    match value {
        Value::Array(all) => format!("[{}]", all.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", plain(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
