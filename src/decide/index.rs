//! The policy index: which policies can apply to a request at all, by action, principal type and resource type. Cedar evaluates
//! every policy it is handed, so handing it only these is what makes a decision fast.
//!
//! INVARIANT: a policy is left out only if its scope is false for the request. A scope never errors and is evaluated before the
//! conditions, so decision, reasons and errors are those of the whole set.

use std::collections::HashMap;
use std::sync::OnceLock;

use cedar_policy::{
    ActionConstraint, Entities, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint,
    ResourceConstraint,
};

use super::model::Model;

/// Slices of one policy set, each made when first needed.
#[derive(Debug, Default)]
pub(super) struct Index {
    slices: HashMap<EntityUid, Vec<Slice>>,
    scopes: OnceLock<Vec<Scope>>,
}

/// What the scope of a policy asks of a request; `None`: anything.
#[derive(Debug)]
struct Scope {
    id: PolicyId,
    actions: Option<Vec<EntityUid>>,
    principal: Option<EntityTypeName>,
    resource: Option<EntityTypeName>,
}

impl Scope {
    fn of(policy: &Policy) -> Self {
        Self {
            id: policy.id().clone(),
            actions: match policy.action_constraint() {
                ActionConstraint::Any => None,
                ActionConstraint::In(groups) => Some(groups),
                ActionConstraint::Eq(action) => Some(vec![action]),
            },
            principal: match policy.principal_constraint() {
                PrincipalConstraint::Any | PrincipalConstraint::In(_) => None,
                PrincipalConstraint::Eq(uid) => Some(uid.type_name().clone()),
                PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => Some(ty),
            },
            resource: match policy.resource_constraint() {
                ResourceConstraint::Any | ResourceConstraint::In(_) => None,
                ResourceConstraint::Eq(uid) => Some(uid.type_name().clone()),
                ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => Some(ty),
            },
        }
    }

    fn admits(&self, slice: &Slice, in_action: &dyn Fn(&EntityUid) -> bool) -> bool {
        let fits = |wanted: &Option<EntityTypeName>, is: &EntityTypeName| wanted.as_ref().is_none_or(|ty| ty == is);
        fits(&self.resource, &slice.resource)
            && fits(&self.principal, &slice.principal)
            && self.actions.as_ref().is_none_or(|actions| actions.iter().any(in_action))
    }
}

#[derive(Debug)]
struct Slice {
    principal: EntityTypeName,
    resource: EntityTypeName,
    policies: OnceLock<PolicySet>,
}

impl Index {
    /// The index of a set under a schema; empty where it would not be exact: without a schema the groups of an action are not
    /// known before the entities are, and links of templates cannot be copied out of their set one by one.
    pub(super) fn new(policies: &PolicySet, model: Option<&Model>) -> Self {
        let mut slices: HashMap<EntityUid, Vec<Slice>> = HashMap::new();
        let Some(model) = model.filter(|_| policies.policies().all(Policy::is_static)) else {
            return Self::default();
        };
        for environment in model.schema.request_envs() {
            slices.entry(environment.action().clone()).or_default().push(Slice {
                principal: environment.principal().clone(),
                resource: environment.resource().clone(),
                policies: OnceLock::new(),
            });
        }
        Self { slices, scopes: OnceLock::new() }
    }

    /// The policies that can apply; the whole set where the index does not cover the request.
    pub(super) fn candidates<'a>(
        &'a self,
        whole: &'a PolicySet,
        model: Option<&Model>,
        (principal, action, resource): (&EntityUid, &EntityUid, &EntityUid),
        entities: &Entities,
    ) -> &'a PolicySet {
        let Some(groups) = model.and_then(|model| model.groups_of(action)) else {
            return whole;
        };
        // Entities that were not checked against the schema could put the action into further groups.
        let mut ancestors = entities.ancestors(action).into_iter().flatten();
        if !ancestors.all(|group| groups.contains(group)) {
            return whole;
        }
        let slices = self.slices.get(action).into_iter().flatten();
        let mut slices =
            slices.filter(|slice| slice.principal == *principal.type_name() && slice.resource == *resource.type_name());
        let Some(slice) = slices.next() else {
            return whole;
        };
        slice.policies.get_or_init(|| {
            let in_action = |group: &EntityUid| group == action || groups.contains(group);
            let scopes = self.scopes.get_or_init(|| whole.policies().map(Scope::of).collect());
            let candidates = scopes
                .iter()
                .filter(|scope| scope.admits(slice, &in_action))
                .filter_map(|scope| whole.policy(&scope.id).cloned());
            // Ids are those of a set, hence distinct, which is all that could fail.
            PolicySet::from_policies(candidates).unwrap_or_else(|_| whole.clone())
        })
    }
}
