//! A `sensitive` action that no `require` concerns.

use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "unguarded-sensitive-action",
    summary: "a `sensitive` action without a `require`",
    level: Error,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for id in cx.program.action_ids() {
        let Some(action) = cx.program.action(id).filter(|action| action.sensitive) else {
            continue;
        };
        if !cx.program.requires_of(id).is_empty() {
            continue;
        }
        let name = action.full_name(cx.program);
        let finding = out
            .finding(action.span, format!("no `require` covers the sensitive action `{name}`"))
            .label("each grant states its own conditions")
            .help(format!("add a condition that every grant must satisfy: `require CONDITION for {name};`"));
        out.push(finding);
    }
}
