//! A grant of a `sensitive` action without `because`.

use crate::lint::sensitive::{sensitive_grants, why};
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "unexplained-sensitive-grant",
    summary: "a grant of a `sensitive` action without `because`",
    level: Error,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (grant, action, at) in sensitive_grants(cx.program) {
        let because = grant.statement.because.as_ref();
        if because.is_some_and(|because| !because.value.trim().is_empty()) {
            continue;
        }
        let name = action.full_name(cx.program);
        let finding = out
            .finding(at, format!("a grant of the sensitive action `{name}` gives no reason"))
            .label("granted without a reason")
            .also(action.span, why(action))
            .help("add a reason at the end: `because \"TICKET-1: why they may\"`");
        out.push(finding);
    }
}
