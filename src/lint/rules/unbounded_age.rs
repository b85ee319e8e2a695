//! An age with an upper bound only: what lies in the future has a negative age, and is younger than any bound.

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::admission::{Formula, admissions};
use crate::lint::expr::{path_text, shape};
use crate::lint::raw::{Request, Requests};
use crate::lint::{Cx, Sink, declare_lint};
use crate::lower::{Draft, Effect};
use crate::syntax::ast::Operator;
use crate::typing::{Method, TypedExpr, TypedKind};

declare_lint! {
    id: "unbounded-age",
    summary: "an age test that accepts a time in the future",
    level: Error,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut found = BTreeMap::new();
    let guarded = Guarded::new(cx);
    for admission in admissions(cx) {
        let beside = guarded.known_of(&admission.requests);
        admission.formula().visit(&order, &mut |expr, holds, known| {
            // An age of at most nothing is no age: it says which of the two is first.
            let age = at_most(expr, holds).filter(|(_, most)| !is_at_most_zero(most));
            let Some((later, earlier)) = age.and_then(|(age, _)| ends(age)) else {
                return;
            };
            let order = not_after(earlier, later);
            if known.contains(&order) || beside.as_ref().is_some_and(|beside| beside.contains(&order)) {
                return;
            }
            let at = admission.place(expr);
            let text = |end: &TypedExpr| path_text(end).unwrap_or_else(|| written(cx, end));
            let (later, earlier) = (text(later), text(earlier));
            let message = format!("{} accepts a `{earlier}` in the future as recent", admission.statement);
            let mut finding = out.finding(at, message).label("a negative age passes this test");
            if !admission.at.contains(at) {
                finding = finding.also(admission.at, "the decision depends on it");
            }
            let finding = finding.help(format!("require the order first: `{earlier} <= {later} && …`"));
            found.entry(at).or_insert(finding);
        });
    }
    found.into_values().for_each(|finding| out.push(finding));
}

/// What guards show of the order of times, by request. A guard that a grant of break-glass lifts shows nothing.
struct Guarded(BTreeMap<Request, BTreeSet<String>>);

impl Guarded {
    fn new(cx: &Cx<'_>) -> Self {
        let mut known: BTreeMap<Request, BTreeSet<String>> = BTreeMap::new();
        let requests = Requests::new(cx);
        let always =
            |draft: &&Draft| draft.effect == Effect::Forbid && draft.when.is_empty() && draft.lifted_by.is_empty();
        for draft in cx.lowered.drafts.iter().filter(always) {
            let required = draft.unless.iter().map(|part| Formula::of(&part.expr, true));
            let shown: BTreeSet<String> = required.flat_map(|part| part.facts(&order)).collect();
            if shown.is_empty() {
                continue;
            }
            for request in requests.concerned(draft) {
                known.entry(request).or_default().extend(shown.iter().cloned());
            }
        }
        Self(known)
    }

    /// What is known of all of some requests.
    fn known_of(&self, requests: &[Request]) -> Option<BTreeSet<String>> {
        let known = requests.iter().map(|request| self.0.get(request).cloned().unwrap_or_default());
        known.reduce(|these, those| these.intersection(&those).cloned().collect())
    }
}

/// An expression in its author's words, on one line.
fn written(cx: &Cx<'_>, expr: &TypedExpr) -> String {
    let words = cx.sources.slice(expr.span).split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// A comparison read as "the one is at most the other".
fn at_most(expr: &TypedExpr, holds: bool) -> Option<(&TypedExpr, &TypedExpr)> {
    let TypedKind::Binary(operator, left, right) = &expr.kind else {
        return None;
    };
    match (operator, holds) {
        (Operator::Less | Operator::LessEqual, true) | (Operator::Greater | Operator::GreaterEqual, false) => {
            Some((left, right))
        }
        (Operator::Greater | Operator::GreaterEqual, true) | (Operator::Less | Operator::LessEqual, false) => {
            Some((right, left))
        }
        _ => None,
    }
}

/// The two ends of `later.durationSince(earlier)`.
fn ends(age: &TypedExpr) -> Option<(&TypedExpr, &TypedExpr)> {
    match &age.kind {
        TypedKind::Method(later, Method::DurationSince, args) => Some((later, args.first()?)),
        // In whatever unit it is counted.
        TypedKind::Method(
            age,
            Method::ToMilliseconds | Method::ToSeconds | Method::ToMinutes | Method::ToHours | Method::ToDays,
            _,
        ) => ends(age),
        TypedKind::Named(_, body) => ends(body),
        _ => None,
    }
}

/// What a test shows of the order of two times: by comparing them, or by a bound of the age.
fn order(expr: &TypedExpr, holds: bool) -> Option<String> {
    let (least, most) = at_most(expr, holds)?;
    match (ends(least), ends(most)) {
        (_, Some((later, earlier))) if !is_negative(least) => Some(not_after(earlier, later)),
        (_, Some(_)) => None,
        (Some((later, earlier)), None) if is_at_most_zero(most) => Some(not_after(later, earlier)),
        (_, None) => Some(not_after(least, most)),
    }
}

/// Whether a value is written that is zero or less.
fn is_at_most_zero(expr: &TypedExpr) -> bool {
    let is_none = |text: &str| text.chars().filter(char::is_ascii_digit).all(|digit| digit == '0');
    match &expr.kind {
        TypedKind::Long(value) => *value <= 0,
        TypedKind::Duration(value) => value.0 <= 0,
        TypedKind::Construct(_, text) => {
            matches!(&text.kind, TypedKind::Text(text) if text.starts_with('-') || is_none(text))
        }
        TypedKind::Negate(value) => match &value.kind {
            TypedKind::Long(value) => *value >= 0,
            TypedKind::Duration(value) => value.0 >= 0,
            TypedKind::Construct(_, text) => matches!(&text.kind, TypedKind::Text(text) if !text.starts_with('-')),
            _ => false,
        },
        _ => false,
    }
}

fn is_negative(expr: &TypedExpr) -> bool {
    match &expr.kind {
        TypedKind::Negate(_) => true,
        TypedKind::Long(value) => *value < 0,
        TypedKind::Duration(value) => value.0 < 0,
        TypedKind::Construct(_, text) => matches!(&text.kind, TypedKind::Text(text) if text.starts_with('-')),
        _ => false,
    }
}

fn not_after(earlier: &TypedExpr, later: &TypedExpr) -> String {
    format!("{} <= {}", shape(earlier), shape(later))
}
