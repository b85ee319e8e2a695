//! A fault in a user's input as data: code, spans, message, what to write instead.

use std::fmt;

use serde::Serialize;

use super::Fix;
use super::suggest::{did_you_mean, nearest};
use crate::text::Span;

/// A stable identifier of a kind of diagnostic, kebab-case, never reused: `unknown-name`.
/// Every code has a page that `gatewright explain CODE` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Code(&'static str);

impl Code {
    /// Declares a code. A test demands that each one is documented.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    /// The identifier.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How much a diagnostic weighs. Only errors fail a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Fails the check.
    Error,
    /// Shown, does not fail the check.
    Warning,
    /// A hint.
    Advice,
}

/// What a finding about all requests rests on, where more than reading the text was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// A solver was asked about all requests.
    Proved,
    /// A request that shows it was replayed.
    Witnessed,
}

impl Evidence {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Witnessed => "witnessed",
        }
    }
}

/// What one span contributes to a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What this span has to do with the fault.
    pub text: String,
}

/// One fault. The message starts in lower case, has no full stop, and stands alone on a narrow terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Its weight.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The spans concerned; the first is the primary one. Empty only where there is no file to point into.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// Further facts, a line each.
    pub notes: Vec<String>,
    /// What it rests on, where more than reading the text was needed.
    pub evidence: Option<Evidence>,
    /// What mends it, as changes of the text.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error with its primary span.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(span), message)
    }

    /// A warning with its primary span.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(span), message)
    }

    /// An error that no file holds, such as a package without any.
    #[must_use]
    pub fn global_error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, None, message)
    }

    /// A diagnostic of any severity.
    #[must_use]
    pub fn new(code: Code, severity: Severity, span: Option<Span>, message: impl Into<String>) -> Self {
        let labels = span.map(|span| Label { span, text: String::new() }).into_iter().collect();
        Self {
            code,
            severity,
            message: message.into(),
            labels,
            help: None,
            notes: Vec::new(),
            evidence: None,
            fix: None,
        }
    }

    /// Says what the primary span contributes.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Adds a secondary span.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds secondary spans that say the same: the first few, and how many there are beside them.
    #[must_use]
    pub fn also_each(mut self, spans: impl IntoIterator<Item = Span>, text: &str) -> Self {
        const FEW: usize = 8;
        let mut spans = spans.into_iter();
        for span in spans.by_ref().take(FEW) {
            self = self.also(span, text);
        }
        match spans.count() {
            0 => self,
            more => self.note(format!("and {more} more places: {text}")),
        }
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says what to write instead, if anything is known.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        if text.is_some() {
            self.help = text;
        }
        self
    }

    /// Says which known name an unknown one may stand for, and how to write it.
    #[must_use]
    pub fn meant<'a>(mut self, span: Span, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        self.help = did_you_mean(word, known.iter().copied());
        self.near(span, word, known)
    }

    /// The same for a name in double quotes, which the span covers.
    #[must_use]
    pub fn meant_quoted<'a>(mut self, span: Span, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        self.help = did_you_mean(word, known.iter().copied());
        self.near_quoted(span, word, known)
    }

    /// The same as `meant_quoted` where the words for it are said already.
    #[must_use]
    pub fn near_quoted<'a>(mut self, span: Span, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some((name, certainty)) = nearest(word, known) {
            let quoted = |name: &str| format!("\"{name}\"");
            self.fix = Some(Fix::replace(span, quoted(word), quoted(name), certainty));
        }
        self
    }

    /// The same as `meant` where the words for it are said already.
    #[must_use]
    pub fn near<'a>(mut self, span: Span, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some((name, certainty)) = nearest(word, known) {
            self.fix = Some(Fix::replace(span, word, name, certainty));
        }
        self
    }

    /// Says what mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a fact, where there is one.
    #[must_use]
    pub fn maybe_note(mut self, text: Option<String>) -> Self {
        self.notes.extend(text);
        self
    }

    /// Says what it rests on.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// The primary span.
    #[must_use]
    pub fn primary(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether it fails a check.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
