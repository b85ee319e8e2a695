//! Expressions: the layers of precedence of the grammar to one tree without layers.

use super::{Cx, child, ident, literals, path};
use crate::diag::Diagnostic;
use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::limits::UNARY_RUN;
use crate::syntax::{ast, codes};
use crate::text::Span;

/// Whether a rule is the outermost layer of an expression.
pub(super) fn is_expr(rule: Rule) -> bool {
    matches!(rule, Rule::if_expr | Rule::or_expr)
}

/// The expression directly under a pair.
pub(super) fn only(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    expr(cx, pair.into_inner().find(|inner| is_expr(inner.as_rule()))?)
}

/// An expression from any of its layers.
pub(super) fn expr(cx: &mut Cx<'_>, mut pair: Pair<'_>) -> Option<Expr> {
    // Layers that add nothing are stepped over, not descended into: parentheses would cost seven calls each.
    while let Some(inner) = only_child(&pair).filter(|_| is_layer(pair.as_rule())) {
        pair = inner;
    }
    match pair.as_rule() {
        Rule::if_expr => conditional(cx, pair),
        Rule::or_expr => chain(cx, pair, ExprKind::Or),
        Rule::and_expr => chain(cx, pair, ExprKind::And),
        Rule::relation => relation(cx, pair),
        Rule::sum | Rule::product => arithmetic(cx, pair),
        Rule::unary => unary(cx, pair),
        Rule::member => member(cx, pair),
        _ => primary(cx, pair),
    }
}

/// Whether a rule is a level of precedence, which adds nothing around a single operand.
fn is_layer(rule: Rule) -> bool {
    use Rule::{and_expr, member, or_expr, product, relation, sum, unary};
    matches!(rule, or_expr | and_expr | relation | sum | product | unary | member)
}

fn conditional(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    let span = cx.span(&pair);
    let mut parts = pair.into_inner().filter(|inner| is_expr(inner.as_rule()));
    let condition = Box::new(expr(cx, parts.next()?)?);
    let then = Box::new(expr(cx, parts.next()?)?);
    let otherwise = Box::new(expr(cx, parts.next()?)?);
    Some(Expr { kind: ExprKind::If(condition, then, otherwise), span })
}

/// `a && b && c` as one node.
fn chain(cx: &mut Cx<'_>, pair: Pair<'_>, make: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
    let span = cx.span(&pair);
    let mut operands = Vec::new();
    for inner in pair.into_inner() {
        if !matches!(inner.as_rule(), Rule::op_and | Rule::op_or) {
            operands.push(expr(cx, inner)?);
        }
    }
    Some(Expr { kind: make(operands), span })
}

fn relation(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    let span = cx.span(&pair);
    let mut parts = pair.into_inner();
    let left = expr(cx, parts.next()?)?;
    let Some(tail) = parts.next() else { return Some(left) };
    if let Some(second) = parts.next() {
        let first = operator_span(cx, &tail)?;
        let again = operator_span(cx, &second)?;
        cx.report(
            Diagnostic::error(codes::CHAINED_COMPARISON, again, "comparisons cannot be chained")
                .label("a second comparison")
                .also(first, "the first one")
                .help("join two comparisons with `&&`, or put one of them in parentheses"),
        );
        return None;
    }
    let left = Box::new(left);
    let kind = match tail.as_rule() {
        Rule::comparison => {
            let mut sides = tail.into_inner();
            let op = comparison_operator(&sides.next()?)?;
            ExprKind::Binary(op, left, Box::new(expr(cx, sides.next()?)?))
        }
        Rule::has_test => {
            let mut attributes = Vec::new();
            for inner in tail.into_inner() {
                match inner.as_rule() {
                    Rule::attribute_name => attributes.push(ident(cx, &inner)),
                    Rule::text => attributes.push(quoted(cx, &inner)),
                    _ => {}
                }
            }
            ExprKind::Has(left, attributes)
        }
        Rule::like_test => ExprKind::Like(left, literals::pattern(cx, &child(&tail, Rule::text)?)),
        Rule::is_test => {
            let ty = path(cx, &child(&tail, Rule::type_name)?);
            let holder = match child(&tail, Rule::sum) {
                Some(inner) => Some(Box::new(expr(cx, inner)?)),
                None => None,
            };
            ExprKind::Is(left, ty, holder)
        }
        _ => return None,
    };
    Some(Expr { kind, span })
}

/// The place of the operator that opens a relational tail.
fn operator_span(cx: &Cx<'_>, tail: &Pair<'_>) -> Option<Span> {
    tail.clone().into_inner().next().map(|operator| cx.span(&operator))
}

fn comparison_operator(pair: &Pair<'_>) -> Option<Operator> {
    Some(match pair.clone().into_inner().next()?.as_rule() {
        Rule::op_equal => Operator::Equal,
        Rule::op_not_equal => Operator::NotEqual,
        Rule::op_less => Operator::Less,
        Rule::op_less_equal => Operator::LessEqual,
        Rule::op_greater => Operator::Greater,
        Rule::op_greater_equal => Operator::GreaterEqual,
        Rule::kw_in => Operator::In,
        _ => return None,
    })
}

