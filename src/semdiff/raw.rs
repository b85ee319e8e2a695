//! Raw Cedar policies: what they say without their ids and annotations, and the same under other names.

use cedar_policy::Policy;
use serde_json::{Map, Value};

use crate::bundle::{ACTION_TYPE, PROFILE_TYPE, ROLE_TYPE};
use crate::graph::{Form, NameOf, Program, Renames};

/// What a policy says, with the names of a program's types, roles and actions marked.
pub(super) fn form(program: &Program, policy: &Policy) -> Form {
    let mut form = Form::default();
    let mut json = policy.to_json().unwrap_or_default();
    if let Some(fields) = json.as_object_mut() {
        fields.remove("annotations");
    }
    write(program, &json, &mut form);
    form
}

/// The same policy under other names; `None` where it cannot be written so.
pub(super) fn renamed(program: &Program, policy: &Policy, renames: &Renames) -> Option<Policy> {
    let json = renamed_json(program, &policy.to_json().ok()?, renames)?;
    Policy::from_json(Some(policy.id().clone()), json).ok()
}

/// The same of a policy or a template in its JSON form.
pub(super) fn renamed_json(program: &Program, json: &Value, renames: &Renames) -> Option<Value> {
    let mut form = Form::default();
    write(program, json, &mut form);
    let namespace = renames.namespace.as_ref().unwrap_or(&program.namespace);
    let text = form.with(|of, name| {
        let new = renames.of(of, name);
        escaped(&match (of, namespace) {
            (NameOf::Type, Some(namespace)) => format!("{namespace}::{new}"),
            _ => new,
        })
    });
    serde_json::from_str(&text).ok()
}

/// What a policy or a template has in texts that no rename reaches.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Strings, and ids of entities of generated types other than roles, actions and profiles.
    pub(super) literals: Vec<String>,
    /// What the patterns of `like` have between their wildcards.
    pub(super) patterns: Vec<String>,
    /// Attributes that are read or tested.
    pub(super) attributes: Vec<String>,
}

/// The texts in the scope and the conditions of a policy or a template, in its JSON form.
pub(super) fn texts(program: &Program, policy: &Value) -> Texts {
    let mut texts = Texts::default();
    for part in ["principal", "resource", "conditions"] {
        texts.read(program, policy.get(part).unwrap_or(&Value::Null));
    }
    texts
}

impl Texts {
    fn read(&mut self, program: &Program, json: &Value) {
        match json {
            Value::Object(fields) => {
                if let Some(id) = uid(fields) {
                    if entity(program, fields).is_none() {
                        self.literals.push(id.to_owned());
                    }
                    return;
                }
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("pattern", Value::Array(parts)) => {
                            let literals = parts.iter().filter_map(|part| part.get("Literal")?.as_str());
                            self.patterns.extend(literals.map(str::to_owned));
                        }
                        ("attr", Value::String(name)) => self.attributes.push(name.clone()),
                        ("attr", Value::Array(names)) => {
                            self.attributes.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
                        }
                        ("Value", Value::String(text)) => self.literals.push(text.clone()),
                        _ => self.read(program, value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.read(program, item)),
            _ => {}
        }
    }
}

/// The id of what is an entity and nothing else.
fn uid(fields: &Map<String, Value>) -> Option<&str> {
    let (_, id) = (fields.get("type")?.as_str()?, fields.get("id")?.as_str()?);
    (fields.len() == 2).then_some(id)
}

/// JSON as text, names marked.
fn write(program: &Program, json: &Value, form: &mut Form) {
    match json {
        Value::Object(fields) => match entity(program, fields) {
            Some((ty, of, id)) => {
                form.text("{\"type\":");
                quoted(form, ty.0, &ty.1);
                form.text(",\"id\":");
                quoted(form, of, &id);
                form.text("}");
            }
            None => {
                form.text("{");
                for (at, (name, value)) in fields.iter().enumerate() {
                    let separator = if at == 0 { "" } else { "," };
                    form.text(separator).text(&Value::from(name.as_str()).to_string()).text(":");
                    match (name.as_str(), value.as_str().and_then(|ty| known_type(program, ty))) {
                        ("entity_type", Some(ty)) => quoted(form, Some(NameOf::Type), &ty),
                        _ => write(program, value, form),
                    }
                }
                form.text("}");
            }
        },
        Value::Array(items) => {
            form.text("[");
            for (at, item) in items.iter().enumerate() {
                form.text(if at == 0 { "" } else { "," });
                write(program, item, form);
            }
            form.text("]");
        }
        other => {
            form.text(&other.to_string());
        }
    }
}

/// A type as text or as a name, then the id likewise.
type Marked = ((Option<NameOf>, String), Option<NameOf>, String);

/// An entity whose type the program declares or generates.
fn entity(program: &Program, fields: &Map<String, Value>) -> Option<Marked> {
    let (ty, id) = match (fields.len(), fields.get("type")?.as_str(), fields.get("id")?.as_str()) {
        (2, Some(ty), Some(id)) => (ty, id.to_owned()),
        _ => return None,
    };
    if let Some(known) = known_type(program, ty) {
        return Some(((Some(NameOf::Type), known), None, id));
    }
    let bare = match &program.namespace {
        Some(namespace) => ty.strip_prefix(namespace.as_str())?.strip_prefix("::")?,
        None => ty,
    };
    let of = match bare {
        ROLE_TYPE => NameOf::Role,
        ACTION_TYPE => NameOf::Action,
        PROFILE_TYPE => NameOf::Profile,
        _ => return None,
    };
    Some(((Some(NameOf::Type), bare.to_owned()), Some(of), id))
}

/// The name of a type of the program that no raw schema declares.
fn known_type(program: &Program, cedar: &str) -> Option<String> {
    let found = program.types.iter().find(|ty| ty.cedar == cedar && !ty.from_schema);
    found.map(|ty| ty.name.clone())
}

fn quoted(form: &mut Form, of: Option<NameOf>, name: &str) {
    form.text("\"");
    match of {
        Some(of) => form.name(of, name),
        None => form.text(&escaped(name)),
    };
    form.text("\"");
}

/// As JSON writes it between quotes.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}
