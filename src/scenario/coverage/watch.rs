//! Watches decisions and refusals, and notes what they show. Marks are only ever set, so that threads may watch in any order.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use cedar_policy::{Effect, Entities, EntityUid};

use super::condition::{Condition, Values};
use super::plan::{Obligation, Plan, Stage, Watched};
use super::{Coverage, Covered};
use crate::break_glass::Reason;
use crate::decide;
use crate::scenario::Policy;
use crate::scenario::answer::{Answer, Verdict};

/// What was seen of a plan by now.
#[derive(Debug)]
pub struct Watch<'p> {
    plan: &'p Plan,
    marks: Vec<AtomicBool>,
}

/// A refusal of a break-glass grant.
#[derive(Debug)]
pub(in crate::scenario) struct Refused {
    pub(in crate::scenario) profile: String,
    pub(in crate::scenario) stage: Stage,
    pub(in crate::scenario) reason: Reason,
    /// The request and the answer, where the policy refused a step.
    pub(in crate::scenario) asked: Option<(Box<decide::Request>, Answer)>,
}

impl<'p> Watch<'p> {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, marks: std::iter::repeat_with(AtomicBool::default).take(plan.marks).collect() }
    }

    /// What was seen.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let covered = |(obligation, marks): &(Obligation, Range<usize>)| Covered {
            obligation: obligation.clone(),
            seen: marks.clone().all(|mark| self.is_marked(mark)),
        };
        let mut covered: Vec<Covered> = self.plan.obligations.iter().map(covered).collect();
        covered.sort_by(|a, b| key(a).cmp(&key(b)));
        let mut excluded = self.plan.excluded.clone();
        excluded.sort_by(|a, b| (a.at, &a.statement, &a.why).cmp(&(b.at, &b.statement, &b.why)));
        Coverage { covered, excluded }
    }

    fn mark(&self, mark: usize) {
        if let Some(seen) = self.marks.get(mark) {
            seen.store(true, Ordering::Relaxed);
        }
    }

    fn is_marked(&self, mark: usize) -> bool {
        self.marks.get(mark).is_some_and(|seen| seen.load(Ordering::Relaxed))
    }

    /// Notes what a refusal of a grant shows.
    pub(in crate::scenario) fn refused(&self, refused: &Refused, policy: Policy<'_>, entities: &Entities) {
        let of = |stage| (refused.profile.clone(), stage, refused.reason);
        let marks = self.plan.refusals.get(&of(refused.stage));
        marks.into_iter().flatten().for_each(|mark| self.mark(*mark));
        if let Some((request, answer)) = &refused.asked {
            self.saw(request, answer, policy, entities);
        }
    }

    /// Notes what a decision shows. What is unknown or erred shows nothing.
    pub(in crate::scenario) fn saw(
        &self,
        request: &decide::Request,
        answer: &Answer,
        policy: Policy<'_>,
        entities: &Entities,
    ) {
        if !matches!(answer.verdict, Verdict::Allow | Verdict::Deny) {
            return;
        }
        let Ok(evaluator) = policy.engine.evaluator(request, entities) else { return };
        let alone = self.denied_alone(answer);
        let ancestors: HashSet<&EntityUid> = entities.ancestors(&request.principal).into_iter().flatten().collect();
        let mut statements: BTreeMap<&super::StatementName, Vec<View<'_>>> = BTreeMap::new();
        let concerned = self.plan.by_action.get(&request.action).into_iter().flatten();
        for at in concerned.chain(&self.plan.for_any_action) {
            let Some(watched) = self.plan.watched.get(*at) else { continue };
            let is_wanted = !self.is_done(watched) || (alone.is_some() && watched.effect == Effect::Permit);
            if is_wanted && watched.is_about(request) {
                let holds = watched
                    .role
                    .as_ref()
                    .is_none_or(|(role, _)| ancestors.contains(role) || request.principal == *role);
                let view = View { watched, holds, values: Values::new(&watched.atoms, &evaluator) };
                statements.entry(&watched.statement).or_default().push(view);
            }
        }
        let mut granted = false;
        for views in statements.values() {
            granted |= self.look(views, request, answer);
        }
        if let (Some(mark), true) = (alone, granted) {
            self.mark(mark);
        }
    }

    /// The mark of the only statement that denies, if there is one.
    fn denied_alone(&self, answer: &Answer) -> Option<usize> {
        // Notes tell of policies that erred, which may deny as well.
        if answer.verdict != Verdict::Deny || !answer.notes.is_empty() {
            return None;
        }
        let of = |id: &String| self.plan.by_id.get(id).and_then(|at| self.plan.watched.get(*at));
        let denying: Option<Vec<&Watched>> = answer.policies.iter().map(of).collect();
        let denying = denying?;
        let statements: BTreeSet<_> = denying.iter().map(|watched| &watched.statement).collect();
        let mark = denying.first().filter(|_| statements.len() == 1)?.alone?;
        (!self.is_marked(mark)).then_some(mark)
    }

    /// Whether there is nothing left to see of a policy.
    fn is_done(&self, watched: &Watched) -> bool {
        let role = watched.role.iter().filter_map(|(_, mark)| *mark);
        let withheld = watched.own.iter().filter_map(|clause| clause.withheld);
        let atoms = watched.atoms.iter().filter_map(|atom| atom.marks);
        let atoms = atoms.flat_map(|marks| marks.seen.into_iter().chain(marks.decided));
        let allows = watched.allows.values().copied().chain(watched.allows_any);
        role.chain(withheld).chain(atoms).chain(allows).all(|mark| self.is_marked(mark))
    }

    /// Notes what a decision shows of one statement; whether it would grant if nothing denied.
    fn look(&self, views: &[View<'_>], request: &decide::Request, answer: &Answer) -> bool {
        let applies = views.iter().any(|view| view.applies() == Some(true));
        for view in views {
            let watched = view.watched;
            if answer.verdict == Verdict::Allow && answer.policies.contains(&watched.id) {
                let allowed = watched.allows.get(&request.action).copied().into_iter().chain(watched.allows_any);
                allowed.for_each(|mark| self.mark(mark));
            }
            if !applies && let Some(mark) = view.withheld_by() {
                self.mark(mark);
            }
            if view.holds {
                let whole: Vec<&Condition> = watched.own.iter().map(|clause| &clause.condition).collect();
                view.values.marks(&whole, &|mark| self.mark(mark));
            }
        }
        applies && views.iter().any(|view| view.watched.effect == Effect::Permit)
    }
}

