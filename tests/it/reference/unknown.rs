//! The language reference read literally about principals of types that a program does not know.

use gatewright::graph::Program;
use gatewright::syntax::ast::{Expr, ExprKind};

use super::evaluate::Request;

/// Whether a principal of a type that the program does not know is kept out of what anybody may do: guards and isolations
/// hold what they ask of the types that they know, and a denial of everybody denies unless it can tell that it does not.
pub(super) fn keeps_out(request: &Request<'_>) -> bool {
    let program = request.program;
    let denied = program.denies.iter().any(|deny| {
        let Some(when) = &deny.when else {
            return deny.who.is_empty() && deny.actions.contains(&request.action);
        };
        deny.who.is_empty()
            && deny.actions.contains(&request.action)
            && (reads_principal(program, when) || request.truth(when) != Ok(false))
    });
    let guarded = program.requires.iter().any(|require| require.actions.contains(&request.action));
    let mut separations = program.separations.iter().filter(|separation| separation.by.is_some());
    let isolated = program.isolations.iter().any(|isolation| {
        let mut except = isolation.except.iter();
        !except.any(|(ty, _)| program.type_name(*ty) == request.resource.0)
    });
    denied || guarded || isolated || separations.any(|separation| separation.second == request.action)
}

/// Whether a condition speaks of the principal, itself or in a condition that it names.
fn reads_principal(program: &Program, expr: &Expr) -> bool {
    let in_named = |name: &str| {
        let body = program.find_condition(name).and_then(|id| program.condition(id));
        body.is_some_and(|condition| reads_principal(program, &condition.body))
    };
    let reads = |one: &Expr| reads_principal(program, one);
    match &expr.kind {
        ExprKind::Name(name) => name == "principal" || in_named(name),
        ExprKind::Call(name, args) => in_named(&name.text) || args.iter().any(reads),
        ExprKind::Not(one)
        | ExprKind::Negate(one)
        | ExprKind::Has(one, _)
        | ExprKind::Like(one, _)
        | ExprKind::Attribute(one, _) => reads(one),
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Set(all) => all.iter().any(reads),
        ExprKind::Binary(_, left, right) => reads(left) || reads(right),
        ExprKind::If(test, yes, no) => reads(test) || reads(yes) || reads(no),
        ExprKind::Is(one, _, container) => reads(one) || container.as_deref().is_some_and(reads),
        ExprKind::Method(receiver, _, args) => reads(receiver) || args.iter().any(reads),
        ExprKind::Record(fields) => fields.iter().any(|(_, value)| reads(value)),
        ExprKind::Entity(..) | ExprKind::Bool(_) | ExprKind::Long(_) | ExprKind::Text(_) | ExprKind::Duration(_) => {
            false
        }
    }
}
