//! Expressions: Cedar's, and Gate's sugar.

use crate::text::{Duration, Span};

use super::{Ident, Path, Text};

/// An expression with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// Its form.
    pub kind: ExprKind,
    /// Where, without enclosing parentheses.
    pub span: Span,
}

impl Expr {
    /// The direct parts of it, in the order they are written.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Bool(_)
            | ExprKind::Long(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Name(_)
            | ExprKind::Entity(..) => Vec::new(),
            ExprKind::Not(one)
            | ExprKind::Negate(one)
            | ExprKind::Has(one, _)
            | ExprKind::Like(one, _)
            | ExprKind::Attribute(one, _) => vec![one],
            ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Set(all) | ExprKind::Call(_, all) => {
                all.iter().collect()
            }
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::If(test, yes, no) => vec![test, yes, no],
            ExprKind::Is(one, _, container) => std::iter::once(one).chain(container).map(AsRef::as_ref).collect(),
            ExprKind::Method(receiver, _, args) => std::iter::once(receiver.as_ref()).chain(args).collect(),
            ExprKind::Record(fields) => fields.iter().map(|(_, value)| value).collect(),
        }
    }
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
    Binary(Operator, Box<Expr>, Box<Expr>),
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
pub enum Operator {
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

impl Operator {
    /// As it is written, in Gate as in Cedar.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }
}
