//! What mends a fault, as changes of the text: what `check --fix` applies and an editor offers.

use crate::text::Span;

/// The changes that mend one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The changes, none of which overlaps another.
    pub edits: Vec<Edit>,
    /// Whether they are what was meant.
    pub certainty: Certainty,
}

/// Whether a fix is what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Nothing else can be meant: a tool may apply it.
    Certain,
    /// A guess that a person has to look at.
    Likely,
}

impl Certainty {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
        }
    }
}

/// One change of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; empty where something is put in.
    pub span: Span,
    /// What stands there. A change is never made where something else does.
    pub old: String,
    /// What is to stand there.
    pub new: String,
}

impl Fix {
    /// One text in place of another.
    #[must_use]
    pub fn replace(span: Span, old: impl Into<String>, new: impl Into<String>, certainty: Certainty) -> Self {
        Self { edits: vec![Edit { span, old: old.into(), new: new.into() }], certainty }
    }

    /// A text that is put in.
    #[must_use]
    pub fn insert(at: Span, new: impl Into<String>, certainty: Certainty) -> Self {
        Self::replace(at.at_start(), "", new, certainty)
    }
}
