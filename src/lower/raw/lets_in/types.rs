//! What an expression of a raw permit is: who the principal is, something that depends on it, or something of certain types.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr};
use cedar_policy::{ResourceConstraint, pst};

use crate::bundle::ROLES_ATTRIBUTE;
use crate::graph::{Ty, TypeId, TypeKind};

use super::Reader;

impl Reader<'_> {
    pub(super) fn is_principal(&self, expr: &Expr) -> bool {
        self.known.is_principal(expr)
    }

    /// The attribute with the names of the principal's roles.
    pub(super) fn is_roles(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::GetAttr { expr, attr } if self.is_principal(expr) && *attr == ROLES_ATTRIBUTE)
    }

    /// Whether an expression depends on who the principal is: by more than its type and what it is like, which its attributes and
    /// its tags tell. An attribute that leads to a group tells who is in it.
    pub(super) fn asks(&self, expr: &Expr) -> bool {
        let tells = |part: &Expr| match part {
            part if self.is_principal(part) => Some(true),
            Expr::GetAttr { expr, attr } if self.is_principal(expr) && *attr == ROLES_ATTRIBUTE => Some(true),
            Expr::GetAttr { .. } => Some(self.types_from_principal(part)?.iter().any(|ty| self.has_groups(ty))),
            Expr::HasAttr { expr, .. } | Expr::Is { expr, in_expr: None, .. } => {
                self.types_from_principal(expr).map(|_| false)
            }
            Expr::BinaryOp { op: BinaryOp::GetTag, left, right } => {
                let of = self.types_from_principal(left)?;
                Some(self.asks(right) || self.tags(&of).iter().any(|ty| self.has_groups(ty)))
            }
            Expr::BinaryOp { op: BinaryOp::HasTag, left, right } => {
                self.types_from_principal(left).map(|_| self.asks(right))
            }
            _ => None,
        };
        expr.reduce(&tells, &|left, right| left || right, false)
    }

    /// The types of what attributes lead to from the principal; `None` of any other expression.
    fn types_from_principal(&self, expr: &Expr) -> Option<Vec<Ty>> {
        match expr {
            _ if self.is_principal(expr) => {
                Some(self.program.principals_of(self.action).into_iter().map(Ty::Entity).collect())
            }
            Expr::GetAttr { expr, attr } => {
                let attribute = |of: &Ty| match of {
                    Ty::Entity(id) => self.program.ty(*id)?.attributes.get(attr.as_str()).map(|found| found.ty.clone()),
                    Ty::Record(fields) => fields.get(attr.as_str()).map(|found| found.ty.clone()),
                    _ => Some(Ty::Unknown),
                };
                Some(self.types_from_principal(expr)?.iter().filter_map(attribute).collect())
            }
            _ => None,
        }
    }

    fn tags(&self, of: &[Ty]) -> Vec<Ty> {
        let tags = |of: &Ty| match of {
            Ty::Entity(id) => self.program.ty(*id)?.tags.clone(),
            _ => Some(Ty::Unknown),
        };
        of.iter().filter_map(tags).collect()
    }

    /// Whether a value may be or contain a group, whose roles its members have.
    pub(super) fn has_groups(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Entity(id) => self.program.ty(*id).is_some_and(|ty| ty.kind == TypeKind::Group || ty.holds_roles),
            Ty::Set(inner) => self.has_groups(inner),
            Ty::Record(fields) => fields.values().any(|field| self.has_groups(&field.ty)),
            Ty::Named(_) | Ty::Unknown => true,
            _ => false,
        }
    }

    /// The types that an expression may have where the action is decided; `None` where that cannot be told.
    pub(super) fn types_of(&self, expr: &Arc<Expr>) -> Option<BTreeSet<TypeId>> {
        let program = self.program;
        match expr.as_ref() {
            Expr::Var(pst::Var::Resource) => {
                let decided = program.action(self.action)?.decided_on.iter().copied();
                let only = match self.raw.policy.resource_constraint() {
                    ResourceConstraint::Any | ResourceConstraint::In(_) => None,
                    ResourceConstraint::Eq(uid) => Some(self.type_of(&uid.type_name().to_string())?),
                    ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => {
                        Some(self.type_of(&ty.to_string())?)
                    }
                };
                Some(decided.filter(|ty| only.is_none_or(|only| only == *ty)).collect())
            }
            Expr::Var(pst::Var::Principal) => Some(program.principals_of(self.action).into_iter().collect()),
            Expr::Literal(pst::Literal::EntityUID(uid)) => Some(BTreeSet::from([self.type_of(&uid.ty.to_string())?])),
            Expr::GetAttr { expr, attr } if matches!(expr.as_ref(), Expr::Var(pst::Var::Context)) => {
                entity_type(&program.context_of(self.action).get(attr.as_str())?.ty)
            }
            Expr::GetAttr { expr, attr } => {
                let mut found = BTreeSet::new();
                for ty in self.types_of(expr)? {
                    found.extend(entity_type(&program.ty(ty)?.attributes.get(attr.as_str())?.ty)?);
                }
                Some(found)
            }
            _ => None,
        }
    }
}

fn entity_type(ty: &Ty) -> Option<BTreeSet<TypeId>> {
    match ty {
        Ty::Entity(id) => Some(BTreeSet::from([*id])),
        _ => None,
    }
}
