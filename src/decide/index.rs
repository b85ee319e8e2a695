//! The policy index: which policies can apply to a request at all, by action, principal type and resource type. Cedar evaluates
//! every policy it is handed, so handing it only these is what makes a decision fast.
//!
//! INVARIANT: a policy is left out only if its scope is false for the request. A scope never errors and is evaluated before the
//! conditions, so decision, reasons and errors are those of the whole set.

use std::collections::HashMap;
use std::sync::OnceLock;

use cedar_policy::ActionConstraint;
use cedar_policy::Entities;
use cedar_policy::EntityTypeName;
use cedar_policy::EntityUid;
use cedar_policy::Policy;
use cedar_policy::PolicySet;
use cedar_policy::PrincipalConstraint;
use cedar_policy::ResourceConstraint;

use super::model::Model;

/// Slices of one policy set, each made when first needed.
#[derive(Debug, Default)]
pub(super) struct Index {
    slices: HashMap<EntityUid, Vec<Slice>>,
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
            return Self { slices };
        };
        for environment in model.schema.request_envs() {
            slices.entry(environment.action().clone()).or_default().push(Slice {
                principal: environment.principal().clone(),
                resource: environment.resource().clone(),
                policies: OnceLock::new(),
            });
        }
        Self { slices }
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
            let applies = |policy: &&Policy| can_apply(policy, slice, &in_action);
            let candidates = whole.policies().filter(applies).cloned();
            // Ids are those of a set, hence distinct, which is all that could fail.
            PolicySet::from_policies(candidates).unwrap_or_else(|_| whole.clone())
        })
    }
}

fn can_apply(policy: &Policy, slice: &Slice, in_action: &dyn Fn(&EntityUid) -> bool) -> bool {
    let action = match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::In(groups) => groups.iter().any(in_action),
        ActionConstraint::Eq(action) => in_action(&action),
    };
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::In(_) => true,
        PrincipalConstraint::Eq(uid) => *uid.type_name() == slice.principal,
        PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => ty == slice.principal,
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Any | ResourceConstraint::In(_) => true,
        ResourceConstraint::Eq(uid) => *uid.type_name() == slice.resource,
        ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => ty == slice.resource,
    };
    action && principal && resource
}
