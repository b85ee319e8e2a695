//! The syntax tree: one file, spans everywhere, no meaning. Built even from broken text, without the parts that did not parse.

use crate::text::FileId;
use crate::text::Instant;
use crate::text::Span;

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The text.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A dotted or `::` name: `Org.admin`, `Payout.create`, `Marketplace::User`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// At least one part.
    pub parts: Vec<Ident>,
    /// The whole name.
    pub span: Span,
}

impl Path {
    /// The parts joined by dots.
    #[must_use]
    pub fn dotted(&self) -> String {
        self.parts
            .iter()
            .map(|part| part.text.as_str())
            .collect::<Vec<_>>()
            .join(".")
    }

    /// The last part.
    #[must_use]
    pub fn last(&self) -> Option<&Ident> {
        self.parts.last()
    }
}

/// A string literal, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The value.
    pub value: String,
    /// The literal with its quotes.
    pub span: Span,
}

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

/// `@name`, `@name("text")`, `@allow(lint, because: "…", until: "…")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The name after `@`.
    pub name: Ident,
    /// The arguments.
    pub args: Vec<AnnotationArg>,
    /// The whole annotation.
    pub span: Span,
}

/// One argument of an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationArg {
    /// `because` in `because: "…"`.
    pub key: Option<Ident>,
    /// The value.
    pub value: AnnotationValue,
    /// The whole argument.
    pub span: Span,
}

/// The value of an annotation's argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotationValue {
    /// A string.
    Text(Text),
    /// A bare name, a lint's id with its hyphens included.
    Name(Ident),
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

/// An RFC 3339 instant as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantLiteral {
    /// The literal.
    pub text: Text,
    /// Its value; `None` where the text is no instant with a zone (reported by the parser).
    pub at: Option<Instant>,
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

/// Someone who may act: a type, a role, a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `any`: only where it takes access away or asks a question.
    Any(Span),
    /// One or more names.
    Names(Vec<Path>),
}

impl Who {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Any(span) => Some(*span),
            Self::Names(names) => names.iter().map(|name| name.span).reduce(Span::to),
        }
    }
}

/// The actions of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actions {
    /// `any`: only where it takes access away or asks a question.
    Any(Span),
    /// `read, list` — relative to the type named after `on`.
    Names(Vec<Ident>),
}

impl Actions {
    /// Where they stand.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Any(span) => Some(*span),
            Self::Names(names) => names.iter().map(|name| name.span).reduce(Span::to),
        }
    }
}

/// The resource types of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Types {
    /// `any`: only where it takes access away or asks a question.
    Any(Span),
    /// One or more names.
    Names(Vec<Path>),
}

impl Types {
    /// Where they stand.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Any(span) => Some(*span),
            Self::Names(names) => names.iter().map(|name| name.span).reduce(Span::to),
        }
    }
}

/// `allow [WHO to] read, list on Payout [via org] [when …] [because "…"] [until "…"];`.
/// `any` is parsed everywhere so that it can be refused with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDecl {
    /// Who; absent in a role.
    pub who: Option<Who>,
    /// What they may do.
    pub actions: Actions,
    /// On what.
    pub on: Types,
    /// `via org`: which parent path reaches the resource that carries the role.
    pub via: Option<Ident>,
    /// The condition.
    pub when: Option<Expr>,
    /// The reason.
    pub because: Option<Text>,
    /// Exclusive end.
    pub until: Option<InstantLiteral>,
}

/// `deny WHO to ACTIONS on TYPES [when …] [because "…"];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyDecl {
    /// Whom.
    pub who: Who,
    /// What.
    pub actions: Actions,
    /// On what.
    pub on: Types,
    /// The condition.
    pub when: Option<Expr>,
    /// The reason.
    pub because: Option<Text>,
}

/// `[liftable] require EXPR for Payout.approve, … [because "…"];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireDecl {
    /// `liftable`, where it stands: a break-glass may lift this guard.
    pub liftable: Option<Span>,
    /// What must hold.
    pub condition: Expr,
    /// `Payout.approve`: type and action.
    pub actions: Vec<Path>,
    /// The reason.
    pub because: Option<Text>,
}

/// `isolate by org [except T because "…"], …;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsolateDecl {
    /// The parent attribute that names the tenant.
    pub by: Ident,
    /// Types left out, each with its reason.
    pub except: Vec<IsolateException>,
}

/// `except T because "…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsolateException {
    /// The type left out.
    pub ty: Path,
    /// Why.
    pub because: Text,
}

