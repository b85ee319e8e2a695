//! The source map: every policy and every conjunct back to the author's words.

use crate::bundle::{Clause, Origin, OriginKind, Origins, Place};
use crate::text::{Sources, Span};
use crate::typing::{TypedExpr, TypedKind};

use super::draft::{Draft, Part};
use super::raw::RawPolicy;
use super::text;

/// Version of `origins.json`.
const FORMAT: &str = "1";

pub(super) fn build<'a>(drafts: impl Iterator<Item = &'a Draft>, raw: &[RawPolicy], sources: &Sources) -> Origins {
    let mut origins = Origins { format: FORMAT.to_owned(), ..Origins::default() };
    for draft in drafts {
        let parts = draft.conjuncts().chain(draft.unless.iter().cloned());
        let clauses = parts.flat_map(|part| clauses(&part, sources)).collect();
        origins.policies.insert(
            draft.id.clone(),
            Origin {
                statement: draft.statement.clone(),
                kind: draft.kind,
                place: place(sources, draft.span),
                inherited_by: draft.inherited_by.clone(),
                because: draft.because.clone(),
                clauses,
            },
        );
    }
    for policy in raw {
        let id = policy.policy.id().to_string();
        origins.policies.insert(
            id.clone(),
            Origin {
                statement: id,
                kind: OriginKind::Raw,
                place: place(sources, policy.span),
                inherited_by: None,
                because: policy.policy.annotation("because").map(str::to_owned),
                clauses: Vec::new(),
            },
        );
    }
    origins
}

fn place(sources: &Sources, span: Span) -> Place {
    let at = sources.position(span);
    Place {
        file: sources.name(span.file).to_owned(),
        start: span.start,
        end: span.end,
        line: at.line,
        column: at.column,
    }
}

/// A conjunction is shown as its conjuncts.
fn clauses(part: &Part, sources: &Sources) -> Vec<Clause> {
    match (&part.words, &part.expr.kind) {
        (Some(words), _) => vec![Clause {
            gate: words.clone(),
            place: place(sources, part.expr.span),
            cedar: text::expression(&part.expr),
            guard: part.guard.clone(),
            parts: Vec::new(),
        }],
        (None, TypedKind::And(conjuncts)) => {
            conjuncts.iter().map(|conjunct| clause(conjunct, part.guard.as_deref(), sources)).collect()
        }
        (None, _) => vec![clause(&part.expr, part.guard.as_deref(), sources)],
    }
}

fn clause(expr: &TypedExpr, guard: Option<&str>, sources: &Sources) -> Clause {
    let mut body = expr;
    while let TypedKind::Named(_, inner) = &body.kind {
        body = inner;
    }
    let named = matches!(expr.kind, TypedKind::Named(..));
    let parts = match (&body.kind, named) {
        (TypedKind::And(conjuncts), true) => conjuncts.iter().map(|one| clause(one, guard, sources)).collect(),
        (_, true) => vec![clause(body, guard, sources)],
        _ => Vec::new(),
    };
    Clause {
        gate: one_line(sources.slice(expr.span)),
        place: place(sources, expr.span),
        cedar: text::expression(expr),
        guard: guard.map(str::to_owned),
        parts,
    }
}

/// The author's words with every run of white space as one blank.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
