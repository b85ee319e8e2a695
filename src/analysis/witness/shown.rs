//! A witness as people and programs read it: values as Cedar writes them.

use cedar_policy::EntityUid;
use cedar_policy::pst::Var;
use serde_json::{Map, Value, json};

use super::{Witness, data};
use crate::decide::{AttributePath, Request};
use crate::lower::is_plain_name;

impl Witness {
    /// The request and the entities, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let request = &self.request;
        let mut lines = vec![
            format!("principal {}", request.principal),
            format!("action    {}", request.action),
            format!("resource  {}", request.resource),
        ];
        lines.extend(fields(&request.context).map(|field| format!("context   {field}")));
        for entity in data::entities(&self.entities) {
            let parents: Vec<String> = data::parents(entity).map(|parent| parent.to_string()).collect();
            let within = match parents.is_empty() {
                true => String::new(),
                false => format!(" in {}", parents.join(", ")),
            };
            let uid = data::uid_of(entity).map_or_else(String::new, |uid| uid.to_string());
            lines.push(format!("entity    {uid}{within}"));
            for part in ["attrs", "tags"] {
                let values = entity.get(part).and_then(Value::as_object);
                lines.extend(values.into_iter().flat_map(fields).map(|field| format!("            {field}")));
            }
        }
        lines
    }

    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let request = &self.request;
        json!({
            "principal": request.principal.to_string(),
            "action": request.action.to_string(),
            "resource": request.resource.to_string(),
            "context": request.context,
            "entities": self.entities,
        })
    }

    /// The witness that [`Witness::to_json`] wrote; `None` of anything else.
    #[must_use]
    pub fn from_json(json: &Value) -> Option<Self> {
        let uid = |field: &str| json.get(field)?.as_str()?.parse::<EntityUid>().ok();
        let request = Request {
            principal: uid("principal")?,
            action: uid("action")?,
            resource: uid("resource")?,
            context: json.get("context")?.as_object()?.clone(),
        };
        Some(Self { request, entities: json.get("entities").filter(|all| all.is_array())?.clone() })
    }

    /// An attribute that something reads of the request; `None` where the witness does not have it.
    #[must_use]
    pub fn attribute(&self, path: &AttributePath) -> Option<String> {
        let of = |uid: &EntityUid| {
            let is_wanted = |entity: &&Value| data::uid_of(entity).as_ref() == Some(uid);
            data::attributes(data::entities(&self.entities).find(is_wanted)?)
        };
        let mut attributes = match path.variable {
            Var::Context => &self.request.context,
            Var::Principal => of(&self.request.principal)?,
            Var::Resource => of(&self.request.resource)?,
            Var::Action => return None,
        };
        let (last, before) = path.names.split_last()?;
        for name in before {
            let value = attributes.get(name)?;
            attributes = match value.get("__entity").and_then(data::read) {
                Some(uid) => of(&uid)?,
                None => value.as_object()?,
            };
        }
        attributes.get(last).map(cedar)
    }
}

/// The fields of a record, a text each.
fn fields(all: &Map<String, Value>) -> impl Iterator<Item = String> {
    all.iter().map(|(name, value)| format!("{}: {}", key(name), cedar(value)))
}

/// The name of a field: quoted where it is not a plain name.
fn key(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { format!("{name:?}") }
}

