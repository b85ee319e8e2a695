//! Typed expressions: what an author's condition means for one pair of types. Sugar is gone, named conditions are expanded
//! (their name is kept for people), every node keeps the span of the words it comes from.

use crate::graph::Ty;
use crate::syntax::ast::Operator;
use crate::text::{Duration, Span};

use super::{Constructor, Method};

/// A typed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedExpr {
    /// Its form.
    pub kind: TypedKind,
    /// Its type, as far as this room can tell.
    pub ty: Ty,
    /// The author's words it comes from.
    pub span: Span,
}

/// The request variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// `principal`
    Principal,
    /// `action`
    Action,
    /// `resource`
    Resource,
    /// `context`
    Context,
}

impl Variable {
    /// Its name, in Gate as in Cedar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Action => "action",
            Self::Resource => "resource",
            Self::Context => "context",
        }
    }
}

/// The forms of typed expressions: Cedar's own, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedKind {
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Long(i64),
    /// `"text"`
    Text(String),
    /// A duration literal.
    Duration(Duration),
    /// A request variable.
    Variable(Variable),
    /// An entity: full Cedar type and id.
    Entity(String, String),
    /// `!e`
    Not(Box<TypedExpr>),
    /// `-e`
    Negate(Box<TypedExpr>),
    /// `a && b`, two or more
    And(Vec<TypedExpr>),
    /// `a || b`, two or more
    Or(Vec<TypedExpr>),
    /// Two operands
    Binary(Operator, Box<TypedExpr>, Box<TypedExpr>),
    /// `if a then b else c`
    If(Box<TypedExpr>, Box<TypedExpr>, Box<TypedExpr>),
    /// `e has a.b`
    Has(Box<TypedExpr>, Vec<String>),
    /// `e like "…"`: the pattern as written, escapes kept
    Like(Box<TypedExpr>, String),
    /// `e is T [in f]`: full Cedar type
    Is(Box<TypedExpr>, String, Option<Box<TypedExpr>>),
    /// `e.a`
    Attribute(Box<TypedExpr>, String),
    /// `f(a)`: a constructor of an extension type
    Construct(Constructor, Box<TypedExpr>),
    /// `e.m(a)`
    Method(Box<TypedExpr>, Method, Vec<TypedExpr>),
    /// `[a, b]`
    Set(Vec<TypedExpr>),
    /// `{ a: e }`
    Record(Vec<(String, TypedExpr)>),
    /// A named condition in full; the name as called.
    Named(String, Box<TypedExpr>),
    /// A part of a raw policy that may be anything: a slot, or what later versions of Cedar add.
    Opaque,
}

impl TypedExpr {
    /// A node.
    #[must_use]
    pub fn new(kind: TypedKind, ty: Ty, span: Span) -> Self {
        Self { kind, ty, span }
    }

    /// A truth value.
    #[must_use]
    pub fn bool(value: bool, span: Span) -> Self {
        Self::new(TypedKind::Bool(value), Ty::Bool, span)
    }

    /// A request variable whose type the caller knows.
    #[must_use]
    pub fn variable(variable: Variable, ty: Ty, span: Span) -> Self {
        Self::new(TypedKind::Variable(variable), ty, span)
    }

    /// `self.name`, of a type the caller knows.
    #[must_use]
    pub fn attribute(self, name: impl Into<String>, ty: Ty) -> Self {
        let span = self.span;
        Self::new(TypedKind::Attribute(Box::new(self), name.into()), ty, span)
    }

    /// `self OP other`.
    #[must_use]
    pub fn binary(self, operator: Operator, other: Self) -> Self {
        let span = self.span;
        let ty = match operator {
            Operator::Add | Operator::Subtract | Operator::Multiply => Ty::Long,
            _ => Ty::Bool,
        };
        Self::new(TypedKind::Binary(operator, Box::new(self), Box::new(other)), ty, span)
    }

    /// `self.method(args)`.
    #[must_use]
    pub fn method(self, method: Method, args: Vec<Self>, ty: Ty) -> Self {
        let span = self.span;
        Self::new(TypedKind::Method(Box::new(self), method, args), ty, span)
    }

    /// `!self`.
    #[must_use]
    pub fn negated(self) -> Self {
        let span = self.span;
        Self::new(TypedKind::Not(Box::new(self)), Ty::Bool, span)
    }

    /// Whether a request variable is read anywhere in it.
    #[must_use]
    pub fn reads(&self, variable: Variable) -> bool {
        matches!(self.kind, TypedKind::Variable(read) if read == variable)
            || self.children().into_iter().any(|child| child.reads(variable))
    }

