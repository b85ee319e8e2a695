//! Raw permits that may give one of two separated duties to somebody for whom they cannot be counted: they name entities, whose
//! roles are data, or ask who the principal is in a way that is not understood, or are links of a template.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::Effect;

use crate::diag::{Diagnostic, Severity};
use crate::graph::Separation;
use crate::lower::codes;
use crate::lower::raw::{RawPolicy, RawTemplate};
use crate::text::Span;

use super::{Duties, Pair, entities, listed};

/// A raw permit that may give a duty to holders of other roles than those it is counted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) struct Uncounted {
    /// Its id.
    pub(in crate::lower) policy: String,
    /// The entities that it lets in; none where it asks who the principal is in a way that is not understood.
    named: BTreeSet<String>,
    at: Span,
}

impl Uncounted {
    /// What about it is not counted: ``allows `User::"ann"` ``.
    pub(in crate::lower) fn what(&self) -> String {
        match self.named.is_empty() {
            true => "asks in other ways who the principal is".to_owned(),
            false => format!("allows {}", listed(&self.named, ", ")),
        }
    }

    /// A hint that it is not counted for two duties.
    pub(super) fn hint(&self, separation: &Separation, [first, second]: [String; 2]) -> Diagnostic {
        let unknown = if self.named.is_empty() { "" } else { ", whose other roles are not known here" };
        let message = format!("`{}` {}{unknown}", self.policy, self.what());
        Diagnostic::new(codes::SEPARATION_UNCOUNTED, Severity::Advice, Some(self.at), message)
            .label(format!("not counted for `{first}` and `{second}`"))
            .also(separation.statement.span, "they are separated here")
            .help("allow a role, as `principal in Role::\"clerk\"`, or separate per object with `by`")
    }
}

impl Duties<'_> {
    /// Raw permits for one of the duties whose demands cannot all be counted, sorted.
    pub(super) fn uncounted(&self, pair: &Pair<'_>) -> Vec<Uncounted> {
        let mut found: BTreeMap<String, (&RawPolicy, BTreeSet<String>)> = BTreeMap::new();
        for duty in pair {
            for (raw, lets_in) in &duty.permits {
                let named: BTreeSet<String> = entities(&lets_in.demands).map(|named| format!("`{named}`")).collect();
                // What demands nothing else is counted as if it were for everybody.
                let asks_more = lets_in.asks_more && !lets_in.demands.is_empty();
                if asks_more || !named.is_empty() {
                    found.entry(raw.policy.id().to_string()).or_insert((raw, BTreeSet::new())).1.extend(named);
                }
            }
        }
        let uncounted = found.into_iter().map(|(policy, (raw, named))| Uncounted { policy, named, at: raw.span });
        uncounted.collect()
    }

    /// The same of a separation.
    pub(in crate::lower) fn uncounted_for(&self, separation: &Separation) -> Vec<Uncounted> {
        self.uncounted(&self.pair(separation))
    }

    /// Whether links of a template may give one of the duties.
    pub(in crate::lower) fn may_link(&self, separation: &Separation, id: &str, template: &RawTemplate) -> bool {
        let mut duties = [separation.first, separation.second].into_iter();
        template.effect() == Effect::Permit
            && match template.any_link(id) {
                Some(any) => duties.any(|action| self.is_about(&any.policy, action)),
                None => true,
            }
    }
}
