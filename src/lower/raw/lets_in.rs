//! Whom a raw permit lets in, as far as its scope and its conditions tell.

mod alternatives;
mod settled;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr, UnaryOp};
use cedar_policy::{EntityUid, PrincipalConstraint, ResourceConstraint, pst};

use crate::bundle::{ROLE_TYPE, ROLES_ATTRIBUTE, relation_attribute};
use crate::graph;
use crate::graph::{ActionId, Program, RoleId, Ty, TypeId, TypeKind};
use crate::lower::names::qualified;

use super::RawPolicy;

use alternatives::Alternatives;
pub(in crate::lower) use alternatives::LetsIn;

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

/// Whom a raw permit may let in where it decides an action, as alternatives; none for nobody of the program's types.
///
/// The condition is read exactly as far as it asks who the principal is: by type, role or entity, in any combination. What the
/// principal, the resource and the context are like narrows an alternative and is left out. A test of who the principal is that
/// is not understood is left out, too, and the alternative says that it asks more.
/// Tests of the action and of the resource's type come out one way for an action, so that only what is left of the condition counts.
/// `groups` are the actions, as Cedar writes them, that the action lies in, itself included; `None` where they are not known.
pub(in crate::lower) fn lets_in(
    program: &Program,
    action: ActionId,
    groups: Option<&BTreeSet<String>>,
    raw: &RawPolicy,
) -> Vec<LetsIn> {
    let reader = Reader { program, action, groups, raw };
    let mut found = match raw.policy.principal_constraint() {
        PrincipalConstraint::Any => Alternatives::anybody(),
        PrincipalConstraint::Is(ty) => reader.of_type(&ty.to_string()),
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) => reader.within(&uid),
        PrincipalConstraint::IsIn(ty, uid) => reader.of_type(&ty.to_string()).both(reader.within(&uid)),
    };
    let Some(body) = &raw.body else {
        return found.both(Alternatives::unread()).into_vec();
    };
    for clause in body.clauses() {
        found = found.both(match clause {
            pst::Clause::When(expr) => reader.read(expr).holds,
            pst::Clause::Unless(expr) => reader.read(expr).fails,
        });
    }
    found.into_vec()
}

/// Who meets a condition, and who meets its opposite. Somebody may meet both, for different requests.
#[derive(Clone)]
struct Outcomes {
    holds: Alternatives,
    fails: Alternatives,
}

impl Outcomes {
    fn always() -> Self {
        Self { holds: Alternatives::anybody(), fails: Alternatives::nobody() }
    }

    /// A test of something else than who the principal is.
    fn of_anybody() -> Self {
        Self { holds: Alternatives::anybody(), fails: Alternatives::anybody() }
    }

    /// A test that only some pass. Whoever fails it is not known by that.
    fn only(holds: Alternatives) -> Self {
        Self { holds, fails: Alternatives::anybody() }
    }

    /// A test that demands one of some claims; `None` where these are not understood.
    fn demanding(claims: Option<BTreeSet<Claim>>) -> Self {
        Self::only(claims.map_or_else(Alternatives::unread, Alternatives::demanding))
    }

    fn unread() -> Self {
        Self { holds: Alternatives::unread(), fails: Alternatives::unread() }
    }

    fn not(self) -> Self {
        Self { holds: self.fails, fails: self.holds }
    }

    fn and(self, other: Self) -> Self {
        Self { holds: self.holds.both(other.holds), fails: self.fails.either(other.fails) }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The one test where this one holds, and the other where it does not.
    fn select(self, yes: Self, no: Self) -> Self {
        let Self { holds, fails } = self;
        Self {
            holds: holds.clone().both(yes.holds).either(fails.clone().both(no.holds)),
            fails: holds.both(yes.fails).either(fails.both(no.fails)),
        }
    }
}

struct Reader<'a> {
    program: &'a Program,
    /// The action that is decided.
    action: ActionId,
    /// The actions that it lies in, itself included.
    groups: Option<&'a BTreeSet<String>>,
    raw: &'a RawPolicy,
}

