//! Kinds of request that an assertion names and that nothing joins today: the type and the action exist, and no grant leads
//! from one to the other, so that the schema has no such request. A `never` stands guard there too, against the grant to come.

use std::collections::BTreeSet;

use crate::graph::{Assertion, Claimed, Holder, TypeId, TypeKind};
use crate::lower::draft::Entity;
use crate::lower::program::Lowering;

use super::Target;

/// A kind of request that the schema does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Full Cedar type of the principal.
    pub principal: String,
    /// The action as a Cedar entity.
    pub action: Entity,
    /// Full Cedar type of the resource.
    pub resource: String,
    /// `Bot to Doc.write on Doc`; `None` where the assertion speaks of anyone.
    pub told: Option<String>,
}

impl Lowering<'_> {
    /// The kinds of request that an assertion speaks of and that the schema does not have. `only` and claims of what is open to
    /// anyone speak of those that there are.
    pub(super) fn apart(&self, assertion: &Assertion) -> Vec<Target> {
        let anyone = assertion.who.is_empty();
        match assertion.claim {
            Claimed::Only => return Vec::new(),
            Claimed::Always | Claimed::Possible if anyone => return Vec::new(),
            Claimed::Never | Claimed::Always | Claimed::Possible => {}
        }
        let named: BTreeSet<TypeId> = match anyone {
            true => self.program.types_of(|kind| *kind == TypeKind::Principal).collect(),
            false => assertion.who.iter().flat_map(|holder| self.types_of(*holder)).collect(),
        };
        let mut found = Vec::new();
        for action in &assertion.actions {
            let joined = self.program.principals_of(*action);
            for principal in named.iter().filter(|ty| !joined.contains(ty)) {
                for resource in self.program.decided_on(*action, &assertion.on) {
                    found.push(Target { principal: *principal, action: *action, resource });
                }
            }
        }
        found
    }

    /// Whether the condition of an assertion types for some of these.
    pub(in crate::lower) fn types_apart(&self, assertion: &Assertion) -> bool {
        let Some(when) = assertion.when() else { return true };
        self.apart(assertion).into_iter().any(|target| self.try_typed(when, &target.kind()).is_ok())
    }

    /// Whether an assertion speaks of some of a type. `only` speaks of everybody, since it names who is let off.
    pub(super) fn is_meant(&self, assertion: &Assertion, ty: TypeId) -> bool {
        let named = || assertion.who.iter().any(|holder| self.types_of(*holder).contains(&ty));
        assertion.claim == Claimed::Only || assertion.who.is_empty() || named()
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

    pub(super) fn told_apart(&self, assertion: &Assertion, target: Target) -> Option<Apart> {
        Some(Apart {
            principal: self.cedar_type(target.principal),
            action: self.program.action(target.action)?.cedar.clone(),
            resource: self.cedar_type(target.resource),
            told: (!assertion.who.is_empty()).then(|| self.told(target)),
        })
    }
}
