//! Request environments: the kinds of request that there are, and which policies concern each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cedar_policy::{
    ActionConstraint, EntityTypeName, EntityUid, Policy, PrincipalConstraint, RequestEnv, ResourceConstraint, Schema,
};

use crate::bundle::{Contract, EntityRole};

/// A kind of request: who asks, for which action, on what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Environment {
    /// The principal's type.
    pub principal: EntityTypeName,
    /// The action.
    pub action: EntityUid,
    /// The resource's type.
    pub resource: EntityTypeName,
}

impl Environment {
    /// All environments of a schema, sorted.
    #[must_use]
    pub fn all(schema: &Schema) -> BTreeSet<Self> {
        schema
            .request_envs()
            .map(|env| Self {
                principal: env.principal().clone(),
                action: env.action().clone(),
                resource: env.resource().clone(),
            })
            .collect()
    }

    /// Every kind of request that some contracts leave room for: each type that may ask for anything, for each action on what
    /// it is decided on. A schema has those of them that something is granted of; links of templates, clients that decide without
    /// the schema and grants to come know the others, too.
    #[must_use]
    pub fn wide(contracts: &[&Contract]) -> BTreeSet<Self> {
        let asking: BTreeSet<EntityTypeName> = contracts.iter().flat_map(|contract| asking(contract)).collect();
        let mut all = BTreeSet::new();
        for contract in contracts {
            let actions = contract.actions.values();
            for (uid, action) in actions.filter_map(|action| Some((action.cedar.parse::<EntityUid>().ok()?, action))) {
                for resource in action.resources.iter().filter_map(|ty| cedar_type(contract, ty)) {
                    all.extend(asking.iter().map(|principal| Self {
                        principal: principal.clone(),
                        action: uid.clone(),
                        resource: resource.clone(),
                    }));
                }
            }
        }
        all
    }

    /// As Cedar names it.
    #[must_use]
    pub fn to_cedar(&self) -> RequestEnv {
        RequestEnv::new(self.principal.clone(), self.action.clone(), self.resource.clone())
    }
}

/// The types that may ask for anything: those that the program makes principals, and those that a raw schema does.
fn asking(contract: &Contract) -> BTreeSet<EntityTypeName> {
    let declared = contract.entities.iter().filter(|(_, ty)| ty.kind == EntityRole::Principal).map(|(name, _)| name);
    let joined = contract.actions.values().flat_map(|action| &action.principals);
    declared.chain(joined).filter_map(|ty| cedar_type(contract, ty)).collect()
}

/// Types have Gate names in a contract, generated ones their Cedar names.
fn cedar_type(contract: &Contract, ty: &str) -> Option<EntityTypeName> {
    let known = contract.entities.get(ty);
    known.map_or(ty, |known| known.cedar.as_str()).parse().ok()
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} × {}", self.principal, self.action, self.resource)
    }
}

/// The environments of a schema, and which scopes admit them.
#[derive(Debug, Clone)]
pub struct Environments {
    all: BTreeSet<Environment>,
    /// The actions that somebody may ask for.
    asked: BTreeSet<EntityUid>,
    /// Each action and group with the actions in it, itself included.
    members: BTreeMap<EntityUid, BTreeSet<EntityUid>>,
}

impl Environments {
    /// Reads the environments off a schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let mut members: BTreeMap<EntityUid, BTreeSet<EntityUid>> = BTreeMap::new();
        // A schema whose action groups form a cycle is none, so that this does not fail.
        if let Ok(actions) = schema.action_entities() {
            for action in actions.iter() {
                let uid = action.uid();
                for group in actions.ancestors(&uid).into_iter().flatten() {
                    members.entry(group.clone()).or_default().insert(uid.clone());
                }
                members.entry(uid.clone()).or_default().insert(uid);
            }
        }
        let all = Environment::all(schema);
        Self { asked: all.iter().map(|env| env.action.clone()).collect(), all, members }
    }

    /// All of them, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Environment> {
        self.all.iter()
    }

    /// Whether the schema has a kind of request.
    #[must_use]
    pub fn has(&self, env: &Environment) -> bool {
        self.all.contains(env)
    }

    /// Those that a policy's scope admits, sorted. In any other the policy cannot apply.
    #[must_use]
    pub fn admitting<'a>(&'a self, policy: &Policy) -> Vec<&'a Environment> {
        let fits = self.fitting(policy);
        self.all.iter().filter(|env| fits(env)).collect()
    }

    /// Whether a policy's scope admits a kind of request, be it one that the schema does not have.
    pub(super) fn fitting<'a>(&'a self, policy: &Policy) -> impl Fn(&Environment) -> bool + use<'a> {
        let actions: Option<BTreeSet<EntityUid>> = match policy.action_constraint() {
            ActionConstraint::Any => None,
            ActionConstraint::In(groups) => Some(groups.iter().flat_map(|group| self.within(group)).cloned().collect()),
            ActionConstraint::Eq(action) => {
                Some(self.members.get_key_value(&action).map(|(known, _)| known.clone()).into_iter().collect())
            }
        };
        let principal = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::In(_) => None,
            PrincipalConstraint::Eq(uid) => Some(uid.type_name().clone()),
            PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => Some(ty),
        };
        let resource = match policy.resource_constraint() {
            ResourceConstraint::Any | ResourceConstraint::In(_) => None,
            ResourceConstraint::Eq(uid) => Some(uid.type_name().clone()),
            ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => Some(ty),
        };
        let fits = |wanted: &Option<EntityTypeName>, is: &EntityTypeName| wanted.as_ref().is_none_or(|ty| ty == is);
        move |env| {
            fits(&principal, &env.principal)
                && fits(&resource, &env.resource)
                && actions.as_ref().is_none_or(|actions| actions.contains(&env.action))
        }
    }

    /// An action's groups, at any depth.
    pub fn groups_of<'a>(&'a self, action: &'a EntityUid) -> impl Iterator<Item = &'a EntityUid> {
        let groups = self.members.iter().filter(move |(group, _)| *group != action);
        groups.filter(|(_, members)| members.contains(action)).map(|(group, _)| group)
    }

    /// The actions of a group, or the action itself, sorted. Groups that only hold others are none.
    pub fn members_of(&self, group: &EntityUid) -> impl Iterator<Item = &EntityUid> {
        self.within(group).filter(|uid| self.is_action(uid))
    }

    /// All actions; groups that only hold others are none.
    pub fn actions(&self) -> impl Iterator<Item = &EntityUid> {
        self.members.keys().filter(|uid| self.is_action(uid))
    }

    /// Whether an entity is an action, and not a group that only holds others.
    #[must_use]
    pub fn is_action(&self, uid: &EntityUid) -> bool {
        let holds_itself = || self.members.get(uid).is_some_and(|members| members.len() == 1);
        self.asked.contains(uid) || holds_itself()
    }

    pub(super) fn within(&self, group: &EntityUid) -> impl Iterator<Item = &EntityUid> {
        self.members.get(group).into_iter().flatten()
    }
}
