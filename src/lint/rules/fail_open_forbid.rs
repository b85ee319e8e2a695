//! A forbid that can error. Cedar skips it then, and what it forbids is let in.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::pst;

use crate::diag::Diagnostic;
use crate::graph::{StatementId, StatementKind, Ty};
use crate::lint::hazard::{Hazard, Holds, NOBODY_LET_IN, REMOTE_TIMES};
use crate::lint::hazards::{Permits, Variables, hazards};
use crate::lint::raw::Request;
use crate::lint::{Cx, Sink, declare_lint, raw};
use crate::lower::{Effect, RawPolicy, StepRequest};
use crate::text::Span;
use crate::typing::{TypedExpr, Variable};

declare_lint! {
    id: "fail-open-forbid",
    summary: "a forbid that can error and then does not forbid",
    level: Error,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let links = raw::Links::new(cx);
    let requests = raw::Requests::new(cx).with_links(&links);
    let permits = OnceCell::new();
    let looking = Looking { cx, requests: &requests, links: &links, permits: &permits };
    gate(&looking, out);
    let mut told = BTreeSet::new();
    for policy in &cx.lowered.raw {
        let message = format!("the forbid `{}` can error and then does not forbid", policy.policy.id());
        if raw_forbid(&looking, policy, message, out) {
            told.insert(policy.span);
        }
    }
    // What is told of a link is not told once more of its template.
    for template in links.policies.iter().filter(|template| !told.contains(&template.span)) {
        let message = format!("links of template `{}` can error, and then they do not forbid", template.policy.id());
        raw_forbid(&looking, template, message, out);
    }
}

/// Whether there is something to tell of a raw policy.
fn raw_forbid(looking: &Looking<'_>, policy: &RawPolicy, message: String, out: &mut Sink) -> bool {
    let Looking { cx, requests, .. } = looking;
    let Some(body) = raw::body(policy, pst::Effect::Forbid) else {
        return false;
    };
    let clauses = raw::clauses(policy, body, cx.sources);
    let conditions = raw::conditions(&clauses);
    let mut found = looking.hazards(&conditions, &requests.admitted(body));
    found.extend(looking.hazards_of_steps(&conditions, requests.steps_admitted(body)));
    if cx.lowered.schema.is_none() {
        found.extend(looking.hazards_of_anything(&conditions));
    }
    let finding = finding(out, message, raw::keyword(policy, cx.sources), &found, Origin::Raw);
    let is_told = finding.is_some();
    finding.into_iter().for_each(|finding| out.push(finding));
    is_told
}

/// `deny`, which no permit repeats; and guards as far as raw permits rely on them. Gate's own permits have their guards
/// conjoined, so a guard that errors there lets nobody in.
fn gate(looking: &Looking<'_>, out: &mut Sink) {
    let Looking { cx, requests, links, .. } = looking;
    let permits = cx.lowered.raw.iter().filter_map(|policy| raw::body(policy, pst::Effect::Permit));
    let permits: Vec<&pst::Template> = permits.chain(links.permits()).collect();
    let permitted: BTreeSet<Request> = permits.iter().flat_map(|body| requests.admitted(body)).collect();
    let permitted_steps: Vec<&StepRequest> = permits.iter().flat_map(|body| requests.steps_admitted(body)).collect();
    let mut found: BTreeMap<(&StatementId, &str, Origin), (Span, Found)> = BTreeMap::new();
    // Denials of types that nothing joins to the action hold for links alone.
    let apart = cx.lowered.unknown_types.iter().map(|(draft, _)| draft).filter(|draft| draft.unless.is_empty());
    for draft in cx.lowered.drafts.iter().chain(apart).filter(|draft| draft.effect == Effect::Forbid) {
        let is_deny = draft.of.kind() == StatementKind::Deny;
        if !is_deny && permits.is_empty() {
            continue;
        }
        let mut concerned = requests.concerned(draft);
        concerned.retain(|request| is_deny || permitted.contains(request));
        let mut steps = requests.steps_concerned(draft);
        steps.retain(|step| is_deny || permitted_steps.contains(step));
        let origin = if is_deny { Origin::Deny } else { Origin::Guard };
        let when = draft.when.iter().map(|part| (&part.expr, Holds::WhenTrue));
        let required: Vec<TypedExpr> = draft.unless.iter().map(|part| part.expr.clone()).collect();
        let required = TypedExpr::all(required, draft.span);
        let unless = (!draft.unless.is_empty()).then_some((&required, Holds::WhenFalse));
        let conditions: Vec<(&TypedExpr, Holds)> = when.chain(unless).collect();
        let statement = (&draft.of, draft.statement.as_str(), origin);
        let (_, own) = found.entry(statement).or_insert_with(|| (draft.span, Found::default()));
        own.extend(looking.hazards(&conditions, &concerned));
        own.extend(looking.hazards_of_steps(&conditions, steps));
    }
    for ((_, statement, origin), (span, found)) in found {
        let message = match origin {
            Origin::Guard => format!("the guard `{statement}` can error and then does not restrict raw permits"),
            _ => format!("the deny `{statement}` can error and then does not deny"),
        };
        if let Some(finding) = finding(out, message, span, &found, origin) {
            out.push(finding);
        }
    }
}

/// The hazards of a statement, and which of them stop nobody from being let in.
#[derive(Default)]
struct Found(BTreeMap<Hazard, LetsIn>);

/// Whether a permit may let in where a forbid errs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LetsIn {
    No,
    Maybe,
}

impl Found {
    fn add(&mut self, hazard: Hazard, lets_in: LetsIn) {
        let known = self.0.entry(hazard).or_insert(lets_in);
        *known = lets_in.max(*known);
    }

