//! Whom a raw permit lets in, as far as its scope and its conditions tell.

mod alternatives;
mod known;
mod settled;
mod ties;
mod types;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr, UnaryOp};
use cedar_policy::{EntityUid, Policy, PrincipalConstraint, ResourceConstraint, pst};

use crate::bundle::{ROLE_TYPE, RolesForm, relation_attribute};
use crate::graph;
use crate::graph::{ActionId, Program, RoleId, TypeId};
use crate::lower::names::qualified;

use super::RawPolicy;

use alternatives::Alternatives;
pub(in crate::lower) use alternatives::LetsIn;
use known::{Known, Test, conjuncts};

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
/// The condition is read exactly as far as it asks who the principal is: by type, role or entity, in any combination, of the
/// principal itself or of what the same conjunction says is the principal or contains it. What the principal, the resource and
/// the context are like narrows an alternative and is left out. A test of who the principal is that is not understood is left
/// out, too, and the alternative says that it asks more.
/// Tests of the action and of the resource's type come out one way for an action, so that only what is left of the condition counts.
/// `groups` are the actions, as Cedar writes them, that the action lies in, itself included; `None` where they are not known.
pub(in crate::lower) fn lets_in(
    program: &Program,
    action: ActionId,
    groups: Option<&BTreeSet<String>>,
    raw: &RawPolicy,
    form: RolesForm,
) -> Vec<LetsIn> {
    let fuel = Cell::new(0);
    let (known, tied) = (Rc::default(), Rc::default());
    let reader = Reader { program, action, groups, raw, form, known, tied, fuel: &fuel };
    let scope = match raw.policy.principal_constraint() {
        PrincipalConstraint::Any => Alternatives::anybody(),
        PrincipalConstraint::Is(ty) => reader.of_type(&ty.to_string()),
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) => reader.within(&uid),
        PrincipalConstraint::IsIn(ty, uid) => reader.of_type(&ty.to_string()).both(reader.within(&uid)),
    };
    let Some(body) = &raw.body else {
        return scope.both(Alternatives::unread()).into_vec();
    };
    let mut written = Vec::new();
    for clause in body.clauses() {
        match clause {
            pst::Clause::When(expr) => conjuncts((expr, true), &mut written),
            pst::Clause::Unless(expr) => conjuncts((expr, false), &mut written),
        }
    }
    let scoped = scope_tests(&raw.policy);
    let all: Vec<Test<'_>> = scoped.iter().map(|test| (test, true)).chain(written.iter().copied()).collect();
    fuel.set(fuel_for(&all));
    let tied = Rc::new(ties::tied(&reader, &all));
    let reader = Reader { tied, ..reader };
    scope.both(reader.knowing(&all, |reader| reader.all(&written))).into_vec()
}

/// Whether a raw permit may let in others for one action than for another.
pub(in crate::lower) fn reads_request(raw: &RawPolicy) -> bool {
    let reads = |expr: &Expr| match expr {
        Expr::Var(pst::Var::Action | pst::Var::Resource | pst::Var::Context)
        | Expr::GetAttr { .. }
        | Expr::HasAttr { .. }
        | Expr::BinaryOp { op: BinaryOp::GetTag | BinaryOp::HasTag, .. } => Some(true),
        _ => None,
    };
    raw.body.as_ref().is_some_and(|body| {
        body.clauses().iter().any(|clause| match clause {
            pst::Clause::When(expr) | pst::Clause::Unless(expr) => {
                expr.reduce(&reads, &|left, right| left || right, false)
            }
        })
    })
}

/// How many tests are read at most: those that some operators read several times, several times.
fn fuel_for(tests: &[Test<'_>]) -> usize {
    let size = |expr: &Expr| {
        let parts = Cell::new(0_usize);
        let count = |_: &Expr| {
            parts.set(parts.get() + 1);
            None::<()>
        };
        expr.reduce(&count, &|(), ()| (), ());
        parts.get()
    };
    tests.iter().map(|(expr, _)| size(expr)).sum::<usize>() * 4 + 256
}

/// What a scope says of single entities, as tests.
fn scope_tests(policy: &Policy) -> Vec<Arc<Expr>> {
    let test = |var, op, uid: EntityUid| {
        let (left, right) = (Expr::Var(var), Expr::Literal(pst::Literal::EntityUID(uid.into())));
        Arc::new(Expr::BinaryOp { op, left: Arc::new(left), right: Arc::new(right) })
    };
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
        PrincipalConstraint::Eq(uid) => Some((BinaryOp::Eq, uid)),
        PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => Some((BinaryOp::In, uid)),
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
        ResourceConstraint::Eq(uid) => Some((BinaryOp::Eq, uid)),
        ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => Some((BinaryOp::In, uid)),
    };
    let principal = principal.map(|(op, uid)| test(pst::Var::Principal, op, uid));
    principal.into_iter().chain(resource.map(|(op, uid)| test(pst::Var::Resource, op, uid))).collect()
}

