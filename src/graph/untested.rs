//! Where a test for an attribute that may be absent can stand.

use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::text::Span;

use super::Program;

/// Where a test may be put before a read so that it can mean one thing only: absence then keeps out, as the error did. That
/// is so in a condition that lets in, at a part of it that nothing negates. What `deny` or a shared condition means by
/// absence, its author has to say.
#[must_use]
pub fn place_of_test(program: &Program, at: Span) -> Option<Span> {
    let grants = program.grants.iter().filter_map(|grant| grant.when.as_ref());
    let roles = program.roles.iter().filter_map(|role| role.when.as_ref());
    let requires = program.requires.iter().map(|require| &require.condition);
    let mut lets_in = grants.chain(roles).chain(requires);
    part(lets_in.find(|expr| expr.span.contains(at))?, at)
}

/// The start of the innermost part of a condition that a place lies in.
fn part(expr: &Expr, at: Span) -> Option<Span> {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => part(parts.iter().find(|one| one.span.contains(at))?, at),
        ExprKind::Binary(_, left, right) => {
            let inner = [left, right].into_iter().find(|one| one.span.contains(at))?;
            is_plain(inner).then_some(expr.span.at_start())
        }
        ExprKind::Method(receiver, _, args) => {
            let mut all = std::iter::once(receiver.as_ref()).chain(args);
            is_plain(all.find(|one| one.span.contains(at))?).then_some(expr.span.at_start())
        }
        ExprKind::Like(inner, _) | ExprKind::Has(inner, _) | ExprKind::Is(inner, _, _) => {
            is_plain(inner).then_some(expr.span.at_start())
        }
        ExprKind::Attribute(..) => is_plain(expr).then_some(expr.span.at_start()),
        _ => None,
    }
}

/// Whether an expression reads something and nothing else: there is no truth in it that could be turned round.
fn is_plain(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Attribute(inner, _) => is_plain(inner),
        ExprKind::Method(receiver, _, args) => is_plain(receiver) && args.iter().all(is_plain),
        ExprKind::Binary(Operator::Add | Operator::Subtract | Operator::Multiply, left, right) => {
            is_plain(left) && is_plain(right)
        }
        ExprKind::Long(_) | ExprKind::Text(_) | ExprKind::Duration(_) | ExprKind::Entity(..) => true,
        _ => false,
    }
}
