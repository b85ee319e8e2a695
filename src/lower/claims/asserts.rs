//! The claims of `assert`. Whoever holds a role is meant with the role's own `until` and `when`, except after `never`: what is
//! never to be is claimed of everybody in the role, whether it is in force for them or not.

use std::collections::BTreeSet;

use crate::clauses::Step;
use crate::graph::{Assertion, Claimed, Holder, Profile, RoleId, TypeId};
use crate::lower::draft::Effect;
use crate::typing::TypedExpr;

use super::builder::{Members, Place, principal};
use super::{Claim, Claims, Counted, Promise, PropertyKind, Target};

/// The ways to be one of those that an assertion names.
#[derive(Default)]
struct Who {
    ways: Vec<Way>,
    /// Whether there are others among them, for whom no test can be written.
    is_partial: bool,
}

/// A way to be one of those that an assertion names: by a role, or by the type alone.
struct Way {
    role: Option<RoleId>,
    test: TypedExpr,
}

/// What picks requests of a kind, or takes some of them out again.
pub(super) struct Pick {
    pub(super) effect: Effect,
    /// The role that is tested, if any.
    pub(super) role: Option<RoleId>,
    pub(super) when: Vec<TypedExpr>,
}

impl Claims<'_> {
    pub(super) fn claimed_by_asserts(&self, claims: &mut Vec<Claim>) {
        for assertion in &self.program.assertions {
            claims.push(self.assertion(assertion));
        }
    }

    fn assertion(&self, assertion: &Assertion) -> Claim {
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
            if self.budget.is_spent() {
                break;
            }
            match self.picks(assertion, target) {
                Some(picks) => picks.into_iter().for_each(|pick| claim.add(self, pick.effect, target, pick.when)),
                None if self.is_meant(assertion, target.principal) => {
                    claim.skipped.insert(self.told(target));
                    claim.untyped.extend(self.is_untyped(assertion, target).then_some(target));
                }
                None => {}
            }
        }
        for at in self.steps_of(&assertion.steps) {
            match self.step_picks(assertion, at, at.0.principal) {
                Some(picks) => picks.into_iter().for_each(|pick| claim.add_step(self, pick.effect, at, pick.when)),
                None if self.is_meant(assertion, at.0.principal) => {
                    claim.skipped.insert(self.told_step(at, at.0.principal));
                }
                None => {}
            }
        }
        for target in self.apart(assertion) {
            if self.budget.is_spent() {
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
                    claim.untyped.extend(self.is_untyped(assertion, target).then_some(target));
                }
            }
        }
        for (at, principal) in self.steps_apart(assertion) {
            if self.budget.is_spent() {
                break;
            }
            match self.step_picks(assertion, at, principal) {
                Some(picks) if picks.is_empty() => {}
                Some(picks) => {
                    picks.into_iter().for_each(|pick| claim.add_step_of(self, pick.effect, at, principal, pick.when));
                    claim.apart.push(self.step_told_apart(assertion, at, principal));
                }
                None if !self.is_named(assertion, principal) => {}
                None => {
                    claim.skipped.insert(self.told_step(at, principal));
                }
            }
        }
        claim
    }

    /// What picks the requests of a kind that an assertion speaks of; `None` where its condition does not type, or where it names
    /// somebody for whom no test can be written: a resource leads to those who hold a role by several ways, say. After `only`
    /// such people are not allowed.
    pub(super) fn picks(&self, assertion: &Assertion, target: Target) -> Option<Vec<Pick>> {
        let (who, when) = self.meant(assertion, target.principal, Place::Resource(target))?;
        (!who.is_partial || assertion.claim == Claimed::Only).then(|| picked(assertion, who.ways, when))
    }

    /// The same for a step of a profile and principals of a type; `None` as well where a role after `only` cannot be tested. Unlike a resource, which
    /// leads to those who hold a role on it, a step tells nothing of such holders.
    pub(super) fn step_picks(
        &self,
        assertion: &Assertion,
        (profile, step): (&Profile, Step),
        principal: TypeId,
    ) -> Option<Vec<Pick>> {
        let place = match principal == profile.principal {
            true => Place::Step(profile, step),
            false => Place::StepOf(profile, step, principal),
        };
        let (who, when) = self.meant(assertion, principal, place)?;
        (!who.is_partial).then(|| picked(assertion, who.ways, when))
    }

    /// Whom an assertion names among those of a type, and its condition as conjuncts; `None` where that does not type.
    fn meant(&self, assertion: &Assertion, principal: TypeId, place: Place<'_>) -> Option<(Who, Vec<TypedExpr>)> {
        let when = match assertion.when() {
            Some(condition) => vec![self.typed(condition, &self.kind(place))?],
            None => Vec::new(),
        };
        let mut who = Who::default();
        for holder in &assertion.who {
            match holder {
                Holder::Type(ty) if *ty == principal => {
                    who.ways.push(Way { role: None, test: TypedExpr::bool(true, assertion.span) });
                }
                Holder::Type(_) => {}
                Holder::Role(role) => {
                    let members = self.named(assertion, *role, principal, place);
                    who.is_partial |= members.is_partial;
                    who.ways.extend(members.ways.into_iter().map(|way| Way { role: Some(way.role), test: way.test }));
                }
            }
        }
        Some((who, when))
    }

    /// Those of a type whom a role after an assertion means.
    fn named(&self, assertion: &Assertion, role: RoleId, ty: TypeId, place: Place<'_>) -> Members {
        let subject = principal(assertion.span);
        let roles = self.program.extenders(role);
        if assertion.claim == Claimed::Never {
            // Whoever is in the role, though it be by a group that mixes types.
            let roles = roles.into_iter().filter(|id| self.can_be_in(ty, *id));
            return roles.map(|id| self.members(&subject, id, place)).collect();
        }
        let is_for = |id: &RoleId| self.program.role(*id).is_some_and(|role| role.holders.contains(&ty));
        match roles.iter().any(is_for) {
            true => self.holders(&subject, role, place),
            false => Members::default(),
        }
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
