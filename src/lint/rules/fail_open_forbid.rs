//! A forbid that can error. Cedar skips it then, and what it forbids is let in.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use cedar_policy::pst;

use crate::diag::Diagnostic;
use crate::graph::Program;
use crate::graph::Ty;
use crate::graph::TypedExpr;
use crate::graph::TypedKind;
use crate::graph::Variable;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;
use crate::lint::expr::children;
use crate::lint::hazards::Hazard;
use crate::lint::hazards::Holds;
use crate::lint::hazards::Variables;
use crate::lint::hazards::hazards;
use crate::lint::raw;
use crate::lint::raw::Request;
use crate::lower::Draft;
use crate::lower::Effect;
use crate::text::Span;

declare_lint! {
    id: "fail-open-forbid",
    summary: "a forbid that can error, and then does not forbid",
    level: Error,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let requests = raw::requests(cx.program);
    let scopes = raw::Scopes::new(cx);
    gate(cx, &requests, &scopes, out);
    for policy in &cx.lowered.raw {
        let Some(body) = raw::body(policy, pst::Effect::Forbid) else {
            continue;
        };
        let clauses = raw::clauses(policy, &body, cx.sources);
        let conditions: Vec<(&TypedExpr, Holds)> = clauses
            .iter()
            .map(|clause| match clause {
                raw::Clause::When(expr) => (expr, Holds::WhenTrue),
                raw::Clause::Unless(expr) => (expr, Holds::WhenFalse),
            })
            .collect();
        let admitted = requests.iter().copied().filter(|request| scopes.admit(&body, *request));
        let mut kinds = kinds(cx.program, &conditions, admitted);
        if cx.lowered.schema.is_none() {
            kinds.push(nothing_known());
        }
        let found: BTreeSet<Hazard> = kinds
            .iter()
            .flat_map(|kind| hazards(cx.program, kind, &conditions))
            .collect();
        let message = format!(
            "the forbid `{}` can error, and then it does not forbid",
            policy.policy.id()
        );
        let at = raw::keyword(policy, cx.sources);
        if let Some(finding) = finding(out, message, at, &found, Origin::Raw) {
            out.push(finding);
        }
    }
}

/// `deny`, which no permit repeats; and guards as far as raw permits rely on them. Gate's own permits have their guards
/// conjoined, so a guard that errors there lets nobody in.
fn gate(cx: &Cx<'_>, requests: &[Request], scopes: &raw::Scopes<'_>, out: &mut Sink) {
    let permits: Vec<pst::Template> = cx
        .lowered
        .raw
        .iter()
        .filter_map(|policy| raw::body(policy, pst::Effect::Permit))
        .collect();
    let mut found: BTreeMap<(Span, &str, Origin), BTreeSet<Hazard>> = BTreeMap::new();
    for draft in cx.lowered.drafts.iter().filter(|draft| draft.effect == Effect::Forbid) {
        let is_deny = cx.program.denies.iter().any(|deny| deny.statement.span == draft.span);
        let concerned = requests
            .iter()
            .copied()
            .filter(|request| concerns(cx.program, draft, *request));
        let concerned: Vec<Request> = match is_deny {
            true => concerned.collect(),
            false => concerned
                .filter(|request| permits.iter().any(|permit| scopes.admit(permit, *request)))
                .collect(),
        };
        let origin = if is_deny { Origin::Deny } else { Origin::Guard };
        let when = draft.when.iter().map(|part| (&part.expr, Holds::WhenTrue));
        let conditions: Vec<(&TypedExpr, Holds)> = when.collect();
        let required: Vec<TypedExpr> = draft.unless.iter().map(|part| part.expr.clone()).collect();
        let required = TypedExpr::all(required, draft.span);
        let unless = (!draft.unless.is_empty()).then_some((&required, Holds::WhenFalse));
        let conditions: Vec<_> = conditions.into_iter().chain(unless).collect();
        for kind in kinds(cx.program, &conditions, concerned.into_iter()) {
            found
                .entry((draft.span, draft.statement.as_str(), origin))
                .or_default()
                .extend(hazards(cx.program, &kind, &conditions));
        }
    }
    for ((span, statement, origin), found) in found {
        let message = match origin {
            Origin::Guard => format!("the guard `{statement}` can error, and then it does not hold for raw permits"),
            _ => format!("the deny `{statement}` can error, and then it does not deny"),
        };
        if let Some(finding) = finding(out, message, span, &found, origin) {
            out.push(finding);
        }
    }
}

/// What kind of statement makes the forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Deny,
    Guard,
    Raw,
}

/// A finding with its places: at the word that forbids, or where the first of them lies in a Gate statement.
fn finding(out: &Sink, message: String, at: Span, found: &BTreeSet<Hazard>, origin: Origin) -> Option<Diagnostic> {
    let first = found.first()?;
    let inside = found.iter().find(|hazard| at.contains(hazard.span));
    let mut finding = match inside {
        Some(hazard) => out.finding(hazard.span, message).label(hazard.error.label()),
        None => out.finding(at, message).label("skipped whenever it errors"),
    };
    for hazard in found.iter().filter(|hazard| inside != Some(*hazard)) {
        finding = finding.also(hazard.span, hazard.error.label());
    }
    let instead = match origin {
        Origin::Deny => {
            "put the condition, negated, into a `require`: it is conjoined to every grant, and fails closed"
        }
        Origin::Guard => "write the raw permits as grants, to which the guard is conjoined",
        Origin::Raw => "put the condition, negated, into each permit, which fails closed",
    };
    Some(finding.help(format!("{}; or {instead}", first.error.remedy())))
}

/// Whether a policy of a Gate statement is about a kind of request.
fn concerns(program: &Program, draft: &Draft, request: Request) -> bool {
    let is = |id, cedar: &str| program.ty(id).is_some_and(|ty| ty.cedar == cedar);
    let action = program.action(request.action);
    is(request.principal, &draft.principal)
        && is(request.resource, &draft.resource)
        && (draft.actions.is_empty() || action.is_some_and(|action| draft.actions.contains(&action.cedar)))
}

/// The kinds of request that make a difference to conditions: those variables that they read, each kind once.
fn kinds(
    program: &Program,
    conditions: &[(&TypedExpr, Holds)],
    requests: impl Iterator<Item = Request>,
) -> Vec<Variables> {
    let reads = |variable| conditions.iter().any(|(condition, _)| mentions(condition, variable));
    let (principal, resource, context) = (
        reads(Variable::Principal),
        reads(Variable::Resource),
        reads(Variable::Context),
    );
    let requests: BTreeSet<_> = requests
        .map(|request| {
            (
                principal.then_some(request.principal),
                resource.then_some(request.resource),
                context.then_some(request.action),
            )
        })
        .collect();
    let mut found: Vec<Variables> = Vec::new();
    for (principal, resource, action) in requests {
        let kind = Variables {
            principal: principal.map_or(Ty::Unknown, Ty::Entity),
            resource: resource.map_or(Ty::Unknown, Ty::Entity),
            context: action.map_or(Ty::Unknown, |action| Ty::Record(program.context_of(action))),
        };
        if !found.contains(&kind) {
            found.push(kind);
        }
    }
    found
}

/// Raw policies without a schema: nothing says what a request holds.
fn nothing_known() -> Variables {
    Variables {
        principal: Ty::Unknown,
        resource: Ty::Unknown,
        context: Ty::Unknown,
    }
}

fn mentions(expr: &TypedExpr, variable: Variable) -> bool {
    matches!(expr.kind, TypedKind::Variable(found) if found == variable)
        || children(expr).into_iter().any(|child| mentions(child, variable))
}