/// `separate Payout.create from Payout.approve [by created_by] [because "…"];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeparateDecl {
    /// The first duty.
    pub first: Path,
    /// The second duty.
    pub second: Path,
    /// The attribute that records who did the first.
    pub by: Option<Ident>,
    /// The reason.
    pub because: Option<Text>,
}

/// `break-glass payout_incident { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlassDecl {
    /// The name.
    pub name: Ident,
    /// The clauses in their order.
    pub clauses: Vec<BreakGlassClause>,
}

/// A clause with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlassClause {
    /// What it says.
    pub kind: BreakGlassKind,
    /// The whole clause.
    pub span: Span,
}

/// The clauses of a break-glass profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakGlassKind {
    /// `for support, Org.admin;`
    For(Vec<Path>),
    /// `grants read, approve on Payout;`
    Grants(Actions, Types),
    /// `resources at most 5;`
    ResourcesAtMost(Number),
    /// `requires reason, ticket like "INC-*";`
    Requires(Vec<Requirement>),
    /// `when step_up;`
    When(Expr),
    /// `approved by 2 of security_lead;`
    ApprovedBy(Number, Path),
    /// `approved by none;`
    ApprovedByNone,
    /// `refused by 1;`
    RefusedBy(Number),
    /// `pending 30m;`
    Pending(DurationLiteral),
    /// `expires within 2h;`
    ExpiresWithin(DurationLiteral),
    /// `uses at most 20;`
    UsesAtMost(Number),
    /// `cooldown 1h;`
    Cooldown(DurationLiteral),
    /// `grants per 24h at most 2;`
    GrantsPer(DurationLiteral, Number),
    /// `lifts risk_gate;`
    Lifts(Vec<Ident>),
    /// `alerts on request, use to "secops";`
    Alerts(Vec<Ident>, Text),
    /// `revoked by security_lead;`
    RevokedBy(Vec<Path>),
    /// `review within 24h by security_lead;`
    Review(DurationLiteral, Path),
}

/// `reason`, `ticket like "INC-*"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What the request must carry: `reason` or `ticket`.
    pub name: Ident,
    /// A pattern it must match.
    pub like: Option<Text>,
}

/// A whole number with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The value.
    pub value: i64,
    /// Where.
    pub span: Span,
}

/// A duration with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationLiteral {
    /// The value.
    pub value: crate::text::Duration,
    /// Where.
    pub span: Span,
}

/// `assert name: never|only|always|possible …;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertDecl {
    /// The name.
    pub name: Ident,
    /// Which kind of claim.
    pub claim: Claim,
    /// Who.
    pub who: Who,
    /// What.
    pub actions: Actions,
    /// On what.
    pub on: Types,
    /// `when …`.
    pub when: Option<Expr>,
    /// `unless break-glass g`.
    pub unless: Option<Ident>,
}

/// What an assertion claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// No such request is allowed.
    Never,
    /// Nobody else is allowed.
    Only,
    /// Every such request is allowed.
    Always,
    /// Some such request is allowed.
    Possible,
}

/// An expression with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// Its form.
    pub kind: ExprKind,
    /// Where, without enclosing parentheses.
    pub span: Span,
}

/// The forms of expressions: Cedar's, and Gate's sugar (bare names, duration literals).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Long(i64),
    /// `"text"`
    Text(String),
    /// `15m`
    Duration(crate::text::Duration),
    /// A bare name: `principal`, `context`, a parameter, a condition, an enum member.
    Name(String),
    /// `User::"alice"`
    Entity(Path, String),
    /// `!e`
    Not(Box<Expr>),
    /// `-e`
    Negate(Box<Expr>),
    /// `a && b && c`, two or more
    And(Vec<Expr>),
    /// `a || b || c`, two or more
    Or(Vec<Expr>),
    /// Two operands
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if a then b else c`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `e has a.b`
    Has(Box<Expr>, Vec<Ident>),
    /// `e like "a*"`: the pattern as written between the quotes, escapes kept (`\*` is a literal star)
    Like(Box<Expr>, Text),
    /// `e is T`, `e is T in f`
    Is(Box<Expr>, Path, Option<Box<Expr>>),
    /// `e.a`, `e["a"]`
    Attribute(Box<Expr>, Ident),
    /// `f(a, b)`: a condition with arguments or an extension constructor
    Call(Ident, Vec<Expr>),
    /// `e.m(a)`
    Method(Box<Expr>, Ident, Vec<Expr>),
    /// `[a, b]`
    Set(Vec<Expr>),
    /// `{ a: e }`
    Record(Vec<(Ident, Expr)>),
}

/// Operators with two operands, but for the chains `&&` and `||`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}
