//! Expressions: Cedar's, and Gate's sugar.

use crate::text::Duration;
use crate::text::Span;

use super::Ident;
use super::Path;
use super::Text;

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
    Duration(Duration),
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
