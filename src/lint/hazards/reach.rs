//! Tests that decide what is evaluated after them: by types, as strict validation has it, and by what is there for sure.

use std::borrow::Cow;

use crate::graph::Ty;
use crate::lint::expr::{attribute_text, path_text};
use crate::syntax::ast::Operator;
use crate::typing::{TypedExpr, TypedKind, Variable, settled};

use super::{After, Fact, Flow, Known};

impl Flow<'_> {
    /// A test that types may decide: what comes after the other outcome is never reached.
    pub(super) fn by_types(&mut self, expr: &TypedExpr, known: &Known) -> After {
        let After { yes, no } = After::either(self.eval_all(expr.children(), known));
        match self.settled(expr) {
            Some(true) => After { yes, no: Known::unreachable() },
            Some(false) => After { yes: Known::unreachable(), no },
            None => After { yes, no },
        }
    }

    fn settled(&self, expr: &TypedExpr) -> Option<bool> {
        match &expr.kind {
            TypedKind::Binary(operator, left, right) if matches!(left.kind, TypedKind::Variable(Variable::Action)) => {
                self.asks_for_action(*operator, right)
            }
            _ if self.excludes_profiles(expr) => Some(false),
            _ => settled(self.program, expr, &|part| Cow::Owned(self.type_of(part))),
        }
    }

    /// `resource is Document`, `resource == Document::"x"`: false of the resource of a step of break-glass, which is a profile.
    fn excludes_profiles(&self, expr: &TypedExpr) -> bool {
        let Ty::Named(profile) = &self.variables.resource else {
            return false;
        };
        let is_resource = |of: &TypedExpr| matches!(of.kind, TypedKind::Variable(Variable::Resource));
        let is_other = |entity: &TypedExpr| matches!(&entity.kind, TypedKind::Entity(ty, _) if ty != profile);
        match &expr.kind {
            TypedKind::Is(of, ty, _) => is_resource(of) && ty != profile,
            TypedKind::Binary(Operator::Equal | Operator::In, left, right) => is_resource(left) && is_other(right),
            _ => false,
        }
    }

    /// `action == Action::"read"`, `action in [Action::"read", Action::"list"]`: known for each kind of request.
    fn asks_for_action(&self, operator: Operator, right: &TypedExpr) -> Option<bool> {
        let action = self.variables.action.as_ref()?;
        let is = |one: &TypedExpr| match &one.kind {
            TypedKind::Entity(ty, id) => Some((ty.as_str(), id.as_str()) == (&action.own.0, &action.own.1)),
            _ => None,
        };
        let lies_in = |one: &TypedExpr| match &one.kind {
            TypedKind::Entity(ty, id) => {
                Some(is(one)? || action.groups.iter().any(|group| (&group.0, &group.1) == (ty, id)))
            }
            _ => None,
        };
        match (operator, &right.kind) {
            (Operator::Equal, _) => is(right),
            (Operator::NotEqual, _) => is(right).map(|value| !value),
            (Operator::In, TypedKind::Set(elements)) => {
                let found: Option<Vec<bool>> = elements.iter().map(lies_in).collect();
                Some(found?.contains(&true))
            }
            (Operator::In, _) => lies_in(right),
            _ => None,
        }
    }

    /// `of has a.b`: false, not an error, where `of`, or `of.a`, is not loaded or does not have it.
    pub(super) fn has(&mut self, expr: &TypedExpr, of: &TypedExpr, names: &[String], known: &Known) -> After {
        let no = self.eval(of, known).whatever();
        let mut yes = no.clone();
        if self.settled(expr) == Some(false) {
            yes = Known::unreachable();
        }
        let always = names.len() == 1 && names.iter().all(|name| self.is_there(of, name, known));
        if let Some(mut path) = path_text(of) {
            for name in names {
                yes = yes.and(Fact::Loaded(path.clone()));
                path = attribute_text(&path, name);
                yes = yes.and(Fact::Present(path.clone()));
            }
        }
        match always {
            true => After { yes, no: Known::unreachable() },
            false => After { yes, no },
        }
    }

    /// Whether an attribute is there for sure: it is required, and what it is read of is a record or loaded.
    fn is_there(&self, of: &TypedExpr, name: &str, known: &Known) -> bool {
        let base = path_text(of);
        if base.as_ref().is_some_and(|base| known.knows(&Fact::Present(attribute_text(base, name)))) {
            return true;
        }
        let (loaded, required) = self.presence(of, name, known);
        loaded && required == Some(true)
    }

    /// Whether what an attribute is read of is there, and whether it then has the attribute; `None` where nothing declares it.
    pub(super) fn presence(&self, of: &TypedExpr, name: &str, known: &Known) -> (bool, Option<bool>) {
        let loaded = matches!(of.kind, TypedKind::Variable(_))
            || path_text(of).is_some_and(|base| known.knows(&Fact::Loaded(base)));
        match self.type_of(of) {
            Ty::Record(fields) => (true, fields.get(name).map(|field| field.required)),
            Ty::Entity(id) => (loaded, self.declared(id, name).map(|(_, required)| required)),
            _ => (true, None),
        }
    }
}
