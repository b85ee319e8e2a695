//! Conditions that types alone decide, as Cedar's strict validation decides them: `principal is Bot` for a principal that is
//! a `Staff`. What stands behind them is never evaluated, so that it need not type.

use std::borrow::Cow;

use crate::graph::{Edge, Node, Program, Role, Ty, TypeId};
use crate::syntax::ast::Operator;

use super::{Method, TypedExpr, TypedKind};

/// The type of an expression, as far as whoever asks knows it.
pub type TypeOf<'t> = dyn for<'e> Fn(&'e TypedExpr) -> Cow<'e, Ty> + 't;

/// What a condition comes to wherever it does not error; `None` where that depends on the request.
#[must_use]
pub fn settled(program: &Program, expr: &TypedExpr, type_of: &TypeOf<'_>) -> Option<bool> {
    let settle = |part: &TypedExpr| settled(program, part, type_of);
    match &expr.kind {
        TypedKind::Bool(value) => Some(*value),
        TypedKind::Named(_, body) => settle(body),
        TypedKind::Not(inner) => settle(inner).map(|value| !value),
        TypedKind::And(parts) => all(parts.iter().map(settle), true),
        TypedKind::Or(parts) => all(parts.iter().map(settle), false),
        TypedKind::If(test, yes, no) => match settle(test) {
            Some(true) => settle(yes),
            Some(false) => settle(no),
            None => settle(yes).filter(|value| settle(no) == Some(*value)),
        },
        TypedKind::Is(of, ty, container) => match (is(program, &type_of(of), ty), container) {
            (Some(true), Some(container)) => within(program, &type_of(of), container, type_of),
            (found, _) => found,
        },
        TypedKind::Has(of, names) => has(program, &type_of(of), names),
        TypedKind::Binary(Operator::In, left, right) => within(program, &type_of(left), right, type_of),
        TypedKind::Binary(Operator::Equal, left, right) => same(left, right, type_of),
        TypedKind::Binary(Operator::NotEqual, left, right) => same(left, right, type_of).map(|value| !value),
        TypedKind::Method(of, Method::HasTag, _) => match type_of(of).as_ref() {
            Ty::Entity(id) if program.ty(*id)?.tags.is_none() => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A chain of which `neutral` decides nothing: one other value decides all of it.
fn all(parts: impl Iterator<Item = Option<bool>>, neutral: bool) -> Option<bool> {
    let mut found = Some(neutral);
    for part in parts {
        match part {
            Some(value) if value != neutral => return Some(value),
            Some(_) => {}
            None => found = None,
        }
    }
    found
}

/// Whether an entity is of a type, given by its full Cedar name.
fn is(program: &Program, of: &Ty, ty: &str) -> Option<bool> {
    match of {
        Ty::Entity(id) => Some(program.ty(*id)?.cedar == ty),
        _ => None,
    }
}

/// `of has a.b`: false where a type on the way declares no such attribute. Where each is required the entity may still not be
/// loaded, so it is never true by types alone.
fn has(program: &Program, of: &Ty, names: &[String]) -> Option<bool> {
    let mut of = Cow::Borrowed(of);
    for name in names {
        let next = match of.as_ref() {
            Ty::Record(fields) => match fields.get(name) {
                Some(field) => field.ty.clone(),
                None => return Some(false),
            },
            Ty::Entity(id) => match program.ty(*id)?.attributes.get(name) {
                Some(attribute) => attribute.ty.clone(),
                None if is_generated(program, *id, name) => return None,
                None => return Some(false),
            },
            _ => return None,
        };
        of = Cow::Owned(next);
    }
    None
}

/// An attribute that lowering adds: the holders of a role on the type, or a name that no author can give.
fn is_generated(program: &Program, id: TypeId, name: &str) -> bool {
    let held = |role: &Role| role.on == Some(id) && role.by.is_none() && role.name == name;
    name.contains(':') || program.roles.iter().any(held)
}

/// `left in right`: false where no entity of the one type can lie in one of the other.
fn within(program: &Program, left: &Ty, right: &TypedExpr, type_of: &TypeOf<'_>) -> Option<bool> {
    let Ty::Entity(id) = left else { return None };
    let apart = |container: &Ty| match container {
        Ty::Entity(container) => {
            let up = program.relations.reachable(Node::Type(*id), |edge| *edge == Edge::MemberOf);
            !up.contains(&Node::Type(*container))
        }
        _ => false,
    };
    let never = match &right.kind {
        TypedKind::Set(elements) => elements.iter().all(|element| apart(&type_of(element))),
        _ => match type_of(right).as_ref() {
            Ty::Set(element) => apart(element),
            container => apart(container),
        },
    };
    never.then_some(false)
}

/// `left == right`: false of entities of two types, and known of two literals.
fn same(left: &TypedExpr, right: &TypedExpr, type_of: &TypeOf<'_>) -> Option<bool> {
    if let (Ty::Entity(one), Ty::Entity(other)) = (type_of(left).as_ref(), type_of(right).as_ref())
        && one != other
    {
        return Some(false);
    }
    let literal = |kind: &TypedKind| {
        matches!(kind, TypedKind::Bool(_) | TypedKind::Long(_) | TypedKind::Text(_) | TypedKind::Entity(..))
    };
    (literal(&left.kind) && literal(&right.kind)).then(|| left.kind == right.kind)
}
