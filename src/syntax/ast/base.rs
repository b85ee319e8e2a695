//! Names, literals and annotations.

use crate::text::{Duration, Instant, Span};

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
        self.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".")
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

/// An RFC 3339 instant as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantLiteral {
    /// The literal.
    pub text: Text,
    /// Its value; `None` where the text is no instant with a zone (reported by the parser).
    pub at: Option<Instant>,
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
    pub value: Duration,
    /// Where.
    pub span: Span,
}
