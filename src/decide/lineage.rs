//! What the contract says of entities and Cedar's schema cannot: a type that is `in Org as org` has exactly one parent of that
//! type, the entity in its attribute `org`, and a type with `role admin on Org` holds its own holder group in `admin`.
//! Policies read either the parent or the attribute, and are only right where the two agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cedar_policy::{Entity, EntityUid, EvalResult};
use serde_json::{Value, json};

use super::json::{uid, uid_text};
use crate::bundle::{Contract, EntityContract, relation_attribute};

/// The rules of each entity type that has any, by its Cedar name.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    types: HashMap<String, Rules>,
    holders_type: Option<String>,
}

/// What holds for the entities of one type.
#[derive(Debug)]
struct Rules {
    /// The Gate name, with which the ids of holder groups begin.
    name: String,
    parents: BTreeMap<String, ParentRule>,
    /// The attributes that hold holder groups, each called as its role.
    roles: Vec<String>,
    /// Likewise the attributes that hold the ids of such groups, and the role of each.
    names: Vec<(String, String)>,
}

/// What holds for the parents of one type.
#[derive(Debug, Default)]
struct ParentRule {
    /// The attributes that hold such a parent.
    attributes: BTreeSet<String>,
    /// Whether there may be others that no attribute holds.
    others: bool,
}

impl Lineage {
    pub(super) fn new(contract: &Contract) -> Self {
        let types = contract.entities.iter().filter_map(|(name, declared)| {
            let rules = Rules {
                name: name.clone(),
                parents: parent_rules(declared, contract),
                roles: declared
                    .relations
                    .iter()
                    .map(|relation| relation.role.clone())
                    .filter(|_| contract.roles_form.has_parents())
                    .collect(),
                names: declared
                    .relations
                    .iter()
                    .map(|relation| (relation_attribute(&relation.role), relation.role.clone()))
                    .filter(|_| contract.roles_form.has_attribute())
                    .collect(),
            };
            let any = !rules.parents.is_empty() || !declared.relations.is_empty();
            any.then(|| (declared.cedar.clone(), rules))
        });
        Self { types: types.collect(), holders_type: contract.holders_type.clone() }
    }

    /// Whether nothing is wrong with an entity.
    pub(super) fn is_kept_by(&self, entity: &Entity, parents: &[EntityUid]) -> bool {
        let rules = self.types.get(&entity.uid().type_name().to_string());
        rules.is_none_or(|rules| self.faults(&rules.view(entity, parents)).is_empty())
    }

    /// What is wrong with an entity, a message for each attribute.
    pub(super) fn faults(&self, entity: &Value) -> Vec<String> {
        let Some((ty, id)) = entity.get("uid").and_then(uid) else {
            return Vec::new();
        };
        let Some(rules) = self.types.get(ty) else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        for (parent_type, rule) in &rules.parents {
            rule.check(parent_type, entity, &mut faults);
        }
        for role in &rules.roles {
            let own = format!("{}::{id}.{role}", rules.name);
            let Some(held) = attribute(entity, role) else { continue };
            let is_own = uid(held).is_some_and(|(ty, id)| Some(ty) == self.holders_type.as_deref() && id == own);
            if !is_own {
                faults.push(format!(
                    "attribute `{role}` must be its own holder group, `{}::{own:?}`, but is {}",
                    self.holders_type.as_deref().unwrap_or_default(),
                    shown(held)
                ));
            }
        }
        for (name, role) in &rules.names {
            let own = format!("{}::{id}.{role}", rules.name);
            let held = attribute(entity, name).filter(|held| held.as_str() != Some(&own));
            faults.extend(
                held.map(|held| format!("attribute `{name}` must name its own holders, {own:?}, but is `{held}`")),
            );
        }
        faults
    }
}

impl Rules {
    /// What they read of an entity, in Cedar's JSON form.
    fn view(&self, entity: &Entity, parents: &[EntityUid]) -> Value {
        let attributes = self.parents.values().flat_map(|rule| &rule.attributes).chain(&self.roles);
        let attributes = attributes.chain(self.names.iter().map(|(attribute, _)| attribute));
        let attributes = attributes.filter_map(|name| {
            let value = match entity.attr(name)?.ok()? {
                EvalResult::EntityUid(uid) => reference(&uid),
                EvalResult::String(text) => Value::String(text),
                // Of no other type is an attribute that has a rule.
                _ => return None,
            };
            Some((name.clone(), value))
        });
        let attributes: serde_json::Map<String, Value> = attributes.collect();
        let parents: Vec<Value> = parents.iter().map(reference).collect();
        json!({"uid": reference(&entity.uid()), "attrs": attributes, "parents": parents})
    }
}

