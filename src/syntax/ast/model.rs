//! What the world is made of: types, actions, the context, conditions.

use crate::text::Span;

use super::{Annotation, Expr, Ident, Path};

/// `enum E { a, b }`, `ordered enum E { a, b }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumDecl {
    /// `ordered`: members rise from first to last.
    pub ordered: bool,
    /// The name.
    pub name: Ident,
    /// The members in their order.
    pub members: Vec<Ident>,
}

/// Which kind of entity a declaration makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// Who asks.
    Principal,
    /// What is asked for.
    Resource,
    /// What holds others.
    Group,
}

/// `principal User in Org as org, Team holds roles tags String { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityDecl {
    /// `principal`, `resource` or `group`.
    pub kind: EntityKind,
    /// The name.
    pub name: Ident,
    /// `in …`.
    pub parents: Vec<Parent>,
    /// `holds roles`, where it stands.
    pub holds_roles: Option<Span>,
    /// `tags T`.
    pub tags: Option<TypeExpr>,
    /// Attributes in their order.
    pub attributes: Vec<Attribute>,
    /// `action …` in their order.
    pub actions: Vec<ActionDecl>,
    /// `action group …` in their order.
    pub groups: Vec<ActionGroupDecl>,
    /// `actions crud;`: the sets of actions used here.
    pub uses: Vec<ActionSetUse>,
}

/// `Org as org`, `Org as org?`, `Team`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The parent's type.
    pub ty: Path,
    /// The attribute that holds the one parent; absent: any number of memberships.
    pub attribute: Option<Ident>,
    /// `?` after the attribute.
    pub optional: bool,
    /// The whole entry.
    pub span: Span,
}

/// `name: T`, `name?: T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `///` lines.
    pub doc: Option<String>,
    /// Such as `@masked`.
    pub annotations: Vec<Annotation>,
    /// The name.
    pub name: Ident,
    /// `?` after the name.
    pub optional: bool,
    /// The type.
    pub ty: TypeExpr,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeExpr {
    /// Its form.
    pub kind: TypeKind,
    /// Where.
    pub span: Span,
}

/// The forms of types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// `Bool`, `String`, `User`, `Marketplace::User`.
    Name(Path),
    /// `Set<T>`.
    Set(Box<TypeExpr>),
    /// `{ a: T, b?: T }`.
    Record(Vec<Attribute>),
}

/// `sensitive action approve, refuse in org { ticket?: String }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionDecl {
    /// `///` lines.
    pub doc: Option<String>,
    /// Such as `@reads`.
    pub annotations: Vec<Annotation>,
    /// `sensitive`, where it stands.
    pub sensitive: Option<Span>,
    /// One or more names.
    pub names: Vec<Ident>,
    /// `in org`: decided on the named parent.
    pub decided_on: Option<Ident>,
    /// The action's own context.
    pub context: Vec<Attribute>,
    /// The whole declaration.
    pub span: Span,
}

/// `action group write = create, update;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionGroupDecl {
    /// `///` lines.
    pub doc: Option<String>,
    /// The name.
    pub name: Ident,
    /// The members.
    pub members: Vec<Ident>,
    /// The whole declaration.
    pub span: Span,
}

/// `actions crud { read, sensitive erase }` outside a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSetDecl {
    /// The name.
    pub name: Ident,
    /// The members.
    pub members: Vec<ActionSetMember>,
}

/// A member of a reusable set of actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSetMember {
    /// Such as `@reads`.
    pub annotations: Vec<Annotation>,
    /// `sensitive`, where it stands.
    pub sensitive: Option<Span>,
    /// The name.
    pub name: Ident,
}

/// `actions crud;` in a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSetUse {
    /// The set's name.
    pub name: Ident,
    /// The whole statement.
    pub span: Span,
}

/// Who vouches for an attribute of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provenance {
    /// The gateway sets it, whatever the caller sends.
    Gateway,
    /// It comes from the verified token.
    Token,
    /// The caller says so.
    Caller,
}

/// `context { from gateway { … } … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextDecl {
    /// The `from` blocks in their order.
    pub sections: Vec<ContextSection>,
}

/// `from gateway { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSection {
    /// Who vouches.
    pub provenance: Provenance,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The whole block.
    pub span: Span,
}

/// `condition cleared(r: Payout) = …;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionDecl {
    /// The name.
    pub name: Ident,
    /// Typed parameters; empty for a plain one.
    pub params: Vec<Param>,
    /// The body.
    pub body: Expr,
}

/// `r: Payout`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
}
