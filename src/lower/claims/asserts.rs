//! The claims of `assert`. Whoever holds a role is meant with the role's own `until` and `when`, except after `never`: what is
//! never to be is claimed of everybody in the role, whether it is in force for them or not.

use std::collections::BTreeSet;

use crate::clauses::Step;
use crate::graph;
use crate::graph::{Assertion, Claimed, Holder, Profile, RoleId, TypeId};
use crate::lower::draft::Effect;
use crate::lower::holders::Base;
use crate::lower::lowering::Lowering;
use crate::typing::{Kind, TypedExpr};

use super::{Claim, Counted, Promise, PropertyKind, Target};

/// The ways to be one of those that an assertion names.
#[derive(Default)]
struct Who {
    ways: Vec<Way>,
    /// Whether a role among them cannot be tested.
    untold: bool,
}

/// A way to be one of those that an assertion names: by a role, or by the type alone.
pub(super) struct Way {
    pub(super) role: Option<RoleId>,
    pub(super) test: TypedExpr,
}

/// What picks requests of a kind, or takes some of them out again.
pub(super) struct Pick {
    pub(super) effect: Effect,
    /// The role that is tested, if any.
    pub(super) role: Option<RoleId>,
    pub(super) when: Vec<TypedExpr>,
}

impl Lowering<'_> {
    pub(super) fn claimed_by_asserts(&mut self, claims: &mut Vec<Claim>) {
        for assertion in &self.program.assertions {
            claims.push(self.assertion(assertion));
        }
    }

    fn assertion(&mut self, assertion: &Assertion) -> Claim {
        let mut claim = Claim::new(&assertion.id, &assertion.name, PropertyKind::Assertion, assertion.span, "");
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
            match self.picks(assertion, target) {
                Some(picks) => picks.into_iter().for_each(|pick| claim.add(self, pick.effect, target, pick.when)),
                None if self.is_meant(assertion, target.principal) => {
                    claim.skipped.insert(self.told(target));
                }
                None => {}
            }
        }
        for at in self.steps_of(&assertion.steps) {
            match self.step_picks(assertion, at) {
                Some(picks) => picks.into_iter().for_each(|pick| claim.add_step(self, pick.effect, at, pick.when)),
                None => {
                    claim.skipped.insert(self.told_step(at));
                }
            }
        }
        for target in self.apart(assertion) {
            if self.budget().is_spent() {
                break;
            }
            match self.picks(assertion, target) {
                Some(picks) if picks.is_empty() => {}
                Some(picks) => {
                    picks.into_iter().for_each(|pick| claim.add(self, pick.effect, target, pick.when));
                    claim.apart.extend(self.told_apart(assertion, target));
                }
                // Of everybody it speaks where it can.
                None if !self.is_named(assertion, target.principal) => {}
                None => {
                    claim.skipped.insert(self.told(target));
                }
            }
        }
        claim
    }

    /// What picks the requests of a kind that an assertion speaks of; `None` where its condition does not type, or where the
    /// resource leads by several ways to those who hold a role that it names, so that nobody can tell who is meant. After `only`
    /// such holders are not allowed.
    pub(super) fn picks(&mut self, assertion: &Assertion, target: Target) -> Option<Vec<Pick>> {
        let kind = target.kind();
        let when = self.condition(assertion, &kind)?;
        if assertion.claim != Claimed::Only && self.leads_by_several_ways(assertion, target) {
            return None;
        }
        let base = Base::From(Self::resource(target.resource, assertion.span), target.resource);
        let who = self.who(assertion, target.principal, &base, &kind);
        Some(picked(assertion, who.ways, when))
    }

    fn leads_by_several_ways(&self, assertion: &Assertion, target: Target) -> bool {
        let program = self.program;
        let named = assertion.who.iter().filter_map(|holder| match holder {
            Holder::Role(role) => Some(*role),
            Holder::Type(_) => None,
        });
        let mut holding = named.flat_map(|role| program.extenders(role));
        holding.any(|role| {
            let on = program.role(role).and_then(|role| role.on);
            on.is_some_and(|on| graph::paths(program, target.resource, on).len() > 1)
        })
    }

    /// The same for a step of a profile; `None` as well where a role that it names cannot be tested. Unlike a resource, which
    /// leads to those who hold a role on it, a step tells nothing of such holders.
    pub(super) fn step_picks(&mut self, assertion: &Assertion, (profile, step): (&Profile, Step)) -> Option<Vec<Pick>> {
        let kind = self.step_kind(profile, step);
        let when = self.condition(assertion, &kind)?;
        let base = self.step_base(profile, step);
        let who = self.who(assertion, profile.principal, &base, &kind);
        (!who.untold).then(|| picked(assertion, who.ways, when))
    }

    /// The condition of an assertion, as conjuncts; `None` where it does not type.
    fn condition(&mut self, assertion: &Assertion, kind: &Kind) -> Option<Vec<TypedExpr>> {
        match assertion.when() {
            Some(condition) => Some(vec![self.typed(condition, kind)?]),
            None => Some(Vec::new()),
        }
    }

    /// The ways to be one of those that an assertion names.
    fn who(&mut self, assertion: &Assertion, principal: TypeId, base: &Base, kind: &Kind) -> Who {
        let mut who = Who::default();
        for holder in &assertion.who {
            match holder {
                Holder::Type(ty) if *ty == principal => {
                    who.ways.push(Way { role: None, test: TypedExpr::bool(true, assertion.span) });
                }
                Holder::Type(_) => {}
                Holder::Role(role) => {
                    let (ways, faults) = self.trial(|cx| cx.ways(assertion, *role, principal, base, kind));
                    who.untold |= faults.has_errors();
                    who.ways.extend(ways);
                }
            }
        }
        who
    }

    fn ways(&mut self, assertion: &Assertion, role: RoleId, principal: TypeId, base: &Base, kind: &Kind) -> Vec<Way> {
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
            let ways = self.in_role_by(&subject, role, base, span, kind).unwrap_or_default().into_iter();
            return ways.map(|(role, test)| Way { role: Some(role), test }).collect();
        }
        let mut ways = Vec::new();
        for id in holding {
            let test = match self.scope_role(id) {
                Some(entity) => Some(self.in_plain(subject.clone(), &entity, span)),
                None => self.holds(subject.clone(), id, base, None, span).map(|part| part.expr),
            };
            ways.extend(test.map(|test| Way { role: Some(id), test }));
        }
        ways
    }
}

/// The requests of a kind that an assertion speaks of: what picks them, and what takes some of them out again.
fn picked(assertion: &Assertion, who: Vec<Way>, when: Vec<TypedExpr>) -> Vec<Pick> {
    let all = |when| Pick { effect: Effect::Permit, role: None, when };
    if assertion.claim == Claimed::Only {
        let others = who.into_iter().map(|way| Pick { effect: Effect::Forbid, role: way.role, when: vec![way.test] });
        return std::iter::once(all(when)).chain(others).collect();
    }
    if assertion.who.is_empty() {
        return vec![all(when)];
    }
    let each = who.into_iter().map(|way| {
        let when = std::iter::once(way.test).chain(when.iter().cloned()).collect();
        Pick { effect: Effect::Permit, role: way.role, when }
    });
    each.collect()
}
