//! Who may do everything: roles and types on a type, and actions that everybody may do.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, EntityId, EntityTypeName, EntityUid, Policy, PrincipalConstraint};

use super::Fact;
use super::cases::proof;
use super::environment_slice::{EnvironmentSlice, Known};
use super::impact::ask;
use crate::analysis::prover::{Asking, Prover};
use crate::analysis::question::Claim;
use crate::analysis::rule::{Rule, Rules};
use crate::analysis::sample::Scope;
use crate::lower::Lowered;

/// What is allowed without a condition. Types and actions go by their Cedar names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowed {
    /// Roles, and other entities that permits name as what principals are in, with the type of principal and the type on
    /// which those in them are allowed every action, of several.
    pub roles: BTreeSet<(EntityUid, String, String)>,
    /// Types of principal with the type on which each of them is allowed every action.
    pub types: BTreeSet<(String, String)>,
    /// Actions that every principal is allowed on every resource.
    pub actions: BTreeSet<(String, String)>,
}

/// Finds them. Most are excluded by a request built from the schema.
pub(super) fn allowed(prover: &Prover<'_>, slices: &[EnvironmentSlice<'_>], lowered: &Lowered) -> Fact<Allowed> {
    let open = prover.each(slices, |asking, slice| is_open(asking, slice, None));
    let mut unknown = open.iter().find_map(|open| open.clone().err());
    let is_open_to_all: Vec<bool> = open.into_iter().map(|open| open.unwrap_or(false)).collect();
    let mut pairs: BTreeMap<(&EntityTypeName, &EntityTypeName), Vec<usize>> = BTreeMap::new();
    let mut actions: BTreeMap<&EntityUid, Vec<usize>> = BTreeMap::new();
    for (at, slice) in slices.iter().enumerate() {
        let environment = slice.environment;
        let pair = (&environment.principal, &environment.resource);
        pairs.entry(pair).or_default().push(at);
        actions.entry(&environment.action).or_default().push(at);
    }
    let all_open = |of: &[usize]| of.iter().all(|at| is_open_to_all.get(*at) == Some(&true));
    let mut found = Allowed::default();
    let open_actions = actions.iter().filter(|(_, of)| all_open(of));
    found.actions =
        open_actions.map(|(action, _)| (action.type_name().to_string(), action.id().unescaped().to_owned())).collect();
    let (open_pairs, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(_, of)| all_open(of));
    found.types =
        open_pairs.iter().map(|((principal, resource), _)| (principal.to_string(), resource.to_string())).collect();
    let granted: Vec<Granted> = slices.iter().map(Granted::of).collect();
    let mut roles: BTreeSet<EntityUid> = granted.iter().flat_map(|granted| &granted.within).cloned().collect();
    for (ty, id) in &lowered.roles {
        let Ok(ty) = ty.parse::<EntityTypeName>() else { continue };
        roles.insert(EntityUid::from_type_name_and_id(ty, EntityId::new(id)));
    }
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for (pair, of) in rest.iter().filter(|(_, of)| of.len() > 1) {
        for role in &roles {
            let covers = |at: &usize| granted.get(*at).is_some_and(|granted| granted.covers(role));
            if of.iter().all(covers) {
                tasks.push((role.clone(), *pair, of));
            }
        }
    }
    let unlimited = prover.each(&tasks, |asking, (role, _, of)| {
        let mut all = of.iter().filter_map(|at| slices.get(*at));
        all.try_fold(true, |so_far, slice| match so_far {
            true => is_open(asking, slice, Some(role)),
            false => Ok(false),
        })
    });
    for ((role, (principal, resource), _), unlimited) in tasks.into_iter().zip(unlimited) {
        match unlimited {
            Ok(true) => {
                found.roles.insert((role, principal.to_string(), resource.to_string()));
            }
            Ok(false) => {}
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        Some(why) => Fact::Partly(found, why),
        None => Fact::Known(found),
    }
}

type Task<'a> = (EntityUid, (&'a EntityTypeName, &'a EntityTypeName), &'a Vec<usize>);

/// For whom the permits of a kind of request are.
#[derive(Default)]
struct Granted {
    everybody: bool,
    within: BTreeSet<EntityUid>,
}

impl Granted {
    fn of(slice: &EnvironmentSlice<'_>) -> Self {
        let mut granted = Self::default();
        for rule in slice.of_effect(Effect::Permit).filter_map(|at| slice.rule(at)) {
            match rule.policy().principal_constraint() {
                PrincipalConstraint::Any | PrincipalConstraint::Is(_) => granted.everybody = true,
                PrincipalConstraint::In(container) | PrincipalConstraint::IsIn(_, container) => {
                    granted.within.insert(container);
                }
                PrincipalConstraint::Eq(_) => {}
            }
        }
        granted
    }

    /// Whether some permit is for a role, or for everybody.
    fn covers(&self, role: &EntityUid) -> bool {
        self.everybody || self.within.contains(role)
    }
}

/// Whether everybody, or everybody in a role, is allowed every request of a kind.
fn is_open(asking: &mut Asking<'_>, slice: &EnvironmentSlice<'_>, role: Option<&EntityUid>) -> Result<bool, String> {
    let scope = role.map_or_else(Scope::default, |role| Scope::within(role.clone()));
    let denied = |known: &Known| {
        let applied = &known.tried.applied;
        let any = |effect| applied.iter().any(|at| slice.effect(*at) == Some(effect));
        !any(Effect::Permit) || any(Effect::Forbid)
    };
    if slice.of_effect(Effect::Permit).next().is_none() {
        return Ok(false);
    }
    let samples = slice.samples(&scope);
    if samples.is_empty() && role.is_some() {
        // Nobody of this type can be given the role.
        return Ok(false);
    }
    if samples.into_iter().any(|sample| denied(&slice.tried(sample))) {
        return Ok(false);
    }
    let everybody = match role {
        None => "permit(principal, action, resource);".to_owned(),
        Some(role) => format!("permit(principal in {role}, action, resource);"),
    };
    let everybody = Policy::parse(None, everybody).map_err(|error| error.to_string())?;
    let Some(everybody) = Rule::new(&everybody) else {
        return Ok(false);
    };
    let all = slice.positions.iter().filter_map(|at| slice.rule(*at).cloned());
    proof(ask(asking, slice, Claim::Implies(Rules::new([everybody]), Rules::new(all))))
}
