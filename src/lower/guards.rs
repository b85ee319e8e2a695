//! Guards: conjoined to every permit they concern, and emitted as forbids for raw policies. And `deny`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::bundle::OriginKind;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::Severity;
use crate::graph;
use crate::graph::ActionId;
use crate::graph::Deny;
use crate::graph::Env;
use crate::graph::Holder;
use crate::graph::Operator;
use crate::graph::Require;
use crate::graph::RoleId;
use crate::graph::Separation;
use crate::graph::Statement;
use crate::graph::Ty;
use crate::graph::TypeId;
use crate::graph::TypedExpr;

use super::codes;
use super::draft::Draft;
use super::draft::Effect;
use super::draft::Part;
use super::draft::Subject;
use super::draft::policy_id;
use super::holders::Base;
use super::program::Lowering;

impl Lowering<'_> {
    /// What the guards demand of requests of a pair of types for actions under the same guards.
    /// `lifted` are indices of guards that do not count here. `None`: a guard does not type; reported.
    pub(super) fn guard_parts(
        &mut self,
        principal: TypeId,
        resource: TypeId,
        actions: &[ActionId],
        lifted: &[usize],
        env: &Env<'_>,
    ) -> Option<Vec<Part>> {
        let mut parts = self.same_tenant(principal, resource).to_vec();
        let Some(first) = actions.first() else {
            return Some(parts);
        };
        for (at, require) in self.program.requires_of(*first) {
            if lifted.contains(&at) {
                continue;
            }
            let typed = graph::elaborate(env, &require.condition, self.out)?;
            parts.push(Part::written(typed).of_guard(&require.statement.name));
        }
        for separation in self.program.separations_of(*first) {
            if let Some(test) = self.separated(separation, principal, resource, Operator::NotEqual) {
                let words = format!(
                    "separate by {}",
                    separation.by.as_ref().map_or("", |(by, _)| by.as_str())
                );
                parts.push(Part::generated(test, words).of_guard(&separation.statement.name));
            }
        }
        Some(parts)
    }

    fn separated(
        &self,
        separation: &Separation,
        principal: TypeId,
        resource: TypeId,
        operator: Operator,
    ) -> Option<TypedExpr> {
        let (by, _) = separation.by.as_ref()?;
        let span = separation.statement.span;
        let attribute = self.program.ty(resource)?.attributes.get(by)?;
        if !attribute.required || attribute.ty != Ty::Entity(principal) {
            // Not comparable; reported where the statement is resolved.
            return None;
        }
        let recorded = Self::resource(resource, span).attribute(by.clone(), attribute.ty.clone());
        Some(recorded.binary(operator, Self::principal(principal, span)))
    }

    /// Forbids of `isolate`, `require` and `separate`.
    pub(super) fn guards(&mut self) {
        self.isolations();
        for at in 0..self.program.requires.len() {
            if let Some(require) = self.program.requires.get(at) {
                self.require(at, require);
            }
        }
        for separation in self
            .program
            .separations
            .iter()
            .filter(|separation| separation.by.is_some())
        {
            let pairs = self.pairs(&[separation.second], &[]);
            for (principal, resource, actions) in &pairs {
                let Some(test) = self.separated(separation, *principal, *resource, Operator::Equal) else {
                    continue;
                };
                let when = vec![Part::generated(test, "the same principal did the first duty")];
                let variants = self.pair_variants(&pairs, *principal, *resource);
                let draft = self.forbid(
                    &separation.statement,
                    OriginKind::Separate,
                    &variants,
                    (*principal, *resource),
                    actions,
                );
                self.drafts.push(Draft { when, ..draft });
            }
        }
    }

    fn isolations(&mut self) {
        let everything: Vec<ActionId> = self.program.action_ids().collect();
        let pairs = self.pairs(&everything, &[]);
        for (principal, resource, _) in &pairs {
            let tests = self.same_tenant(*principal, *resource).to_vec();
            for isolation in self.program.isolations_of(*principal, *resource) {
                let own = |part: &&Part| part.guard.as_deref() == Some(isolation.statement.name.as_str());
                let unless: Vec<Part> = tests.iter().filter(own).cloned().collect();
                if unless.is_empty() {
                    // Unreachable tenants were reported where the statement is resolved.
                    continue;
                }
                let names = [self.program.type_name(*principal), self.program.type_name(*resource)];
                let variant = names.join("-");
                let draft = self.forbid(
                    &isolation.statement,
                    OriginKind::Isolate,
                    &[variant.as_str()],
                    (*principal, *resource),
                    &[],
                );
                self.drafts.push(Draft { unless, ..draft });
            }
        }
    }

    fn require(&mut self, at: usize, require: &Require) {
        let pairs = self.pairs(&require.actions, &require.on);
        for (principal, resource, actions) in &pairs {
            let env = self.env(*principal, *resource, actions);
            let Some(typed) = graph::elaborate(&env, &require.condition, self.out) else {
                continue;
            };
            let lifted_by = self.lifting(at, *principal, *resource, actions);
            let variants = self.pair_variants(&pairs, *principal, *resource);
            let draft = self.forbid(
                &require.statement,
                OriginKind::Require,
                &variants,
                (*principal, *resource),
                actions,
            );
            self.drafts.push(Draft {
                unless: vec![Part::written(typed)],
                lifted_by,
                ..draft
            });
        }
    }

    /// Pairs of types that some of the actions join, each with those actions, sorted by name.
    pub(super) fn pairs(&self, actions: &[ActionId], named_on: &[TypeId]) -> Vec<(TypeId, TypeId, Vec<ActionId>)> {
        let mut found: BTreeMap<(TypeId, TypeId), Vec<ActionId>> = BTreeMap::new();
        for id in actions {
            for principal in self.program.principals_of(*id) {
                for resource in self.program.decided_on(*id, named_on) {
                    found.entry((principal, resource)).or_default().push(*id);
                }
            }
        }
        found
            .into_iter()
            .map(|((principal, resource), mut ids)| {
                ids.sort_by_key(|id| self.program.action_name(*id));
                (principal, resource, ids)
            })
            .collect()
    }

    /// What tells the policy of one pair from those of the others.
    fn pair_variants(
        &self,
        pairs: &[(TypeId, TypeId, Vec<ActionId>)],
        principal: TypeId,
        resource: TypeId,
    ) -> Vec<&str> {
        let mut variants = Vec::new();
        if pairs.iter().any(|(other, _, _)| *other != principal) {
            variants.push(self.program.type_name(principal));
        }
        if pairs.iter().any(|(_, other, _)| *other != resource) {
            variants.push(self.program.type_name(resource));
        }
        variants
    }

    /// A forbid without conditions yet.
    fn forbid(
        &self,
        statement: &Statement,
        kind: OriginKind,
        variants: &[&str],
        (principal, resource): (TypeId, TypeId),
        actions: &[ActionId],
    ) -> Draft {
        Draft {
            id: policy_id(&statement.name, variants),
            effect: Effect::Forbid,
            principal: self.cedar_type(principal),
            subject: Subject::Everyone,
            role: None,
            role_test: None,
            actions: self.action_entities(actions),
            resource: self.cedar_type(resource),
            resource_is: None,
            when: Vec::new(),
            unless: Vec::new(),
            lifted_by: Vec::new(),
            statement: statement.name.clone(),
            kind,
            span: statement.span,
            inherited_by: None,
            because: statement.because.as_ref().map(|because| because.value.clone()),
            annotations: statement.annotations.clone(),
        }
    }

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
                    left_out.extend(actions.iter().copied());
                    faults.extend(untyped);
                }
            }
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
        let variants: Vec<String> = self
            .pair_variants(pairs, principal, resource)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut whom: Vec<Option<RoleId>> = Vec::new();
        if deny.who.is_empty() {
            whom.push(None);
        }
        for who in &deny.who {
            match who {
                Holder::Type(ty) if *ty == principal => whom.push(None),
                Holder::Type(_) => {}
                // Who extends a role is one of its holders: what is taken from them is taken from all.
                Holder::Role(role) => {
                    let holding = self.program.extenders(*role).into_iter();
                    let of_this_type =
                        holding.filter(|role| self.program.role(*role).is_some_and(|r| r.holders.contains(&principal)));
                    whom.extend(of_this_type.map(Some));
                }
            }
        }
        whom.sort();
        whom.dedup();
        let env = self.env(principal, resource, actions);
        for role in &whom {
            let mut when = Vec::new();
            if let Some(role) = role
                && self.scope_role(*role).is_none()
            {
                let subject = Self::principal(principal, span);
                let base = Base::From(Self::resource(resource, span), resource);
                let Some(test) = self.holds(subject, *role, &base, None, span) else {
                    continue;
                };
                when.push(test);
            }
            if let Some(condition) = &deny.when {
                let mut faults = Diagnostics::new();
                match graph::elaborate(&env, condition, &mut faults) {
                    Some(typed) => when.push(Part::written(typed)),
                    None if deny.any_action && !deny.on.is_empty() && !deny.on.contains(&resource) => {
                        return Some(faults);
                    }
                    None => {
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
            let draft = self.forbid(
                &deny.statement,
                OriginKind::Deny,
                &names,
                (principal, resource),
                actions,
            );
            let scope = role.and_then(|role| self.scope_role(role));
            self.drafts.push(Draft {
                when,
                subject: role.map_or(Subject::Everyone, Subject::Role),
                role_test: scope
                    .as_ref()
                    .and_then(|role| self.role_test(Self::principal(principal, span), role, span)),
                role: scope,
                ..draft
            });
        }
        None
    }

    /// `deny … to any on T when …`: the condition speaks of a `T`, and some actions are decided before there is one.
    fn left_out(&mut self, deny: &Deny, actions: &BTreeSet<ActionId>) {
        let names: Vec<String> = actions
            .iter()
            .map(|id| format!("`{}`", self.program.action_name(*id)))
            .collect();
        let message = format!("this does not reach {}, decided on another type", names.join(", "));
        self.out.push(
            Diagnostic::new(
                codes::DENY_LEAVES_OUT,
                Severity::Advice,
                Some(deny.statement.span),
                message,
            )
            .label("its condition does not type there")
            .help("deny those actions in a statement of their own, if they are to be denied"),
        );
    }
}
