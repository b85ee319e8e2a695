//! An action that nobody may do.

use std::collections::BTreeSet;

use cedar_policy::pst;

use crate::graph::ActionId;
use crate::lint::{Cx, Sink, declare_lint, raw};

declare_lint! {
    id: "ungranted-action",
    summary: "an action that nobody is granted",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let requests = raw::Requests::new(cx);
    let permits = cx.lowered.raw.iter().filter_map(|policy| raw::body(policy, pst::Effect::Permit));
    let permitted: BTreeSet<ActionId> =
        permits.flat_map(|body| requests.admitted(body)).map(|request| request.action).collect();
    for id in program.action_ids() {
        let Some(action) = program.action(id).filter(|action| !action.is_raw()) else {
            continue;
        };
        if permitted.contains(&id) || !program.who_comes_by(id).is_empty() {
            continue;
        }
        let name = action.full_name(program);
        let finding = out
            .finding(action.span, format!("nobody is granted `{name}`"))
            .label("no grant, break-glass profile or raw permit names it")
            .help(format!(
                "grant it in a role, `allow {} on {};`, or remove it: applications work around an action that is never allowed",
                action.name,
                action.declared_on.map_or("", |ty| program.type_name(ty))
            ));
        out.push(finding);
    }
}
