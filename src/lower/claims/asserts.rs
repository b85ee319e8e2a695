//! The claims of `assert`. Whoever holds a role is meant with the role's own `until` and `when`, except after `never`: what is
//! never to be is claimed of everybody in the role, whether it is in force for them or not.

use std::collections::BTreeSet;

use crate::graph;
use crate::graph::Assertion;
use crate::graph::Claimed;
use crate::graph::Env;
use crate::graph::Holder;
use crate::graph::RoleId;
use crate::graph::TypedExpr;
use crate::lower::draft::Effect;
use crate::lower::holders::Base;
use crate::lower::program::Lowering;

use super::Claim;
use super::Counted;
use super::Promise;
use super::PropertyKind;
use super::Target;

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
            let env = self.env(target.principal, target.resource, &[target.action]);
            let Some(when) = self.condition(assertion, &env) else {
                if self.is_meant(assertion, target.principal) {
                    claim.skipped.insert(self.told(target));
                }
                continue;
            };
            let who = self.who(assertion, target, &env);
            match assertion.claim {
                Claimed::Only => {
                    claim.add(self, Effect::Permit, target, when);
                    for way in who {
                        claim.add(self, Effect::Forbid, target, vec![way]);
                    }
                }
                _ if assertion.who.is_empty() => claim.add(self, Effect::Permit, target, when),
                _ => {
                    for way in who {
                        let when = std::iter::once(way).chain(when.iter().cloned()).collect();
                        claim.add(self, Effect::Permit, target, when);
                    }
                }
            }
        }
        for target in self.apart(assertion) {
            let env = self.env(target.principal, target.resource, &[target.action]);
            let Some(when) = self.condition(assertion, &env) else {
                // Of anyone it speaks where it can.
                if !assertion.who.is_empty() {
                    claim.skipped.insert(self.told(target));
                }
                continue;
            };
            let ways = match assertion.who.is_empty() {
                true => vec![Vec::new()],
                false => self
                    .who(assertion, target, &env)
                    .into_iter()
                    .map(|way| vec![way])
                    .collect(),
            };
            if ways.is_empty() {
                continue;
            }
            for way in ways {
                claim.add(
                    self,
                    Effect::Permit,
                    target,
                    way.into_iter().chain(when.iter().cloned()).collect(),
                );
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
    fn who(&mut self, assertion: &Assertion, target: Target, env: &Env<'_>) -> Vec<TypedExpr> {
        let mut ways = Vec::new();
        for holder in &assertion.who {
            match holder {
                Holder::Type(ty) if *ty == target.principal => ways.push(TypedExpr::bool(true, assertion.span)),
                Holder::Type(_) => {}
                Holder::Role(role) => ways.extend(self.ways(assertion, *role, target, env)),
            }
        }
        ways
    }

    fn ways(&mut self, assertion: &Assertion, role: RoleId, target: Target, env: &Env<'_>) -> Vec<TypedExpr> {
        let program = self.program;
        let holding: Vec<RoleId> = program
            .extenders(role)
            .into_iter()
            .filter(|id| {
                program
                    .role(*id)
                    .is_some_and(|role| role.holders.contains(&target.principal))
            })
            .collect();
        if holding.is_empty() {
            return Vec::new();
        }
        let span = assertion.span;
        let subject = Self::principal(target.principal, span);
        let base = Base::From(Self::resource(target.resource, span), target.resource);
        if assertion.claim != Claimed::Never {
            // A role that the resource does not lead to is held by nobody there.
            return self.in_role(&subject, role, &base, span, env).unwrap_or_default();
        }
        let mut ways = Vec::new();
        for id in holding {
            match self.scope_role(id) {
                Some(entity) => ways.push(self.in_plain(subject.clone(), &entity, span)),
                None => ways.extend(self.holds(subject.clone(), id, &base, None, span).map(|part| part.expr)),
            }
        }
        ways
    }
}
