//! Whom a raw permit lets in, as far as its scope and the first level of its conditions tell.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr};
use cedar_policy::{EntityUid, PrincipalConstraint, ResourceConstraint, pst};

use crate::bundle::{ROLE_TYPE, ROLES_ATTRIBUTE, relation_attribute};
use crate::graph::{ActionId, Program, RoleId, Ty, TypeId};
use crate::lower::names::qualified;

use super::RawPolicy;

/// What somebody may hold or be, by which a permit lets them in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lower) enum Claim {
    /// They hold this role, assigned as such: a role that extends it is another one.
    Role(RoleId),
    /// They are this entity, or lie in it.
    Entity(Named),
}

/// An entity that a policy names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lower) struct Named {
    /// Its type, where the program has it.
    pub(in crate::lower) ty: Option<TypeId>,
    /// Its id.
    pub(in crate::lower) id: String,
    /// As Cedar writes it: `User::"ann"`.
    uid: String,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uid)
    }
}

/// Whom a raw permit may let in: who is of the type and has a claim out of each demand. No type and no demand: everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::lower) struct LetsIn {
    /// The type, where one is demanded.
    pub(in crate::lower) ty: Option<TypeId>,
    /// The demands. None of them follows from another.
    pub(in crate::lower) demands: Vec<BTreeSet<Claim>>,
}

/// Whom a raw permit may let in where it decides an action; `None` for nobody of the program's types. What cannot be read demands
/// nothing.
pub(in crate::lower) fn lets_in(program: &Program, action: ActionId, raw: &RawPolicy) -> Option<LetsIn> {
    let mut found = Reader { program, action, raw, is_foreign: false, lets_in: LetsIn::default() };
    match raw.policy.principal_constraint() {
        PrincipalConstraint::Any => {}
        PrincipalConstraint::Is(ty) => found.of_type(&ty.to_string()),
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) => found.within(&uid),
        PrincipalConstraint::IsIn(ty, uid) => {
            found.of_type(&ty.to_string());
            found.within(&uid);
        }
    }
    let clauses = raw.body.iter().flat_map(|body| body.clauses());
    for clause in clauses {
        if let pst::Clause::When(expr) = clause {
            found.condition(expr);
        }
    }
    (!found.is_foreign).then_some(found.lets_in)
}

struct Reader<'a> {
    program: &'a Program,
    /// The action that is decided.
    action: ActionId,
    raw: &'a RawPolicy,
    /// Whether a type is named that the program does not have.
    is_foreign: bool,
    lets_in: LetsIn,
}

