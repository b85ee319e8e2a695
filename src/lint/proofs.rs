//! What lints that read facts share: statements by the names that their authors gave, and the places of their tests.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::pst;

use crate::analysis::facts::{Basis, Fact, StatementFacts, Test};
use crate::diag::{Diagnostic, Evidence};
use crate::graph::StatementId;
use crate::lower::{Draft, RawPolicy};
use crate::text::Span;
use crate::typing::{TypedExpr, TypedKind};

use super::{Cx, admission, raw};

/// A statement, and what is known of it.
pub(super) struct Stated<'a> {
    /// Where it stands; of a raw policy, its keyword.
    pub(super) at: Span,
    /// All of it.
    pub(super) whole: Span,
    /// `the grant `payouts``
    pub(super) name: String,
    /// Whether it forbids something that links of a template may permit.
    pub(super) holds_back: HoldsBack,
    /// What is known.
    pub(super) facts: &'a StatementFacts,
}

/// What a statement forbids of the links of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoldsBack {
    /// Nothing.
    Nothing,
    /// Those that its own condition holds of.
    WhereItApplies,
    /// Also some for types that nothing joins to the action, whatever its condition comes to for others.
    Always,
}

/// All statements that something is known of, by place.
pub(super) fn statements<'a>(cx: &Cx<'a>) -> Vec<Stated<'a>> {
    let places = Places::new(cx);
    let held_back = raw::HeldBack::new(cx);
    let all = cx.facts.into_iter().flat_map(|facts| &facts.statements);
    let mut stated: Vec<Stated<'a>> = all
        .filter_map(|(id, facts)| {
            let Named { name, at, whole } = places.named(cx, id)?;
            let holds_back = match (held_back.always_by(id), held_back.by(id)) {
                (true, _) => HoldsBack::Always,
                (false, true) => HoldsBack::WhereItApplies,
                (false, false) => HoldsBack::Nothing,
            };
            Some(Stated { at, whole, name, holds_back, facts })
        })
        .collect();
    stated.sort_by_key(|stated| stated.whole);
    stated
}

/// A statement's name and places.
struct Named {
    name: String,
    at: Span,
    whole: Span,
}

/// What statements became, by statement.
struct Places<'a> {
    drafts: BTreeMap<&'a StatementId, &'a Draft>,
    raw: BTreeMap<StatementId, &'a RawPolicy>,
}

impl<'a> Places<'a> {
    fn new(cx: &Cx<'a>) -> Self {
        let mut places = Self { drafts: BTreeMap::new(), raw: BTreeMap::new() };
        for draft in &cx.lowered.drafts {
            places.drafts.entry(&draft.of).or_insert(draft);
        }
        for policy in &cx.lowered.raw {
            places.raw.insert(policy.statement(), policy);
        }
        places
    }

    fn named(&self, cx: &Cx<'_>, id: &StatementId) -> Option<Named> {
        Some(match self.drafts.get(id) {
            Some(draft) => of_draft(draft),
            None => of_raw(cx, self.raw.get(id)?),
        })
    }
}

fn of_draft(draft: &Draft) -> Named {
    let kind = admission::kind(draft);
    Named { name: format!("the {kind} `{}`", draft.statement), at: draft.span, whole: draft.span }
}

fn of_raw(cx: &Cx<'_>, policy: &RawPolicy) -> Named {
    let kind = match policy.policy.effect() {
        cedar_policy::Effect::Permit => "permit",
        cedar_policy::Effect::Forbid => "forbid",
    };
    let at = raw::keyword(policy, cx.sources);
    Named { name: format!("the {kind} `{}`", policy.policy.id()), at, whole: policy.span }
}

/// Some statements by place.
fn in_order(cx: &Cx<'_>, ids: &BTreeSet<StatementId>) -> Vec<Named> {
    let places = Places::new(cx);
    let mut all: Vec<Named> = ids.iter().filter_map(|id| places.named(cx, id)).collect();
    all.sort_by_key(|named| named.whole);
    all
}

/// Help to take a statement away. Decisions are Cedar's here, which skips what errors; of a forbid that can, it is said that a
/// gateway denies there.
pub(super) fn help_to_remove(stated: &Stated<'_>, finding: Diagnostic, help: &str) -> Diagnostic {
    match (stated.facts.effect, &stated.facts.erring) {
        (cedar_policy::Effect::Permit, _) | (_, Fact::Known(None) | Fact::NotAsked) => finding.help(help),
        (_, Fact::Known(Some(_)) | Fact::Partly(..) | Fact::Unknown(_)) => finding
            .note("this holds for plain Cedar, which skips a forbid that errors; a Gatewright gateway denies the request instead")
            .help("first change it so that it cannot error, then check whether it denies any request"),
    }
}

/// A finding, with every statement of a set as a place beside it.
pub(super) fn beside(cx: &Cx<'_>, finding: Diagnostic, ids: &BTreeSet<StatementId>, what: &str) -> Diagnostic {
    finding.also_each(in_order(cx, ids).into_iter().map(|named| named.at), what)
}

