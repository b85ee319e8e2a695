//! Whom a raw permit lets in, as far as its scope and the first level of its conditions tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr};
use cedar_policy::{EntityUid, PrincipalConstraint, pst};

use crate::bundle::{ROLE_TYPE, ROLES_ATTRIBUTE};
use crate::graph::{Program, RoleId, TypeId};
use crate::lower::program::qualified;

use super::RawPolicy;

/// Whom a raw permit may let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) enum LetsIn {
    /// Everybody.
    Everybody,
    /// Everybody of a type.
    Type(TypeId),
    /// Holders of any of these roles, of this type where it is named.
    Roles(BTreeSet<RoleId>, Option<TypeId>),
    /// Single entities, or what lies in one: its Cedar name. Who that is, only data knows.
    Particular(String),
    /// Nobody of the program's types.
    Nobody,
}

/// Whom a raw permit may let in. What cannot be read narrows nothing.
pub(in crate::lower) fn lets_in(program: &Program, raw: &RawPolicy) -> LetsIn {
    let mut found = Narrowing { program, ty: None, is_foreign: false, roles: None, particular: None };
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
    match (found.particular, found.roles, found.ty) {
        _ if found.is_foreign => LetsIn::Nobody,
        (Some(who), ..) => LetsIn::Particular(who),
        (None, Some(roles), ty) => LetsIn::Roles(roles, ty),
        (None, None, Some(ty)) => LetsIn::Type(ty),
        (None, None, None) => LetsIn::Everybody,
    }
}

struct Narrowing<'a> {
    program: &'a Program,
    ty: Option<TypeId>,
    /// Whether a type is named that the program does not have.
    is_foreign: bool,
    roles: Option<BTreeSet<RoleId>>,
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
        match self.role(&uid.type_name().to_string(), uid.id().unescaped()) {
            Some(role) => self.holders(BTreeSet::from([role])),
            None => self.particular = Some(uid.to_string()),
        }
    }

    /// Single entities, where a test names one.
    fn only(&mut self, entity: Option<String>) {
        self.particular = entity.or_else(|| self.particular.take());
    }

    /// Who needs a role by one test and a role by another needs one that is in both.
    fn holders(&mut self, roles: BTreeSet<RoleId>) {
        self.roles = Some(match &self.roles {
            Some(known) => known.intersection(&roles).copied().collect(),
            None => roles,
        });
    }

    /// A role that is not held per entity, by its entity.
    fn role(&self, ty: &str, id: &str) -> Option<RoleId> {
        let role = self.program.find_role(id).filter(|_| ty == qualified(self.program, ROLE_TYPE))?;
        self.program.role(role)?.on.is_none().then_some(role)
    }

    /// What a condition that must hold says of the principal.
    fn condition(&mut self, expr: &Arc<Expr>) {
        if let Some(roles) = self.roles_in(expr) {
            self.holders(roles);
            return;
        }
        match expr.as_ref() {
            Expr::BinaryOp { op: BinaryOp::And, left, right } => {
                self.condition(left);
                self.condition(right);
            }
            Expr::BinaryOp { op: BinaryOp::In, left, right } if is_principal(left) => self.only(entity(right)),
            Expr::BinaryOp { op: BinaryOp::Eq, left, right } if is_principal(left) => self.only(entity(right)),
            Expr::BinaryOp { op: BinaryOp::Eq, left, right } if is_principal(right) => self.only(entity(left)),
            Expr::Is { expr, entity_type, in_expr } if is_principal(expr) => {
                self.of_type(&entity_type.to_string());
                match in_expr.as_ref().map(|container| (self.named(container), container)) {
                    Some((Some(roles), _)) => self.holders(roles),
                    Some((None, container)) => self.only(entity(container)),
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// The roles of which a condition demands one, and nothing else.
    fn roles_in(&self, expr: &Arc<Expr>) -> Option<BTreeSet<RoleId>> {
        match expr.as_ref() {
            Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
                let mut either = self.roles_in(left)?;
                either.extend(self.roles_in(right)?);
                Some(either)
            }
            Expr::BinaryOp { op: BinaryOp::In, left, right } if is_principal(left) => self.named(right),
            Expr::BinaryOp { op: BinaryOp::Contains, left, right } => match (left.as_ref(), right.as_ref()) {
                (Expr::GetAttr { expr, attr }, Expr::Literal(pst::Literal::String(role)))
                    if is_principal(expr) && *attr == ROLES_ATTRIBUTE =>
                {
                    let role = self.role(&qualified(self.program, ROLE_TYPE), role)?;
                    Some(BTreeSet::from([role]))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The roles that an expression names whose holders are meant: one, several, or one held on an entity.
    fn named(&self, expr: &Arc<Expr>) -> Option<BTreeSet<RoleId>> {
        match expr.as_ref() {
            Expr::Literal(pst::Literal::EntityUID(uid)) => {
                let role = self.role(&uid.ty.to_string(), uid.eid.as_str())?;
                Some(BTreeSet::from([role]))
            }
            Expr::Set(all) => {
                let mut either = BTreeSet::new();
                for one in all {
                    either.extend(self.named(one)?);
                }
                Some(either)
            }
            // The group of those who hold a role on an entity; entities of several types may have one of this name.
            Expr::GetAttr { attr, .. } => {
                let roles = self.program.role_ids().filter(|id| {
                    let role = self.program.role(*id);
                    role.is_some_and(|role| role.on.is_some() && role.by.is_none() && role.name == *attr)
                });
                let roles: BTreeSet<RoleId> = roles.collect();
                (!roles.is_empty()).then_some(roles)
            }
            _ => None,
        }
    }
}

/// The entity that an expression is.
fn entity(expr: &Arc<Expr>) -> Option<String> {
    match expr.as_ref() {
        Expr::Literal(pst::Literal::EntityUID(uid)) => Some(uid.to_string()),
        _ => None,
    }
}

fn is_principal(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::Var(pst::Var::Principal))
}
