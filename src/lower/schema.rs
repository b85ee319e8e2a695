//! The merged Cedar schema: what the Gate program declares, what it generates, and what raw `.cedarschema` files declare.
//! It is built as Cedar's JSON form of schemas and read by Cedar itself.

use std::collections::BTreeMap;

use cedar_policy::{Schema, SchemaFragment};
use serde_json::{Map, Value, json};

use crate::bundle::{
    GRANTS_ATTRIBUTE, HOLDERS_TYPE, PROFILE_TYPE, ROLE_TYPE, ROLES_ATTRIBUTE, RolesForm, relation_attribute,
};
use crate::clauses::Step;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::graph::{Attribute, Profile, Program, Ty, TypeId, TypeKind};
use crate::text::Span;

use super::program::qualified;
use super::raw::RawSchema;
use super::{codes, roles_form};

/// A schema that holds together, and its text.
#[derive(Debug, Clone)]
pub struct SchemaText {
    /// For the validator and the evaluator.
    pub schema: Schema,
    /// In Cedar's schema language.
    pub text: String,
}

/// Builds the merged schema. `None` where it does not hold together, which is reported.
pub(super) fn build(program: &Program, raw: &RawSchema, form: RolesForm, out: &mut Diagnostics) -> Option<SchemaText> {
    let mut merged = raw.json.clone();
    let mut overwritten = Vec::new();
    add_program(program, form, &mut merged, &mut overwritten);
    // Two declarations of one name in Gate were told where they stand.
    let in_files = |name: &String| {
        let namespaces = raw.json.values().filter_map(Value::as_object);
        let mut sections = namespaces.flat_map(|namespace| namespace.values()).filter_map(Value::as_object);
        sections.any(|section| section.contains_key(name))
    };
    for name in overwritten.into_iter().filter(in_files) {
        let at = raw.files.first().map(|file| file.at_start());
        let message = format!("`{name}` is declared here and by the Gate program, which makes it, too");
        out.push(
            Diagnostic::new(codes::CEDAR_SCHEMA, Severity::Error, at, message)
                .help(format!("rename it in the schema file; Gate makes `{ROLE_TYPE}`, `{HOLDERS_TYPE}`, `{PROFILE_TYPE}` and an action `Type.action` for each of its own")),
        );
    }
    if merged.is_empty() {
        return None;
    }
    let fault = |message: String| {
        let diagnostic = match raw.files.first() {
            Some(span) => Diagnostic::error(codes::CEDAR_SCHEMA, span.at_start(), message)
                .help("the schema file and the Gate files together must be one valid Cedar schema"),
            None => Diagnostic::global_error(codes::INTERNAL, message)
                .help("this is a fault of the compiler; please report it with the program"),
        };
        Some(diagnostic)
    };
    let fragment = SchemaFragment::from_json_value(Value::Object(merged));
    let built = fragment.map_err(|error| error.to_string()).and_then(|fragment| {
        let text = fragment.to_cedarschema().map_err(|error| error.to_string())?;
        let schema = Schema::from_schema_fragments([fragment]).map_err(|error| error.to_string())?;
        Ok(SchemaText { schema, text })
    });
    match built {
        Ok(built) => Some(built),
        Err(error) => {
            // Names that did not resolve leave holes in the schema; they were reported where they stand.
            if !out.has_errors() {
                out.extend(fault(format!("the merged Cedar schema does not hold together: {error}")));
            }
            None
        }
    }
}

fn namespace<'a>(merged: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let entry = merged.entry(name.to_owned()).or_insert_with(|| json!({}));
    let object = entry.as_object_mut()?;
    for key in ["entityTypes", "actions", "commonTypes"] {
        object.entry(key).or_insert_with(|| json!({}));
    }
    Some(object)
}

/// Adds an entry; one that is there already stays, and is told.
fn put(into: &mut Map<String, Value>, name: String, value: Value, overwritten: &mut Vec<String>) {
    if into.contains_key(&name) {
        overwritten.push(name);
    } else {
        into.insert(name, value);
    }
}

