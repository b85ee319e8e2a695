//! `deny`: a forbid for each pair of types it concerns, and for the steps of break-glass that it reaches.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::OriginKind;
use crate::clauses::Step;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::graph;
use crate::graph::{ActionId, Deny, Holder, Profile, RoleId, TypeId};
use crate::typing::Kind;

use super::draft::{Draft, Effect, Part, Subject, policy_id};
use super::holders::Base;
use super::names::{profile_entity, step_action};
use super::program::Lowering;
use super::{codes, text};

impl Lowering<'_> {
    /// `deny`, for each pair of types it concerns.
    pub(super) fn denies(&mut self) {
        for deny in &self.program.denies {
            if self.drafts.is_full() {
                return;
            }
            let pairs = self.pairs(&deny.actions, &deny.on);
            let before = self.drafts.len();
            let mut left_out = BTreeSet::new();
            let mut faults = Diagnostics::new();
            for (principal, resource, actions) in &pairs {
                if let Some(untyped) = self.deny(deny, &pairs, *principal, *resource, actions) {
                    left_out.extend(actions.iter().map(|id| self.program.action_name(*id)));
                    faults.extend(untyped);
                }
            }
            self.deny_steps(deny, &mut left_out, &mut faults);
            if left_out.is_empty() {
                continue;
            }
            if self.drafts.len() == before {
                // It types nowhere, so it would deny nothing.
                self.out.extend(faults);
            } else {
                self.left_out(deny, &left_out);
            }
        }
    }

    /// The faults of a condition that does not type because the actions are decided on another type than those named.
    fn deny(
        &mut self,
        deny: &Deny,
        pairs: &[(TypeId, TypeId, Vec<ActionId>)],
        principal: TypeId,
        resource: TypeId,
        actions: &[ActionId],
    ) -> Option<Diagnostics> {
        let span = deny.statement.span;
        let variants: Vec<String> =
            self.pair_variants(pairs, principal, resource).into_iter().map(str::to_owned).collect();
        let whom = self.whom(deny, principal);
        let kind = Kind::requests(principal, resource, actions);
        for role in &whom {
            let mut when = Vec::new();
            if let Some(role) = role
                && self.scope_role(*role).is_none()
            {
                let subject = Self::principal(principal, span);
                let base = Base::From(Self::resource(resource, span), resource);
                let Some(test) = self.may_hold(subject, *role, &base, span) else {
                    continue;
                };
                when.push(test);
            }
            if let Some(condition) = deny.when() {
                match self.try_typed(condition, &kind) {
                    Ok(typed) => when.push(Part::written(typed)),
                    Err(faults) if deny.any_action && !deny.on.is_empty() && !deny.on.contains(&resource) => {
                        return Some(faults);
                    }
                    Err(faults) => {
                        self.out.extend(faults);
                        continue;
                    }
                }
            }
            let mut names: Vec<&str> = variants.iter().map(String::as_str).collect();
            let role_name = role.map(|role| self.program.role_name(role));
            if let (Some(name), true) = (&role_name, whom.len() > 1) {
                names.push(name);
            }
            let draft = self.forbid(&deny.statement, OriginKind::Deny, &names, (principal, resource), actions);
            let scope = role.and_then(|role| self.scope_role(role));
            self.drafts.push(Draft {
                when,
                subject: role.map_or(Subject::Everyone, Subject::Role),
                role_test: scope.as_ref().and_then(|role| self.role_test(Self::principal(principal, span), role, span)),
                role: scope,
                ..draft
            });
        }
        None
    }

    /// The roles that a denial names among those that a principal type may hold, and `None` where it is for all of the type.
    fn whom(&self, deny: &Deny, principal: TypeId) -> Vec<Option<RoleId>> {
        let mut whom: Vec<Option<RoleId>> = Vec::new();
        if deny.who.is_empty() {
            whom.push(None);
        }
        for who in &deny.who {
            match who {
                Holder::Type(ty) if *ty == principal => whom.push(None),
                Holder::Type(_) => {}
                // Who extends a role is one of its holders: what is taken from them is taken from all. So is who is in it
                // without being of a type that it is for, by a group that mixes types.
                Holder::Role(role) => {
                    let holding = self.program.extenders(*role).into_iter();
                    let of_this_type = holding.filter(|role| self.can_be_in(principal, *role));
                    whom.extend(of_this_type.map(Some));
                }
            }
        }
        whom.sort();
        whom.dedup();
        whom
    }

    /// Whether a principal can be in a role, in the form that policies look for it.
    pub(super) fn can_be_in(&self, principal: TypeId, role: RoleId) -> bool {
        let is_for = self.program.role(role).is_some_and(|role| role.holders.contains(&principal));
        is_for || self.form.has_parents() && self.program.can_be_in(principal, role)
    }

    /// The steps of break-glass that a denial reaches. Where it is a denial of `any`, steps at which it cannot be tested are
    /// left out, and told.
    fn deny_steps(&mut self, deny: &Deny, left_out: &mut BTreeSet<String>, faults: &mut Diagnostics) {
        let program = self.program;
        for (id, profile) in program.profile_ids().zip(&program.profiles) {
            let steps: Vec<Step> = deny.steps.iter().filter(|at| at.profile == id).map(|at| at.step).collect();
            let whom = self.whom(deny, profile.principal);
            for role in &whom {
                let mut told = Vec::new();
                let mut by_test: BTreeMap<Vec<String>, (Vec<Part>, Vec<Step>)> = BTreeMap::new();
                for step in &steps {
                    match self.step_denied(deny, profile, *step, *role) {
                        Ok(when) => {
                            let words = when.iter().map(|part| text::expression(&part.expr)).collect();
                            by_test.entry(words).or_insert((when, Vec::new())).1.push(*step);
                        }
                        Err(found) => told.push((*step, found)),
                    }
                }
                for (step, found) in told {
                    match deny.any_action {
                        true => {
                            let at = graph::ProfileStep { profile: id, step };
                            left_out.insert(program.step_name(at));
                            faults.extend(found);
                        }
                        false => self.out.extend(found),
                    }
                }
                let several = by_test.len() > 1;
                for (when, steps) in by_test.into_values() {
                    let mut names = vec!["break-glass", profile.name.as_str()];
                    let role_name = role.map(|role| program.role_name(role)).filter(|_| whom.len() > 1);
                    names.extend(role_name.as_deref());
                    let short = steps.iter().map(|step| step.word()).collect::<Vec<_>>().join("-");
                    names.extend(Some(short.as_str()).filter(|_| several));
                    let draft = self.profile_draft(profile, policy_id(&deny.statement.name, &names), Effect::Forbid);
                    let scope = role.and_then(|role| self.scope_role(role));
                    let span = deny.statement.span;
                    self.drafts.push(Draft {
                        when,
                        subject: role.map_or(Subject::Everyone, Subject::Role),
                        role_test: scope
                            .as_ref()
                            .and_then(|role| self.role_test(Self::principal(profile.principal, span), role, span)),
                        role: scope,
                        actions: steps.iter().map(|step| step_action(program, *step, profile)).collect(),
                        resource_is: Some(profile_entity(program, profile)),
                        of: deny.statement.id.clone(),
                        statement: deny.statement.name.clone(),
                        kind: OriginKind::Deny,
                        span,
                        because: deny.statement.because.as_ref().map(|because| because.value.clone()),
                        annotations: deny.statement.annotations.clone(),
                        ..draft
                    });
                }
            }
        }
    }

    /// What is tested of a request for a step. There is no resource yet, so a role that is held per entity is looked for where
    /// the profile's own roles are: on what the requester belongs to.
    fn step_denied(
        &mut self,
        deny: &Deny,
        profile: &Profile,
        step: Step,
        role: Option<RoleId>,
    ) -> Result<Vec<Part>, Diagnostics> {
        let span = deny.statement.span;
        let mut when = Vec::new();
        if let Some(role) = role.filter(|role| self.scope_role(*role).is_none()) {
            let base = self.step_base(profile, step);
            let subject = Self::principal(profile.principal, span);
            let (test, faults) = self.trial(|cx| cx.may_hold(subject, role, &base, span));
            when.push(test.ok_or(faults)?);
        }
        if let Some(condition) = deny.when() {
            when.push(Part::written(self.try_typed(condition, &self.step_kind(profile, step))?));
        }
        Ok(when)
    }

    /// `deny … to any on T when …`: the condition speaks of a `T`, and some actions are decided before there is one.
    fn left_out(&mut self, deny: &Deny, names: &BTreeSet<String>) {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("this denial does not apply to {}, decided on another type", names.join(", "));
        self.out.push(
            Diagnostic::new(codes::DENY_LEAVES_OUT, Severity::Advice, Some(deny.statement.span), message)
                .label("its condition cannot be tested there")
                .help("to deny those actions too, write a separate denial"),
        );
    }
}
