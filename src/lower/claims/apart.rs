//! Kinds of request that a claim speaks of and that nothing joins today: the type and the action exist, and no grant leads
//! from one to the other, so that the schema has no such request. What is never to be is claimed there too, against the grant
//! to come and against links of templates, which may be for any type.

use std::collections::BTreeSet;

use crate::bundle::PROFILE_TYPE;
use crate::clauses::Step;
use crate::graph::{ActionId, Assertion, Claimed, Holder, Profile, TypeId};
use crate::lower::draft::Entity;
use crate::lower::names::{qualified, step_action};

use super::builder::Place;
use super::{Claims, Target};

/// A kind of request that the schema does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Full Cedar type of the principal.
    pub principal: String,
    /// The action as a Cedar entity.
    pub action: Entity,
    /// Full Cedar type of the resource.
    pub resource: String,
    /// `Bot to Doc.write on Doc`; `None` where the claim does not name the type.
    pub told: Option<String>,
}

impl Claims<'_> {
    /// The kinds of request that an assertion speaks of and that the schema does not have. Claims of what is open to anyone
    /// speak of those that there are.
    pub(super) fn apart(&self, assertion: &Assertion) -> Vec<Target> {
        self.unjoined(&assertion.actions, &assertion.on, &self.types_meant(assertion))
    }

    /// The same of the steps of break-glass, which are for principals of one type each: the types that a profile is not for.
    pub(super) fn steps_apart(&self, assertion: &Assertion) -> Vec<((&Profile, Step), TypeId)> {
        let types = self.types_meant(assertion);
        let mut found = Vec::new();
        for (profile, step) in self.steps_of(&assertion.steps) {
            let apart = types.iter().filter(|ty| **ty != profile.principal);
            found.extend(apart.map(|ty| ((profile, step), *ty)));
        }
        found
    }

    /// The types of those that an assertion speaks of.
    fn types_meant(&self, assertion: &Assertion) -> BTreeSet<TypeId> {
        match assertion.claim {
            Claimed::Always | Claimed::Possible if assertion.who.is_empty() => BTreeSet::new(),
            _ if speaks_of_everybody(assertion) => self.program.asking(),
            Claimed::Never => assertion.who.iter().flat_map(|holder| self.types_in(*holder)).collect(),
            _ => assertion.who.iter().flat_map(|holder| self.types_of(*holder)).collect(),
        }
    }

    /// The kinds of request from some types that the schema does not have.
    fn unjoined(&self, actions: &[ActionId], on: &[TypeId], types: &BTreeSet<TypeId>) -> Vec<Target> {
        let mut found = Vec::new();
        for action in actions {
            let joined = self.program.principals_of(*action);
            for principal in types.iter().filter(|ty| !joined.contains(ty)) {
                for resource in self.program.decided_on(*action, on) {
                    found.push(Target { principal: *principal, action: *action, resource });
                }
            }
        }
        found
    }

    /// Every kind of request for some actions that the schema does not have.
    pub(super) fn all_apart(&self, actions: &[ActionId]) -> Vec<Target> {
        self.unjoined(actions, &[], &self.program.asking())
    }

    /// Whether the condition of an assertion types for some of these.
    pub(in crate::lower) fn types_apart(&self, assertion: &Assertion) -> bool {
        let Some(when) = assertion.when() else { return true };
        let types = |place| self.typed(when, &self.kind(place)).is_some();
        self.apart(assertion).into_iter().any(|target| types(Place::Resource(target)))
            || (self.steps_apart(assertion).into_iter())
                .any(|((profile, step), principal)| types(Place::StepOf(profile, step, principal)))
    }

    /// Whether an assertion speaks of some of a type.
    pub(super) fn is_meant(&self, assertion: &Assertion, ty: TypeId) -> bool {
        speaks_of_everybody(assertion) || self.types_meant(assertion).contains(&ty)
    }

    /// Whether a type is among those that an assertion names as the ones that it speaks of.
    pub(super) fn is_named(&self, assertion: &Assertion, ty: TypeId) -> bool {
        let named = || assertion.who.iter().any(|holder| self.types_of(*holder).contains(&ty));
        !speaks_of_everybody(assertion) && named()
    }

    /// The types of those who are named.
    fn types_of(&self, holder: Holder) -> Vec<TypeId> {
        match holder {
            Holder::Type(ty) => vec![ty],
            Holder::Role(role) => {
                let roles = self.program.extenders(role).into_iter();
                let roles = roles.filter_map(|id| self.program.role(id));
                roles.flat_map(|role| role.holders.iter().copied()).collect()
            }
        }
    }

    /// The types of those who can be in what is named, be it by a group that mixes types.
    fn types_in(&self, holder: Holder) -> Vec<TypeId> {
        match holder {
            Holder::Type(ty) => vec![ty],
            Holder::Role(role) => {
                let roles = self.program.extenders(role);
                let asking = self.program.asking().into_iter();
                asking.filter(|ty| roles.iter().any(|role| self.can_be_in(*ty, *role))).collect()
            }
        }
    }

    pub(super) fn told_apart(&self, assertion: &Assertion, target: Target) -> Option<Apart> {
        let told = self.is_named(assertion, target.principal).then(|| self.told(target));
        Some(Apart { told, ..self.kind_apart(target)? })
    }

    pub(super) fn step_told_apart(&self, assertion: &Assertion, at: (&Profile, Step), principal: TypeId) -> Apart {
        let (profile, step) = at;
        Apart {
            principal: self.cedar_type(principal),
            action: step_action(self.program, step, profile),
            resource: qualified(self.program, PROFILE_TYPE),
            told: self.is_named(assertion, principal).then(|| self.told_step(at, principal)),
        }
    }

    pub(super) fn kind_apart(&self, target: Target) -> Option<Apart> {
        Some(Apart {
            principal: self.cedar_type(target.principal),
            action: self.program.action(target.action)?.cedar.clone(),
            resource: self.cedar_type(target.resource),
            told: None,
        })
    }
}

/// Whether an assertion names nobody, or only who is let off.
fn speaks_of_everybody(assertion: &Assertion) -> bool {
    assertion.claim == Claimed::Only || assertion.who.is_empty()
}
