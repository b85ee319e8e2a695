//! The terms that two bundles ship: their contracts field by field, and the entities of their roles. The contract of a bundle
//! may say something else than its policies, as somebody may have edited it, so that nothing in it is left to be told by them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bundle::Contract;
use crate::graph::Renames;
use crate::lower::Lowered;

use super::{Effect, Readers, TermChange, Told, contract_changes, spelt, stated};

/// The entities of roles that a bundle ships, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleEntities(BTreeMap<String, Vec<Value>>);

impl RoleEntities {
    /// Takes the entities of a file.
    #[must_use]
    pub fn new(all: Vec<Value>) -> Self {
        let mut by_id: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for entity in all {
            let part = |name: &str| entity.get("uid").and_then(|uid| uid.get(name)).and_then(Value::as_str);
            let id = match (part("type"), part("id")) {
                (Some(ty), Some(id)) => format!("{ty}::{id:?}"),
                _ => entity.get("uid").unwrap_or(&entity).to_string(),
            };
            by_id.entry(id).or_default().push(entity);
        }
        Self(by_id)
    }
}

/// All changes of what two bundles ship beside policies and schema, sorted. Each side is lowered with the contract that it ships.
#[must_use]
pub fn shipped(old: (&Lowered, &RoleEntities), new: (&Lowered, &RoleEntities)) -> Vec<TermChange> {
    let contracts = (stated(&old.0.contract), stated(&new.0.contract));
    // A bundle ships links as policies, and no templates.
    let reads = Readers::new(old.0, new.0, &BTreeMap::new());
    let mut found = contract_changes(contracts, &Renames::default(), &reads, Told::Here);
    found.extend(roles((&old.0.contract, old.1), (&new.0.contract, new.1)));
    found.sort();
    found
}

/// Entities of roles that are not as they were. One without parents and attributes comes and goes with its role.
fn roles(old: (&Contract, &RoleEntities), new: (&Contract, &RoleEntities)) -> Vec<TermChange> {
    let ids: BTreeSet<&String> = old.1.0.keys().chain(new.1.0.keys()).collect();
    let change = |id: &String| {
        let [was, is] = [old, new].map(|(_, roles)| roles.0.get(id).map(Vec::as_slice));
        let belongs = |(contract, _): (&Contract, &RoleEntities), is: Option<&[Value]>| match is {
            Some([one]) => is_of_a_role(one, contract),
            Some(_) => false,
            None => !contract.roles.keys().any(|role| {
                let ty = contract.role_type.as_deref().unwrap_or_default();
                format!("{ty}::{role:?}") == *id
            }),
        };
        let told = was == is || (belongs(old, was) && belongs(new, is));
        let said = |side: Option<&[Value]>| side.map(|all| Value::from(all.to_vec()).to_string());
        (!told).then(|| TermChange {
            path: spelt(&["role_entities".to_owned(), id.clone()]),
            from: said(was),
            to: said(is),
            effect: Effect::Weakens,
            readers: Vec::new(),
            through: Vec::new(),
        })
    };
    ids.into_iter().filter_map(change).collect()
}

/// Whether an entity is what a role of the contract is: its id, and nothing else.
fn is_of_a_role(entity: &Value, contract: &Contract) -> bool {
    let Some(role_type) = &contract.role_type else {
        return false;
    };
    let plain = |name: &String| {
        *entity == serde_json::json!({ "uid": { "type": role_type, "id": name }, "attrs": {}, "parents": [] })
    };
    contract.roles.keys().any(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(id: &str, parents: &Value) -> Value {
        json!({ "uid": { "type": "Role", "id": id }, "attrs": {}, "parents": parents })
    }

    fn contract(roles: &[&str]) -> Contract {
        let each = |name: &&str| ((*name).to_owned(), json!({ "holders": [] }));
        let roles: serde_json::Map<String, Value> = roles.iter().map(each).collect();
        let mut contract = Contract { role_type: Some("Role".to_owned()), ..Contract::default() };
        contract.roles = serde_json::from_value(Value::Object(roles)).unwrap();
        contract
    }

    #[test]
    fn an_entity_of_a_role_comes_and_goes_with_the_role_and_every_other_change_weakens() {
        let none = json!([]);
        let admin = json!([{ "type": "Role", "id": "admin" }]);
        let (one, two) = (contract(&["clerk"]), contract(&["admin", "clerk"]));
        let entities = |all: &[Value]| RoleEntities::new(all.to_vec());
        let clerk = entities(&[role("clerk", &none)]);
        let both = entities(&[role("admin", &none), role("clerk", &none)]);
        let climbing = entities(&[role("admin", &none), role("clerk", &admin)]);
        let twice = entities(&[role("clerk", &none), role("clerk", &admin)]);
        let foreign = entities(&[role("clerk", &none), json!({ "uid": { "type": "User", "id": "ann" } })]);
        let empty = RoleEntities::default();
        for (old, new, paths) in [
            ((&one, &clerk), (&one, &clerk), vec![]),
            ((&one, &clerk), (&two, &both), vec![]),
            ((&two, &both), (&one, &clerk), vec![]),
            ((&one, &clerk), (&one, &empty), vec!["clerk"]),
            ((&one, &clerk), (&one, &both), vec!["admin"]),
            ((&two, &both), (&two, &climbing), vec!["clerk"]),
            ((&one, &clerk), (&one, &twice), vec!["clerk"]),
            ((&one, &clerk), (&one, &foreign), vec!["ann"]),
        ] {
            let found = roles(old, new);
            let found: Vec<&str> = found.iter().map(|term| term.path.as_str()).collect();
            assert_eq!(found.len(), paths.len(), "{found:?}");
            assert!(found.iter().zip(&paths).all(|(path, id)| path.contains(id)), "{found:?}");
        }
    }
}
