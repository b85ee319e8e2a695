//! An `until` that has passed.

use crate::graph::Until;
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "past-until",
    summary: "a role or grant whose `until` has passed",
    level: Warn,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for role in &cx.program.roles {
        let what = format!("the role `{}`", role.full_name(cx.program));
        report(cx, role.until, &what, out);
    }
    for grant in &cx.program.grants {
        let what = format!("the grant `{}`", grant.statement.name);
        report(cx, grant.until, &what, out);
    }
}

fn report(cx: &Cx<'_>, until: Option<Until>, what: &str, out: &mut Sink) {
    let Some(until) = until.filter(|until| until.at <= cx.at) else {
        return;
    };
    let finding = out
        .finding(until.span, format!("{what} ended on {}", until.at.date()))
        .label("has passed")
        .help("remove it, or set a later end and give the reason in `because`");
    out.push(finding);
}