/// `the grant `a` does` or `the grant `a` and 2 more do`: one or several, with the form of the verb that goes with it.
pub(super) fn names_and(cx: &Cx<'_>, ids: &BTreeSet<StatementId>, [does, they_do]: [&str; 2]) -> String {
    let verb = if ids.len() > 1 { they_do } else { does };
    format!("{} {verb}", names(cx, ids))
}

fn names(cx: &Cx<'_>, ids: &BTreeSet<StatementId>) -> String {
    let first = in_order(cx, ids).into_iter().next().map(|named| named.name).unwrap_or_default();
    match ids.len() {
        0 | 1 => first,
        many => format!("{first} and {} more", many - 1),
    }
}

/// Raw permits that admit some of the requests: their keywords.
pub(super) fn raw_permits(cx: &Cx<'_>, admits: impl Fn(&RawPolicy, &raw::Request) -> bool) -> Vec<Span> {
    let requests = raw::Requests::new(cx);
    let permits = cx.lowered.raw.iter().filter(|policy| {
        let body = raw::body(policy, pst::Effect::Permit);
        body.is_some_and(|body| {
            let admitted = requests.admitted(body);
            admitted.iter().any(|request| admits(policy, request))
        })
    });
    permits.map(|policy| raw::keyword(policy, cx.sources)).collect()
}

/// A test's place, where it has one of its own, and its words.
pub(super) fn test(cx: &Cx<'_>, test: &Test) -> (Option<Span>, String) {
    if let Some(draft) = cx.lowered.drafts.iter().find(|draft| draft.id == test.policy) {
        let Some(part) = draft.when.get(test.place.clause) else {
            return (None, test.cedar.clone());
        };
        let found = part_of(&part.expr, Wanted::True, test).map_or(part.expr.span, |found| found.span);
        let words = match &part.words {
            Some(words) if test.branch.is_none() => words.clone(),
            _ => cx.sources.slice(found).split_whitespace().collect::<Vec<_>>().join(" "),
        };
        return (Some(found), words);
    }
    let policy = cx.lowered.raw.iter();
    let policy = policy.clone().find(|raw| raw.policy.id().to_string() == test.policy);
    let place = policy.and_then(|policy| {
        let clauses = raw::clauses(policy, policy.body.as_deref()?, cx.sources);
        let (expr, wanted) = match clauses.get(test.place.clause)? {
            raw::Clause::When(expr) => (expr, Wanted::True),
            raw::Clause::Unless(expr) => (expr, Wanted::False),
        };
        let found = part_of(expr, wanted, test)?.span;
        (found != policy.span).then_some(found)
    });
    (place, test.cedar.clone())
}

/// The outcome that a part must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    True,
    False,
}

/// A test of a clause, or one alternative of it, counted as `analysis` counts them.
fn part_of<'a>(clause: &'a TypedExpr, wanted: Wanted, test: &Test) -> Option<&'a TypedExpr> {
    let mut tests = Vec::new();
    split(clause, wanted, Joint::All, &mut tests);
    let (whole, wanted) = *tests.get(test.place.test)?;
    let Some(branch) = test.branch else { return Some(whole) };
    let mut alternatives = Vec::new();
    split(whole, wanted, Joint::Any, &mut alternatives);
    alternatives.get(branch).map(|(expr, _)| *expr)
}

/// Whether parts must all hold, or any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    All,
    Any,
}

/// The parts of a condition that are joined so, each with the outcome that it must have.
fn split<'a>(expr: &'a TypedExpr, wanted: Wanted, joint: Joint, into: &mut Vec<(&'a TypedExpr, Wanted)>) {
    match (&expr.kind, wanted, joint) {
        (TypedKind::Named(_, body), ..) => split(body, wanted, joint, into),
        (TypedKind::And(parts), Wanted::True, Joint::All)
        | (TypedKind::Or(parts), Wanted::False, Joint::All)
        | (TypedKind::Or(parts), Wanted::True, Joint::Any)
        | (TypedKind::And(parts), Wanted::False, Joint::Any) => {
            parts.iter().for_each(|part| split(part, wanted, joint, into));
        }
        (TypedKind::Not(inner), Wanted::True, _) => split(inner, Wanted::False, joint, into),
        (TypedKind::Not(inner), Wanted::False, _) => split(inner, Wanted::True, joint, into),
        _ => into.push((expr, wanted)),
    }
}

/// What is known, if it is.
pub(super) fn known<T>(fact: &Fact<T>) -> Option<&T> {
    match fact {
        Fact::Known(known) | Fact::Partly(known, _) => Some(known),
        Fact::Unknown(_) | Fact::NotAsked => None,
    }
}

/// A finding's evidence.
pub(super) fn evidence(basis: Basis) -> Evidence {
    match basis {
        Basis::Proved => Evidence::Proved,
        Basis::Witnessed => Evidence::Witnessed,
    }
}
