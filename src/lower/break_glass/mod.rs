//! Break-glass profiles: the permit that a grant opens, the predicate that lifts guards, and the policies that decide
//! who may ask, approve, refuse, revoke and review. Cedar checks every clause it can see; what needs memory
//! (uses, windows, open reviews) comes as typed facts that only the gateway can put into the context.

mod guarded;
mod record;
mod steps;

use std::collections::BTreeMap;

use crate::bundle::{ACTION_TYPE, OriginKind, PROFILE_TYPE};
use crate::clauses::Step;
use crate::graph;
use crate::graph::{ActionId, Attribute, Profile, TypeId};
use crate::lower::draft::{Draft, Effect, Subject, policy_id};
use crate::lower::lowering::Lowering;
use crate::lower::names::{profile_entity, qualified, step_action};
use crate::lower::short::get;
use crate::typing::{Kind, TypedExpr};

/// A request for a step of a grant's life, as far as types tell. It is no kind of request of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRequest {
    /// The type of who asks.
    pub principal: TypeId,
    /// The action of the step, as Cedar type and id.
    pub action: (String, String),
    /// The group of the same step of all profiles.
    pub group: (String, String),
    /// The profile, which is the resource.
    pub profile: (String, String),
    /// What is known when it is decided.
    pub context: BTreeMap<String, Attribute>,
}

/// The requests for the steps of all profiles.
#[must_use]
pub fn step_requests(program: &graph::Program) -> Vec<StepRequest> {
    let steps = |profile| Step::DECIDED.iter().map(move |step| (profile, *step));
    let all = program.profiles.iter().flat_map(steps);
    all.map(|(profile, step)| StepRequest {
        principal: profile.principal,
        action: step_action(program, step, profile),
        group: (qualified(program, ACTION_TYPE), step.action().to_owned()),
        profile: profile_entity(program, profile),
        context: program.context_of_step(profile, step),
    })
    .collect()
}

impl Lowering<'_> {
    pub(in crate::lower) fn profiles(&mut self) {
        for profile in &self.program.profiles {
            self.uses(profile);
            self.request(profile);
            self.decisions(profile);
            self.forbids_for_steps(profile);
        }
    }

    /// The permits that a grant opens.
    fn uses(&mut self, profile: &Profile) {
        let actions: Vec<ActionId> = profile.actions.iter().map(|(id, _)| *id).collect();
        let lifted: Vec<usize> = profile.lifts.iter().map(|(at, _)| *at).collect();
        let named_on = |action| {
            let pairs = profile.on.iter().filter(|(id, _)| *id == action);
            pairs.map(|(_, ty)| *ty).collect()
        };
        let groups = self.action_groups(&actions, named_on);
        for (resource, group) in &groups {
            let kind = Kind::requests(profile.principal, *resource, group);
            let Some(mut when) = self.grant_record(profile, *resource, group, &kind) else {
                continue;
            };
            let Some(guards) = self.guard_parts(profile.principal, *resource, group, &lifted, &kind) else {
                continue;
            };
            when.extend(guards);
            let names = self.short_names(group);
            let mut variants: Vec<&str> = if groups.len() > 1 { vec![&names] } else { Vec::new() };
            let of_that_name = groups.iter().filter(|(_, other)| self.short_names(other) == names);
            if of_that_name.count() > 1 {
                variants.push(self.program.type_name(*resource));
            }
            let id = policy_id(&format!("break-glass.{}", profile.name), &variants);
            let draft = self.profile_draft(profile, id, Effect::Permit);
            self.drafts.push(Draft {
                actions: self.action_entities(group),
                resource: Some(self.cedar_type(*resource)),
                when,
                ..draft
            });
        }
    }

    /// A draft of this profile, without scope and conditions.
    pub(in crate::lower) fn profile_draft(&self, profile: &Profile, id: String, effect: Effect) -> Draft {
        Draft {
            id,
            effect,
            principal: Some(self.cedar_type(profile.principal)),
            subject: self.program.find_profile(&profile.name).map_or(Subject::Everyone, Subject::Profile),
            role: None,
            role_test: None,
            actions: Vec::new(),
            resource: Some(qualified(self.program, PROFILE_TYPE)),
            resource_is: None,
            when: Vec::new(),
            unless: Vec::new(),
            lifted_by: Vec::new(),
            of: profile.id.clone(),
            statement: profile.name.clone(),
            kind: OriginKind::BreakGlass,
            span: profile.whole,
            inherited_by: None,
            because: None,
            annotations: profile.annotations.clone(),
        }
    }

    /// What lifts a guard for some actions of a pair of types: a valid grant of any profile that lifts it.
    pub(in crate::lower) fn lifting(
        &mut self,
        guard: usize,
        principal: TypeId,
        resource: TypeId,
        actions: &[ActionId],
    ) -> Vec<TypedExpr> {
        let mut found = Vec::new();
        for profile in &self.program.profiles {
            let covered: Vec<ActionId> =
                actions.iter().copied().filter(|id| profile.actions.iter().any(|(known, _)| known == id)).collect();
            let lifts = profile.lifts.iter().any(|(at, _)| *at == guard);
            if !lifts || profile.principal != principal || covered.is_empty() {
                continue;
            }
            let kind = Kind::requests(principal, resource, &covered);
            if let Some(parts) = self.grant_record(profile, resource, &covered, &kind) {
                found.push(TypedExpr::all(parts.into_iter().map(|part| part.expr).collect(), profile.span));
            }
        }
        found
    }
}