    /// The direct parts of it, in the order they are written.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            TypedKind::Bool(_)
            | TypedKind::Long(_)
            | TypedKind::Text(_)
            | TypedKind::Duration(_)
            | TypedKind::Variable(_)
            | TypedKind::Entity(..)
            | TypedKind::Opaque => Vec::new(),
            TypedKind::Not(one)
            | TypedKind::Negate(one)
            | TypedKind::Has(one, _)
            | TypedKind::Like(one, _)
            | TypedKind::Attribute(one, _)
            | TypedKind::Construct(_, one)
            | TypedKind::Named(_, one) => vec![one],
            TypedKind::And(all) | TypedKind::Or(all) | TypedKind::Set(all) => all.iter().collect(),
            TypedKind::Binary(_, left, right) => vec![left, right],
            TypedKind::If(test, yes, no) => vec![test, yes, no],
            TypedKind::Is(one, _, container) => std::iter::once(one).chain(container).map(AsRef::as_ref).collect(),
            TypedKind::Method(receiver, _, args) => std::iter::once(receiver.as_ref()).chain(args).collect(),
            TypedKind::Record(fields) => fields.iter().map(|(_, value)| value).collect(),
        }
    }

    /// The number of its parts, itself included.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.children().into_iter().fold(1, |sum, child| child.parts().saturating_add(sum))
    }

    /// The same with another expression wherever a request variable is read.
    #[must_use]
    pub fn with(&self, variable: Variable, value: &Self) -> Self {
        self.rewritten(&|part| {
            matches!(part.kind, TypedKind::Variable(read) if read == variable).then(|| value.clone())
        })
    }

    /// The same with other expressions in the place of some of its parts, itself included; nothing is looked for in these.
    #[must_use]
    pub fn rewritten(&self, instead: &dyn Fn(&Self) -> Option<Self>) -> Self {
        if let Some(other) = instead(self) {
            return other;
        }
        let one = |inner: &Self| Box::new(inner.rewritten(instead));
        let all = |parts: &[Self]| parts.iter().map(|part| part.rewritten(instead)).collect();
        let kind = match &self.kind {
            TypedKind::Not(inner) => TypedKind::Not(one(inner)),
            TypedKind::Negate(inner) => TypedKind::Negate(one(inner)),
            TypedKind::Has(inner, names) => TypedKind::Has(one(inner), names.clone()),
            TypedKind::Like(inner, pattern) => TypedKind::Like(one(inner), pattern.clone()),
            TypedKind::Attribute(inner, name) => TypedKind::Attribute(one(inner), name.clone()),
            TypedKind::Construct(constructor, inner) => TypedKind::Construct(*constructor, one(inner)),
            TypedKind::Named(name, inner) => TypedKind::Named(name.clone(), one(inner)),
            TypedKind::And(parts) => TypedKind::And(all(parts)),
            TypedKind::Or(parts) => TypedKind::Or(all(parts)),
            TypedKind::Set(parts) => TypedKind::Set(all(parts)),
            TypedKind::Binary(operator, left, right) => TypedKind::Binary(*operator, one(left), one(right)),
            TypedKind::If(test, yes, no) => TypedKind::If(one(test), one(yes), one(no)),
            TypedKind::Is(inner, ty, container) => {
                TypedKind::Is(one(inner), ty.clone(), container.as_ref().map(|inner| one(inner)))
            }
            TypedKind::Method(receiver, method, args) => TypedKind::Method(one(receiver), *method, all(args)),
            TypedKind::Record(fields) => {
                TypedKind::Record(fields.iter().map(|(name, inner)| (name.clone(), inner.rewritten(instead))).collect())
            }
            TypedKind::Bool(_)
            | TypedKind::Long(_)
            | TypedKind::Text(_)
            | TypedKind::Duration(_)
            | TypedKind::Variable(_)
            | TypedKind::Entity(..)
            | TypedKind::Opaque => self.kind.clone(),
        };
        Self { kind, ty: self.ty.clone(), span: self.span }
    }

    /// The conjunction of some expressions; `true` of none.
    #[must_use]
    pub fn all(parts: Vec<Self>, span: Span) -> Self {
        Self::chain(parts, span, TypedKind::And, true)
    }

    /// The disjunction of some expressions; `false` of none.
    #[must_use]
    pub fn any(parts: Vec<Self>, span: Span) -> Self {
        Self::chain(parts, span, TypedKind::Or, false)
    }

    /// A long chain becomes a balanced tree, so that no later recursion is as deep as the chain is long.
    fn chain(mut parts: Vec<Self>, span: Span, kind: fn(Vec<Self>) -> TypedKind, empty: bool) -> Self {
        if parts.len() > LONGEST_SPINE {
            let rest = parts.split_off(parts.len() / 2);
            let halves = vec![Self::chain(parts, span, kind, empty), Self::chain(rest, span, kind, empty)];
            return Self::new(kind(halves), Ty::Bool, span);
        }
        match (parts.len(), parts.pop()) {
            (_, None) => Self::bool(empty, span),
            (1, Some(only)) => only,
            (_, Some(last)) => {
                parts.push(last);
                Self::new(kind(parts), Ty::Bool, span)
            }
        }
    }
}

/// The longest chain that is kept flat.
const LONGEST_SPINE: usize = 64;
