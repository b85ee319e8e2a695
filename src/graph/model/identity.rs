//! Which statement: an identity that survives edits elsewhere in the text, unlike its place.

use std::sync::Arc;

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
