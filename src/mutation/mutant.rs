//! A mutant: a program with one mistake, as a change of its text.

use crate::graph::Program;
use crate::syntax::ast;
use crate::text::{Sources, Span};

use super::operator::MutationOperator;

/// A program with one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The kind of mistake.
    pub operator: MutationOperator,
    /// The words that it is about.
    pub span: Span,
    /// What is done, in one line.
    pub what: String,
    /// The change of the text.
    pub edit: Edit,
    /// The statement it changes, where that stays: its name must not follow the change, since tests speak it.
    pub statement: Option<Named>,
}

/// A change of a text: these words become those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The words before; empty where something is put in.
    pub span: Span,
    /// The words after.
    pub text: String,
}

/// A statement and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The whole statement.
    pub span: Span,
    /// Its name.
    pub name: String,
}

impl Edit {
    /// The whole text of the file after the change.
    #[must_use]
    pub fn applied(&self, sources: &Sources) -> String {
        let text = sources.text(self.span.file);
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();
        format!("{before}{}{after}", self.text)
    }
}

/// What mutants are made from.
pub(super) struct Making<'a> {
    pub(super) program: &'a Program,
    pub(super) sources: &'a Sources,
    /// All roles of all files.
    pub(super) roles: Vec<(&'a ast::Item, &'a ast::RoleDecl)>,
    pub(super) made: Vec<Mutant>,
}

impl Making<'_> {
    pub(super) fn add(
        &mut self,
        operator: MutationOperator,
        span: Span,
        what: String,
        edit: Edit,
        statement: Option<&Named>,
    ) {
        self.made.push(Mutant { operator, span, what, edit, statement: statement.cloned() });
    }

    /// The words of a span on one line, cut where they are many.
    pub(super) fn words(&self, span: Span) -> String {
        let words: Vec<&str> = self.sources.slice(span).split_whitespace().collect();
        let words = words.join(" ");
        match words.char_indices().nth(MOST_CHARS) {
            Some((at, _)) => format!("{}…", words.get(..at).unwrap_or_default()),
            None => words,
        }
    }
}

/// The most characters of the author's words in one description.
const MOST_CHARS: usize = 60;
