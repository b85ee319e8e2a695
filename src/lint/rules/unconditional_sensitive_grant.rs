//! A grant of a `sensitive` action to a role, on no condition at all.

use crate::graph::{Holder, is_a_place};
use crate::lint::sensitive::{sensitive_grants, why};
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "unconditional-sensitive-grant",
    summary: "a grant of a `sensitive` action without a condition",
    level: Warn,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (grant, action, at) in sensitive_grants(cx.program) {
        // A grant to a whole principal type needs a `when` by the language.
        let Holder::Role(id) = grant.holder else { continue };
        let Some(role) = cx.program.role(id) else { continue };
        // A role held per entity already ties the principal to the resource.
        let conditions = [&grant.when, &role.when];
        if role.on.is_some() || conditions.into_iter().flatten().any(|when| !is_a_place(when)) {
            continue;
        }
        let name = action.full_name(cx.program);
        let finding = out
            .finding(at, format!("`{}` may use the sensitive action `{name}` without any condition", role.name))
            .label(match conditions.into_iter().flatten().next() {
                Some(_) => "tests nothing except where the resource belongs",
                None => "granted without `when`",
            })
            .also(action.span, why(action))
            .help("add a condition: `when CONDITION`, or hold the role per resource: `role … on TYPE`");
        out.push(finding);
    }
}