impl ParentRule {
    fn check(&self, ty: &str, entity: &Value, faults: &mut Vec<String>) {
        let parents: BTreeSet<(&str, &str)> = entity
            .get("parents")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(uid)
            .filter(|(parent, _)| *parent == ty)
            .collect();
        let mut named = BTreeSet::new();
        for attribute_name in &self.attributes {
            let Some(value) = attribute(entity, attribute_name) else {
                continue;
            };
            let Some(held) = uid(value) else { continue };
            named.insert(held);
            if !parents.contains(&held) {
                let there =
                    if parents.is_empty() { "it has none".to_owned() } else { format!("it has {}", list(&parents)) };
                faults.push(format!(
                    "attribute `{attribute_name}` is {}, which must be its parent of type `{ty}`, but {there}",
                    shown(value)
                ));
            }
        }
        let stray: BTreeSet<_> = parents.difference(&named).copied().collect();
        // Where the attribute's own parent is missing, the one that is there instead has been told.
        let told = named.iter().any(|held| !parents.contains(held));
        if !self.others && !told && !stray.is_empty() {
            let attributes: Vec<String> = self.attributes.iter().map(|name| format!("`{name}`")).collect();
            faults.push(format!(
                "parent {} is not in attribute {}, which must hold every parent of type `{ty}`",
                list(&stray),
                attributes.join(" or ")
            ));
        }
    }
}

/// The rules for those types of parents that some attribute holds.
fn parent_rules(declared: &EntityContract, contract: &Contract) -> BTreeMap<String, ParentRule> {
    let mut rules: BTreeMap<String, ParentRule> = BTreeMap::new();
    for parent in &declared.parents {
        let Some(ty) = contract.entities.get(&parent.ty) else {
            continue;
        };
        let rule = rules.entry(ty.cedar.clone()).or_default();
        match &parent.attribute {
            Some(attribute) => {
                rule.attributes.insert(attribute.clone());
            }
            None => rule.others = true,
        }
    }
    rules.retain(|_, rule| !rule.attributes.is_empty());
    rules
}

fn reference(uid: &EntityUid) -> Value {
    json!({"type": uid.type_name().to_string(), "id": uid.id().unescaped()})
}

fn attribute<'a>(entity: &'a Value, name: &str) -> Option<&'a Value> {
    entity.get("attrs")?.get(name)
}

fn shown(value: &Value) -> String {
    uid_text(value).map_or_else(|| format!("`{value}`"), |text| format!("`{text}`"))
}