    fn extend(&mut self, more: Self) {
        for (hazard, lets_in) in more.0 {
            self.add(hazard, lets_in);
        }
    }
}

/// What a program's forbids are held against.
struct Looking<'a> {
    cx: &'a Cx<'a>,
    requests: &'a raw::Requests<'a>,
    links: &'a raw::Links,
    /// Read once some forbid can error.
    permits: &'a OnceCell<Permits>,
}

impl Looking<'_> {
    /// The hazards of conditions for requests of some kinds.
    fn hazards(&self, conditions: &[(&TypedExpr, Holds)], admitted: &[Request]) -> Found {
        let mut found = Found::default();
        for (variables, requests) in self.kinds(conditions, admitted) {
            self.of_kind(&variables, Some(&requests), conditions, &mut found);
        }
        found
    }

    /// The same for steps of break-glass, which those who may take them are always let in to.
    fn hazards_of_steps(&self, conditions: &[(&TypedExpr, Holds)], steps: Vec<&StepRequest>) -> Found {
        let mut found = Found::default();
        for step in steps {
            for hazard in hazards(self.cx, &Variables::of_step(step), conditions) {
                found.add(hazard, LetsIn::Maybe);
            }
        }
        found
    }

    /// The same where nothing says what a request holds.
    fn hazards_of_anything(&self, conditions: &[(&TypedExpr, Holds)]) -> Found {
        let mut found = Found::default();
        self.of_kind(&Variables::nothing_known(), None, conditions, &mut found);
        found
    }

    fn of_kind(
        &self,
        variables: &Variables,
        requests: Option<&[Request]>,
        conditions: &[(&TypedExpr, Holds)],
        found: &mut Found,
    ) {
        for hazard in hazards(self.cx, variables, conditions) {
            let permits = self.permits.get_or_init(|| Permits::new(self.cx, self.requests, self.links));
            let lets_in = match permits.may_let_in(&hazard, requests) {
                true => LetsIn::Maybe,
                false => LetsIn::No,
            };
            found.add(hazard, lets_in);
        }
    }

    /// The kinds of request that make a difference to conditions: those variables that they read, each kind once, with the
    /// requests that are of it.
    fn kinds(&self, conditions: &[(&TypedExpr, Holds)], admitted: &[Request]) -> Vec<(Variables, Vec<Request>)> {
        let reads = |variable| conditions.iter().any(|(condition, _)| condition.reads(variable));
        let [principal, resource, context, action] =
            [Variable::Principal, Variable::Resource, Variable::Context, Variable::Action].map(reads);
        let mut told: BTreeMap<_, Vec<Request>> = BTreeMap::new();
        for request in admitted {
            let read = (
                principal.then_some(request.principal),
                resource.then_some(request.resource),
                (context || action).then_some(request.action),
            );
            told.entry(read).or_default().push(*request);
        }
        let mut found: Vec<(Variables, Vec<Request>)> = Vec::new();
        for ((principal, resource, asked), requests) in told {
            let context = asked.filter(|_| context);
            let kind = Variables {
                principal: principal.map_or(Ty::Unknown, Ty::Entity),
                resource: resource.map_or(Ty::Unknown, Ty::Entity),
                context: context.map_or(Ty::Unknown, |action| self.requests.context(action)),
                action: asked.filter(|_| action).and_then(|action| self.requests.action(action)),
            };
            match found.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, known)) => known.extend(requests),
                None => found.push((kind, requests)),
            }
        }
        found
    }
}

/// What kind of statement makes the forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Deny,
    Guard,
    Raw,
}

/// A finding with its places: at the word that forbids, or where the first of them lies in a Gate statement. It is a warning
/// at most where it needs times that nobody can write, or where nobody is let in.
fn finding(out: &Sink, message: String, at: Span, found: &Found, origin: Origin) -> Option<Diagnostic> {
    let is_open = |hazard: &Hazard, lets_in: LetsIn| !hazard.is_remote() && lets_in == LetsIn::Maybe;
    let (open, harmless): (Vec<_>, Vec<_>) = found.0.iter().partition(|(hazard, lets_in)| is_open(hazard, **lets_in));
    let all: Vec<&Hazard> = open.iter().chain(&harmless).map(|(hazard, _)| *hazard).collect();
    let first = *all.first()?;
    let inside = all.iter().find(|hazard| at.contains(hazard.span)).copied();
    let (at, label) = match inside {
        Some(hazard) => (hazard.span, hazard.error.label()),
        None => (at, "skipped when it errors".to_owned()),
    };
    let mut finding = match open.is_empty() {
        true => out.warning(at, message),
        false => out.finding(at, message),
    };
    finding = finding.label(label);
    for hazard in found.0.keys().filter(|hazard| inside != Some(*hazard)) {
        finding = finding.also(hazard.span, hazard.error.label());
    }
    if open.is_empty() {
        let all_remote = harmless.iter().all(|(hazard, _)| hazard.is_remote());
        let some_remote = harmless.iter().any(|(hazard, _)| hazard.is_remote());
        finding = finding.maybe_note(some_remote.then(|| REMOTE_TIMES.to_owned()));
        finding = finding.maybe_note((!all_remote).then(|| NOBODY_LET_IN.to_owned()));
    }
    let instead = match origin {
        Origin::Deny => "put the negated condition into a `require`, which is added to every grant and fails closed",
        Origin::Guard => "write the raw permits as grants, to which guards are added",
        Origin::Raw => match first.within {
            Holds::WhenTrue => "put the negated condition into each permit, which fails closed",
            Holds::WhenFalse => "put the condition into each permit, which fails closed",
        },
    };
    Some(finding.help(format!("{}; or {instead}", first.remedy())))
}
