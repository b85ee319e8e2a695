//! What a policy lets in, as one formula: permits, guards and forbids turned to the same side, with negation only before
//! single tests. So a lint about what opens access need not know how it is written.

use std::collections::BTreeSet;

use cedar_policy::pst;

use crate::graph::StatementKind;
use crate::lower::{Draft, Effect, Part, RawPolicy, StepRequest};
use crate::text::Span;
use crate::typing::{TypedExpr, TypedKind};

use super::raw::{Clause, Links, Request, Requests};
use super::{Cx, raw};

/// An expression that decides, and which outcome of it lets in.
#[derive(Debug)]
pub(super) struct Admission {
    /// The statement, with what it is: "the grant `payouts`".
    pub(super) statement: String,
    /// The statement's place, or that of its keyword.
    pub(super) at: Span,
    /// The condition.
    pub(super) expr: TypedExpr,
    /// The outcome that lets in.
    pub(super) opens: bool,
    /// What is written there.
    pub(super) written: Written,
    /// The requests it is asked for.
    pub(super) requests: Vec<Request>,
    /// The steps of break-glass it is asked for.
    pub(super) steps: Vec<StepRequest>,
}

/// From which side a condition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// What must hold: of a permit or a guard.
    Required,
    /// What keeps out: of a deny or a raw forbid.
    Denied,
}

impl Admission {
    /// Where a part of the condition stands; Cedar tells no place of some parts of a raw policy, so that of its keyword.
    pub(super) fn place(&self, part: &TypedExpr) -> Span {
        match part.span.contains(self.at) {
            true => self.at,
            false => part.span,
        }
    }

    /// What lets in.
    pub(super) fn formula(&self) -> Formula<'_> {
        Formula::of(&self.expr, self.opens)
    }
}

/// Every condition that an author wrote, each once per policy that it becomes.
pub(super) fn admissions(cx: &Cx<'_>) -> Vec<Admission> {
    let requests = Requests::new(cx);
    let mut found = Vec::new();
    for draft in &cx.lowered.drafts {
        let written = |parts: &[Part]| {
            let own = parts.iter().filter(|part| part.words.is_none() && part.guard.is_none());
            let all: Vec<TypedExpr> = own.map(|part| part.expr.clone()).collect();
            (!all.is_empty()).then(|| TypedExpr::all(all, draft.span))
        };
        let mut push = |expr: Option<TypedExpr>, opens, side| {
            found.extend(expr.map(|expr| Admission {
                statement: format!("the {} `{}`", kind(draft), draft.statement),
                at: draft.span,
                expr,
                opens,
                written: side,
                requests: requests.concerned(draft),
                steps: requests.steps_concerned(draft).into_iter().cloned().collect(),
            }));
        };
        match draft.effect {
            Effect::Permit => push(written(&draft.when), true, Written::Required),
            Effect::Forbid => {
                push(written(&draft.when), false, Written::Denied);
                push(written(&draft.unless), true, Written::Required);
            }
        }
    }
    for policy in &cx.lowered.raw {
        let word = if policy.policy.effect() == cedar_policy::Effect::Permit { "permit" } else { "forbid" };
        found.extend(of_raw(cx, &requests, policy, word));
    }
    found
}

/// The conditions of templates, for the requests of the schema that links may be about.
pub(super) fn template_admissions(cx: &Cx<'_>) -> Vec<Admission> {
    let requests = Requests::new(cx);
    Links::new(cx).policies.iter().flat_map(|link| of_raw(cx, &requests, link, "template")).collect()
}

/// The conditions of a raw policy, which is called by some word.
fn of_raw(cx: &Cx<'_>, requests: &Requests<'_>, policy: &RawPolicy, word: &str) -> Vec<Admission> {
    let mut found = Vec::new();
    for effect in [pst::Effect::Permit, pst::Effect::Forbid] {
        let Some(body) = raw::body(policy, effect) else {
            continue;
        };
        let clauses = raw::clauses(policy, body, cx.sources);
        let admitted = requests.admitted(body);
        let steps: Vec<StepRequest> = requests.steps_admitted(body).into_iter().cloned().collect();
        let mut push = |expr, opens, written| {
            found.push(Admission {
                statement: format!("the {word} `{}`", policy.policy.id()),
                at: raw::keyword(policy, cx.sources),
                expr,
                opens,
                written,
                requests: admitted.clone(),
                steps: steps.clone(),
            });
        };
        if effect == pst::Effect::Permit {
            let all = clauses.into_iter().map(|clause| match clause {
                Clause::When(expr) => expr,
                Clause::Unless(expr) => expr.negated(),
            });
            push(TypedExpr::all(all.collect(), policy.span), true, Written::Required);
        } else {
            // Each clause alone can keep the forbid from applying.
            for clause in clauses {
                match clause {
                    Clause::When(expr) => push(expr, false, Written::Denied),
                    Clause::Unless(expr) => push(expr, true, Written::Required),
                }
            }
        }
    }
    found
}

/// What a policy's statement is, in a word.
pub(super) fn kind(draft: &Draft) -> &'static str {
    match (draft.effect, draft.of.kind()) {
        (Effect::Permit, StatementKind::BreakGlass) => "break-glass",
        (Effect::Permit, _) => "grant",
        (Effect::Forbid, StatementKind::Deny) => "deny",
        (Effect::Forbid, _) => "guard",
    }
}