/// A role that is not held per entity, by its entity.
pub(in crate::lower) fn role_of(program: &Program, ty: &str, id: &str) -> Option<RoleId> {
    let role = program.find_role(id).filter(|_| ty == qualified(program, ROLE_TYPE))?;
    program.role(role)?.on.is_none().then_some(role)
}

#[derive(Clone)]
struct Reader<'a> {
    program: &'a Program,
    /// The action that is decided.
    action: ActionId,
    /// The actions that it lies in, itself included.
    groups: Option<&'a BTreeSet<String>>,
    raw: &'a RawPolicy,
    /// How principals show which roles they hold.
    form: RolesForm,
    /// What the tests around tell of who is who.
    known: Rc<Known>,
    /// The names that some test compares with who the principal is.
    tied: Rc<BTreeSet<String>>,
    /// How many tests may still be read.
    fuel: &'a Cell<usize>,
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
        role_of(self.program, ty, id)
    }

    /// Reads something as a reader who knows what some tests tell, too.
    fn knowing(&self, tests: &[Test<'_>], read: impl FnOnce(&Self) -> Alternatives) -> Alternatives {
        match self.known.with(tests) {
            Some(known) => read(&Self { known: Rc::new(known), ..self.clone() }),
            None => read(self).both(Alternatives::unread()),
        }
    }

    /// Who passes all of some tests that are no conjunctions, where it is known what these tell.
    fn all(&self, tests: &[Test<'_>]) -> Alternatives {
        tests.iter().fold(Alternatives::anybody(), |found, test| found.both(self.passes(*test)))
    }

    /// Who meets conditions together.
    fn meets<const N: usize>(&self, conditions: [Test<'_>; N]) -> Alternatives {
        let mut tests = Vec::new();
        for condition in conditions {
            conjuncts(condition, &mut tests);
        }
        self.knowing(&tests, |reader| reader.all(&tests))
    }

    /// Who passes a test.
    fn passes(&self, (expr, wanted): Test<'_>) -> Alternatives {
        match self.fuel.get().checked_sub(1) {
            Some(left) => self.fuel.set(left),
            None => return Alternatives::unread(),
        }
        let always = |holds| if holds == wanted { Alternatives::anybody() } else { Alternatives::nobody() };
        if let Some(holds) = self.settled(expr) {
            return always(holds);
        }
        // Of whoever fails a test of who they are it is only known which roles they do not hold.
        let only_if = |wanted: bool, found: Option<Alternatives>| match wanted {
            true => found,
            false => found.map(|_| Alternatives::without(self.tested_roles(expr))),
        };
        let found = match expr.as_ref() {
            Expr::Literal(pst::Literal::Bool(holds)) => return always(*holds),
            Expr::IfThenElse { cond, then_expr, else_expr } => {
                let yes = self.meets([(cond, true), (then_expr, wanted)]);
                return yes.either(self.meets([(cond, false), (else_expr, wanted)]));
            }
            Expr::BinaryOp { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                return self.meets([(left, wanted)]).either(self.meets([(right, wanted)]));
            }
            Expr::BinaryOp { op: op @ (BinaryOp::Eq | BinaryOp::NotEq), left, right } => {
                let wanted = wanted == (*op == BinaryOp::Eq);
                if is_boolean(left) || is_boolean(right) {
                    let both = self.meets([(left, true), (right, wanted)]);
                    return both.either(self.meets([(left, false), (right, !wanted)]));
                }
                only_if(wanted, self.equal(left, right))
            }
            Expr::BinaryOp { op, left, right } => only_if(wanted, self.operation(*op, left, right)),
            Expr::Is { expr, entity_type, in_expr } => {
                let is_principal = self.is_principal(expr);
                let of_type = match is_principal {
                    true => self.of_type(&entity_type.to_string()),
                    false => Alternatives::anybody(),
                };
                only_if(
                    wanted,
                    match in_expr {
                        Some(container) => self.lies_within(expr, container).map(|found| of_type.both(found)),
                        None => is_principal.then_some(of_type),
                    },
                )
            }
            _ => None,
        };
        match found {
            Some(found) => found,
            None if self.asks(expr) || self.is_tied(expr) => Alternatives::unread(),
            None => Alternatives::anybody(),
        }
    }

    /// The roles of which the principal holds none if a test fails: it asks in the only form in which they can be held. A role
    /// that extends one of them is another one.
    fn tested_roles(&self, test: &Expr) -> BTreeSet<RoleId> {
        match test {
            Expr::BinaryOp { op: BinaryOp::In, left, right }
                if self.is_principal(left) && self.form == RolesForm::Parents =>
            {
                self.roles_of(right)
            }
            Expr::Is { expr, entity_type, in_expr: Some(container) }
                if self.is_principal(expr) && self.form == RolesForm::Parents =>
            {
                let ty = self.type_of(&entity_type.to_string());
                // Somebody of another type fails the test with the role, too.
                let is_for_it = |role: &RoleId| {
                    let holders = self.program.role(*role).map_or(&[][..], |role| role.holders.as_slice());
                    holders.iter().all(|holder| Some(*holder) == ty)
                };
                self.roles_of(container).into_iter().filter(is_for_it).collect()
            }
            Expr::BinaryOp { op: BinaryOp::Contains, left, right }
                if self.is_roles(left) && self.form == RolesForm::Attribute =>
            {
                match right.as_ref() {
                    Expr::Literal(pst::Literal::String(role)) => {
                        self.role(&qualified(self.program, ROLE_TYPE), role).into_iter().collect()
                    }
                    _ => BTreeSet::new(),
                }
            }
            _ => BTreeSet::new(),
        }
    }

    /// The roles that an expression names, alone or in a set.
    fn roles_of(&self, expr: &Expr) -> BTreeSet<RoleId> {
        match expr {
            Expr::Set(all) => all.iter().flat_map(|one| self.roles_of(one)).collect(),
            Expr::Literal(pst::Literal::EntityUID(uid)) => {
                self.role(&uid.ty.to_string(), uid.eid.as_str()).into_iter().collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// Who equals something, or is in some way both of two things; `None` where that is no test of who the principal is that is
    /// understood.
    fn equal(&self, left: &Arc<Expr>, right: &Arc<Expr>) -> Option<Alternatives> {
        match (self.is_principal(left), self.is_principal(right)) {
            (true, true) => Some(self.is(left).both(self.is(right))),
            (true, false) if !self.asks(right) => Some(self.is(right)),
            (false, true) if !self.asks(left) => Some(self.is(left)),
            _ => None,
        }
    }

    /// Who is what an expression is.
    fn is(&self, expr: &Arc<Expr>) -> Alternatives {
        match expr.as_ref() {
            Expr::Var(pst::Var::Principal) => Alternatives::anybody(),
            _ => demanding(self.entity(expr)),
        }
    }

    /// Who lies in something, or in something that lies in it; `None` where that is no test of who the principal is that is
    /// understood.
    fn lies_within(&self, inner: &Arc<Expr>, outer: &Arc<Expr>) -> Option<Alternatives> {
        let is_principal = self.is_principal(inner);
        // Whatever lies in itself.
        if is_principal && self.is_principal(outer) {
            return Some(Alternatives::anybody());
        }
        let is_about = is_principal || self.known.is_around(inner);
        (is_about && !self.asks(outer)).then(|| demanding(self.named(outer)))
    }

    /// Who meets an operation; `None` where it is no test of who the principal is that is understood.
    fn operation(&self, op: BinaryOp, left: &Arc<Expr>, right: &Arc<Expr>) -> Option<Alternatives> {
        Some(match op {
            BinaryOp::In => self.lies_within(left, right)?,
            BinaryOp::Contains if self.is_principal(right) && !self.asks(left) => demanding(self.members(left)),
            BinaryOp::Contains if self.is_roles(left) => demanding(self.role_named(right)),
            BinaryOp::ContainsAny if self.is_roles(left) => self.roles_named(right, Alternatives::either)?,
            BinaryOp::ContainsAny if self.is_roles(right) => self.roles_named(left, Alternatives::either)?,
            BinaryOp::ContainsAll if self.is_roles(left) => self.roles_named(right, Alternatives::both)?,
            _ => return None,
        })
    }

    /// Who has roles of a set of names, by some combination; `None` where the set is no list of names.
    fn roles_named(
        &self,
        names: &Arc<Expr>,
        combine: fn(Alternatives, Alternatives) -> Alternatives,
    ) -> Option<Alternatives> {
        let Expr::Set(names) = names.as_ref() else { return None };
        names.iter().map(|name| demanding(self.role_named(name))).reduce(combine)
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
}

/// Who meets a demand for one of some claims; `None` where these are not understood.
fn demanding(claims: Option<BTreeSet<Claim>>) -> Alternatives {
    claims.map_or_else(Alternatives::unread, Alternatives::demanding)
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
