//! A request that refutes a claim, with what decides it and what is odd about its entities.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;
use serde_json::Value;

use super::witness::{Witness, data};
use crate::bundle::{Contract, EntityRole, OriginKind, Origins, Place};

/// A request that a claim does not hold of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refutation {
    /// The request and its entities.
    pub witness: Witness,
    /// The statements that decide it; none where it is denied because nothing allows it.
    pub deciding: Vec<Deciding>,
    /// Entities that are named and do not exist.
    pub missing: Vec<Missing>,
}

/// A statement that decides a request, or could.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deciding {
    /// The statement's name.
    pub statement: String,
    /// Its kind.
    pub kind: OriginKind,
    /// The role that inherits it, where it decides by that.
    pub inherited_by: Option<String>,
    /// The statement in the source.
    pub place: Place,
    /// The Cedar policy.
    pub policy: String,
}

/// An entity that is named by another one or by the request, and does not exist.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// The entity: `Ward::"ward-1"`.
    pub entity: String,
    /// Where it is named: `resource.ward`, or the entity and its attribute.
    pub named_by: String,
}

/// The statements of some policies, each once, sorted by name.
pub(super) fn statements<'a>(policies: impl IntoIterator<Item = &'a str>, origins: &Origins) -> Vec<Deciding> {
    let mut found: Vec<Deciding> = policies
        .into_iter()
        .filter_map(|id| Some((id, origins.policies.get(id)?)))
        .map(|(id, origin)| Deciding {
            statement: origin.statement.clone(),
            kind: origin.kind,
            inherited_by: origin.inherited_by.clone(),
            place: origin.place.clone(),
            policy: id.to_owned(),
        })
        .collect();
    found.sort();
    found.dedup_by(|a, b| (&a.statement, &a.inherited_by) == (&b.statement, &b.inherited_by));
    found
}

/// What a witness names and does not have, each once.
pub(super) fn missing(witness: &Witness, contract: &Contract) -> Vec<Missing> {
    let mut known: BTreeSet<EntityUid> = data::entities(&witness.entities).filter_map(data::uid_of).collect();
    let mut found = Vec::new();
    let mut look = |named: Vec<EntityUid>, by: &str| {
        for uid in named {
            if is_declared(&uid, contract) && known.insert(uid.clone()) {
                found.push(Missing { entity: uid.to_string(), named_by: by.to_owned() });
            }
        }
    };
    let request = &witness.request;
    look(vec![request.principal.clone()], "the request, as principal");
    look(vec![request.resource.clone()], "the request, as resource");
    for (name, value) in &request.context {
        look(named_in(value), &format!("`context.{name}`"));
    }
    for entity in data::entities(&witness.entities) {
        let Some(uid) = data::uid_of(entity) else { continue };
        let role = match () {
            () if uid == request.principal => "principal".to_owned(),
            () if uid == request.resource => "resource".to_owned(),
            () => uid.to_string(),
        };
        for (name, value) in data::attributes(entity).into_iter().flatten() {
            look(named_in(value), &format!("`{role}.{name}`"));
        }
        look(data::parents(entity).collect(), &format!("the parents of `{role}`"));
    }
    found
}

fn named_in(value: &Value) -> Vec<EntityUid> {
    let mut found = Vec::new();
    data::named_in(value, &mut found);
    found
}

/// Whether an entity is one that somebody has to make: no role, no holder group, no member of an enumeration, no profile.
fn is_declared(uid: &EntityUid, contract: &Contract) -> bool {
    let ty = uid.type_name().to_string();
    let declared = contract.entities.values().find(|one| one.cedar == ty);
    declared.is_some_and(|one| one.kind != EntityRole::Enum)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bundle::EntityContract;
    use crate::decide::Request;

    #[test]
    fn what_is_named_and_not_there_is_told_once_and_members_of_enumerations_are_not() {
        let of = |kind| EntityContract {
            cedar: String::new(),
            kind,
            members: Vec::new(),
            parents: Vec::new(),
            attributes: Default::default(),
            tags: None,
            holds_roles: false,
            carries_roles: false,
            relations: Vec::new(),
        };
        let types = [("User", EntityRole::Principal), ("Record", EntityRole::Resource), ("Ward", EntityRole::Group)];
        let mut contract = Contract::default();
        for (name, kind) in types.into_iter().chain([("Level", EntityRole::Enum)]) {
            let cedar = name.to_owned();
            contract.entities.insert(name.to_owned(), EntityContract { cedar, ..of(kind) });
        }
        let named = |ty: &str, id: &str| json!({ "__entity": { "type": ty, "id": id } });
        let context = json!({ "from": [named("Ward", "w2")], "level": named("Level", "high") });
        let witness = Witness {
            request: Request {
                principal: "User::\"u\"".parse().unwrap(),
                action: "Action::\"Record.read\"".parse().unwrap(),
                resource: "Record::\"r\"".parse().unwrap(),
                context: context.as_object().unwrap().clone(),
            },
            entities: json!([
                { "uid": { "type": "User", "id": "u" }, "attrs": {},
                  "parents": [{ "type": "Role", "id": "clerk" }, { "type": "Ward", "id": "w1" }] },
                { "uid": { "type": "Record", "id": "r" }, "attrs": { "ward": named("Ward", "w1"), "by": named("User", "u") },
                  "parents": [] },
            ]),
        };
        let told: Vec<(String, String)> =
            missing(&witness, &contract).into_iter().map(|one| (one.entity, one.named_by)).collect();
        assert_eq!(
            told,
            [
                ("Ward::\"w2\"".to_owned(), "`context.from`".to_owned()),
                ("Ward::\"w1\"".to_owned(), "the parents of `principal`".to_owned()),
            ]
        );
    }
}
