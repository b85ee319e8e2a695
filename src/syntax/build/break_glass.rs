//! Break-glass profiles.

use super::{Cx, child, expr, ident, literals, names, path, paths, statements};
use crate::clauses::Clause;
use crate::diag::Diagnostic;
use crate::syntax::ast::BreakGlassKind;
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::{ast, codes};
use crate::text::Span;

pub(super) fn break_glass(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::BreakGlassDecl> {
    let name = ident(cx, &child(&pair, Rule::name)?);
    let mut clauses: Vec<ast::BreakGlassClause> = Vec::new();
    let mut seen: Vec<(Clause, Span)> = Vec::new();
    for inner in pair.into_inner().filter(|inner| inner.as_rule() == Rule::break_glass_clause) {
        let span = cx.span(&inner);
        let pair = inner.into_inner().next()?;
        let clause = clause_of(&pair)?;
        match seen.iter().find(|(known, _)| *known == clause && !clause.row().repeats) {
            Some((_, first)) => cx.report(
                Diagnostic::error(codes::DUPLICATE_CLAUSE, span, "duplicate clause")
                    .label("given again here")
                    .also(*first, "first given here")
                    .help("keep one of the two"),
            ),
            None => {
                seen.push((clause, span));
                clauses.extend(
                    cx.part(pair, |cx, pair| clause_kind(cx, clause, pair))
                        .map(|kind| ast::BreakGlassClause { kind, span }),
                );
            }
        }
    }
    Some(ast::BreakGlassDecl { name, clauses })
}

/// The clause that the words of a pair begin.
fn clause_of(pair: &Pair<'_>) -> Option<Clause> {
    let words: Vec<&str> = pair.clone().into_inner().map(|inner| inner.as_str()).collect();
    Clause::begun_by(&words)
}

fn clause_kind(cx: &mut Cx<'_>, clause: Clause, pair: Pair<'_>) -> Option<BreakGlassKind> {
    let holders = |cx: &Cx<'_>| child(&pair, Rule::paths).map(|found| paths(cx, &found));
    let words = |cx: &Cx<'_>| child(&pair, Rule::names).map(|found| names(cx, &found));
    let number = |cx: &mut Cx<'_>| child(&pair, Rule::number).and_then(|found| literals::number(cx, &found));
    let duration =
        |cx: &mut Cx<'_>| child(&pair, Rule::duration).and_then(|found| literals::duration_literal(cx, &found));
    Some(match pair.as_rule() {
        Rule::bg_for => BreakGlassKind::For(holders(cx)?),
        Rule::bg_grants => BreakGlassKind::Grants(
            statements::actions(cx, &child(&pair, Rule::actions)?)?,
            statements::types(cx, &child(&pair, Rule::types)?)?,
        ),
        Rule::bg_grants_per => BreakGlassKind::GrantsPer(duration(cx)?, number(cx)?),
        Rule::bg_count => BreakGlassKind::Bound(clause, ast::Amount::Count(number(cx)?)),
        Rule::bg_duration => BreakGlassKind::Bound(clause, ast::Amount::Duration(duration(cx)?)),
        Rule::bg_requires => {
            let found = pair.into_inner().filter(|inner| inner.as_rule() == Rule::requirement);
            BreakGlassKind::Requires(found.map(|inner| requirement(cx, &inner)).collect::<Option<_>>()?)
        }
        Rule::when => BreakGlassKind::When(expr::only(cx, pair)?),
        Rule::bg_approved if child(&pair, Rule::kw_none).is_some() => BreakGlassKind::ApprovedByNone,
        Rule::bg_approved => BreakGlassKind::ApprovedBy(number(cx)?, path(cx, &child(&pair, Rule::path)?)),
        Rule::bg_lifts => BreakGlassKind::Lifts(words(cx)?),
        Rule::bg_alerts => BreakGlassKind::Alerts(words(cx)?, literals::text(cx, &child(&pair, Rule::text)?)),
        Rule::bg_revoked => BreakGlassKind::RevokedBy(holders(cx)?),
        Rule::bg_review => BreakGlassKind::Review(duration(cx)?, path(cx, &child(&pair, Rule::path)?)),
        _ => return None,
    })
}

fn requirement(cx: &mut Cx<'_>, pair: &Pair<'_>) -> Option<ast::Requirement> {
    Some(ast::Requirement {
        name: ident(cx, &child(pair, Rule::name)?),
        like: child(pair, Rule::text).map(|pattern| literals::pattern(cx, &pattern)),
    })
}