impl Reader<'_> {
    /// Nobody, if the program does not have the type.
    fn of_type(&self, cedar: &str) -> Alternatives {
        self.type_of(cedar).map_or_else(Alternatives::nobody, Alternatives::of_type)
    }

    fn type_of(&self, cedar: &str) -> Option<TypeId> {
        self.program.type_ids().find(|id| self.program.ty(*id).is_some_and(|ty| ty.cedar == cedar))
    }

    fn within(&self, uid: &EntityUid) -> Alternatives {
        let claim = self.claim(&uid.type_name().to_string(), uid.id().unescaped(), uid.to_string());
        Alternatives::demanding(BTreeSet::from([claim]))
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

    /// Who meets a condition.
    fn read(&self, expr: &Arc<Expr>) -> Outcomes {
        match self.settled(expr) {
            Some(true) => return Outcomes::always(),
            Some(false) => return Outcomes::always().not(),
            None => {}
        }
        match expr.as_ref() {
            Expr::Literal(pst::Literal::Bool(true)) => Outcomes::always(),
            Expr::Literal(pst::Literal::Bool(false)) => Outcomes::always().not(),
            Expr::UnaryOp { op: UnaryOp::Not, expr } => self.read(expr).not(),
            Expr::IfThenElse { cond, then_expr, else_expr } => {
                self.read(cond).select(self.read(then_expr), self.read(else_expr))
            }
            Expr::BinaryOp { op, left, right } => self.operation(*op, left, right).unwrap_or_else(|| self.leaf(expr)),
            Expr::Is { expr, entity_type, in_expr } if is_principal(expr) => {
                let of_type = Outcomes::only(self.of_type(&entity_type.to_string()));
                match in_expr {
                    Some(container) if !self.asks(container) => of_type.and(Outcomes::demanding(self.named(container))),
                    Some(_) => of_type.and(Outcomes::unread()),
                    None => of_type,
                }
            }
            _ => self.leaf(expr),
        }
    }

    /// A test that is not made of others.
    fn leaf(&self, expr: &Expr) -> Outcomes {
        match self.asks(expr) {
            true => Outcomes::unread(),
            false => Outcomes::of_anybody(),
        }
    }

    /// Who meets an operation; `None` where it is no combination of tests and no test of who the principal is that is understood.
    fn operation(&self, op: BinaryOp, left: &Arc<Expr>, right: &Arc<Expr>) -> Option<Outcomes> {
        Some(match op {
            BinaryOp::And => self.read(left).and(self.read(right)),
            BinaryOp::Or => self.read(left).or(self.read(right)),
            BinaryOp::NotEq => self.operation(BinaryOp::Eq, left, right)?.not(),
            BinaryOp::Eq if is_boolean(left) || is_boolean(right) => {
                let right = self.read(right);
                self.read(left).select(right.clone(), right.not())
            }
            BinaryOp::Eq if is_principal(left) && !self.asks(right) => Outcomes::demanding(self.entity(right)),
            BinaryOp::Eq if is_principal(right) && !self.asks(left) => Outcomes::demanding(self.entity(left)),
            BinaryOp::In if is_principal(left) && !self.asks(right) => Outcomes::demanding(self.named(right)),
            BinaryOp::Contains if is_principal(right) && !self.asks(left) => Outcomes::demanding(self.members(left)),
            BinaryOp::Contains if is_roles(left) => Outcomes::demanding(self.role_named(right)),
            BinaryOp::ContainsAny if is_roles(left) => self.roles_named(right, Outcomes::or)?,
            BinaryOp::ContainsAny if is_roles(right) => self.roles_named(left, Outcomes::or)?,
            BinaryOp::ContainsAll if is_roles(left) => self.roles_named(right, Outcomes::and)?,
            _ => return None,
        })
    }

    /// Who has roles of a set of names, by some combination; `None` where the set is no list of names.
    fn roles_named(&self, names: &Arc<Expr>, combine: fn(Outcomes, Outcomes) -> Outcomes) -> Option<Outcomes> {
        let Expr::Set(names) = names.as_ref() else { return None };
        names.iter().map(|name| Outcomes::demanding(self.role_named(name))).reduce(combine)
    }

    /// The role that has a name in the attribute of roles.
    fn role_named(&self, name: &Arc<Expr>) -> Option<BTreeSet<Claim>> {
        match name.as_ref() {
            Expr::Literal(pst::Literal::String(role)) => {
                let role = self.role(&qualified(self.program, ROLE_TYPE), role)?;
                Some(BTreeSet::from([Claim::Role(role)]))
            }
            Expr::GetAttr { expr, attr } => {
                self.held_on(expr, |role| role.by.is_none() && relation_attribute(&role.name) == *attr)
            }
            _ => None,
        }
    }

    /// The members of a set, or the roles that they hold by being members.
    fn members(&self, set: &Arc<Expr>) -> Option<BTreeSet<Claim>> {
        match set.as_ref() {
            Expr::Set(all) => {
                let members: Option<Vec<BTreeSet<Claim>>> = all.iter().map(|one| self.entity(one)).collect();
                Some(members?.into_iter().flatten().collect())
            }
            Expr::GetAttr { expr, attr } => self.held_by(expr, attr),
            _ => None,
        }
    }

    /// The roles that are held by an attribute of what an expression is.
    fn held_by(&self, base: &Arc<Expr>, attribute: &str) -> Option<BTreeSet<Claim>> {
        self.held_on(base, |role| role.by.as_ref().is_some_and(|(by, _)| by == attribute))
    }

    /// The entity that an expression is, or the roles that are held by being it.
    fn entity(&self, expr: &Arc<Expr>) -> Option<BTreeSet<Claim>> {
        match expr.as_ref() {
            Expr::Literal(pst::Literal::EntityUID(uid)) => {
                Some(BTreeSet::from([self.claim(&uid.ty.to_string(), uid.eid.as_str(), uid.to_string())]))
            }
            Expr::GetAttr { expr, attr } => self.held_by(expr, attr),
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
            Expr::GetAttr { expr, attr } => self.held_on(expr, |role| role.by.is_none() && role.name == attr.as_str()),
            _ => self.entity(expr),
        }
    }

    /// The roles that are held on what an expression is, by an attribute of it. An attribute of the author's own may have the
    /// name of a role that is held on another type: so each type that the expression may have must have such a role.
    fn held_on(&self, base: &Arc<Expr>, is_meant: impl Fn(&graph::Role) -> bool) -> Option<BTreeSet<Claim>> {
        let mut found = BTreeSet::new();
        for ty in self.types_of(base)? {
            let is_held =
                |id: &RoleId| self.program.role(*id).is_some_and(|role| role.on == Some(ty) && is_meant(role));
            let before = found.len();
            found.extend(self.program.role_ids().filter(is_held).map(Claim::Role));
            if found.len() == before {
                return None;
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Whether an expression depends on who the principal is: by more than its type and what it is like, which its attributes and
    /// its tags tell. An attribute that leads to a group tells who is in it.
    fn asks(&self, expr: &Expr) -> bool {
        let tells = |part: &Expr| match part {
            Expr::Var(pst::Var::Principal) => Some(true),
            Expr::GetAttr { expr, attr } if is_principal(expr) && *attr == ROLES_ATTRIBUTE => Some(true),
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
            Expr::Var(pst::Var::Principal) => {
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
    fn has_groups(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Entity(id) => self.program.ty(*id).is_some_and(|ty| ty.kind == TypeKind::Group || ty.holds_roles),
            Ty::Set(inner) => self.has_groups(inner),
            Ty::Record(fields) => fields.values().any(|field| self.has_groups(&field.ty)),
            Ty::Named(_) | Ty::Unknown => true,
            _ => false,
        }
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

/// The attribute with the names of the principal's roles.
fn is_roles(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::GetAttr { expr, attr } if is_principal(expr) && *attr == ROLES_ATTRIBUTE)
}

/// Whether an expression is true or false by its form. Of an attribute that cannot be told.
fn is_boolean(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(pst::Literal::Bool(_)) | Expr::HasAttr { .. } | Expr::Like { .. } | Expr::Is { .. } => true,
        Expr::UnaryOp { op, .. } => matches!(op, UnaryOp::Not | UnaryOp::IsEmpty),
        Expr::BinaryOp { op, .. } => matches!(
            op,
            BinaryOp::And
                | BinaryOp::Or
                | BinaryOp::Eq
                | BinaryOp::NotEq
                | BinaryOp::In
                | BinaryOp::Contains
                | BinaryOp::ContainsAll
                | BinaryOp::ContainsAny
                | BinaryOp::HasTag
                | BinaryOp::Less
                | BinaryOp::LessEq
                | BinaryOp::Greater
                | BinaryOp::GreaterEq
        ),
        Expr::IfThenElse { then_expr, else_expr, .. } => is_boolean(then_expr) || is_boolean(else_expr),
        _ => false,
    }
}

fn is_principal(expr: &Arc<Expr>) -> bool {
    matches!(expr.as_ref(), Expr::Var(pst::Var::Principal))
}
