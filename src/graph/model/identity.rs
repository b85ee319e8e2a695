//! Which statement: an identity that survives edits elsewhere in the text, unlike its place.

use std::sync::Arc;

use crate::syntax::ast::Expr;

use super::{Assertion, Deny, Grant, Profile, Require, Role};

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementKind {
    /// `role`
    Role,
    /// `allow`
    Grant,
    /// `deny`
    Deny,
    /// `require`
    Require,
    /// `isolate`
    Isolation,
    /// `separate`
    Separation,
    /// `break-glass`
    BreakGlass,
    /// `assert`
    Assertion,
    /// A policy or template of a `.cedar` file.
    Raw,
}

/// Which statement: what it is and what it is called, as the text has it. A program under other names keeps its ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId {
    kind: StatementKind,
    name: Arc<str>,
    /// How many statements before it are of this kind and have this name, which is an error but must not confuse them.
    repeated: u32,
}

impl StatementId {
    /// The id of the only statement of a kind with a name.
    #[must_use]
    pub fn new(kind: StatementKind, name: &str) -> Self {
        Self { kind, name: name.into(), repeated: 0 }
    }

    /// The id of a statement that has the kind and the name of others before it.
    #[must_use]
    pub(in crate::graph) fn repeated(self, repeated: u32) -> Self {
        Self { repeated, ..self }
    }

    /// What the statement is.
    #[must_use]
    pub fn kind(&self) -> StatementKind {
        self.kind
    }
}

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
