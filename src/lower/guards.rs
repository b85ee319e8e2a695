//! Guards: conjoined to every permit they concern, and emitted as forbids for raw policies.

use std::collections::BTreeMap;

use crate::bundle::OriginKind;
use crate::graph::{ActionId, Require, Separation, Statement, Ty, TypeId};
use crate::syntax::ast::Operator;
use crate::typing::{Kind, TypedExpr};

use super::draft::{Draft, Effect, Part, Subject, policy_id};
use super::lowering::Lowering;

impl Lowering<'_> {
    /// What the guards demand of requests of a pair of types for actions under the same guards.
    /// `lifted` are indices of guards that do not count here. `None`: a guard does not type; reported.
    pub(super) fn guard_parts(
        &mut self,
        principal: TypeId,
        resource: TypeId,
        actions: &[ActionId],
        lifted: &[usize],
        kind: &Kind,
    ) -> Option<Vec<Part>> {
        let mut parts = self.same_tenant(principal, resource).to_vec();
        let Some(first) = actions.first() else {
            return Some(parts);
        };
        for (at, require) in self.program.requires_of(*first) {
            if lifted.contains(&at) {
                continue;
            }
            let typed = self.typed(require.when(), kind)?;
            parts.push(Part::written(typed).of_guard(&require.statement.name));
        }
        for separation in self.program.separations_of(*first) {
            if let Some(test) = self.separated(separation, principal, resource, Operator::NotEqual) {
                let words = format!("separate by {}", separation.by.as_ref().map_or("", |(by, _)| by.as_str()));
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
                self.require_of_steps(at, require);
            }
        }
        for separation in self.program.separations.iter().filter(|separation| separation.by.is_some()) {
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
            let Some(typed) = self.typed(require.when(), &Kind::requests(*principal, *resource, actions)) else {
                continue;
            };
            let lifted_by = self.lifting(at, *principal, *resource, actions);
            let variants = self.pair_variants(&pairs, *principal, *resource);
            let draft =
                self.forbid(&require.statement, OriginKind::Require, &variants, (*principal, *resource), actions);
            self.drafts.push(Draft { unless: vec![Part::written(typed)], lifted_by, ..draft });
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
    pub(super) fn pair_variants(
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
    pub(super) fn forbid(
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
            principal: Some(self.cedar_type(principal)),
            subject: Subject::Everyone,
            role: None,
            role_test: None,
            actions: self.action_entities(actions),
            resource: Some(self.cedar_type(resource)),
            resource_is: None,
            when: Vec::new(),
            unless: Vec::new(),
            lifted_by: Vec::new(),
            of: statement.id.clone(),
            statement: statement.name.clone(),
            kind,
            span: statement.span,
            inherited_by: None,
            because: statement.because.as_ref().map(|because| because.value.clone()),
            annotations: statement.annotations.clone(),
        }
    }
}