/// A value as Cedar writes it.
fn cedar(value: &Value) -> String {
    if let Some(uid) = value.get("__entity").and_then(data::read) {
        return uid.to_string();
    }
    if let Some(call) = value.get("__extn") {
        let function = call.get("fn").and_then(Value::as_str).unwrap_or_default();
        if let Some(argument) = call.get("arg") {
            return format!("{function}({})", cedar(argument));
        }
        // What has several arguments is a method of the first.
        let arguments = call.get("args").and_then(Value::as_array);
        if let Some((of, arguments)) = arguments.and_then(|all| all.split_first()) {
            let arguments: Vec<String> = arguments.iter().map(cedar).collect();
            return format!("{}.{function}({})", cedar(of), arguments.join(", "));
        }
    }
    match value {
        Value::Array(all) => format!("[{}]", all.iter().map(cedar).collect::<Vec<_>>().join(", ")),
        Value::Object(all) => format!("{{{}}}", fields(all).collect::<Vec<_>>().join(", ")),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// Values of extensions in `witness_of_every_value`, as they are shown.
#[cfg(test)]
pub(crate) const EVERY_VALUE: [&str; 5] = [
    "amount: decimal(\"10.5\")",
    "from: ip(\"10.0.0.0/8\")",
    "early: datetime(\"1970-01-01\").offset(duration(\"-9223371369140803584ms\"))",
    "ages: [duration(\"1h\"), 3]",
    "due: datetime(\"2026-03-01T10:00:00Z\")",
];

/// A witness with a value of every kind that one can hold.
#[cfg(test)]
pub(crate) fn witness_of_every_value() -> Witness {
    let uid = |text: &str| text.parse().unwrap();
    let call = |function: &str, argument: &str| json!({ "__extn": { "fn": function, "arg": argument } });
    let offset = json!({ "__extn": {
        "fn": "offset",
        "args": [call("datetime", "1970-01-01"), call("duration", "-9223371369140803584ms")],
    } });
    let context = json!({
        "amount": call("decimal", "10.5"),
        "from": call("ip", "10.0.0.0/8"),
        "early": offset,
        "nested": { "ages": [call("duration", "1h"), 3], "set-cookie": "a\u{1b}\"b" },
    });
    Witness {
        request: crate::decide::Request {
            principal: uid(r#"Shop::User::"ann""#),
            action: uid(r#"Shop::Action::"Bill.pay""#),
            resource: uid(r#"Shop::Bill::"b1""#),
            context: context.as_object().cloned().unwrap(),
        },
        entities: json!([
            {
                "uid": { "type": "Shop::Bill", "id": "b1" },
                "attrs": {
                    "due": call("datetime", "2026-03-01T10:00:00Z"),
                    "owner": { "__entity": { "type": "Shop::User", "id": "ann" } },
                },
                "parents": [{ "type": "Shop::Org", "id": "acme" }],
                "tags": { "paid": false },
            },
            { "uid": { "type": "Shop::User", "id": "ann" }, "attrs": {}, "parents": [] },
        ]),
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::{Context, RestrictedExpression};

    use super::*;
    use crate::decide::attributes_read;

    #[test]
    fn every_value_is_shown_as_cedar_writes_it() {
        let witness = witness_of_every_value();
        insta::assert_snapshot!(witness.lines().join("\n"), @r#"
        principal Shop::User::"ann"
        action    Shop::Action::"Bill.pay"
        resource  Shop::Bill::"b1"
        context   amount: decimal("10.5")
        context   from: ip("10.0.0.0/8")
        context   early: datetime("1970-01-01").offset(duration("-9223371369140803584ms"))
        context   nested: {ages: [duration("1h"), 3], "set-cookie": "a\u{1b}\"b"}
        entity    Shop::Bill::"b1" in Shop::Org::"acme"
                    due: datetime("2026-03-01T10:00:00Z")
                    owner: Shop::User::"ann"
                    paid: false
        entity    Shop::User::"ann"
        "#);
        let attribute = |path: &str| witness.attribute(attributes_read(&format!("{path} == 1")).first().unwrap());
        assert_eq!(attribute("resource.owner").as_deref(), Some(r#"Shop::User::"ann""#));
        assert_eq!(attribute("context.nested.ages").as_deref(), Some(r#"[duration("1h"), 3]"#));
        assert_eq!(attribute("resource.nothing"), None);
        assert_eq!(attribute("resource.owner.level"), None);
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same_value() {
        let context = witness_of_every_value().request.context;
        let read = |(name, value): (&String, &Value)| {
            let text = cedar(value);
            let read = text.parse::<RestrictedExpression>().unwrap_or_else(|why| panic!("{text}: {why}"));
            (name.clone(), read)
        };
        let read = Context::from_pairs(context.iter().map(read)).unwrap();
        let straight = Context::from_json_value(Value::Object(context), None).unwrap();
        assert_eq!(read.to_json_value().unwrap(), straight.to_json_value().unwrap());
    }
}