/// Tests joined by "all" and "any", each with the outcome that is asked of it.
#[derive(Debug)]
pub(super) enum Formula<'a> {
    All(Vec<Formula<'a>>),
    Any(Vec<Formula<'a>>),
    Test { expr: &'a TypedExpr, holds: bool },
}

impl<'a> Formula<'a> {
    /// What it takes for an expression to have an outcome.
    pub(super) fn of(expr: &'a TypedExpr, holds: bool) -> Self {
        let each = |parts: &'a [TypedExpr]| parts.iter().map(|part| Self::of(part, holds)).collect();
        match &expr.kind {
            TypedKind::Named(_, body) => Self::of(body, holds),
            TypedKind::Not(inner) => Self::of(inner, !holds),
            TypedKind::And(parts) if holds => Self::All(each(parts)),
            TypedKind::And(parts) => Self::Any(each(parts)),
            TypedKind::Or(parts) if holds => Self::Any(each(parts)),
            TypedKind::Or(parts) => Self::All(each(parts)),
            // The test counts twice, so one inside another would double with each level.
            TypedKind::If(test, yes, no) if !branches(test) => Self::Any(vec![
                Self::All(vec![Self::of(test, true), Self::of(yes, holds)]),
                Self::All(vec![Self::of(test, false), Self::of(no, holds)]),
            ]),
            _ => Self::Test { expr, holds },
        }
    }

    /// Whether it cannot hold, as far as literals tell.
    pub(super) fn is_never(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(Self::is_never),
            Self::Any(parts) => parts.iter().all(Self::is_never),
            Self::Test { expr, holds } => matches!(expr.kind, TypedKind::Bool(value) if value != *holds),
        }
    }

    /// The facts that surely hold where the formula does; `fact` names what a single test shows.
    pub(super) fn facts(&self, fact: &impl Fn(&TypedExpr, bool) -> Option<String>) -> BTreeSet<String> {
        match self {
            Self::All(parts) => parts.iter().flat_map(|part| part.facts(fact)).collect(),
            Self::Any(parts) => {
                let possible = parts.iter().filter(|part| !part.is_never());
                let all = possible.map(|part| part.facts(fact));
                all.reduce(|these, those| these.intersection(&those).cloned().collect()).unwrap_or_default()
            }
            Self::Test { expr, holds } => fact(expr, *holds).into_iter().collect(),
        }
    }

    /// Visits every test that can count, with the facts that hold besides.
    pub(super) fn visit(
        &self,
        fact: &impl Fn(&TypedExpr, bool) -> Option<String>,
        see: &mut impl FnMut(&'a TypedExpr, bool, &BTreeSet<String>),
    ) {
        self.visit_knowing(&BTreeSet::new(), fact, see);
    }

    fn visit_knowing(
        &self,
        known: &BTreeSet<String>,
        fact: &impl Fn(&TypedExpr, bool) -> Option<String>,
        see: &mut impl FnMut(&'a TypedExpr, bool, &BTreeSet<String>),
    ) {
        match self {
            Self::All(_) if self.is_never() => {}
            Self::All(parts) => {
                let mut known = known.clone();
                known.extend(self.facts(fact));
                for part in parts {
                    part.visit_knowing(&known, fact, see);
                }
            }
            Self::Any(parts) => {
                for part in parts {
                    part.visit_knowing(known, fact, see);
                }
            }
            Self::Test { expr, holds } => see(expr, *holds, known),
        }
    }
}

fn branches(expr: &TypedExpr) -> bool {
    matches!(expr.kind, TypedKind::If(..)) || expr.children().into_iter().any(branches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn test(name: &str) -> TypedExpr {
        let at = Span::new(FileId(0), 0, 0);
        TypedExpr::new(TypedKind::Text(name.to_owned()), crate::graph::Ty::Bool, at)
    }

    fn text(formula: &Formula<'_>) -> String {
        let all = |parts: &[Formula<'_>]| parts.iter().map(text).collect::<Vec<_>>().join(" ");
        match formula {
            Formula::All(parts) => format!("all({})", all(parts)),
            Formula::Any(parts) => format!("any({})", all(parts)),
            Formula::Test { expr, holds } => match (&expr.kind, holds) {
                (TypedKind::Text(name), true) => name.clone(),
                (TypedKind::Text(name), false) => format!("-{name}"),
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn negation_ends_up_before_single_tests() {
        let at = Span::new(FileId(0), 0, 0);
        let either = TypedExpr::any(vec![test("b"), test("c").negated()], at);
        let both = TypedExpr::all(vec![test("a"), either], at);
        assert_eq!(text(&Formula::of(&both, true)), "all(a any(b -c))");
        assert_eq!(text(&Formula::of(&both, false)), "any(-a all(-b c))");
        let branch = TypedKind::If(Box::new(test("a")), Box::new(test("b")), Box::new(test("c")));
        let branch = TypedExpr::new(branch, crate::graph::Ty::Bool, at);
        assert_eq!(text(&Formula::of(&branch, false)), "any(all(a -b) all(-a -c))");
    }

    #[test]
    fn what_each_way_shows_is_known_beside_it() {
        let at = Span::new(FileId(0), 0, 0);
        let either = TypedExpr::any(
            vec![TypedExpr::all(vec![test("a"), test("b")], at), TypedExpr::all(vec![test("a"), test("c")], at)],
            at,
        );
        let all = TypedExpr::all(vec![either, test("d")], at);
        let fact = |expr: &TypedExpr, holds: bool| match &expr.kind {
            TypedKind::Text(name) if holds => Some(name.clone()),
            _ => None,
        };
        let mut seen = Vec::new();
        Formula::of(&all, true).visit(&fact, &mut |expr, _, known| {
            let TypedKind::Text(name) = &expr.kind else { panic!() };
            seen.push(format!("{name}: {}", known.iter().cloned().collect::<Vec<_>>().join(" ")));
        });
        assert_eq!(seen, ["a: a b d", "b: a b d", "a: a c d", "c: a c d", "d: a d"]);
    }
}
