//! Files and the declarations in them. A role is one, and holds others.

use crate::text::{FileId, Span};

use super::{
    ActionSetDecl, Annotation, AssertDecl, BreakGlassDecl, ConditionDecl, ContextDecl, DenyDecl, EntityDecl, EnumDecl,
    Expr, GrantDecl, Ident, InstantLiteral, IsolateDecl, Path, RequireDecl, SeparateDecl,
};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Which.
    pub file: FileId,
    /// Its declarations in the order of the text.
    pub items: Vec<Item>,
}

/// A declaration with what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `///` lines, joined by newlines.
    pub doc: Option<String>,
    /// `@name(…)`.
    pub annotations: Vec<Annotation>,
    /// `label:` before a statement.
    pub label: Option<Ident>,
    /// What is declared.
    pub kind: ItemKind,
    /// The whole declaration without doc and annotations.
    pub span: Span,
}

/// The kinds of declarations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// `namespace N;`
    Namespace(Path),
    /// `enum E { … }`
    Enum(EnumDecl),
    /// `principal`, `resource`, `group`
    Entity(EntityDecl),
    /// `actions crud { … }`
    ActionSet(ActionSetDecl),
    /// `context { … }`
    Context(ContextDecl),
    /// `condition c(…) = …;`
    Condition(ConditionDecl),
    /// `role r … { … }`
    Role(RoleDecl),
    /// `allow …;` outside a role
    Grant(GrantDecl),
    /// `deny …;`
    Deny(DenyDecl),
    /// `require …;`
    Require(RequireDecl),
    /// `isolate …;`
    Isolate(IsolateDecl),
    /// `separate …;`
    Separate(SeparateDecl),
    /// `break-glass g { … }`
    BreakGlass(BreakGlassDecl),
    /// `assert a: …;`
    Assert(AssertDecl),
}

/// `role finance for User extends support …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDecl {
    /// The name.
    pub name: Ident,
    /// `on Org`: held per resource.
    pub on: Option<Path>,
    /// `for User, Robot`.
    pub holders: Vec<Path>,
    /// `extends support`.
    pub extends: Vec<Path>,
    /// `by created_by`: the attribute's value is the holder.
    pub by: Option<Ident>,
    /// `when …`: conjoined to every grant of the role, inherited ones included.
    pub when: Option<Expr>,
    /// `until "…"`: exclusive end of every grant, inherited ones included.
    pub until: Option<InstantLiteral>,
    /// The grants in the block.
    pub grants: Vec<Item>,
    /// `role … ` up to the block or semicolon.
    pub header: Span,
}