fn add_program(program: &Program, form: RolesForm, merged: &mut Map<String, Value>, overwritten: &mut Vec<String>) {
    let declared = program.types.iter().any(|ty| !ty.from_schema);
    if !declared {
        return;
    }
    let Some(space) = namespace(merged, program.namespace.as_deref().unwrap_or("")) else {
        return;
    };
    if let Some(types) = space.get_mut("entityTypes").and_then(Value::as_object_mut) {
        entity_types(program, form, types, overwritten);
    }
    if let Some(actions) = space.get_mut("actions").and_then(Value::as_object_mut) {
        self::actions(program, actions, overwritten);
    }
    if let Some(common) = space.get_mut("commonTypes").and_then(Value::as_object_mut) {
        for profile in &program.profiles {
            put(common, grant_type(profile), record(program, &program.grant_fields(profile)), overwritten);
        }
    }
}

fn entity_types(program: &Program, form: RolesForm, types: &mut Map<String, Value>, overwritten: &mut Vec<String>) {
    let holds_plain = form.has_parents() && program.roles.iter().any(|role| role.on.is_none());
    let relations = form.has_parents() && program.roles.iter().any(|role| role.on.is_some() && role.by.is_none());
    for id in program.type_ids() {
        let Some(ty) = program.ty(id) else { continue };
        if ty.from_schema {
            continue;
        }
        let mut entry = Map::new();
        if let TypeKind::Enum { members, .. } = &ty.kind {
            entry.insert("enum".to_owned(), json!(members));
        } else {
            let mut parents: Vec<String> = ty.parents.iter().map(|link| short(program, link.ty)).collect();
            let may = |plain: bool| {
                ty.holds_roles
                    || program
                        .roles
                        .iter()
                        .any(|role| role.by.is_none() && role.on.is_none() == plain && role.holders.contains(&id))
            };
            if holds_plain && may(true) {
                parents.push(ROLE_TYPE.to_owned());
            }
            if relations && may(false) {
                parents.push(HOLDERS_TYPE.to_owned());
            }
            parents.sort();
            parents.dedup();
            entry.insert("memberOfTypes".to_owned(), json!(parents));
            let mut attributes = ty.attributes.clone();
            for role in program.roles.iter().filter(|role| role.on == Some(id) && role.by.is_none()) {
                if form.has_parents() {
                    let group = Ty::Named(qualified(program, HOLDERS_TYPE));
                    attributes.insert(role.name.clone(), generated(group, role.span));
                }
                if form.has_attribute() {
                    attributes.insert(relation_attribute(&role.name), generated(Ty::String, role.span));
                }
            }
            if form.has_attribute() && roles_form::carries(program, id) {
                let names = Attribute {
                    // A forbid must not be escaped by leaving it out, unless parents may say the same.
                    required: !form.has_parents(),
                    ..generated(Ty::Set(Box::new(Ty::String)), ty.span)
                };
                attributes.insert(ROLES_ATTRIBUTE.to_owned(), names);
            }
            entry.insert("shape".to_owned(), record(program, &attributes));
            if let Some(tags) = &ty.tags {
                entry.insert("tags".to_owned(), value_type(program, tags));
            }
        }
        annotate(&mut entry, ty.doc.as_deref(), &ty.annotations);
        put(types, ty.name.clone(), Value::Object(entry), overwritten);
    }
    if holds_plain {
        put(types, ROLE_TYPE.to_owned(), json!({}), overwritten);
    }
    if relations {
        put(types, HOLDERS_TYPE.to_owned(), json!({ "memberOfTypes": [HOLDERS_TYPE] }), overwritten);
    }
    if !program.profiles.is_empty() {
        let names: Vec<&str> = program.profiles.iter().map(|profile| profile.name.as_str()).collect();
        put(types, PROFILE_TYPE.to_owned(), json!({ "enum": names }), overwritten);
    }
}

/// A required attribute that the compiler makes.
fn generated(ty: Ty, span: Span) -> Attribute {
    Attribute { ty, required: true, masked: false, doc: None, annotations: Vec::new(), span }
}

fn optional(ty: Ty, span: Span) -> Attribute {
    Attribute { required: false, ..generated(ty, span) }
}

fn annotate(entry: &mut Map<String, Value>, doc: Option<&str>, annotations: &[(String, String)]) {
    let mut all = Map::new();
    if let Some(doc) = doc {
        all.insert("doc".to_owned(), json!(doc));
    }
    for (name, text) in annotations {
        all.insert(name.clone(), json!(text));
    }
    if !all.is_empty() {
        entry.insert("annotations".to_owned(), Value::Object(all));
    }
}

