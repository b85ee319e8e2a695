//! The schema as the evaluator needs it: Cedar's own, plus what Cedar does not tell of it: which attributes an action's
//! context has, and which entities exist without being loaded because they are members of an enumeration.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Schema, SchemaError, SchemaFragment};
use serde_json::{Value, json};

use super::lineage::Lineage;
use super::read_contexts::ReadContexts;
use crate::bundle::{ACTION_TYPE, Contract};

/// A schema and what was read off it.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) schema: Schema,
    pub(super) lineage: Lineage,
    /// Contexts that were read.
    pub(super) read: ReadContexts,
    contexts: HashMap<EntityUid, BTreeMap<String, Presence>>,
    actions: HashMap<String, EntityUid>,
    enumerations: HashMap<EntityTypeName, BTreeSet<String>>,
}

/// Whether an attribute must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    /// It must. Holds some value of its type, in Cedar's JSON form, to stand in for it where only the rest is to be checked.
    Required(Value),
    Optional,
}

impl Model {
    pub(super) fn new(fragment: SchemaFragment) -> Result<Self, Box<SchemaError>> {
        let schema = Schema::from_schema_fragments([fragment.clone()]).map_err(Box::new)?;
        let json = fragment.to_json_value().map_err(Box::new)?;
        Ok(Self::of(schema, &json))
    }

    /// The model of a schema that is there in Cedar's JSON form too.
    pub(super) fn of(schema: Schema, json: &Value) -> Self {
        let contexts = contexts(json);
        Self {
            schema,
            lineage: Lineage::default(),
            read: ReadContexts::default(),
            actions: contexts.keys().map(|action| (action.to_string(), action.clone())).collect(),
            contexts,
            enumerations: enumerations(json),
        }
    }

    /// The same model, with what a contract says of parents and holder groups.
    pub(super) fn with_contract(self, contract: &Contract) -> Self {
        Self { lineage: Lineage::new(contract), ..self }
    }

    /// The attributes of an action's context; `None` for an action that is not declared.
    pub(super) fn context_of(&self, action: &EntityUid) -> Option<&BTreeMap<String, Presence>> {
        self.contexts.get(action)
    }

    /// An action by its name as Cedar writes it.
    pub(super) fn action(&self, name: &str) -> Option<&EntityUid> {
        self.actions.get(name)
    }

    /// Whether an entity exists by declaration: a member of an enumeration, or an action.
    pub(super) fn declares(&self, uid: &EntityUid) -> bool {
        let member =
            self.enumerations.get(uid.type_name()).is_some_and(|members| members.contains(uid.id().unescaped()));
        member || self.contexts.contains_key(uid)
    }
}

/// The declarations of one kind in every namespace of a schema in Cedar's JSON form.
fn declarations<'a>(json: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let namespaces = json.as_object().into_iter().flatten();
    namespaces.flat_map(move |(namespace, body)| {
        let declared = body.get(kind).and_then(Value::as_object).into_iter().flatten();
        declared.map(move |(name, declaration)| (namespace.as_str(), name.as_str(), declaration))
    })
}

fn qualified(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}::{name}") }
}

fn enumerations(json: &Value) -> HashMap<EntityTypeName, BTreeSet<String>> {
    declarations(json, "entityTypes")
        .filter_map(|(namespace, name, declaration)| {
            let members = declaration.get("enum")?.as_array()?;
            let members = members.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            Some((qualified(namespace, name).parse().ok()?, members))
        })
        .collect()
}

fn contexts(json: &Value) -> HashMap<EntityUid, BTreeMap<String, Presence>> {
    let types = Types::of(json);
    declarations(json, "actions")
        .filter_map(|(namespace, name, declaration)| {
            let action_type = qualified(namespace, ACTION_TYPE).parse().ok()?;
            let uid = EntityUid::from_type_name_and_id(action_type, EntityId::new(name));
            let context = declaration.get("appliesTo").and_then(|applies| applies.get("context"));
            let (namespace, record) = types.resolved(namespace, context.unwrap_or(&Value::Null));
            let attributes = record.get("attributes").and_then(Value::as_object).into_iter().flatten();
            let attributes = attributes.map(|(attribute, ty)| {
                let presence =
                    if is_required(ty) { Presence::Required(types.sample(namespace, ty)) } else { Presence::Optional };
                (attribute.clone(), presence)
            });
            Some((uid, attributes.collect()))
        })
        .collect()
}

/// Cedar writes `required` only where it is false.
fn is_required(ty: &Value) -> bool {
    ty.get("required") != Some(&Value::Bool(false))
}

/// What the names in types stand for, by qualified name.
struct Types<'a> {
    /// Common types, each with the namespace that names in it are relative to.
    common: BTreeMap<String, (&'a str, &'a Value)>,
    /// Entity types, each with a member where it is an enumeration.
    entities: BTreeMap<String, Option<&'a str>>,
}

