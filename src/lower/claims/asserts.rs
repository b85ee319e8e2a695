//! The claims of `assert`. Whoever holds a role is meant with the role's own `until` and `when`, except after `never`: what is
//! never to be is claimed of everybody in the role, whether it is in force for them or not.

use std::collections::BTreeSet;

use crate::graph;
use crate::graph::{Assertion, Claimed, Env, Holder, RoleId, TypeId, TypedExpr};
use crate::lower::draft::Effect;
use crate::lower::holders::Base;
use crate::lower::program::Lowering;

use super::{Claim, Counted, Promise, PropertyKind};

/// The ways to be one of those that an assertion names.
#[derive(Default)]
struct Who {
    ways: Vec<TypedExpr>,
    /// Whether a role among them cannot be tested.
    untold: bool,
}

impl Lowering<'_> {
    pub(super) fn claimed_by_asserts(&mut self, claims: &mut Vec<Claim>) {
        for assertion in &self.program.assertions {
            claims.push(self.assertion(assertion));
        }
    }

    fn assertion(&mut self, assertion: &Assertion) -> Claim {
        let mut claim = Claim::new(&assertion.name, PropertyKind::Assertion, assertion.span, "");
        claim.promise = match assertion.claim {
            Claimed::Never | Claimed::Only => Promise::Never,
            Claimed::Always => Promise::Always,
            Claimed::Possible => Promise::Possible,
        };
        if let Some(profile) = assertion.unless.and_then(|id| self.program.profile(id)) {
            claim.counted = Counted::Without(BTreeSet::from([profile.name.clone()]));
        }
        claim.is_conditional = assertion.when.is_some();
        for target in self.targets(&assertion.actions, &assertion.on) {
            // What is missing then is told, and nothing is proved.
            if self.budget().is_spent() {
                break;
            }
            let env = self.env(target.principal, target.resource, &[target.action]);
            let Some(when) = self.condition(assertion, &env) else {
                if self.is_meant(assertion, target.principal) {
                    claim.skipped.insert(self.told(target));
                }
                continue;
            };
            let base = Base::From(Self::resource(target.resource, assertion.span), target.resource);
            let who = self.who(assertion, target.principal, &base, &env);
            for (effect, when) in picked(assertion, who.ways, when) {
                claim.add(self, effect, target, when);
            }
        }
        for (profile, step) in self.steps_of(&assertion.steps) {
            let env = self.step_env(profile, step);
            let when = self.condition(assertion, &env);
            let base = self.step_base(profile, step);
            let who = self.who(assertion, profile.principal, &base, &env);
            // Unlike a resource, which leads to those who hold a role on it, a step tells nothing of such holders.
            let Some(when) = when.filter(|_| !who.untold) else {
                claim.skipped.insert(self.told_step((profile, step)));
                continue;
            };
            for (effect, when) in picked(assertion, who.ways, when) {
                claim.add_step(self, effect, (profile, step), when);
            }
        }
        for target in self.apart(assertion) {
            if self.budget().is_spent() {
                break;
            }
            let env = self.env(target.principal, target.resource, &[target.action]);
            let Some(when) = self.condition(assertion, &env) else {
                // Of everybody it speaks where it can.
                if self.is_named(assertion, target.principal) {
                    claim.skipped.insert(self.told(target));
                }
                continue;
            };
            let base = Base::From(Self::resource(target.resource, assertion.span), target.resource);
            let who = self.who(assertion, target.principal, &base, &env);
            let picked = picked(assertion, who.ways, when);
            if picked.is_empty() {
                continue;
            }
            for (effect, when) in picked {
                claim.add(self, effect, target, when);
            }
            claim.apart.extend(self.told_apart(assertion, target));
        }
        claim
    }

    /// The condition of an assertion, as conjuncts; `None` where it does not type.
    fn condition(&mut self, assertion: &Assertion, env: &Env<'_>) -> Option<Vec<TypedExpr>> {
        match &assertion.when {
            Some(condition) => Some(vec![graph::elaborate(env, condition, self.out)?]),
            None => Some(Vec::new()),
        }
    }

    /// The ways to be one of those that an assertion names.
    fn who(&mut self, assertion: &Assertion, principal: TypeId, base: &Base, env: &Env<'_>) -> Who {
        let mut who = Who::default();
        for holder in &assertion.who {
            match holder {
                Holder::Type(ty) if *ty == principal => who.ways.push(TypedExpr::bool(true, assertion.span)),
                Holder::Type(_) => {}
                Holder::Role(role) => {
                    let (ways, faults) = self.trial(|cx| cx.ways(assertion, *role, principal, base, env));
                    who.untold |= faults.has_errors();
                    who.ways.extend(ways);
                }
            }
        }
        who
    }

    fn ways(
        &mut self,
        assertion: &Assertion,
        role: RoleId,
        principal: TypeId,
        base: &Base,
        env: &Env<'_>,
    ) -> Vec<TypedExpr> {
        let program = self.program;
        let holding: Vec<RoleId> = program
            .extenders(role)
            .into_iter()
            .filter(|id| match assertion.claim {
                // Whoever is in the role, though it be by a group that mixes types.
                Claimed::Never => self.can_be_in(principal, *id),
                _ => program.role(*id).is_some_and(|role| role.holders.contains(&principal)),
            })
            .collect();
        if holding.is_empty() {
            return Vec::new();
        }
        let span = assertion.span;
        let subject = Self::principal(principal, span);
        if assertion.claim != Claimed::Never {
            // A role that the resource does not lead to is held by nobody there.
            return self.in_role(&subject, role, base, span, env).unwrap_or_default();
        }
        let mut ways = Vec::new();
        for id in holding {
            match self.scope_role(id) {
                Some(entity) => ways.push(self.in_plain(subject.clone(), &entity, span)),
                None => ways.extend(self.holds(subject.clone(), id, base, None, span).map(|part| part.expr)),
            }
        }
        ways
    }
}

/// The requests of a kind that an assertion speaks of: what picks them, and what takes some of them out again.
fn picked(assertion: &Assertion, who: Vec<TypedExpr>, when: Vec<TypedExpr>) -> Vec<(Effect, Vec<TypedExpr>)> {
    if assertion.claim == Claimed::Only {
        let others = who.into_iter().map(|way| (Effect::Forbid, vec![way]));
        return std::iter::once((Effect::Permit, when)).chain(others).collect();
    }
    if assertion.who.is_empty() {
        return vec![(Effect::Permit, when)];
    }
    let each = who.into_iter().map(|way| {
        let when = std::iter::once(way).chain(when.iter().cloned());
        (Effect::Permit, when.collect())
    });
    each.collect()
}