impl Reader<'_> {
    fn of_type(&mut self, cedar: &str) {
        self.lets_in.ty = self.type_of(cedar);
        self.is_foreign = self.lets_in.ty.is_none();
    }

    fn type_of(&self, cedar: &str) -> Option<TypeId> {
        self.program.type_ids().find(|id| self.program.ty(*id).is_some_and(|ty| ty.cedar == cedar))
    }

    fn within(&mut self, uid: &EntityUid) {
        let claim = self.claim(&uid.type_name().to_string(), uid.id().unescaped(), uid.to_string());
        self.demand(BTreeSet::from([claim]));
    }

    /// Adds a demand, unless another one says as much.
    fn demand(&mut self, claims: BTreeSet<Claim>) {
        let demands = &mut self.lets_in.demands;
        if !demands.iter().any(|known| known.is_subset(&claims)) {
            demands.retain(|known| !known.is_superset(&claims));
            demands.push(claims);
        }
    }

    /// An entity as a claim: a role that is not held per entity, or whoever is or lies in the entity.
    fn claim(&self, ty: &str, id: &str, uid: String) -> Claim {
        match self.role(ty, id) {
            Some(role) => Claim::Role(role),
            None => Claim::Entity(Named { ty: self.type_of(ty), id: id.to_owned(), uid }),
        }
    }

    /// A role that is not held per entity, by its entity.
    fn role(&self, ty: &str, id: &str) -> Option<RoleId> {
        let role = self.program.find_role(id).filter(|_| ty == qualified(self.program, ROLE_TYPE))?;
        self.program.role(role)?.on.is_none().then_some(role)
    }

    /// What a condition that must hold says of the principal.
    fn condition(&mut self, expr: &Arc<Expr>) {
        match expr.as_ref() {
            Expr::BinaryOp { op: BinaryOp::And, left, right } => {
                self.condition(left);
                self.condition(right);
                return;
            }
            Expr::Is { expr, entity_type, .. } if is_principal(expr) => self.of_type(&entity_type.to_string()),
            _ => {}
        }
        if let Some(claims) = self.claims_of(expr) {
            self.demand(claims);
        }
    }

    /// The claims of which a condition demands one; `None` where it may hold without any.
    fn claims_of(&self, expr: &Arc<Expr>) -> Option<BTreeSet<Claim>> {
        match expr.as_ref() {
            Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
                let mut either = self.claims_of(left)?;
                either.extend(self.claims_of(right)?);
                Some(either)
            }
            // What one side demands, the whole demands.
            Expr::BinaryOp { op: BinaryOp::And, left, right } => self.claims_of(left).or_else(|| self.claims_of(right)),
            Expr::BinaryOp { op: BinaryOp::In, left, right } if is_principal(left) => self.named(right),
            Expr::Is { expr, in_expr: Some(container), .. } if is_principal(expr) => self.named(container),
            Expr::BinaryOp { op: BinaryOp::Eq, left, right } if is_principal(left) => self.entity(right),
            Expr::BinaryOp { op: BinaryOp::Eq, left, right } if is_principal(right) => self.entity(left),
            Expr::BinaryOp { op: BinaryOp::Contains, left, right } => match (left.as_ref(), right.as_ref()) {
                (Expr::GetAttr { expr, attr }, name) if is_principal(expr) && *attr == ROLES_ATTRIBUTE => match name {
                    Expr::Literal(pst::Literal::String(role)) => {
                        let role = self.role(&qualified(self.program, ROLE_TYPE), role)?;
                        Some(BTreeSet::from([Claim::Role(role)]))
                    }
                    Expr::GetAttr { expr, attr } => self.held_on(expr, |role| relation_attribute(role) == *attr),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The entity that an expression is.
    fn entity(&self, expr: &Arc<Expr>) -> Option<BTreeSet<Claim>> {
        match expr.as_ref() {
            Expr::Literal(pst::Literal::EntityUID(uid)) => {
                Some(BTreeSet::from([self.claim(&uid.ty.to_string(), uid.eid.as_str(), uid.to_string())]))
            }
            _ => None,
        }
    }

    /// What an expression names whose members are meant: one entity, several, or the holders of a role on an entity.
    fn named(&self, expr: &Arc<Expr>) -> Option<BTreeSet<Claim>> {
        match expr.as_ref() {
            Expr::Set(all) => {
                let mut either = BTreeSet::new();
                for one in all {
                    either.extend(self.named(one)?);
                }
                Some(either)
            }
            Expr::GetAttr { expr, attr } => self.held_on(expr, |role| role == attr.as_str()),
            _ => self.entity(expr),
        }
    }

    /// The roles that are held on what an expression is, by the attribute that the compiler makes for them. An attribute of the
    /// author's own may have the name of a role that is held on another type: so each type that the expression may have must have
    /// such a role.
    fn held_on(&self, base: &Arc<Expr>, is_named: impl Fn(&str) -> bool) -> Option<BTreeSet<Claim>> {
        let held_on = |ty: TypeId| {
            self.program.role_ids().find(|id| {
                let role = self.program.role(*id);
                role.is_some_and(|role| role.on == Some(ty) && role.by.is_none() && is_named(&role.name))
            })
        };
        let types = self.types_of(base)?;
        let roles: Option<BTreeSet<Claim>> = types.into_iter().map(|ty| held_on(ty).map(Claim::Role)).collect();
        roles.filter(|roles| !roles.is_empty())
    }

    /// The types that an expression may have where the action is decided; `None` where that cannot be told.
    fn types_of(&self, expr: &Arc<Expr>) -> Option<BTreeSet<TypeId>> {
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

fn is_principal(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::Var(pst::Var::Principal))
}
