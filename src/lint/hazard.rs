//! A place where a condition can error, what goes wrong there and what a forbid says instead.

use crate::text::Span;
use crate::typing::Constructor;

use super::expr::{attribute_text, has_text};

/// What is said of a finding that needs times that nobody can write.
pub(super) const REMOTE_TIMES: &str = "this needs a time outside the years 0001 to 9999, which no clock, token or fixture produces: a warning at any level";

/// What is said of a finding where nobody is let in.
pub(super) const NOBODY_LET_IN: &str = "no permit allows a request for which this errors, since each permit needs the same attribute: a warning until one does not";

/// A place where evaluation can error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hazard {
    /// Where.
    pub(super) span: Span,
    /// What goes wrong there.
    pub(super) error: Error,
    /// What its condition must come to for the statement to apply.
    pub(super) within: Holds,
    /// Facts, each of which rules it out.
    pub(super) ruled_out_by: Vec<Fact>,
}

/// What can be known of a request at a point of its evaluation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// This attribute or tag is there.
    Present(String),
    /// This entity is there.
    Loaded(String),
    /// This operation has come out, so it does whenever it is done again.
    Computed(String),
}

/// The ways in which Cedar's evaluation errors. Expressions are texts as Cedar writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Error {
    /// An attribute that may be absent.
    Absent { of: String, name: String },
    /// A tag that may be absent.
    NoTag { of: String, key: String },
    /// An attribute of an entity that may not be loaded.
    NotLoaded { of: String, name: String },
    /// An attribute that no schema declares.
    Undeclared { of: String, name: String },
    /// Numbers or times that may overflow.
    Overflow(&'static str),
    /// Times that overflow only where one of them lies outside the years that can be written.
    Unwritable(&'static str),
    /// A value made of a text that may not be one.
    Malformed(Constructor),
}

impl Error {
    /// What its place contributes to the fault.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Absent { of, name } => format!("`{}` may be absent", attribute_text(of, name)),
            Self::NoTag { of, key } => format!("`{of}` may not have the tag `{key}`"),
            Self::NotLoaded { of, .. } => format!("the entity `{of}` may not be loaded"),
            Self::Undeclared { of, name } => format!("no schema declares `{}`", attribute_text(of, name)),
            Self::Overflow(operation) => format!("`{operation}` may overflow"),
            Self::Unwritable(operation) => {
                format!("`{operation}` overflows only for times outside the years 0001 to 9999")
            }
            Self::Malformed(function) => format!("`{}(…)` errors on malformed text", function.name()),
        }
    }

    /// What to write in a forbid so that it cannot happen.
    fn remedy(&self, within: Holds) -> String {
        let absence = |test: String| match within {
            Holds::WhenTrue => format!("forbid if it is absent: `if {test} then … else true`"),
            Holds::WhenFalse => format!("forbid if it is absent: `{test} && …`"),
        };
        match self {
            Self::Absent { of, name } | Self::NotLoaded { of, name } | Self::Undeclared { of, name } => {
                absence(has_text(of, name))
            }
            Self::NoTag { of, key } => absence(format!("{of}.hasTag({key})")),
            Self::Overflow(_) | Self::Unwritable(_) => {
                "avoid the arithmetic: store the compared value in an attribute".to_owned()
            }
            Self::Malformed(function) => {
                format!("declare the attribute with the type that `{}` returns", function.name())
            }
        }
    }
}

impl Hazard {
    /// Whether it needs times that nobody can write.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self.error, Error::Unwritable(_))
    }

    /// What to write in a forbid so that it cannot happen.
    pub(super) fn remedy(&self) -> String {
        self.error.remedy(self.within)
    }
}

/// Which outcome of a condition lets evaluation go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    /// `when`
    WhenTrue,
    /// `unless`
    WhenFalse,
}