/// `a + b - c` and `a * b`, grouped from the left.
fn arithmetic(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    let mut parts = pair.into_inner();
    let mut left = expr(cx, parts.next()?)?;
    while let Some(operator) = parts.next() {
        let op = match operator.as_rule() {
            Rule::op_plus => Operator::Add,
            Rule::op_minus => Operator::Subtract,
            Rule::op_times => Operator::Multiply,
            _ => return None,
        };
        let operand = parts.next()?;
        // From the pair, not the operand's expression: the closing parenthesis of `a + (b)` belongs to the sum.
        let span = left.span.to(cx.span(&operand));
        let right = expr(cx, operand)?;
        left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span };
    }
    Some(left)
}

fn unary(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    let whole = cx.span(&pair);
    let mut operators = Vec::new();
    let mut operand = None;
    for inner in pair.into_inner() {
        match inner.as_rule() {
            Rule::member => operand = Some(inner),
            rule => operators.push((rule, cx.span(&inner))),
        }
    }
    let operand = operand?;
    if let Some((_, span)) = operators.get(UNARY_RUN) {
        cx.report(
            Diagnostic::error(
                codes::NESTING_TOO_DEEP,
                *span,
                format!("more than {UNARY_RUN} unary operators in a row"),
            )
            .label("one too many")
            .help("remove them in pairs: two of the same operator cancel out"),
        );
        return None;
    }
    let negated = operators.last().is_some_and(|(rule, _)| *rule == Rule::op_minus);
    let mut result = match negated.then(|| only_child(&operand)).flatten() {
        // Cedar reads `-` and digits as one literal, so that the smallest number can be written.
        Some(digits) if matches!(digits.as_rule(), Rule::number | Rule::duration) => {
            let (_, minus) = operators.pop()?;
            let span = minus.to(cx.span(&digits));
            let written = format!("-{}", digits.as_str());
            let kind = match digits.as_rule() {
                Rule::number => ExprKind::Long(literals::long(cx, &written, span)?),
                _ => ExprKind::Duration(literals::duration(cx, &written, span)?),
            };
            Expr { kind, span }
        }
        _ => member(cx, operand)?,
    };
    while let Some((rule, span)) = operators.pop() {
        let inner = Box::new(result);
        let kind = match rule {
            Rule::op_not => ExprKind::Not(inner),
            _ => ExprKind::Negate(inner),
        };
        result = Expr { kind, span: span.to(whole.at_end()) };
    }
    Some(result)
}

/// The one child of a pair that has no other.
fn only_child<'i>(pair: &Pair<'i>) -> Option<Pair<'i>> {
    let mut inner = pair.clone().into_inner();
    inner.next().filter(|_| inner.next().is_none())
}

/// `e.a`, `e["a"]`, `e.m(x)` from the left.
fn member(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    let start = cx.span(&pair);
    let mut parts = pair.into_inner();
    let mut result = primary(cx, parts.next()?)?;
    for access in parts {
        let span = Span { end: cx.span(&access).end, ..start };
        let inner = Box::new(result);
        let kind = match access.as_rule() {
            Rule::attribute => ExprKind::Attribute(inner, ident(cx, &child(&access, Rule::attribute_name)?)),
            Rule::index => ExprKind::Attribute(inner, quoted(cx, &child(&access, Rule::text)?)),
            Rule::method => {
                let name = ident(cx, &child(&access, Rule::attribute_name)?);
                ExprKind::Method(inner, name, arguments(cx, child(&access, Rule::arguments)?)?)
            }
            _ => return None,
        };
        result = Expr { kind, span };
    }
    Some(result)
}

fn primary(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Expr> {
    let span = cx.span(&pair);
    let kind = match pair.as_rule() {
        Rule::truth => ExprKind::Bool(pair.as_str() == "true"),
        Rule::number => ExprKind::Long(literals::long(cx, pair.as_str(), span)?),
        Rule::duration => ExprKind::Duration(literals::duration(cx, pair.as_str(), span)?),
        Rule::text => ExprKind::Text(literals::text(cx, &pair).value),
        Rule::variable => ExprKind::Name(pair.as_str().to_owned()),
        Rule::entity => {
            let ty = path(cx, &child(&pair, Rule::type_name)?);
            ExprKind::Entity(ty, literals::text(cx, &child(&pair, Rule::text)?).value)
        }
        Rule::call => {
            let name = ident(cx, &child(&pair, Rule::name)?);
            ExprKind::Call(name, arguments(cx, child(&pair, Rule::arguments)?)?)
        }
        Rule::group => return only(cx, pair),
        Rule::set => ExprKind::Set(arguments(cx, pair)?),
        Rule::record => {
            let entries = pair.into_inner().filter(|inner| inner.as_rule() == Rule::record_entry);
            ExprKind::Record(entries.map(|entry| record_entry(cx, entry)).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    Some(Expr { kind, span })
}

/// The expressions directly under a pair.
fn arguments(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Vec<Expr>> {
    pair.into_inner().filter(|inner| is_expr(inner.as_rule())).map(|inner| expr(cx, inner)).collect()
}

fn record_entry(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<(ast::Ident, Expr)> {
    let key = pair.clone().into_inner().next()?;
    let key = match key.as_rule() {
        Rule::text => quoted(cx, &key),
        _ => ident(cx, &key),
    };
    Some((key, only(cx, pair)?))
}

/// An attribute name given as a string.
fn quoted(cx: &mut Cx<'_>, pair: &Pair<'_>) -> ast::Ident {
    let text = literals::text(cx, pair);
    ast::Ident { text: text.value, span: text.span }
}
