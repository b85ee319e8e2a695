//! A raw permit that lets in every request of its types.

use cedar_policy::pst;

use crate::lint::{Cx, Sink, declare_lint, raw};

declare_lint! {
    id: "unconstrained-permit",
    summary: "a permit in a `.cedar` source that allows everyone",
    level: Error,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for policy in &cx.lowered.raw {
        let Some(body) = raw::body(policy, pst::Effect::Permit) else {
            continue;
        };
        if names_someone(body) || !body.clauses().iter().all(always_holds) {
            continue;
        }
        let message = format!("the permit `{}` allows everyone", policy.policy.id());
        let finding = out
            .finding(raw::keyword(policy, cx.sources), message)
            .label("has no condition and names no principal")
            .help("restrict the principal (`principal in Role::\"…\"`) or the `resource`, or add a condition: `when { … }`");
        out.push(finding);
    }
}

/// Whether the scope picks out entities. A bare `is T` names a type of request, and lets in all of them.
fn names_someone(body: &pst::Template) -> bool {
    let anyone = matches!(body.principal, pst::PrincipalConstraint::Any | pst::PrincipalConstraint::Is(_));
    let anything = matches!(body.resource, pst::ResourceConstraint::Any | pst::ResourceConstraint::Is(_));
    !(anyone && anything)
}

/// Whether a clause is `when { true }` or `unless { false }`.
fn always_holds(clause: &pst::Clause) -> bool {
    let (expr, needed) = match clause {
        pst::Clause::When(expr) => (expr, true),
        pst::Clause::Unless(expr) => (expr, false),
    };
    matches!(expr.as_ref(), pst::Expr::Literal(pst::Literal::Bool(value)) if *value == needed)
}
