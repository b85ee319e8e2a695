//! Whom a raw permit lets in, as far as its scope and the first level of its conditions tell.

use std::sync::Arc;

use cedar_policy::EntityUid;
use cedar_policy::PrincipalConstraint;
use cedar_policy::pst;
use cedar_policy::pst::BinaryOp;
use cedar_policy::pst::Expr;

use crate::bundle::ROLES_ATTRIBUTE;
use crate::graph::Program;
use crate::graph::RoleId;
use crate::graph::TypeId;
use crate::lower::program::qualified;

use super::RawPolicy;

/// Whom a raw permit may let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) enum LetsIn {
    /// Everybody.
    Everybody,
    /// Everybody of a type.
    Type(TypeId),
    /// Holders of a role, of this type where it is named.
    Role(RoleId, Option<TypeId>),
    /// Single entities, or what lies in one: its Cedar name. Who that is, only data knows.
    Particular(String),
    /// Nobody of the program's types.
    Nobody,
}

/// Whom a raw permit may let in. What cannot be read narrows nothing.
pub(in crate::lower) fn lets_in(program: &Program, raw: &RawPolicy) -> LetsIn {
    let mut found = Narrowing {
        program,
        ty: None,
        is_foreign: false,
        role: None,
        particular: None,
    };
    match raw.policy.principal_constraint() {
        PrincipalConstraint::Any => {}
        PrincipalConstraint::Is(ty) => found.of_type(&ty.to_string()),
        PrincipalConstraint::In(uid) => found.within(&uid),
        PrincipalConstraint::IsIn(ty, uid) => {
            found.of_type(&ty.to_string());
            found.within(&uid);
        }
        PrincipalConstraint::Eq(uid) => found.particular = Some(uid.to_string()),
    }
    let clauses = raw.body.iter().flat_map(|body| body.clauses());
    for clause in clauses {
        if let pst::Clause::When(expr) = clause {
            found.condition(expr);
        }
    }
    match (found.particular, found.role, found.ty) {
        _ if found.is_foreign => LetsIn::Nobody,
        (Some(who), ..) => LetsIn::Particular(who),
        (None, Some(role), ty) => LetsIn::Role(role, ty),
        (None, None, Some(ty)) => LetsIn::Type(ty),
        (None, None, None) => LetsIn::Everybody,
    }
}

struct Narrowing<'a> {
    program: &'a Program,
    ty: Option<TypeId>,
    /// Whether a type is named that the program does not have.
    is_foreign: bool,
    role: Option<RoleId>,
    particular: Option<String>,
}

impl Narrowing<'_> {
    fn of_type(&mut self, cedar: &str) {
        let program = self.program;
        let named = |id: &TypeId| program.ty(*id).is_some_and(|ty| ty.cedar == cedar);
        self.ty = program.type_ids().find(named);
        self.is_foreign = self.ty.is_none();
    }

    fn within(&mut self, uid: &EntityUid) {
        self.member(&uid.type_name().to_string(), uid.id().unescaped(), uid.to_string());
    }

    fn member(&mut self, ty: &str, id: &str, shown: String) {
        match ty == qualified(self.program, "Role") {
            true => self.holder(id, shown),
            false => self.particular = Some(shown),
        }
    }

    fn holder(&mut self, role: &str, shown: String) {
        let plain = self.program.find_role(role);
        match plain.filter(|id| self.program.role(*id).is_some_and(|role| role.on.is_none())) {
            // Who needs two roles is nobody by one of them.
            Some(id) if self.role.is_none_or(|known| known == id) => self.role = Some(id),
            Some(_) | None => self.particular = Some(shown),
        }
    }

    /// What a condition that must hold says of the principal.
    fn condition(&mut self, expr: &Arc<Expr>) {
        match expr.as_ref() {
            Expr::BinaryOp {
                op: BinaryOp::And,
                left,
                right,
            } => {
                self.condition(left);
                self.condition(right);
            }
            Expr::BinaryOp {
                op: BinaryOp::In,
                left,
                right,
            } if is_principal(left) => self.container(right),
            Expr::BinaryOp {
                op: BinaryOp::Eq,
                left,
                right,
            } => {
                for (one, other) in [(left, right), (right, left)] {
                    if let (true, Expr::Literal(pst::Literal::EntityUID(uid))) = (is_principal(one), other.as_ref()) {
                        self.particular = Some(uid.to_string());
                    }
                }
            }
            Expr::BinaryOp {
                op: BinaryOp::Contains,
                left,
                right,
            } => {
                if let (Expr::GetAttr { expr, attr }, Expr::Literal(pst::Literal::String(role))) =
                    (left.as_ref(), right.as_ref())
                    && is_principal(expr)
                    && *attr == ROLES_ATTRIBUTE
                {
                    self.holder(role, role.to_string());
                }
            }
            Expr::Is {
                expr,
                entity_type,
                in_expr,
            } if is_principal(expr) => {
                self.of_type(&entity_type.to_string());
                if let Some(container) = in_expr {
                    self.container(container);
                }
            }
            _ => {}
        }
    }

    fn container(&mut self, expr: &Arc<Expr>) {
        match expr.as_ref() {
            Expr::Literal(pst::Literal::EntityUID(uid)) => {
                self.member(&uid.ty.to_string(), uid.eid.as_str(), uid.to_string());
            }
            // The group of those who hold a role on an entity.
            Expr::GetAttr { attr, .. } => {
                let roles = self.program.role_ids().filter(|id| {
                    let role = self.program.role(*id);
                    role.is_some_and(|role| role.on.is_some() && role.by.is_none() && role.name == *attr)
                });
                if let [role] = roles.collect::<Vec<_>>().as_slice() {
                    self.role = Some(*role);
                }
            }
            _ => {}
        }
    }
}

fn is_principal(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::Var(pst::Var::Principal))
}
