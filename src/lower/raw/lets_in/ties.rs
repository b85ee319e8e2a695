//! Tests that may say something of the principal by what another test compares it with: `resource.a in Role::"clerk"`, where the
//! principal may be `resource.a`, or something else. Where it is that for certain, `known` tells.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr};

use crate::graph::Ty;

use super::known::{PRINCIPAL, Test};
use super::{Reader, is_boolean};

/// The names of what some tests compare with who the principal is.
pub(super) fn tied(reader: &Reader<'_>, tests: &[Test<'_>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (expr, _) in tests {
        reader.tie(expr, &mut found);
    }
    found.remove(PRINCIPAL);
    found
}

impl Reader<'_> {
    fn tie(&self, expr: &Expr, found: &mut BTreeSet<String>) {
        match expr {
            Expr::BinaryOp { op, left, right } if combines(*op, left, right) => {
                self.tie(left, found);
                self.tie(right, found);
            }
            Expr::UnaryOp { expr, .. } => self.tie(expr, found),
            Expr::IfThenElse { cond, then_expr, else_expr } => {
                for part in [cond, then_expr, else_expr] {
                    self.tie(part, found);
                }
            }
            _ if self.asks(expr) => found.extend(self.names(expr)),
            _ => {}
        }
    }

    /// Whether an expression tests who something is that may be the principal, or contain it.
    pub(super) fn is_tied(&self, expr: &Expr) -> bool {
        if self.tied.is_empty() {
            return false;
        }
        let is_tied = |subject: &Expr| self.names(subject).iter().any(|name| self.tied.contains(name));
        let is_member = |subject: &Arc<Expr>| is_tied(subject) || self.is_group_of_tied(subject);
        let listed = |set: &Expr| matches!(set, Expr::Set(_)) && is_tied(set);
        let tests = |part: &Expr| match part {
            Expr::BinaryOp { op, left, right } => match op {
                BinaryOp::Eq | BinaryOp::NotEq => is_tied(left) || is_tied(right),
                BinaryOp::In => is_member(left),
                BinaryOp::Contains => listed(left) || is_member(right),
                BinaryOp::ContainsAny | BinaryOp::ContainsAll => listed(left) || listed(right),
                _ => false,
            },
            Expr::Is { expr, in_expr: Some(_), .. } => is_member(expr),
            _ => false,
        };
        expr.reduce(&|part| tests(part).then_some(true), &|one, other| one || other, false)
    }

    /// Whether an expression may be a group that an attribute or a tag of something tied leads to.
    fn is_group_of_tied(&self, expr: &Arc<Expr>) -> bool {
        let whole = expr;
        let mut at = expr;
        while let Expr::GetAttr { expr, .. } | Expr::BinaryOp { op: BinaryOp::GetTag, left: expr, .. } = at.as_ref() {
            at = expr;
            if self.known.name(at).is_some_and(|name| self.tied.contains(&name)) {
                let types = self.types_of(whole).map(|types| types.into_iter().map(Ty::Entity));
                return types.is_none_or(|mut types| types.any(|ty| self.has_groups(&ty)));
            }
        }
        false
    }

    /// The names in an expression that are no part of longer ones.
    fn names(&self, expr: &Expr) -> BTreeSet<String> {
        let found = RefCell::new(BTreeSet::new());
        let name = |part: &Expr| {
            let name = self.known.name(part)?;
            found.borrow_mut().insert(name);
            Some(())
        };
        expr.reduce(&name, &|(), ()| (), ());
        found.into_inner()
    }
}

/// Whether an operation combines tests.
fn combines(op: BinaryOp, left: &Expr, right: &Expr) -> bool {
    match op {
        BinaryOp::And | BinaryOp::Or => true,
        BinaryOp::Eq | BinaryOp::NotEq => is_boolean(left) || is_boolean(right),
        _ => false,
    }
}
