//! The old side under the new side's names, so that both speak of the same types, roles and actions.

use std::borrow::Cow;
use std::sync::Arc;

use cedar_policy::Policy;

use crate::analysis::{Environments, spelt_out};
use crate::diag::Diagnostics;
use crate::graph::{NameOf, Program, Renames};
use crate::lower;
use crate::lower::{Lowered, RawPolicy, RawSchema};
use crate::typing::Conditions;

use super::{Side, raw};

/// A side as it is compared.
#[derive(Debug, Clone)]
pub(super) struct Aligned<'a> {
    pub(super) program: Cow<'a, Program>,
    pub(super) lowered: Cow<'a, Lowered>,
}

impl<'a> Aligned<'a> {
    /// A side under its own names.
    pub(super) fn as_is(side: Side<'a>) -> Self {
        Self { program: Cow::Borrowed(side.program), lowered: Cow::Borrowed(side.lowered) }
    }

    /// A side under other names; `None` where it does not hold together under them.
    pub(super) fn renamed(side: Side<'a>, renames: &Renames) -> Option<Self> {
        // Names of conditions and statements are in no policy.
        let in_policies = |of: NameOf| matches!(of, NameOf::Type | NameOf::Action | NameOf::Role | NameOf::Profile);
        if renames.namespace.is_none() && !renames.names.keys().any(|(of, _)| in_policies(*of)) {
            return Some(Self::as_is(side));
        }
        let program = side.program.renamed(renames);
        let raw = side.lowered.raw.iter().map(|policy| {
            Some(RawPolicy {
                link: policy.link,
                policy: raw::renamed(side.program, &policy.policy, renames)?,
                // Lints alone read it.
                body: None,
                span: policy.span,
            })
        });
        let raw: Vec<RawPolicy> = raw.collect::<Option<_>>()?;
        let form = side.lowered.contract.roles_form;
        let mut faults = Diagnostics::new();
        // Beside a raw schema nothing that policies name is renamed, so that there is none here.
        let conditions = Conditions::new(Arc::new(program));
        let lowered = lower::lower(&conditions, &RawSchema::default(), raw, form, side.sources, &mut faults);
        let program = conditions.into_program();
        (!faults.has_errors()).then_some(Self { program: Cow::Owned(program), lowered: Cow::Owned(lowered) })
    }
}

/// Raw policies that name groups of actions, with the actions that are in those groups on this side: the groups may hold
/// others on the other side.
pub(super) fn spell_out(side: &mut Aligned<'_>, environments: &Environments) {
    let spelt: Vec<Option<Policy>> = side.lowered.raw.iter().map(|raw| spelt_out(&raw.policy, environments)).collect();
    if spelt.iter().all(Option::is_none) {
        return;
    }
    for (raw, spelt) in side.lowered.to_mut().raw.iter_mut().zip(spelt) {
        if let Some(policy) = spelt {
            raw.policy = policy;
        }
    }
}
