//! Cedar's PST as typed expressions. Types are left open: whoever asks knows the kind of request.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::pst;
use cedar_policy::pst::{BinaryOp, Expr, UnaryOp};

use crate::graph::Ty;
use crate::lint::expr::path_text;
use crate::syntax::ast::Operator;
use crate::text::Span;
use crate::typing::{Constructor, Method, TypedExpr, TypedKind, Variable};

use super::Code;

/// `when { … }` or `unless { … }`.
#[derive(Debug)]
pub(in crate::lint) enum Clause {
    When(TypedExpr),
    Unless(TypedExpr),
}

pub(super) fn clauses(body: &pst::Template, code: &Code) -> Vec<Clause> {
    let mut cx = Translator { code, places: BTreeMap::new() };
    body.clauses()
        .iter()
        .map(|clause| match clause {
            pst::Clause::When(expr) => Clause::When(cx.expr(expr)),
            pst::Clause::Unless(expr) => Clause::Unless(cx.expr(expr)),
        })
        .collect()
}

struct Translator<'a> {
    code: &'a Code,
    /// For each path, its places in the text that no expression has taken yet, the last first.
    places: BTreeMap<String, Vec<Span>>,
}

impl Translator<'_> {
    /// An expression. Parts are visited in the order of the text, so that the n-th reading of a path is its n-th place.
    fn expr(&mut self, expr: &Arc<Expr>) -> TypedExpr {
        let kind = match expr.as_ref() {
            Expr::Literal(pst::Literal::Bool(value)) => TypedKind::Bool(*value),
            Expr::Literal(pst::Literal::Long(value)) => TypedKind::Long(*value),
            Expr::Literal(pst::Literal::String(value)) => TypedKind::Text(value.to_string()),
            Expr::Literal(pst::Literal::EntityUID(uid)) => TypedKind::Entity(uid.ty.to_string(), uid.eid.to_string()),
            Expr::Var(pst::Var::Principal) => TypedKind::Variable(Variable::Principal),
            Expr::Var(pst::Var::Action) => TypedKind::Variable(Variable::Action),
            Expr::Var(pst::Var::Resource) => TypedKind::Variable(Variable::Resource),
            Expr::Var(pst::Var::Context) => TypedKind::Variable(Variable::Context),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::BinaryOp { op, left, right } => self.binary(*op, left, right),
            Expr::GetAttr { expr, attr } => TypedKind::Attribute(self.boxed(expr), attr.to_string()),
            Expr::HasAttr { expr, attrs } => {
                TypedKind::Has(self.boxed(expr), attrs.iter().map(ToString::to_string).collect())
            }
            Expr::Like { expr, pattern } => TypedKind::Like(self.boxed(expr), written(pattern)),
            Expr::Is { expr, entity_type, in_expr } => TypedKind::Is(
                self.boxed(expr),
                entity_type.to_string(),
                in_expr.as_ref().map(|container| self.boxed(container)),
            ),
            Expr::IfThenElse { cond, then_expr, else_expr } => {
                TypedKind::If(self.boxed(cond), self.boxed(then_expr), self.boxed(else_expr))
            }
            Expr::Set(elements) => TypedKind::Set(elements.iter().map(|element| self.expr(element)).collect()),
            Expr::Record(fields) => {
                TypedKind::Record(fields.iter().map(|(name, value)| (name.clone(), self.expr(value))).collect())
            }
            // Slots, unknowns and what later versions of Cedar add: may be anything.
            _ => TypedKind::Opaque,
        };
        let mut typed = TypedExpr::new(kind, Ty::Unknown, self.code.span);
        typed.span = self.place(&typed);
        typed
    }

    fn boxed(&mut self, expr: &Arc<Expr>) -> Box<TypedExpr> {
        Box::new(self.expr(expr))
    }

    /// Where an expression stands: a path of attributes where it is written so, anything else from part to part.
    fn place(&mut self, expr: &TypedExpr) -> Span {
        let whole = self.code.span;
        if let (TypedKind::Attribute(..), Some(path)) = (&expr.kind, path_text(expr)) {
            let places = self.places.entry(path).or_insert_with_key(|path| {
                let mut places = self.code.places(path);
                places.reverse();
                places
            });
            return match places.len() {
                0 => whole,
                1 => places.first().copied().unwrap_or(whole),
                _ => places.pop().unwrap_or(whole),
            };
        }
        let parts = expr.children().into_iter().map(|part| part.span);
        parts.filter(|span| *span != whole).reduce(Span::to).unwrap_or(whole)
    }

    fn unary(&mut self, op: UnaryOp, expr: &Arc<Expr>) -> TypedKind {
        let inner = self.boxed(expr);
        match op {
            UnaryOp::Not => TypedKind::Not(inner),
            UnaryOp::Neg => TypedKind::Negate(inner),
            _ => {
                let name = op.to_string();
                match (Constructor::by_name(&name), Method::by_name(&name)) {
                    (Some(constructor), _) => TypedKind::Construct(constructor, inner),
                    (None, Some(method)) => TypedKind::Method(inner, method, Vec::new()),
                    (None, None) => TypedKind::Opaque,
                }
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Arc<Expr>, right: &Arc<Expr>) -> TypedKind {
        let operator = match op {
            BinaryOp::And => return TypedExpr::all(self.chain(op, left, right), self.code.span).kind,
            BinaryOp::Or => return TypedExpr::any(self.chain(op, left, right), self.code.span).kind,
            BinaryOp::Eq => Operator::Equal,
            BinaryOp::NotEq => Operator::NotEqual,
            BinaryOp::Less => Operator::Less,
            BinaryOp::LessEq => Operator::LessEqual,
            BinaryOp::Greater => Operator::Greater,
            BinaryOp::GreaterEq => Operator::GreaterEqual,
            BinaryOp::Add => Operator::Add,
            BinaryOp::Sub => Operator::Subtract,
            BinaryOp::Mul => Operator::Multiply,
            BinaryOp::In => Operator::In,
            other => {
                let (receiver, argument) = (self.boxed(left), self.expr(right));
                return match Method::by_name(&other.to_string()) {
                    Some(method) => TypedKind::Method(receiver, method, vec![argument]),
                    None => TypedKind::Opaque,
                };
            }
        };
        TypedKind::Binary(operator, self.boxed(left), self.boxed(right))
    }

    /// The operands of a chain of one operator. Cedar nests it to the left, as deep as it is long.
    fn chain(&mut self, op: BinaryOp, left: &Arc<Expr>, right: &Arc<Expr>) -> Vec<TypedExpr> {
        let mut operands = vec![right];
        let mut rest = left;
        while let Expr::BinaryOp { op: same, left, right } = rest.as_ref()
            && *same == op
        {
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        operands.into_iter().rev().map(|operand| self.expr(operand)).collect()
    }
}

/// A pattern as one would write it, as far as stars go: `\*` is a star, `*` a wildcard.
fn written(pattern: &[pst::PatternElem]) -> String {
    let mut text = String::new();
    for element in pattern {
        match element {
            pst::PatternElem::Wildcard => text.push('*'),
            pst::PatternElem::Char(c @ ('*' | '\\')) => text.extend(['\\', *c]),
            pst::PatternElem::Char(c) => text.push(*c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_cedar_is_one_of_ours() {
        let unary = [
            UnaryOp::IsEmpty,
            UnaryOp::IsIPv4,
            UnaryOp::IsIPV6,
            UnaryOp::IsLoopback,
            UnaryOp::IsMulticast,
            UnaryOp::ToDate,
            UnaryOp::ToTime,
            UnaryOp::ToMilliseconds,
            UnaryOp::ToSeconds,
            UnaryOp::ToMinutes,
            UnaryOp::ToHours,
            UnaryOp::ToDays,
        ];
        let binary = [
            BinaryOp::Contains,
            BinaryOp::ContainsAll,
            BinaryOp::ContainsAny,
            BinaryOp::GetTag,
            BinaryOp::HasTag,
            BinaryOp::IsInRange,
            BinaryOp::Offset,
            BinaryOp::DurationSince,
            BinaryOp::DecimalLessThan,
            BinaryOp::DecimalLessEq,
            BinaryOp::DecimalGreater,
            BinaryOp::DecimalGreaterEq,
        ];
        let names = unary.iter().map(ToString::to_string).chain(binary.iter().map(ToString::to_string));
        let unknown: Vec<String> = names.filter(|name| Method::by_name(name).is_none()).collect();
        assert_eq!(unknown, [""; 0]);
        let made = [UnaryOp::Datetime, UnaryOp::Decimal, UnaryOp::Duration, UnaryOp::Ip];
        assert!(made.iter().all(|op| Constructor::by_name(&op.to_string()).is_some()));
    }
}