impl<'a> Types<'a> {
    fn of(json: &'a Value) -> Self {
        let common = declarations(json, "commonTypes");
        let entities = declarations(json, "entityTypes");
        Self {
            common: common.map(|(namespace, name, ty)| (qualified(namespace, name), (namespace, ty))).collect(),
            entities: entities
                .map(|(namespace, name, declaration)| {
                    let member = declaration.pointer("/enum/0").and_then(Value::as_str);
                    (qualified(namespace, name), member)
                })
                .collect(),
        }
    }

    /// A type with names of common types replaced, and the namespace it stands in. Cedar has rejected cycles among those.
    fn resolved(&self, namespace: &'a str, ty: &'a Value) -> (&'a str, &'a Value) {
        let name = name_of(ty);
        let common = self.common.get(&qualified(namespace, name)).or_else(|| self.common.get(name));
        match common {
            Some((home, ty)) => self.resolved(home, ty),
            None => (namespace, ty),
        }
    }

    /// Some value of a type.
    fn sample(&self, namespace: &'a str, ty: &'a Value) -> Value {
        let (namespace, ty) = self.resolved(namespace, ty);
        let name = name_of(ty);
        let here = qualified(namespace, name);
        for entity in [here.as_str(), name] {
            if let Some(member) = self.entities.get(entity) {
                return json!({ "type": entity, "id": member.unwrap_or_default() });
            }
        }
        match name.strip_prefix("__cedar::").unwrap_or(name) {
            "Long" => json!(0),
            "String" => json!(""),
            "Set" => json!([]),
            "decimal" => json!("0.0"),
            "datetime" => json!("1970-01-01"),
            "duration" => json!("0ms"),
            "ipaddr" => json!("0.0.0.0"),
            "Record" => {
                let attributes = ty.get("attributes").and_then(Value::as_object).into_iter().flatten();
                let required = attributes.filter(|(_, ty)| is_required(ty));
                required.map(|(name, ty)| (name.clone(), self.sample(namespace, ty))).collect()
            }
            _ => json!(false),
        }
    }
}

/// The name in a type: `{"type": "Long"}`, `{"type": "Extension", "name": "datetime"}`, `{"type": "EntityOrCommon", "name": "T"}`.
fn name_of(ty: &Value) -> &str {
    let name = ty.get("name").or_else(|| ty.get("type"));
    name.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(schema: &str) -> Model {
        Model::new(SchemaFragment::from_cedarschema_str(schema).unwrap().0).unwrap()
    }

    #[test]
    fn context_attributes_are_found_inline_and_through_common_types() {
        let model = model(
            r#"
            type Base = { now: datetime, locale?: String };
            entity Level enum ["low", "high"];
            namespace N {
                type Ctx = Base;
                type Place = { level: Level, by: User, zone?: String };
                entity User;
                action read appliesTo { principal: User, resource: User, context: Ctx };
                action "User.list" appliesTo { principal: User, resource: User, context: {
                    mfa: Bool, risk?: Long, score: Long, place: Place, tags: Set<String>, ip: ipaddr, share: decimal, age: duration } };
                action nothing appliesTo { principal: User, resource: User };
                action group;
            }
            "#,
        );
        let context = |action: &str| {
            let uid = format!("N::Action::{action:?}").parse().unwrap();
            let attributes = model.context_of(&uid)?.iter();
            let shown = attributes.map(|(name, presence)| match presence {
                Presence::Required(sample) => format!("{name} {sample}"),
                Presence::Optional => format!("{name}?"),
            });
            Some(shown.collect::<Vec<_>>().join(", "))
        };
        insta::assert_snapshot!(context("read").unwrap(), @r#"locale?, now "1970-01-01""#);
        insta::assert_snapshot!(context("User.list").unwrap(), @r#"age "0ms", ip "0.0.0.0", mfa false, place {"by":{"type":"N::User","id":""},"level":{"type":"Level","id":"low"}}, risk?, score 0, share "0.0", tags []"#);
        assert_eq!(context("nothing").unwrap(), "");
        assert_eq!(context("group").unwrap(), "");
        assert_eq!(context("absent"), None);
    }

    #[test]
    fn members_of_enumerations_and_actions_exist_by_declaration() {
        let model = model(r#"entity Level enum ["low", "high"]; entity User; action read;"#);
        let declares = |uid: &str| model.declares(&uid.parse().unwrap());
        assert!(declares(r#"Level::"low""#));
        assert!(declares(r#"Action::"read""#));
        assert!(!declares(r#"Level::"mid""#));
        assert!(!declares(r#"User::"low""#));
    }
}
