//! What a lint is: its metadata, its page and its one function.

use crate::config::{Level, Levels};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::text::Span;

use super::Cx;

/// What a lint's findings rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// One declaration at a time. Such a lint also runs where others did not resolve.
    Declarations,
    /// The resolved program as a whole: in one with faults it would find missing what did not resolve.
    Program,
    /// The Cedar policies that the program lowers to, and raw ones.
    Policies,
    /// What is proved of these policies over all requests. Such a lint runs where proofs are asked for only.
    Proofs,
}

impl Reads {
    /// As its page says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Declarations => "declarations",
            Self::Program => "program",
            Self::Policies => "policies",
            Self::Proofs => "proofs",
        }
    }
}

/// A lint. Each is declared once, by `declare_lint!`, in the file of its name.
#[derive(Debug)]
pub struct Lint {
    /// Its id is the code of its findings. It names the fault and reads well after "allow".
    pub code: Code,
    /// The fault in a few words.
    pub summary: &'static str,
    /// Its level where nobody sets another.
    pub level: Level,
    /// The version that brought it.
    pub since: &'static str,
    /// What its findings rest on.
    pub reads: Reads,
    /// Its page in the book.
    pub page: &'static str,
    pub(super) check: fn(&Cx<'_>, &mut Sink),
}

impl Lint {
    /// The id, as waivers and levels name it.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.code.as_str()
    }

    /// The level that counts.
    #[must_use]
    pub fn level_in(&self, levels: &Levels) -> Level {
        levels.of(self.id()).map_or(self.level, |setting| setting.level)
    }
}

/// Collects the findings of one lint; stamps its id and its level on them.
#[derive(Debug)]
pub(super) struct Sink {
    code: Code,
    severity: Severity,
    found: Diagnostics,
}

impl Sink {
    /// A collector for a lint at a level; `None` where it is allowed, so that it need not run.
    pub(super) fn new(lint: &Lint, level: Level) -> Option<Self> {
        let severity = match level {
            Level::Allow => return None,
            Level::Warn => Severity::Warning,
            Level::Error => Severity::Error,
        };
        Some(Self { code: lint.code, severity, found: Diagnostics::new() })
    }

    /// A finding to be labelled and pushed. A waiver before the declaration that holds `span` covers it.
    pub(super) fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, self.severity, Some(span), message)
    }

    /// The same, but no more than a warning, whatever the lint's level.
    pub(super) fn warning(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, Severity::Warning, Some(span), message)
    }

    pub(super) fn push(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    pub(super) fn into_findings(self) -> Diagnostics {
        self.found
    }
}

/// Declares the lint of a file as its `LINT`, with the file's `check` as its function and the page of its id.
macro_rules! declare_lint {
    (id: $id:literal, summary: $summary:literal, level: $level:ident, since: $since:literal, reads: $reads:ident $(,)?) => {
        pub(in crate::lint) static LINT: $crate::lint::Lint = $crate::lint::Lint {
            code: $crate::diag::Code::new($id),
            summary: $summary,
            level: $crate::config::Level::$level,
            since: $since,
            reads: $crate::lint::Reads::$reads,
            page: include_str!(concat!("../../../book/src/lints/", $id, ".md")),
            check,
        };
    };
}

pub(super) use declare_lint;
