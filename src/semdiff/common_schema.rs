//! A schema under which both sides are asked and replayed: the new side's, else the old side's, else the two merged. What is
//! compared are requests that the schema takes, decided by the policies of either side.

use std::collections::BTreeMap;

use cedar_policy::{Policy, PolicySet, SchemaFragment};
use serde_json::{Value, json};

use crate::analysis::{Ground, Samples};
use crate::bundle::Contract;
use crate::decide::{Engine, Parts, Strictness};
use crate::lower::Lowered;

use super::merge;

/// A schema under which the two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The new side's.
    New,
    /// The old side's, where policies of the old side do not type under the new one.
    Old,
    /// Both together, where policies of either side do not type under the other's.
    Merged,
}

impl Basis {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
            Self::Merged => "merged",
        }
    }
}

/// The schema, and both sides under it.
#[derive(Debug)]
pub(super) struct CommonSchema {
    pub(super) ground: Ground,
    /// Requests that the schema takes.
    pub(super) samples: Option<Samples>,
    pub(super) contract: Contract,
    pub(super) old: Engines,
    pub(super) new: Engines,
}

/// One side as a gateway decides, and as plain Cedar does.
#[derive(Debug)]
pub(super) struct Engines {
    pub(super) strict: Engine,
    pub(super) plain: Engine,
}

impl CommonSchema {
    /// The schema of a basis, and both sides under it, or why there is none.
    pub(super) fn new(basis: Basis, old: &Lowered, new: &Lowered) -> Result<Self, String> {
        let (text, contract) = match basis {
            Basis::New => (schema_text(new)?, with_roles(&new.contract, &old.contract)),
            Basis::Old => (schema_text(old)?, with_roles(&old.contract, &new.contract)),
            Basis::Merged => {
                let text = merge::schemas(&schema_text(old)?, &schema_text(new)?)?;
                (text, merge::contracts(&old.contract, &new.contract))
            }
        };
        let (fragment, _) = SchemaFragment::from_cedarschema_str(&text).map_err(|error| error.to_string())?;
        let schema_json = fragment.clone().to_json_value().map_err(|error| error.to_string())?;
        let schema = cedar_policy::Schema::from_schema_fragments([fragment]).map_err(|error| error.to_string())?;
        let ground = Ground::new(&schema).map_err(|error| error.to_string())?;
        let roles = roles(&contract, [old, new]);
        let engines = |side: &Lowered| -> Result<Engines, String> {
            let set = PolicySet::from_policies(policies(side).cloned()).map_err(|error| error.to_string())?;
            let engine = || {
                let (schema, schema_json) = (&schema, &schema_json);
                let parts = Parts { policies: set.clone(), schema, schema_json, roles: &roles, contract: &contract };
                Engine::of(parts).map_err(|error| error.to_string())
            };
            Ok(Engines { strict: engine()?, plain: engine()?.with_strictness(Strictness::Cedar) })
        };
        Ok(Self { old: engines(old)?, new: engines(new)?, samples: Samples::new(&schema, &text), ground, contract })
    }
}

/// All policies of a side.
pub(super) fn policies(side: &Lowered) -> impl Iterator<Item = &Policy> {
    let gate = side.policies.iter().map(|(policy, _)| policy);
    gate.chain(side.raw.iter().map(|raw| &raw.policy))
}

fn schema_text(side: &Lowered) -> Result<String, String> {
    let text = side.schema_text.clone();
    text.ok_or_else(|| "one side has no schema".to_owned())
}

/// A contract that knows the roles of the other side, too: a witness may hold either.
fn with_roles(contract: &Contract, other: &Contract) -> Contract {
    let mut all = contract.clone();
    for (name, role) in &other.roles {
        all.roles.entry(name.clone()).or_insert_with(|| role.clone());
    }
    all
}

/// The roles of both sides as entities, where the schema has roles.
fn roles(contract: &Contract, sides: [&Lowered; 2]) -> Value {
    let all = sides.into_iter().flat_map(|side| &side.roles);
    let known = all.filter(|(ty, _)| Some(ty) == contract.role_type.as_ref());
    let entities: BTreeMap<&String, Value> =
        known.map(|(ty, id)| (id, json!({ "uid": { "type": ty, "id": id }, "attrs": {}, "parents": [] }))).collect();
    entities.into_values().collect()
}
