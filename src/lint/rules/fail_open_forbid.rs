//! A forbid that can error. Cedar skips it then, and what it forbids is let in.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use cedar_policy::pst;

use crate::diag::Diagnostic;
use crate::graph::Ty;
use crate::graph::TypedExpr;
use crate::graph::Variable;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;
use crate::lint::hazard::Hazard;
use crate::lint::hazard::Holds;
use crate::lint::hazard::REMOTE_TIMES;
use crate::lint::hazards::Variables;
use crate::lint::hazards::hazards;
use crate::lint::raw;
use crate::lint::raw::Request;
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
    let requests = raw::Requests::new(cx);
    gate(cx, &requests, out);
    for policy in &cx.lowered.raw {
        let Some(body) = raw::body(policy, pst::Effect::Forbid) else {
            continue;
        };
        let clauses = raw::clauses(policy, body, cx.sources);
        let conditions: Vec<(&TypedExpr, Holds)> = clauses
            .iter()
            .map(|clause| match clause {
                raw::Clause::When(expr) => (expr, Holds::WhenTrue),
                raw::Clause::Unless(expr) => (expr, Holds::WhenFalse),
            })
            .collect();
        let mut kinds = kinds(cx, &requests, &conditions, &requests.admitted(body));
        if cx.lowered.schema.is_none() {
            kinds.push(nothing_known());
        }
        let found: BTreeSet<Hazard> = kinds.iter().flat_map(|kind| hazards(cx, kind, &conditions)).collect();
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
fn gate(cx: &Cx<'_>, requests: &raw::Requests<'_>, out: &mut Sink) {
    let denies: BTreeSet<Span> = cx.program.denies.iter().map(|deny| deny.statement.span).collect();
    let permits = cx
        .lowered
        .raw
        .iter()
        .filter_map(|policy| raw::body(policy, pst::Effect::Permit));
    let permitted: BTreeSet<Request> = permits.flat_map(|body| requests.admitted(body)).collect();
    let mut found: BTreeMap<(Span, &str, Origin), BTreeSet<Hazard>> = BTreeMap::new();
    for draft in cx.lowered.drafts.iter().filter(|draft| draft.effect == Effect::Forbid) {
        let is_deny = denies.contains(&draft.span);
        if !is_deny && permitted.is_empty() {
            continue;
        }
        let mut concerned = requests.concerned(draft);
        concerned.retain(|request| is_deny || permitted.contains(request));
        let origin = if is_deny { Origin::Deny } else { Origin::Guard };
        let when = draft.when.iter().map(|part| (&part.expr, Holds::WhenTrue));
        let required: Vec<TypedExpr> = draft.unless.iter().map(|part| part.expr.clone()).collect();
        let required = TypedExpr::all(required, draft.span);
        let unless = (!draft.unless.is_empty()).then_some((&required, Holds::WhenFalse));
        let conditions: Vec<(&TypedExpr, Holds)> = when.chain(unless).collect();
        for kind in kinds(cx, requests, &conditions, &concerned) {
            found
                .entry((draft.span, draft.statement.as_str(), origin))
                .or_default()
                .extend(hazards(cx, &kind, &conditions));
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

/// A finding with its places: at the word that forbids, or where the first of them lies in a Gate statement. One that needs
/// times that nobody can write is a warning at most.
fn finding(out: &Sink, message: String, at: Span, found: &BTreeSet<Hazard>, origin: Origin) -> Option<Diagnostic> {
    let near = || found.iter().filter(|hazard| !hazard.is_remote());
    let remote = near().next().is_none();
    let first = near().next().or(found.first())?;
    let inside = near().chain(found).find(|hazard| at.contains(hazard.span));
    let (at, label) = match inside {
        Some(hazard) => (hazard.span, hazard.error.label()),
        None => (at, "skipped whenever it errors".to_owned()),
    };
    let mut finding = match remote {
        true => out.warning(at, message),
        false => out.finding(at, message),
    };
    finding = finding.label(label);
    for hazard in found.iter().filter(|hazard| inside != Some(*hazard)) {
        finding = finding.also(hazard.span, hazard.error.label());
    }
    if remote {
        finding = finding.note(REMOTE_TIMES);
    }
    let instead = match origin {
        Origin::Deny => {
            "put the condition, negated, into a `require`: it is conjoined to every grant, and fails closed"
        }
        Origin::Guard => "write the raw permits as grants, to which the guard is conjoined",
        Origin::Raw => match first.within {
            Holds::WhenTrue => "put the condition, negated, into each permit, which fails closed",
            Holds::WhenFalse => "put the condition into each permit, which fails closed",
        },
    };
    Some(finding.help(format!("{}; or {instead}", first.remedy())))
}

/// The kinds of request that make a difference to conditions: those variables that they read, each kind once.
fn kinds(
    cx: &Cx<'_>,
    requests: &raw::Requests<'_>,
    conditions: &[(&TypedExpr, Holds)],
    admitted: &[Request],
) -> Vec<Variables> {
    let reads = |variable| conditions.iter().any(|(condition, _)| condition.reads(variable));
    let [principal, resource, context, action] = [
        Variable::Principal,
        Variable::Resource,
        Variable::Context,
        Variable::Action,
    ]
    .map(reads);
    let admitted: BTreeSet<_> = admitted
        .iter()
        .map(|request| {
            (
                principal.then_some(request.principal),
                resource.then_some(request.resource),
                (context || action).then_some(request.action),
            )
        })
        .collect();
    let mut found: Vec<Variables> = Vec::new();
    for (principal, resource, asked) in admitted {
        let context = asked.filter(|_| context);
        let kind = Variables {
            principal: principal.map_or(Ty::Unknown, Ty::Entity),
            resource: resource.map_or(Ty::Unknown, Ty::Entity),
            context: context.map_or(Ty::Unknown, |action| Ty::Record(cx.program.context_of(action))),
            action: asked.filter(|_| action).and_then(|action| requests.action(action)),
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
        action: None,
    }
}
