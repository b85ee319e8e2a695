//! Tests of a raw permit that come out one way for each action: of the action itself, and of the resource's type.

use std::sync::Arc;

use cedar_policy::pst;
use cedar_policy::pst::{BinaryOp, Expr};

use crate::graph::TypeId;

use super::Reader;

impl Reader<'_> {
    /// What a test of the action or of the resource's type comes to where the action is decided, if it always comes to the same.
    pub(super) fn settled(&self, expr: &Expr) -> Option<bool> {
        match expr {
            Expr::Is { expr, entity_type, in_expr } if is_resource(expr) => {
                let types = self.types_of(expr)?;
                let name = entity_type.to_string();
                let of_type = |ty: &TypeId| self.program.ty(*ty).is_some_and(|ty| ty.cedar == name);
                match (types.iter().any(of_type), types.iter().all(of_type)) {
                    (false, _) => Some(false),
                    (true, true) if in_expr.is_none() => Some(true),
                    _ => None,
                }
            }
            Expr::BinaryOp { op, left, right } => match op {
                BinaryOp::Eq | BinaryOp::NotEq => {
                    let other = if is_action(left) { right } else { Some(left).filter(|_| is_action(right))? };
                    let is = self.is_action(other)?;
                    Some(is == (*op == BinaryOp::Eq))
                }
                BinaryOp::In if is_action(left) => any(one_or_more(right), |one| self.lies_in(one)),
                BinaryOp::Contains if is_action(right) => match left.as_ref() {
                    Expr::Set(all) => any(all, |one| self.is_action(one)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an expression is the action that is decided; `None` where it is no entity.
    fn is_action(&self, expr: &Expr) -> Option<bool> {
        let (ty, id) = &self.program.action(self.action)?.cedar;
        match expr {
            Expr::Literal(pst::Literal::EntityUID(uid)) => Some(uid.ty.to_string() == *ty && uid.eid.as_str() == id),
            _ => None,
        }
    }

    /// Whether the action that is decided lies in what an expression is.
    fn lies_in(&self, expr: &Expr) -> Option<bool> {
        match expr {
            _ if self.is_action(expr)? => Some(true),
            Expr::Literal(pst::Literal::EntityUID(uid)) => Some(self.groups?.contains(&uid.to_string())),
            _ => None,
        }
    }
}

/// Whether a test comes out true for any; `None` where that cannot be told.
fn any<'e>(all: &'e [Arc<Expr>], test: impl Fn(&'e Expr) -> Option<bool>) -> Option<bool> {
    let outcomes: Vec<Option<bool>> = all.iter().map(|one| test(one)).collect();
    match outcomes.contains(&Some(true)) {
        true => Some(true),
        false if outcomes.contains(&None) => None,
        false => Some(false),
    }
}

/// The parts of a set, or what is no set.
fn one_or_more(expr: &Arc<Expr>) -> &[Arc<Expr>] {
    match expr.as_ref() {
        Expr::Set(all) => all,
        _ => std::slice::from_ref(expr),
    }
}

fn is_action(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::Var(pst::Var::Action))
}

fn is_resource(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::Var(pst::Var::Resource))
}
