//! An action that every principal is allowed on every resource, whatever is asked.

use std::collections::BTreeSet;

use crate::diag::Evidence;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "open-action",
    summary: "an action that is always allowed to everyone",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let Some(facts) = cx.facts else { return };
    let Some(allowed) = proofs::known(&facts.allowed) else {
        return;
    };
    let mut told = BTreeSet::new();
    for id in cx.program.action_ids() {
        let Some(action) = cx.program.action(id).filter(|action| allowed.actions.contains(&action.cedar)) else {
            continue;
        };
        if !told.insert(action.cedar.clone()) {
            continue;
        }
        let name = cx.program.action_name(id);
        // What a raw schema declares has no place of its own.
        let permits = proofs::raw_permits(cx, |_, request| request.action == id);
        let at = permits.first().copied().filter(|_| action.is_raw()).unwrap_or(action.span);
        let finding = out
            .finding(at, format!("everyone is allowed `{name}` on every resource"))
            .label("no request for this action is denied")
            .help("add a condition, or remove the action from this policy")
            .evidence(Evidence::Proved);
        let rest = permits.into_iter().filter(|permit| *permit != at);
        out.push(finding.also_each(rest, "by this permit"));
    }
}
