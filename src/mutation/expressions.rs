//! Mutants of a condition: its clauses, comparisons and chains.

use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::text::Span;

use super::edit;
use super::mutant::{Edit, Making, Named};
use super::operator::MutationOperator;

/// Mutants of a whole condition, `when …` or a guard's.
pub(super) fn condition(making: &mut Making<'_>, expr: &Expr, statement: Option<&Named>) {
    if !matches!(expr.kind, ExprKind::And(_)) {
        always(making, expr, statement);
    }
    parts(making, expr, statement);
}

/// Mutants of what a condition is made of.
pub(super) fn parts(making: &mut Making<'_>, expr: &Expr, statement: Option<&Named>) {
    match &expr.kind {
        ExprKind::And(operands) => {
            for operand in operands {
                always(making, operand, statement);
            }
            swap(making, expr.span, operands, ("&&", "||"), statement);
        }
        ExprKind::Or(operands) => {
            for operand in operands {
                let what = format!("`{}` never holds", making.words(operand.span));
                becomes(making, MutationOperator::DropClause, operand.span, what, "false", statement);
            }
            swap(making, expr.span, operands, ("||", "&&"), statement);
        }
        ExprKind::Not(negated) => {
            let sign = Span { end: expr.span.start + 1, ..expr.span };
            if making.sources.slice(sign) == "!" {
                let what = format!("`{}` is no longer negated", making.words(negated.span));
                becomes(making, MutationOperator::DropNegation, sign, what, "", statement);
            }
        }
        ExprKind::Binary(operator, left, right) => compare(making, expr.span, (*operator, left, right), statement),
        _ => {}
    }
    for child in expr.children() {
        parts(making, child, statement);
    }
}

fn always(making: &mut Making<'_>, clause: &Expr, statement: Option<&Named>) {
    if !matches!(clause.kind, ExprKind::Bool(_)) {
        let what = format!("`{}` always holds", making.words(clause.span));
        becomes(making, MutationOperator::DropClause, clause.span, what, "true", statement);
    }
}

fn becomes(
    making: &mut Making<'_>,
    operator: MutationOperator,
    span: Span,
    what: String,
    text: &str,
    statement: Option<&Named>,
) {
    let text = text.to_owned();
    making.add(operator, span, what, Edit { span, text }, statement);
}

/// All operators of a chain at once: with one of several swapped, the chain would need brackets to say what it means.
fn swap(making: &mut Making<'_>, span: Span, operands: &[Expr], (from, to): (&str, &str), statement: Option<&Named>) {
    let (Some(first), Some(last)) = (operands.first(), operands.last()) else {
        return;
    };
    let mut text = String::new();
    for pair in operands.windows(2) {
        let [left, right] = pair else { continue };
        let Some(swapped) = edit::replaced(making.sources.slice(edit::between(left, right)), from, to) else {
            return;
        };
        text.push_str(&swapped);
        if right.span != last.span {
            text.push_str(making.sources.slice(right.span));
        }
    }
    let edit = Edit { span: edit::between(first, last), text };
    let what = format!("`{from}` becomes `{to}` in `{}`", making.words(span));
    making.add(MutationOperator::SwapAndOr, span, what, edit, statement);
}

fn compare(
    making: &mut Making<'_>,
    span: Span,
    (operator, left, right): (Operator, &Expr, &Expr),
    statement: Option<&Named>,
) {
    let (written, opposite, shifted) = match operator {
        Operator::Equal => ("==", "!=", None),
        Operator::NotEqual => ("!=", "==", None),
        Operator::Less => ("<", ">=", Some("<=")),
        Operator::LessEqual => ("<=", ">", Some("<")),
        Operator::Greater => (">", "<=", Some(">=")),
        Operator::GreaterEqual => (">=", "<", Some(">")),
        Operator::In | Operator::Add | Operator::Subtract | Operator::Multiply => return,
    };
    let between = edit::between(left, right);
    let all = [(MutationOperator::FlipComparison, Some(opposite)), (MutationOperator::ShiftBound, shifted)];
    for (operator, with) in all {
        let Some(with) = with else { continue };
        let Some(text) = edit::replaced(making.sources.slice(between), written, with) else {
            continue;
        };
        let what = format!("`{written}` becomes `{with}` in `{}`", making.words(span));
        making.add(operator, span, what, Edit { span: between, text }, statement);
    }
}
