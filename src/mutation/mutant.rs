//! A mutant: a program with one mistake, as a change of its text.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{ActionId, Program, TypeId};
use crate::syntax::ast;
use crate::text::{FileId, Sources, Span};

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
    /// The changes of the text, none of which overlap.
    pub edits: Vec<Edit>,
    /// The statement it changes, where that stays: its name must not follow the change, since tests speak it.
    pub statement: Option<Named>,
}

/// A change of a text: these words become those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

impl Mutant {
    /// The files that it changes, each with its whole text after the change.
    #[must_use]
    pub fn applied(&self, sources: &Sources) -> BTreeMap<FileId, String> {
        applied(&self.edits, sources)
    }

    /// The statement it changes: where that starts after the change, and its name.
    #[must_use]
    pub fn renamed(&self) -> Option<(FileId, u32, &str)> {
        let named = self.statement.as_ref()?;
        let at = named.span;
        let before = self.edits.iter().filter(|edit| edit.span.file == at.file && edit.span.start < at.start);
        let start = before.fold(i64::from(at.start), |start, edit| start + edit.grows());
        Some((at.file, u32::try_from(start).ok()?, &named.name))
    }
}

impl Edit {
    /// By how many bytes the text gets longer.
    fn grows(&self) -> i64 {
        i64::try_from(self.text.len()).unwrap_or(i64::MAX) - (i64::from(self.span.end) - i64::from(self.span.start))
    }
}

/// The files that edits change, each with its whole text after the changes. What lies within another edit is not made.
#[must_use]
pub fn applied(edits: &[Edit], sources: &Sources) -> BTreeMap<FileId, String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.file, edit.span.start, Reverse(edit.span.end)));
    let mut changed: BTreeMap<FileId, (String, usize)> = BTreeMap::new();
    for edit in sorted {
        let text = sources.text(edit.span.file);
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let (done, upto) = changed.entry(edit.span.file).or_default();
        let Some(kept) = text.get(*upto..start) else { continue };
        done.push_str(kept);
        done.push_str(&edit.text);
        *upto = end;
    }
    let whole = changed.into_iter().map(|(file, (mut done, upto))| {
        done.push_str(sources.text(file).get(upto..).unwrap_or_default());
        (file, done)
    });
    whole.collect()
}

/// What mutants are made from.
pub(super) struct Making<'a> {
    pub(super) program: &'a Program,
    pub(super) sources: &'a Sources,
    /// All roles of all files.
    pub(super) roles: Vec<(&'a ast::Item, &'a ast::RoleDecl)>,
    /// All break-glass profiles of all files.
    pub(super) profiles: Vec<(&'a ast::Item, &'a ast::BreakGlassDecl)>,
    pub(super) made: Vec<Mutant>,
    /// The changes of those that are made.
    pub(super) seen: BTreeSet<Vec<Edit>>,
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
        self.add_edits(operator, span, what, vec![edit], statement);
    }

    /// As [`Making::add`], with several changes at once. One that changes the text as another does is no second mutant.
    pub(super) fn add_edits(
        &mut self,
        operator: MutationOperator,
        span: Span,
        what: String,
        edits: Vec<Edit>,
        statement: Option<&Named>,
    ) {
        if self.seen.insert(edits.clone()) {
            self.made.push(Mutant { operator, span, what, edits, statement: statement.cloned() });
        }
    }

    /// A list of actions with one more, after the last one.
    pub(super) fn also_opens(&mut self, last: Span, span: Span, action: &str, named: Option<&Named>) {
        let edit = Edit { span: last.at_end(), text: format!(", {action}") };
        self.add(MutationOperator::AddAction, span, format!("`{action}` is also granted"), edit, named);
    }

    /// The names of the actions of a type that are not among some: sensitive ones first, then in the order of the texts.
    pub(super) fn other_actions(&self, on: TypeId, but: &BTreeSet<ActionId>) -> Vec<String> {
        let program = self.program;
        let all = program.action_ids().filter_map(|id| Some((id, program.action(id)?)));
        let of_type = all.filter(|(id, action)| action.declared_on == Some(on) && !but.contains(id));
        let mut others: Vec<_> = of_type.map(|(_, action)| action).collect();
        others.sort_by_key(|action| !action.sensitive);
        others.into_iter().map(|action| action.name.clone()).collect()
    }

    /// The last character of a statement, `;` or `}` unless it is broken.
    pub(super) fn last_character(&self, item: &ast::Item) -> &str {
        let words = self.sources.slice(item.span);
        words.char_indices().next_back().and_then(|(at, _)| words.get(at..)).unwrap_or_default()
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
