//! A `@temporary` role or grant without `until`.

use crate::graph::{Grant, Holder, Program};
use crate::lint::{Cx, Sink, declare_lint};
use crate::text::Span;

declare_lint! {
    id: "temporary-without-end",
    summary: "a `@temporary` role or grant without `until`",
    level: Error,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for role in cx.program.roles.iter().filter(|role| role.until.is_none()) {
        if let Some(temporary) = role.temporary {
            let name = role.full_name(cx.program);
            report(out, role.span, temporary, &format!("the temporary role `{name}` has no end"));
        }
    }
    for grant in &cx.program.grants {
        if let Some(temporary) = grant.temporary
            && !ends(cx.program, grant)
        {
            let name = &grant.statement.name;
            let message = format!("the temporary grant `{name}` has no end");
            report(out, grant.statement.span, temporary, &message);
        }
    }
}

/// Whether a grant ends by itself or with its role.
fn ends(program: &Program, grant: &Grant) -> bool {
    let with_role = match grant.holder {
        Holder::Role(id) => program.role(id).is_some_and(|role| role.until.is_some()),
        Holder::Type(_) => false,
    };
    grant.until.is_some() || with_role
}

fn report(out: &mut Sink, at: Span, temporary: Span, message: &str) {
    let finding = out
        .finding(at, message)
        .label("never ends")
        .also(temporary, "declared temporary here")
        .help("add an end: `until \"2027-01-31T00:00:00Z\"`");
    out.push(finding);
}
