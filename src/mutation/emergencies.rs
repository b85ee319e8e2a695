//! Mutants of break-glass profiles: people, approvals, bounds, and what a grant lifts.

use std::collections::BTreeSet;

use crate::clauses::{Unit, Weaker};
use crate::graph::{ActionId, Profile, Require};
use crate::syntax::ast::{Actions, BreakGlassClause, BreakGlassDecl, BreakGlassKind, Item, Types};
use crate::text::{Duration, Span};

use super::mutant::{Edit, Making};
use super::operator::MutationOperator;
use super::{expressions, roles};

/// Mutants of a profile.
pub(super) fn profile(making: &mut Making<'_>, item: &Item, decl: &BreakGlassDecl) {
    let program = making.program;
    let Some(found) = program.profiles.iter().find(|profile| profile.name == decl.name.text) else {
        return;
    };
    for one in &decl.clauses {
        clause(making, one, found);
    }
    for (at, guard) in program.requires.iter().enumerate() {
        let is_lifted = found.lifts.iter().any(|(lifted, _)| *lifted == at);
        if guard.liftable.is_some() && !is_lifted && concerns(guard, found) {
            let Some((span, edit)) = lifts(making, item, decl, guard) else { continue };
            let what = format!("`{}` is lifted, too", guard.statement.name);
            making.add(MutationOperator::LiftMore, span, what, edit, None);
        }
    }
}

/// A guard that nothing may lift is made one that a profile may, and the profile lifts it.
pub(super) fn lifted(making: &mut Making<'_>, item: &Item) {
    let program = making.program;
    let Some(guard) = program.requires.iter().find(|guard| guard.statement.span == item.span) else {
        return;
    };
    let words = making.sources.slice(item.span);
    let label = words.find(':').filter(|_| item.label.is_some()).map_or(0, |at| at + 1);
    let Some(at) = words.get(label..).and_then(|rest| rest.find("require")) else {
        return;
    };
    if guard.liftable.is_some() || guard.statement.span.file != item.span.file {
        return;
    }
    let start = item.span.start as usize + label + at;
    for (whole, decl) in making.profiles.clone() {
        let found = program.profiles.iter().find(|profile| profile.name == decl.name.text);
        if !found.is_some_and(|profile| concerns(guard, profile)) {
            continue;
        }
        let Some((_, lifts)) = lifts(making, whole, decl, guard) else { continue };
        let liftable = Edit { span: Span::new(item.span.file, start, start), text: "liftable ".to_owned() };
        let what = format!("the break-glass profile `{}` lifts this guard", decl.name.text);
        making.add_edits(MutationOperator::MakeLiftable, item.span, what, vec![liftable, lifts], None);
    }
}

/// Whether a guard is about something that a profile opens.
fn concerns(guard: &Require, profile: &Profile) -> bool {
    guard.statement.labelled && profile.actions.iter().any(|(action, _)| guard.actions.contains(action))
}

/// The place and the change that let a profile lift one guard more.
fn lifts(making: &Making<'_>, item: &Item, decl: &BreakGlassDecl, guard: &Require) -> Option<(Span, Edit)> {
    let name = &guard.statement.name;
    let written = decl.clauses.iter().find_map(|clause| match &clause.kind {
        BreakGlassKind::Lifts(names) => names.last().map(|last| (clause.span, last.span)),
        _ => None,
    });
    if let Some((clause, last)) = written {
        return Some((clause, Edit { span: last.at_end(), text: format!(", {name}") }));
    }
    let end = Span { start: item.span.end - 1, end: item.span.end - 1, ..item.span };
    let text = format!("    lifts {name};\n");
    (making.last_character(item) == "}").then_some((decl.name.span, Edit { span: end, text }))
}

fn clause(making: &mut Making<'_>, clause: &BreakGlassClause, profile: &Profile) {
    match &clause.kind {
        BreakGlassKind::For(names) | BreakGlassKind::RevokedBy(names) => roles::widened(making, names, None),
        BreakGlassKind::Grants(actions, types) => opens_more(making, actions, types, profile),
        BreakGlassKind::When(when) => expressions::condition(making, when, None),
        BreakGlassKind::ApprovedBy(number, role) => {
            let (span, text, what) = match number.value {
                ..=1 => {
                    let end = if making.sources.slice(clause.span).ends_with(';') { ";" } else { "" };
                    let what = "no approval is required".to_owned();
                    (clause.span, format!("approved by none{end}"), what)
                }
                more => {
                    let what = format!("{} of {more} approvals suffice", more - 1);
                    (number.span, (more - 1).to_string(), what)
                }
            };
            making.add(MutationOperator::FewerApprovals, clause.span, what, Edit { span, text }, None);
            roles::widened(making, std::slice::from_ref(role), None);
        }
        BreakGlassKind::Bound(known, amount) => {
            let Some(bound) = known.row().bound.filter(|bound| bound.weaker != Weaker::Lower) else {
                return;
            };
            let (operator, value) = match bound.unit {
                Unit::Duration => (MutationOperator::LongerWindow, amount.value().saturating_mul(2)),
                Unit::Count => (MutationOperator::RaiseLimit, amount.value().saturating_add(1)),
            };
            becomes(making, operator, clause.span, amount.span(), bound.unit.show(value));
        }
        BreakGlassKind::GrantsPer(_, number) => {
            let more = number.value.saturating_add(1).to_string();
            becomes(making, MutationOperator::RaiseLimit, clause.span, number.span, more);
        }
        BreakGlassKind::Review(within, role) => {
            let twice = Duration(within.value.0.saturating_mul(2)).to_string();
            becomes(making, MutationOperator::LongerWindow, clause.span, within.span, twice);
            roles::widened(making, std::slice::from_ref(role), None);
        }
        _ => {}
    }
}

fn becomes(making: &mut Making<'_>, operator: MutationOperator, clause: Span, span: Span, text: String) {
    let what = format!("`{}` becomes `{text}` in `{}`", making.words(span), making.words(clause));
    making.add(operator, clause, what, Edit { span, text }, None);
}

/// One action more, such as the profile does not open yet.
fn opens_more(making: &mut Making<'_>, actions: &Actions, types: &Types, profile: &Profile) {
    let (Actions::Names(names), Types::Names(types)) = (actions, types) else {
        return;
    };
    let (Some(last), [ty]) = (names.last(), types.as_slice()) else {
        return;
    };
    let Some(on) = making.program.find_type(&ty.dotted()) else {
        return;
    };
    let held: BTreeSet<ActionId> = profile.actions.iter().map(|(action, _)| *action).collect();
    if let Some(action) = making.other_actions(on, &held).first() {
        let span = names.iter().map(|name| name.span).fold(last.span, Span::to);
        making.also_opens(last.span, span, action, None);
    }
}
