//! The scopes of raw permits, in the terms of the graph.

use cedar_policy::{Effect, pst};

use crate::graph::{ExternalPermit, ExternalScope};
use crate::lower::RawPolicy;

/// The scopes of the permits among raw policies.
#[must_use]
pub fn raw_permits(policies: &[RawPolicy]) -> Vec<ExternalPermit> {
    let permits = policies.iter().filter(|raw| raw.policy.effect() == Effect::Permit);
    permits.map(|raw| raw.body.as_deref().map_or_else(anything, scope)).collect()
}

/// The scope of a policy that cannot be read: nothing is ruled out.
fn anything() -> ExternalPermit {
    ExternalPermit { principal: ExternalScope::Any, actions: None, resource: ExternalScope::Any }
}

fn scope(body: &pst::Template) -> ExternalPermit {
    let named = |uid: &pst::EntityUID| (uid.ty.to_string(), uid.eid.to_string());
    ExternalPermit {
        principal: match &body.principal {
            pst::PrincipalConstraint::Any => ExternalScope::Any,
            pst::PrincipalConstraint::Eq(one) => of(one),
            pst::PrincipalConstraint::In(one) => within(one),
            pst::PrincipalConstraint::Is(ty) | pst::PrincipalConstraint::IsIn(ty, _) => {
                ExternalScope::Of(ty.to_string())
            }
        },
        actions: match &body.action {
            pst::ActionConstraint::Any => None,
            pst::ActionConstraint::Eq(one) => Some(vec![named(one)]),
            pst::ActionConstraint::In(several) => Some(several.iter().map(named).collect()),
        },
        resource: match &body.resource {
            pst::ResourceConstraint::Any => ExternalScope::Any,
            pst::ResourceConstraint::Eq(one) => of(one),
            pst::ResourceConstraint::In(one) => within(one),
            pst::ResourceConstraint::Is(ty) | pst::ResourceConstraint::IsIn(ty, _) => ExternalScope::Of(ty.to_string()),
        },
    }
}

/// The very entity.
fn of(one: &pst::EntityOrSlot) -> ExternalScope {
    match one {
        pst::EntityOrSlot::Entity(uid) => ExternalScope::Of(uid.ty.to_string()),
        // An open slot may be linked to anything.
        pst::EntityOrSlot::Slot(_) => ExternalScope::Any,
    }
}

fn within(one: &pst::EntityOrSlot) -> ExternalScope {
    match one {
        pst::EntityOrSlot::Entity(uid) => {
            ExternalScope::Within { container: uid.ty.to_string(), id: uid.eid.to_string() }
        }
        pst::EntityOrSlot::Slot(_) => ExternalScope::Any,
    }
}
