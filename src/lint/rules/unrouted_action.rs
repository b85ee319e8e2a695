//! An action that no route of `gateway.toml` comes to.

use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "unrouted-action",
    summary: "an action without a route",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let contract = &cx.lowered.contract;
    let Some(gateway) = contract.gateway.as_ref().filter(|gateway| !gateway.routes.is_empty()) else {
        return;
    };
    for action in &cx.program.actions {
        let name = action.full_name(cx.program);
        let can_be_asked = contract.actions.get(&name).is_some_and(|one| !one.resources.is_empty());
        if !can_be_asked || gateway.routes.iter().any(|route| route.action == name) {
            continue;
        }
        let finding = out
            .finding(action.span, format!("no route for `{name}`"))
            .label("`gateway.toml` has routes, but none with this action")
            .help(format!(
                "add a `[[route]]` with `action = \"{name}\"`, or waive this if the action is only requested by name"
            ));
        out.push(finding);
    }
}
