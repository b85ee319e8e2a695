//! What an assertion leaves out because its condition has no meaning there: `never any to any on any when resource.secret` says
//! nothing of types without `secret`. A proof says so, too; whoever writes the assertion is told at once.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Severity};
use crate::graph::{Assertion, TypeId};
use crate::lower::codes;

use super::builder::Place;
use super::{Claim, Claims, Target};

/// How many kinds of request a finding names.
const SHOWN: usize = 3;

impl Claims<'_> {
    /// Whether the condition of an assertion has no meaning for a kind of request that it seems to cover. An action that is decided
    /// on another type than it is declared on, before there is a resource, is not what a condition on resources speaks of.
    pub(super) fn is_untyped(&self, assertion: &Assertion, target: Target) -> bool {
        let declared_here = self
            .program
            .action(target.action)
            .is_some_and(|action| action.declared_on.is_none_or(|on| on == target.resource));
        let when = assertion.when();
        declared_here && when.is_some_and(|when| self.typed(when, &self.kind(Place::Resource(target))).is_none())
    }

    /// Reports what the condition of an assertion leaves out, where it leaves something.
    pub(super) fn leaves_out(&self, claim: &Claim, assertion: &Assertion) -> Option<Diagnostic> {
        if claim.untyped.is_empty() || claim.requests.is_empty() {
            return None;
        }
        let kinds: BTreeSet<String> = claim.untyped.iter().map(|target| format!("`{}`", self.told(*target))).collect();
        let shown: Vec<&str> = kinds.iter().take(SHOWN).map(String::as_str).collect();
        let more = match kinds.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more kinds of request"),
        };
        let message = format!("the assertion `{}` does not cover {}{more}", assertion.name, shown.join(", "));
        let names = |types: BTreeSet<TypeId>| {
            types.iter().map(|ty| format!("`{}`", self.program.type_name(*ty))).collect::<Vec<_>>().join(", ")
        };
        let [resources, principals] = [
            names(claim.untyped.iter().map(|target| target.resource).collect()),
            names(claim.untyped.iter().map(|target| target.principal).collect()),
        ];
        Some(
            Diagnostic::new(codes::ASSERTION_LEAVES_OUT, Severity::Warning, Some(assertion.span), message)
                .label("its condition has no meaning there")
                .help(format!(
                    "test each attribute that {resources} or {principals} may lack, as `resource has x && resource.x`, or name \
                     the types that you mean in place of `any`"
                )),
        )
    }
}
