//! Which policies Cedar's validator has something to say about. It types every policy in every request environment of the
//! schema; here each is typed only where its scope admits the request, since elsewhere it is false by its scope alone and
//! nothing else of it is looked at. What is found here is a verdict without words: Cedar's own validator gives those.

use std::collections::BTreeMap;

use cedar_policy::{Policy, Schema};
use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityType, EntityUID, PrincipalOrResourceConstraint as Constraint, Template,
};
use cedar_policy_core::validator::typecheck::{PolicyCheck, Typechecker};
use cedar_policy_core::validator::types::RequestEnv;
use cedar_policy_core::validator::{ValidationMode, Validator, ValidatorSchema, confusable_string_checks};

use crate::parallel;
use crate::parallel::Work;

/// The positions of the policies that Cedar's strict validation refuses or warns of, in their order.
#[must_use]
pub fn suspects(policies: &[&Policy], schema: &Schema) -> Vec<usize> {
    let schema: &ValidatorSchema = schema.as_ref();
    if schema.check_complete().is_err() {
        return (0..policies.len()).collect();
    }
    let environments = Environments::of(schema);
    let sound = parallel::map(Work::Little, policies, || (), |(), policy| environments.is_sound(policy));
    let found = sound.into_iter().enumerate().filter(|(_, sound)| !sound);
    found.map(|(at, _)| at).collect()
}

/// How many pairs of a raw policy and a kind of request that its scope admits are typed: a few seconds' work.
const MOST_PAIRS: usize = 2_000_000;

/// The position of the raw policy with which there are too many pairs, and how many there may be.
pub(super) fn too_many(policies: &[&Policy], schema: &Schema) -> Option<(usize, usize)> {
    let schema: &ValidatorSchema = schema.as_ref();
    schema.check_complete().ok()?;
    let environments = Environments::of(schema);
    let mut pairs: usize = 0;
    let at = policies.iter().position(|policy| {
        let policy: &cedar_policy_core::ast::Policy = (*policy).as_ref();
        pairs = pairs.saturating_add(environments.admitted(policy.template()).count());
        pairs > MOST_PAIRS
    });
    at.map(|at| (at, MOST_PAIRS))
}

/// The request environments of a schema, to be found by what a scope says of them.
struct Environments<'a> {
    schema: &'a ValidatorSchema,
    typechecker: Typechecker<'a>,
    all: Vec<RequestEnv<'a>>,
    by_action: BTreeMap<&'a EntityUID, Vec<RequestEnv<'a>>>,
    by_resource: BTreeMap<&'a EntityType, Vec<RequestEnv<'a>>>,
}

impl<'a> Environments<'a> {
    fn of(schema: &'a ValidatorSchema) -> Self {
        let all: Vec<RequestEnv<'a>> = schema.unlinked_request_envs(ValidationMode::Strict).collect();
        let mut by_action: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut by_resource: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for env in &all {
            if let Some(action) = env.action_entity_uid() {
                by_action.entry(action).or_default().push(env.clone());
            }
            if let Some(resource) = env.resource_entity_type() {
                by_resource.entry(resource).or_default().push(env.clone());
            }
        }
        Self { schema, typechecker: Typechecker::new(schema, ValidationMode::Strict), all, by_action, by_resource }
    }

    /// Whether the validator has neither an error nor a warning for a policy.
    fn is_sound(&self, policy: &Policy) -> bool {
        let policy: &cedar_policy_core::ast::Policy = policy.as_ref();
        let template = policy.template();
        if !template.is_static()
            || Validator::validate_entity_types_and_literals(self.schema, template).next().is_some()
            || confusable_string_checks(std::iter::once(template)).next().is_some()
        {
            return false;
        }
        // An action that applies to something in the scope is what one warning asks for, a condition that is not false by
        // its types another: one environment in which the policy may hold answers both.
        let mut may_hold = false;
        for env in self.admitted(template) {
            match self.typechecker.typecheck_by_single_request_env(template, env) {
                PolicyCheck::Success(_) => may_hold = true,
                PolicyCheck::Irrelevant(errors, _) if errors.is_empty() => {}
                PolicyCheck::Irrelevant(..) | PolicyCheck::Fail(_) => return false,
            }
        }
        may_hold
    }

    /// The environments that the scope does not rule out by types alone. Every entity in the scope is known to the schema.
    fn admitted<'s>(&'s self, template: &'s Template) -> impl Iterator<Item = &'s RequestEnv<'a>> {
        let principal = template.principal_constraint().as_inner();
        let resource = template.resource_constraint().as_inner();
        self.candidates(template.action_constraint(), resource).filter(move |env| {
            env.principal_entity_type().is_none_or(|ty| self.admits(principal, ty))
                && env.resource_entity_type().is_none_or(|ty| self.admits(resource, ty))
        })
    }

    /// The environments of the actions in the scope; of the one resource type in it, where it names no action.
    fn candidates<'s>(
        &'s self,
        action: &'s ActionConstraint,
        resource: &Constraint,
    ) -> Box<dyn Iterator<Item = &'s RequestEnv<'a>> + 's> {
        match action {
            ActionConstraint::Any => {
                Box::new(exactly(resource).and_then(|ty| self.by_resource.get(ty)).unwrap_or(&self.all).iter())
            }
            ActionConstraint::Eq(action) => Box::new(self.by_action.get(action.as_ref()).into_iter().flatten()),
            ActionConstraint::In(named) => {
                let mut actions: Vec<&EntityUID> = named
                    .iter()
                    .filter_map(|action| self.schema.get_action_id(action))
                    .flat_map(|action| action.descendants().chain(std::iter::once(action.name())))
                    .collect();
                actions.sort_unstable();
                actions.dedup();
                Box::new(actions.into_iter().filter_map(|action| self.by_action.get(action)).flatten())
            }
        }
    }

    /// Whether a constraint may hold of an entity of some type.
    fn admits(&self, constraint: &Constraint, ty: &EntityType) -> bool {
        match constraint {
            Constraint::Any => true,
            Constraint::Is(named) | Constraint::IsIn(named, _) => named.as_ref() == ty,
            Constraint::Eq(EntityReference::EUID(entity)) => entity.entity_type() == ty,
            Constraint::In(EntityReference::EUID(container)) => {
                let container = container.entity_type();
                container == ty
                    // Actions are containers, too, and are not entity types.
                    || self
                        .schema
                        .get_entity_type(container)
                        .is_none_or(|found| found.has_descendant_entity_type(ty))
            }
            Constraint::Eq(EntityReference::Slot(_)) | Constraint::In(EntityReference::Slot(_)) => true,
        }
    }
}

/// The one type of which a constraint may hold.
fn exactly(constraint: &Constraint) -> Option<&EntityType> {
    match constraint {
        Constraint::Is(named) | Constraint::IsIn(named, _) => Some(named),
        Constraint::Eq(EntityReference::EUID(entity)) => Some(entity.entity_type()),
        Constraint::Any | Constraint::In(_) | Constraint::Eq(EntityReference::Slot(_)) => None,
    }
}
