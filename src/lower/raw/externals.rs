//! What a raw schema declares, in the terms of the graph. The schema is in Cedar's JSON form, which Cedar itself wrote.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::bundle::ACTION_TYPE;
use crate::graph::{Attribute, ExternalAction, ExternalEntity, Externals, Ty};
use crate::text::{FileId, Span};

pub(super) mod expanded;

struct Reader<'a> {
    json: &'a Map<String, Value>,
    span: Span,
}

/// What a schema declares, which `expanded::cut` has cut to its limits: common types are written out where they are used.
pub(super) fn read(json: &Map<String, Value>, namespace: Option<&str>, span: Span) -> Externals {
    let cx = Reader { span, ..Reader::of(json) };
    let mut externals = Externals::default();
    for (space, declarations) in json {
        for (name, entry) in section(declarations, "entityTypes") {
            let cedar = join(space, name);
            let entity = ExternalEntity {
                name: if Some(space.as_str()) == namespace { name.clone() } else { cedar.clone() },
                members: entry
                    .get("enum")
                    .and_then(Value::as_array)
                    .map(|members| members.iter().filter_map(|member| member.as_str().map(str::to_owned)).collect()),
                parents: strings(entry.get("memberOfTypes")).iter().map(|name| cx.entity_name(space, name)).collect(),
                attributes: entry.get("shape").map(|shape| cx.fields(space, shape, 0)).unwrap_or_default(),
                tags: entry.get("tags").map(|tags| cx.ty(space, tags, 0)),
                span,
            };
            externals.entities.insert(cedar, entity);
        }
        for (id, entry) in section(declarations, "actions") {
            let Some(applies) = entry.get("appliesTo") else {
                continue;
            };
            let types = |key| strings(applies.get(key)).iter().map(|name| cx.entity_name(space, name)).collect();
            let action = ExternalAction {
                id: id.clone(),
                groups: entry
                    .get("memberOf")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|group| group.get("id").and_then(Value::as_str).map(str::to_owned))
                    .collect(),
                principals: types("principalTypes"),
                resources: types("resourceTypes"),
                context: applies.get("context").map(|context| cx.fields(space, context, 0)).unwrap_or_default(),
                span,
            };
            externals.actions.insert(format!("{}::\"{}\"", join(space, ACTION_TYPE), id.escape_debug()), action);
        }
    }
    externals
}

fn section<'a>(declarations: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    declarations.get(key).and_then(Value::as_object).into_iter().flatten()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn join(space: &str, name: &str) -> String {
    if space.is_empty() { name.to_owned() } else { format!("{space}::{name}") }
}

impl<'a> Reader<'a> {
    fn of(json: &'a Map<String, Value>) -> Self {
        Self { json, span: Span::new(FileId(0), 0, 0) }
    }

    /// The common type that a type is by its name, with the full name.
    fn common(&self, space: &str, ty: &Value) -> Option<(String, &'a Value)> {
        let name = match ty.get("type").and_then(Value::as_str)? {
            "Record" | "Set" | "Entity" | "Extension" => return None,
            "EntityOrCommon" => ty.get("name").and_then(Value::as_str)?,
            other if primitive(other).is_some() => return None,
            other => other,
        };
        self.declared(space, name, "commonTypes")
    }

    /// A name as written in a namespace: its own declaration first, then the empty namespace's, else a full name.
    fn declared(&self, space: &str, name: &str, key: &str) -> Option<(String, &'a Value)> {
        let in_space =
            |space: &str, name: &str| self.json.get(space).and_then(|d| d.get(key)).and_then(|s| s.get(name));
        if let Some(found) = in_space(space, name) {
            return Some((join(space, name), found));
        }
        if let Some(found) = in_space("", name) {
            return Some((name.to_owned(), found));
        }
        let (other, last) = name.rsplit_once("::")?;
        in_space(other, last).map(|found| (name.to_owned(), found))
    }

    fn entity_name(&self, space: &str, name: &str) -> String {
        self.declared(space, name, "entityTypes").map_or_else(|| name.to_owned(), |(full, _)| full)
    }

    fn fields(&self, space: &str, ty: &Value, depth: usize) -> BTreeMap<String, Attribute> {
        match self.ty(space, ty, depth) {
            Ty::Record(fields) => fields,
            _ => BTreeMap::new(),
        }
    }

    fn ty(&self, space: &str, ty: &Value, depth: usize) -> Ty {
        // The schema is cut to its limits. What the limits do not see is no type.
        if depth > 4 * expanded::MAX_DEPTH {
            return Ty::Unknown;
        }
        let name = ty.get("name").and_then(Value::as_str).unwrap_or_default();
        match ty.get("type").and_then(Value::as_str).unwrap_or_default() {
            "Record" => {
                let attributes = ty.get("attributes").and_then(Value::as_object);
                let fields = attributes.into_iter().flatten().map(|(name, field)| {
                    let attribute = Attribute {
                        ty: self.ty(space, field, depth + 1),
                        required: field.get("required").and_then(Value::as_bool).unwrap_or(true),
                        masked: false,
                        doc: None,
                        annotations: Vec::new(),
                        span: self.span,
                    };
                    (name.clone(), attribute)
                });
                Ty::Record(fields.collect())
            }
            "Set" => {
                let element = ty.get("element").map_or(Ty::Unknown, |element| self.ty(space, element, depth + 1));
                Ty::Set(Box::new(element))
            }
            "Entity" => Ty::Named(self.entity_name(space, name)),
            "EntityOrCommon" => self.named(space, name, depth),
            "Extension" => primitive(name).unwrap_or(Ty::Unknown),
            other => primitive(other).unwrap_or_else(|| self.named(space, other, depth)),
        }
    }

    fn named(&self, space: &str, name: &str, depth: usize) -> Ty {
        if let Some((full, common)) = self.declared(space, name, "commonTypes") {
            let home = full.rsplit_once("::").map_or("", |(home, _)| home).to_owned();
            return self.ty(&home, common, depth + 1);
        }
        if let Some((full, _)) = self.declared(space, name, "entityTypes") {
            return Ty::Named(full);
        }
        primitive(name).unwrap_or(Ty::Unknown)
    }
}

fn primitive(name: &str) -> Option<Ty> {
    Some(match name.strip_prefix("__cedar::").unwrap_or(name) {
        "Long" => Ty::Long,
        "String" => Ty::String,
        "Boolean" | "Bool" => Ty::Bool,
        "decimal" => Ty::Decimal,
        "datetime" => Ty::Datetime,
        "duration" => Ty::Duration,
        "ipaddr" => Ty::Ipaddr,
        _ => return None,
    })
}
