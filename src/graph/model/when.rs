//! The condition of each statement, together with which statement it is of.

use crate::syntax::ast::Expr;

use super::{Assertion, Deny, Grant, Profile, Require, Role, StatementId};

/// The condition of a statement. Each has one at most.
#[derive(Debug, Clone, Copy)]
pub struct When<'a> {
    /// The statement.
    pub of: &'a StatementId,
    /// The condition, as written.
    pub expr: &'a Expr,
}

impl<'a> When<'a> {
    fn of(of: &'a StatementId, expr: Option<&'a Expr>) -> Option<Self> {
        expr.map(|expr| Self { of, expr })
    }
}

impl Role {
    /// What it demands of its holders wherever it is used.
    #[must_use]
    pub fn when(&self) -> Option<When<'_>> {
        When::of(&self.id, self.when.as_ref())
    }
}

impl Grant {
    /// Its condition.
    #[must_use]
    pub fn when(&self) -> Option<When<'_>> {
        When::of(&self.statement.id, self.when.as_ref())
    }
}

impl Deny {
    /// Its condition.
    #[must_use]
    pub fn when(&self) -> Option<When<'_>> {
        When::of(&self.statement.id, self.when.as_ref())
    }
}

impl Require {
    /// What must hold.
    #[must_use]
    pub fn when(&self) -> When<'_> {
        When { of: &self.statement.id, expr: &self.condition }
    }
}

impl Profile {
    /// Its condition, at the request and at each use.
    #[must_use]
    pub fn when(&self) -> Option<When<'_>> {
        When::of(&self.id, self.when.as_ref())
    }
}

impl Assertion {
    /// Its condition.
    #[must_use]
    pub fn when(&self) -> Option<When<'_>> {
        When::of(&self.id, self.when.as_ref())
    }
}
