//! The schema with further kinds of request: those that claims speak of and that nothing joins today. It says whether a claim's
//! condition can be met there at all. It is compiled when the first question is asked of it.

use std::sync::OnceLock;

use cedar_policy::{EntityId, EntityUid, Schema, SchemaFragment};
use serde_json::{Map, Value, json};

use super::base::Base;
use super::environment::Environment;
use super::prover::Ground;
use crate::lower::Apart;

/// What claims are asked about.
#[derive(Debug)]
pub struct Grounds {
    /// The policies and the schema.
    pub base: Base,
    /// The schema with the kinds of request that claims speak of and that nothing joins.
    pub wider: Wider,
}

/// A schema and what it is to have besides.
#[derive(Debug)]
pub struct Wider {
    text: String,
    kinds: Vec<Environment>,
    ground: OnceLock<Result<Ground, String>>,
}

impl Wider {
    /// The schema in Cedar's language, and the kinds of request that it is to have besides.
    pub(super) fn new(text: &str, kinds: Vec<Environment>) -> Self {
        Self { text: text.to_owned(), kinds, ground: OnceLock::new() }
    }

    /// The schema, ready for questions.
    ///
    /// # Errors
    /// Where it does not hold together, in words.
    pub(super) fn ground(&self) -> Result<&Ground, &str> {
        self.ground.get_or_init(|| widened(&self.text, &self.kinds)).as_ref().map_err(String::as_str)
    }
}

/// A kind of request that the schema does not have.
pub(super) fn environment(apart: &Apart) -> Option<Environment> {
    let (ty, id) = &apart.action;
    Some(Environment {
        principal: apart.principal.parse().ok()?,
        action: EntityUid::from_type_name_and_id(ty.parse().ok()?, EntityId::new(id)),
        resource: apart.resource.parse().ok()?,
    })
}

fn widened(text: &str, kinds: &[Environment]) -> Result<Ground, String> {
    let (fragment, _warnings) = SchemaFragment::from_cedarschema_str(text).map_err(|error| error.to_string())?;
    let mut schema = fragment.to_json_value().map_err(|error| error.to_string())?;
    for kind in kinds {
        widen(&mut schema, kind).ok_or_else(|| format!("the schema has no action `{}`", kind.action))?;
    }
    let fragment = SchemaFragment::from_json_value(schema).map_err(|error| error.to_string())?;
    let schema = Schema::from_schema_fragments([fragment]).map_err(|error| error.to_string())?;
    Ground::new(&schema).map_err(|error| error.to_string())
}

/// Adds a kind of request to a schema in Cedar's JSON form.
fn widen(schema: &mut Value, kind: &Environment) -> Option<()> {
    let namespace = kind.action.type_name().namespace();
    let actions = schema.get_mut(&namespace)?.get_mut("actions")?;
    let action = actions.get_mut(kind.action.id().unescaped())?.as_object_mut()?;
    let applies = action.entry("appliesTo").or_insert_with(|| Value::Object(Map::new()));
    if applies.is_null() {
        *applies = Value::Object(Map::new());
    }
    let applies = applies.as_object_mut()?;
    let sides = [("principalTypes", &kind.principal), ("resourceTypes", &kind.resource)];
    for (side, ty) in sides {
        let types = applies.entry(side).or_insert_with(|| json!([])).as_array_mut()?;
        let ty = Value::from(ty.to_string());
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_request_joins_those_that_there_are_and_nothing_else_changes() {
        let schema = "namespace N { entity User; entity Bot; entity Doc; \
                      action write appliesTo { principal: User, resource: Doc, context: { mfa: Bool } }; }";
        let apart = Apart {
            principal: "N::Bot".to_owned(),
            action: ("N::Action".to_owned(), "write".to_owned()),
            resource: "N::Doc".to_owned(),
            told: None,
        };
        let kind = environment(&apart).unwrap();
        let mut json = SchemaFragment::from_cedarschema_str(schema).unwrap().0.to_json_value().unwrap();
        widen(&mut json, &kind).unwrap();
        let schema = Schema::from_schema_fragments([SchemaFragment::from_json_value(json).unwrap()]).unwrap();
        let all = Environment::all(&schema);
        assert_eq!(all.len(), 2);
        assert!(all.contains(&kind));
        assert!(Wider::new("entity User;", vec![kind]).ground().is_err());
    }
}
