//! A fault in a user's input as data: code, spans, message, what to write instead.

use std::fmt;

use miette::LabeledSpan;
use miette::NamedSource;
use serde::Serialize;

use crate::text::Sources;
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
        let labels = span
            .map(|span| Label {
                span,
                text: String::new(),
            })
            .into_iter()
            .collect();
        Self {
            code,
            severity,
            message: message.into(),
            labels,
            help: None,
            notes: Vec::new(),
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
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
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

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
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

    /// Ties the diagnostic to the texts its spans point into, as miette renders it.
    #[must_use]
    pub fn located<'a>(&'a self, sources: &'a Sources) -> Located<'a> {
        Located::new(self, sources)
    }
}

/// A diagnostic with the texts it points into: the form that miette's printers take.
/// Labels in other files than the primary one follow as related diagnostics.
pub struct Located<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
    related: Vec<Elsewhere>,
}

impl<'a> Located<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let file = diagnostic.primary().map(|span| span.file);
        let named = |file| {
            sources
                .get(file)
                .map(|s| NamedSource::new(s.name(), s.text().to_owned()))
        };
        let mut labels = Vec::new();
        let mut related = Vec::new();
        for (at, label) in diagnostic.labels.iter().enumerate() {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            if Some(label.span.file) == file {
                let range = label.span.range();
                labels.push(match at {
                    0 => LabeledSpan::new_primary_with_span(text, range),
                    _ => LabeledSpan::new_with_span(text, range),
                });
            } else {
                related.push(Elsewhere {
                    source: named(label.span.file),
                    label: label.clone(),
                });
            }
        }
        let mut help: Vec<String> = diagnostic.help.iter().cloned().collect();
        help.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
        let help = (!help.is_empty()).then(|| help.join("\n"));
        Self {
            diagnostic,
            source: file.and_then(named),
            labels,
            help,
            related,
        }
    }
}

impl fmt::Debug for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.diagnostic, f)
    }
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Located<'_> {}

impl miette::Diagnostic for Located<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(
            self.related.iter().map(|other| other as &dyn miette::Diagnostic),
        ))
    }
}

/// A label of a diagnostic that stands in another file than its primary span.
#[derive(Debug)]
struct Elsewhere {
    source: Option<NamedSource<String>>,
    label: Label,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label.text)
    }
}

impl std::error::Error for Elsewhere {}

impl miette::Diagnostic for Elsewhere {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(
            None,
            self.label.span.range(),
        ))))
    }
}