/// A type's name as the schema of its own namespace writes it.
fn short(program: &Program, id: TypeId) -> String {
    program.ty(id).map_or_else(String::new, |ty| if ty.from_schema { ty.cedar.clone() } else { ty.name.clone() })
}

fn actions(program: &Program, actions: &mut Map<String, Value>, overwritten: &mut Vec<String>) {
    for id in program.action_ids() {
        let Some(action) = program.action(id).filter(|action| !action.is_raw()) else {
            continue;
        };
        let principals: Vec<String> = program.principals_of(id).iter().map(|ty| short(program, *ty)).collect();
        let resources: Vec<String> = action.decided_on.iter().map(|ty| short(program, *ty)).collect();
        let mut context = program.context_of(id);
        let profiles = program.profiles_of(id);
        if !profiles.is_empty() {
            let grants = profiles
                .iter()
                .map(|profile| (profile.name.clone(), optional(Ty::Named(grant_type(profile)), profile.span)))
                .collect();
            let Some(first) = profiles.first() else { continue };
            context.insert(GRANTS_ATTRIBUTE.to_owned(), optional(Ty::Record(grants), first.span));
        }
        let groups: Vec<Value> = action
            .declared_on
            .and_then(|ty| program.ty(ty))
            .iter()
            .flat_map(|ty| ty.groups.iter().map(move |(name, members)| (ty, name, members)))
            .filter(|(_, _, members)| members.contains(&id))
            .map(|(ty, name, _)| json!({ "id": format!("{}.{name}", ty.name) }))
            .collect();
        let mut entry = Map::new();
        entry.insert("memberOf".to_owned(), json!(groups));
        // Without a principal type in the program nobody can ask, and Cedar has no request to type.
        if !principals.is_empty() {
            entry.insert(
                "appliesTo".to_owned(),
                json!({
                    "principalTypes": principals,
                    "resourceTypes": resources,
                    "context": record(program, &context),
                }),
            );
        }
        annotate(&mut entry, action.doc.as_deref(), &action.annotations);
        put(actions, action.cedar.1.clone(), Value::Object(entry), overwritten);
    }
    for ty in &program.types {
        for name in ty.groups.keys() {
            put(actions, format!("{}.{name}", ty.name), json!({}), overwritten);
        }
    }
    for profile in &program.profiles {
        for step in Step::DECIDED {
            let context = program.context_of_step(profile, step);
            let step = step.action();
            actions.entry(step.to_owned()).or_insert_with(|| json!({}));
            actions.insert(
                format!("{step}.{}", profile.name),
                json!({
                    "memberOf": [{ "id": step }],
                    "appliesTo": {
                        "principalTypes": [short(program, profile.principal)],
                        "resourceTypes": [PROFILE_TYPE],
                        "context": record(program, &context),
                    },
                }),
            );
        }
    }
}

/// The name of a profile's grant record.
pub(super) fn grant_type(profile: &Profile) -> String {
    format!("Grant_{}", profile.name)
}

fn record(program: &Program, attributes: &BTreeMap<String, Attribute>) -> Value {
    let mut fields = Map::new();
    for (name, attribute) in attributes {
        let mut value = value_type(program, &attribute.ty);
        if let Some(object) = value.as_object_mut() {
            object.insert("required".to_owned(), json!(attribute.required));
            annotate(object, attribute.doc.as_deref(), &attribute.annotations);
        }
        fields.insert(name.clone(), value);
    }
    json!({ "type": "Record", "attributes": fields })
}

fn value_type(program: &Program, ty: &Ty) -> Value {
    match ty {
        Ty::Bool => json!({ "type": "Boolean" }),
        Ty::Long => json!({ "type": "Long" }),
        Ty::String | Ty::Unknown => json!({ "type": "String" }),
        Ty::Decimal => json!({ "type": "Extension", "name": "decimal" }),
        Ty::Datetime => json!({ "type": "Extension", "name": "datetime" }),
        Ty::Duration => json!({ "type": "Extension", "name": "duration" }),
        Ty::Ipaddr => json!({ "type": "Extension", "name": "ipaddr" }),
        Ty::Set(element) => json!({ "type": "Set", "element": value_type(program, element) }),
        Ty::Record(fields) => record(program, fields),
        Ty::Entity(id) => json!({ "type": "Entity", "name": short(program, *id) }),
        Ty::Named(name) if name.starts_with("Grant_") => json!({ "type": name }),
        Ty::Named(name) => json!({ "type": "Entity", "name": name }),
    }
}