fn list(uids: &BTreeSet<(&str, &str)>) -> String {
    let shown: Vec<String> = uids.iter().map(|(ty, id)| format!("`{ty}::{id:?}`")).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use cedar_policy::RestrictedExpression;

    use super::*;
    use crate::bundle::BundleTree;
    use crate::decide::{Engine, EntityParts};

    const SCHEMA: &str = "namespace M {
        entity RoleHolders in [RoleHolders];
        entity Org { admin: RoleHolders };
        entity Team in [Org] { org?: Org };
        entity User in [Org, Team] { org: Org };
        entity Folder in [Folder] { parent?: Folder };
    }";

    fn engine() -> Engine {
        let entity = |name: &str, parents: Value, relations: Value| json!({"cedar": format!("M::{name}"), "kind": "resource", "parents": parents, "relations": relations});
        let org = json!({"type": "Org", "attribute": "org"});
        let contract = json!({
            "format": "1",
            "entities": {
                "Org": entity("Org", json!([]), json!([{"role": "admin"}])),
                "Team": entity("Team", json!([org]), json!([])),
                "User": entity("User", json!([org, {"type": "Team"}]), json!([])),
                "Folder": entity("Folder", json!([{"type": "Folder", "attribute": "parent"}, {"type": "Folder"}]), json!([])),
            },
            "actions": {}, "provenance": {}, "roles": {}, "break_glass": {}, "holders_type": "M::RoleHolders",
        });
        let mut tree = BundleTree::default();
        tree.insert("policies.json", r#"{"staticPolicies": {}, "templates": {}, "templateLinks": []}"#);
        tree.insert("schema.cedarschema", SCHEMA);
        tree.insert("entities/roles.json", "[]");
        tree.insert("contract.json", contract.to_string());
        Engine::from_tree(&tree).unwrap()
    }

    fn of(text: &str) -> Value {
        let (ty, id) = text.split_once(' ').unwrap();
        json!({"type": format!("M::{ty}"), "id": id})
    }

    fn entity(text: &str, attrs: Value, parents: &[&str]) -> Value {
        let parents: Vec<Value> = parents.iter().map(|parent| of(parent)).collect();
        json!({"uid": of(text), "attrs": attrs, "parents": parents})
    }

    /// The faults of entities, which are the same where they come as values.
    fn faults(entities: &Value) -> String {
        let uid = |held: &Value| uid_text(held).map(|text| text.parse().unwrap());
        let value = |held: &Value| match uid(held) {
            Some(uid) => Some(RestrictedExpression::new_entity_uid(uid)),
            None => Some(RestrictedExpression::new_string(held.as_str()?.to_owned())),
        };
        let parts = |one: &Value| {
            let attributes = one["attrs"].as_object()?.iter().map(|(name, held)| Some((name.clone(), value(held)?)));
            Some(EntityParts {
                uid: uid(&one["uid"])?,
                attributes: attributes.collect::<Option<_>>()?,
                tags: Vec::new(),
                parents: one["parents"].as_array()?.iter().filter_map(uid).collect(),
            })
        };
        let values = entities.as_array().unwrap().iter().map(parts);
        let typed = engine().typed_entities(values, || entities.clone());
        assert_eq!(typed, engine().entities(entities));
        let faults = engine().entities(entities).map_or_else(|error| error.0, |_| Vec::new());
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn entities_that_are_as_declared_are_loaded_with_memberships_that_no_attribute_holds() {
        let escaped = json!({"__entity": of("Org acme")});
        let entities = json!([
            entity("Org acme", json!({"admin": of("RoleHolders Org::acme.admin")}), &[]),
            entity("Team loose", json!({}), &[]),
            entity("User ann", json!({"org": of("Org acme")}), &["Org acme", "Team a", "Team b"]),
            {"uid": of("User bob"), "attrs": {"org": escaped}, "parents": [escaped]},
            entity("Folder f", json!({"parent": of("Folder top")}), &["Folder top", "Folder shared"]),
        ]);
        assert_eq!(faults(&entities), "");
    }

    #[test]
    fn every_parent_and_holder_group_that_an_attribute_contradicts_is_named() {
        let acme = || json!({"org": of("Org acme")});
        let entities = json!([
            entity("Org acme", json!({"admin": of("RoleHolders Org::evil.admin")}), &[]),
            entity("User moved", acme(), &["Org evil", "Team a"]),
            entity("User lost", acme(), &["Team a"]),
            entity("User double", acme(), &["Org acme", "Org evil"]),
            entity("Team stray", json!({}), &["Org evil"]),
            entity("Folder f", json!({"parent": of("Folder top")}), &["Folder shared"]),
            entity("User untyped", json!({}), &["Org acme"]),
        ]);
        insta::assert_snapshot!(faults(&entities), @r#"
        entity `M::Org::"acme"`: attribute `admin` must be its own holder group, `M::RoleHolders::"Org::acme.admin"`, but is `M::RoleHolders::"Org::evil.admin"`
        entity `M::User::"moved"`: attribute `org` is `M::Org::"acme"`, which must be its parent of type `M::Org`, but it has `M::Org::"evil"`
        entity `M::User::"lost"`: attribute `org` is `M::Org::"acme"`, which must be its parent of type `M::Org`, but it has none
        entity `M::User::"double"`: parent `M::Org::"evil"` is not in attribute `org`, which must hold every parent of type `M::Org`
        entity `M::Team::"stray"`: parent `M::Org::"evil"` is not in attribute `org`, which must hold every parent of type `M::Org`
        entity `M::Folder::"f"`: attribute `parent` is `M::Folder::"top"`, which must be its parent of type `M::Folder`, but it has `M::Folder::"shared"`
        entity `M::User::"untyped"`: entity does not conform to the schema: expected entity `M::User::"untyped"` to have attribute `org`, but it does not
        "#);
        assert!(engine().unchecked_entities(&entities).is_ok());
    }

    #[test]
    fn a_bundle_without_a_contract_checks_none_of_this_and_a_broken_contract_is_an_error() {
        let mut tree = BundleTree::default();
        tree.insert("policies.json", r#"{"staticPolicies": {}, "templates": {}, "templateLinks": []}"#);
        tree.insert("schema.cedarschema", SCHEMA);
        tree.insert("entities/roles.json", "[]");
        let moved = json!([entity("User moved", json!({"org": of("Org acme")}), &["Org evil"])]);
        assert!(Engine::from_tree(&tree).unwrap().entities(&moved).is_ok());
        tree.insert("contract.json", "{}");
        let error = Engine::from_tree(&tree).unwrap_err().to_string();
        assert!(error.contains("contract.json"), "{error}");
    }
}
