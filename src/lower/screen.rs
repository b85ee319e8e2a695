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
    unsound(&policies.iter().map(|policy| body(policy)).collect::<Vec<_>>(), schema)
}

/// The same of templates.
pub(super) fn suspect_templates(templates: &[&cedar_policy::Template], schema: &Schema) -> Vec<usize> {
    unsound(&templates.iter().map(|template| Some((*template).as_ref())).collect::<Vec<_>>(), schema)
}

/// What a policy says; `None` of a link, whose slots only the validator looks at.
fn body(policy: &Policy) -> Option<&Template> {
    let policy: &cedar_policy_core::ast::Policy = policy.as_ref();
    Some(policy.template()).filter(|template| template.is_static())
}

/// The positions of those that are not sound, and of those that are not known.
fn unsound(all: &[Option<&Template>], schema: &Schema) -> Vec<usize> {
    let schema: &ValidatorSchema = schema.as_ref();
    if schema.check_complete().is_err() {
        return (0..all.len()).collect();
    }
    let environments = Environments::of(schema);
    let is_sound = |one: &Option<&Template>| one.is_some_and(|one| environments.is_sound(one));
    let sound = parallel::map(Work::Little, all, || (), |(), one| is_sound(one));
    let found = sound.into_iter().enumerate().filter(|(_, sound)| !sound);
    found.map(|(at, _)| at).collect()
}

/// How many pairs of a raw policy and a kind of request that its scope admits are typed: a few seconds' work.
const MOST_PAIRS: usize = 2_000_000;

/// The position of the raw policy, or after these the template, with which there are too many pairs, and how many there may be.
pub(super) fn too_many(
    policies: &[&Policy],
    templates: &[&cedar_policy::Template],
    schema: &Schema,
) -> Option<(usize, usize)> {
    let schema: &ValidatorSchema = schema.as_ref();
    schema.check_complete().ok()?;
    let environments = Environments::of(schema);
    let mut pairs: usize = 0;
    let of_policies = policies.iter().map(|policy| {
        let policy: &cedar_policy_core::ast::Policy = (*policy).as_ref();
        policy.template()
    });
    let mut all = of_policies.chain(templates.iter().map(|template| (*template).as_ref()));
    let at = all.position(|one: &Template| {
        let of_one = match one.is_static() {
            true => environments.admitted(one).count(),
            false => environments.admitted(one).map(|env| environments.linked(one, env).len()).sum(),
        };
        pairs = pairs.saturating_add(of_one);
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

    /// Whether the validator has neither an error nor a warning for a static policy or a template.
    fn is_sound(&self, template: &Template) -> bool {
        if Validator::validate_entity_types_and_literals(self.schema, template).next().is_some()
            || confusable_string_checks(std::iter::once(template)).next().is_some()
        {
            return false;
        }
        // An action that applies to something in the scope is what one warning asks for, a condition that is not false by
        // its types another: one environment in which the policy may hold answers both.
        let mut may_hold = false;
        let mut is_typed = |env: &RequestEnv<'_>| match self.typechecker.typecheck_by_single_request_env(template, env)
        {
            PolicyCheck::Success(_) => {
                may_hold = true;
                true
            }
            PolicyCheck::Irrelevant(errors, _) => errors.is_empty(),
            PolicyCheck::Fail(_) => false,
        };
        let all_typed = self.admitted(template).all(|env| match template.is_static() {
            true => is_typed(env),
            false => self.linked(template, env).iter().all(&mut is_typed),
        });
        all_typed && may_hold
    }

    /// An environment once for each type that the entities in the slots of a template may have, as the validator types them.
    fn linked(&self, template: &Template, env: &RequestEnv<'a>) -> Vec<RequestEnv<'a>> {
        let principals = self.slots(template.principal_constraint().as_inner(), env.principal_entity_type());
        let resources = self.slots(template.resource_constraint().as_inner(), env.resource_entity_type());
        let link = |principal: &Option<EntityType>, resource: &Option<EntityType>| {
            env.clone().link(principal.clone(), resource.clone())
        };
        principals
            .iter()
            .flat_map(|principal| resources.iter().map(move |resource| link(principal, resource)))
            .collect()
    }

    /// The types that the slot of a constraint may have if it holds of an entity of some type; one `None` where it has no slot.
    fn slots(&self, constraint: &Constraint, ty: Option<&EntityType>) -> Vec<Option<EntityType>> {
        match (constraint, ty) {
            (Constraint::Eq(EntityReference::Slot(_)), Some(ty)) => vec![Some(ty.clone())],
            (Constraint::In(EntityReference::Slot(_)) | Constraint::IsIn(_, EntityReference::Slot(_)), Some(ty)) => {
                let above = self.schema.entity_types().filter(|above| above.has_descendant_entity_type(ty));
                above.map(|above| Some(above.name().clone())).chain([Some(ty.clone())]).collect()
            }
            _ => vec![None],
        }
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

#[cfg(test)]
mod tests {
    use cedar_policy::{PolicyId, PolicySet};

    use super::*;

    #[test]
    fn of_templates_the_screen_suspects_those_that_the_validator_refuses_or_warns_of() {
        let schema = "entity Kind enum [\"a\", \"b\"]; entity Team; entity Bot; entity User in [Team] { kind: Kind }; entity Folder;
            entity Doc in [Folder] { kind: Kind, level: Long, note?: String };
            action read, write appliesTo { principal: [User, Bot], resource: Doc, context: { mfa: Bool } };
            action own appliesTo { principal: User, resource: Doc };";
        let schema = Schema::from_cedarschema_str(schema).unwrap().0;
        let scopes = [
            "principal == ?principal, action == Action::\"write\", resource",
            "principal in ?principal, action in [Action::\"read\", Action::\"own\"], resource == ?resource",
            "principal is User in ?principal, action, resource is Doc in ?resource",
            "principal is Usr in ?principal, action, resource",
            "principal is Team in ?principal, action, resource",
            "principal, action == Action::\"wrote\", resource in ?resource",
            "principal, action == Action::\"own\", resource in ?resource",
        ];
        let conditions = [
            "true",
            "false",
            "resource.kind == Kind::\"a\"",
            "resource.kind == Kind::\"c\"",
            "resource.level > 1",
            "resource.level == \"x\"",
            "resource.note == \"x\"",
            "resource has note && resource.note == \"x\"",
            "principal.kind == resource.kind",
            "principal is User && principal.kind == resource.kind",
            "context.mfa",
            "resource.nope",
        ];
        let all: Vec<cedar_policy::Template> = scopes
            .iter()
            .flat_map(|scope| {
                conditions.iter().map(move |condition| format!("permit ({scope}) when {{ {condition} }};"))
            })
            .enumerate()
            .map(|(at, text)| cedar_policy::Template::parse(Some(PolicyId::new(format!("{at:03}"))), text).unwrap())
            .collect();
        let mut set = PolicySet::new();
        for template in &all {
            set.add_template(template.clone()).unwrap();
        }
        let result = cedar_policy::Validator::new(schema.clone()).validate(&set, cedar_policy::ValidationMode::Strict);
        let errors = result.validation_errors().map(|error| error.policy_id().to_string());
        let warnings = result.validation_warnings().map(|warning| warning.policy_id().to_string());
        let unsound: std::collections::BTreeSet<String> = errors.chain(warnings).collect();
        let found = suspect_templates(&all.iter().collect::<Vec<_>>(), &schema);
        assert_eq!(found.iter().map(|at| format!("{at:03}")).collect::<std::collections::BTreeSet<_>>(), unsound);
        assert!(found.len() > 30 && found.len() < all.len() - 15, "{}", found.len());
    }
}