fn key(covered: &Covered) -> (super::Aspect, crate::text::Span, &super::StatementName, crate::text::Span, &str) {
    let one = &covered.obligation;
    (one.aspect, one.statement_at, &one.statement, one.at, &one.what)
}

/// A policy under one request.
struct View<'a> {
    watched: &'a Watched,
    /// Whether the principal has the role of the scope.
    holds: bool,
    values: Values<'a>,
}

impl View<'_> {
    fn applies(&self) -> Option<bool> {
        if !self.holds {
            return Some(false);
        }
        for clause in &self.watched.own {
            if !self.values.outcome(&clause.condition)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// The mark of the only clause that does not hold.
    fn withheld_by(&self) -> Option<usize> {
        let mut failing = self.watched.role.iter().filter(|_| !self.holds).map(|(_, mark)| *mark).collect::<Vec<_>>();
        for clause in &self.watched.own {
            if !self.values.outcome(&clause.condition)? {
                failing.push(clause.withheld);
            }
            if failing.len() > 1 {
                return None;
            }
        }
        failing.first().copied().flatten()
    }
}

impl Watched {
    fn is_about(&self, request: &decide::Request) -> bool {
        let is = |wanted: &Option<cedar_policy::EntityTypeName>, uid: &EntityUid| {
            wanted.as_ref().is_none_or(|wanted| wanted == uid.type_name())
        };
        is(&self.principal, &request.principal) && is(&self.resource, &request.resource)
    }
}
