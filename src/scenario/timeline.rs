//! Timelines: steps on a virtual clock, run on the same break-glass state machine that a gateway runs.

use crate::break_glass::{Actor, EventKind, Ledger, Part, Reason, Ruling, Terms};
use crate::clauses::Step;
use crate::decide::RequestError;
use crate::text::{Instant, Span};
use crate::{break_glass, decide};

use super::answer::{Answer, Verdict};
use super::ask::Asked;
use super::coverage::{Refused, Stage as RefusedAt};
use super::outcome::{Failure, FailureKind};
use super::read::names::NO_GRANT;
use super::suite::{Claim, ContextRef, Expected, GrantRequest, Named, StepAction, Suite, TimelineStep};
use super::{Policy, ask};

/// Something of a timeline that a claim stands on.
#[derive(Debug)]
pub(super) enum Happening<'a> {
    /// A decision was asked for.
    Asked(Box<Asked<'a>>),
    /// Something was done, or the log was read.
    Step(StepResult),
    /// A grant was refused, at a step or at a use. Nothing is claimed by it: what was claimed happens besides.
    Refused(Refused),
}

/// What a step came to.
#[derive(Debug)]
pub(super) struct StepResult {
    /// The step in the suite.
    pub(super) span: Span,
    /// Whether it went as claimed.
    pub(super) holds: bool,
    /// What was claimed and what happened.
    pub(super) kind: FailureKind,
}

impl StepResult {
    /// What did not go as claimed.
    pub(super) fn failure(&self) -> Option<Failure> {
        (!self.holds).then(|| Failure { span: self.span, kind: self.kind.clone() })
    }
}

/// Plays a timeline: all that happened in it, in its order. A step that does not go as claimed does not stop it.
pub(super) fn play<'a>(steps: &'a [TimelineStep], suite: &'a Suite, policy: Policy<'a>) -> Vec<Happening<'a>> {
    let mut stage = match Ledger::new(policy.contract) {
        Ok(ledger) => Stage { ledger, now: suite.at, suite, policy, happened: Vec::new(), doubt: String::new() },
        Err(error) => {
            let failed = steps.first().map(|step| StepResult {
                span: step.span,
                holds: false,
                kind: FailureKind::Step { expected: "a timeline".to_owned(), actual: error.to_string() },
            });
            return failed.map(Happening::Step).into_iter().collect();
        }
    };
    for step in steps {
        // Beyond the end of time the clock stands still.
        stage.now = stage.now.checked_add(step.after).unwrap_or(Instant(i64::MAX));
        stage.ledger.advance(stage.now);
        stage.step(step);
    }
    stage.happened
}

/// A timeline under way.
struct Stage<'a> {
    ledger: Ledger,
    now: Instant,
    suite: &'a Suite,
    policy: Policy<'a>,
    happened: Vec<Happening<'a>>,
    /// What is wrong with the cause that the step names, if anything is.
    doubt: String,
}

impl<'a> Stage<'a> {
    fn step(&mut self, step: &'a TimelineStep) {
        self.doubt = step.faults.iter().map(|fault| format!(" ({})", fault.message)).collect();
        match &step.action {
            StepAction::Wait => {}
            StepAction::Ask { claims, with } => {
                for claim in claims {
                    self.ask(claim, with.as_deref());
                }
            }
            StepAction::Request(request) => self.request(request, step.span),
            StepAction::Act { act, grant, by, context, refused } => {
                for person in by {
                    self.act(*act, grant, person, context, refused.as_deref(), step.span);
                }
            }
            StepAction::Log(expected) => self.log(expected, step.span),
        }
    }

    fn world(&self) -> break_glass::World<'a> {
        break_glass::World { engine: self.policy.engine, entities: &self.suite.world.entities, at: self.now }
    }

    fn ask(&mut self, claim: &'a Claim, with: Option<&str>) {
        let happened = self.asked(claim, with);
        self.happened.push(happened);
    }

    fn asked(&mut self, claim: &'a Claim, with: Option<&str>) -> Happening<'a> {
        let prepared = ask::prepare(&claim.request, &self.suite.world, self.policy, self.now);
        let Some(request) = prepared else {
            let answer = Answer::unprepared(&claim.request);
            return Happening::Asked(Box::new(Asked { claim, prepared: None, answer }));
        };
        // An explanation shows what the policy was told, the grant included. Deciding may use the grant up.
        let told = self.with_grant(&request, with);
        let answer = match self.ledger.decide(self.world(), &request, with) {
            Ok(ruling) => {
                if let (Some(grant), Part::NotNeeded, Expected::Allow) = (with, ruling.part, claim.expected) {
                    return Happening::Step(self.not_needed(claim, grant));
                }
                self.note_use(with, ruling.part);
                self.answer(&ruling)
            }
            Err(error) => Answer::undecidable(&error, &claim.request),
        };
        Happening::Asked(Box::new(Asked { claim, prepared: Some(told), answer }))
    }

    /// A request as the policy is told it: with the grant, if that counts.
    fn with_grant(&mut self, request: &decide::Request, grant: Option<&str>) -> decide::Request {
        let Some(Ok(reservation)) = grant.map(|grant| self.ledger.reserve(self.now, grant, request)) else {
            return request.clone();
        };
        let presented = reservation.presented(request);
        self.ledger.release(reservation);
        presented
    }

    /// Notes that a grant did not count.
    fn note_use(&mut self, grant: Option<&str>, part: Part) {
        let (Some(grant), Part::Objected(reason)) = (grant.and_then(|id| self.ledger.grant(id)), part) else { return };
        let is_idle = grant.issue.is_some_and(|issue| grant.ended_at.is_some_and(|ended| ended < issue.expires_at));
        let stage = match reason {
            Reason::Expired if is_idle => RefusedAt::IdleUse,
            _ => RefusedAt::Use,
        };
        let profile = grant.terms.profile.clone();
        self.happened.push(Happening::Refused(Refused { profile, stage, reason, asked: None }));
    }

    /// A presented grant must be what lets the request in, or the claim would hold in whatever state the grant is.
    fn not_needed(&self, claim: &Claim, grant: &str) -> StepResult {
        let state = match self.ledger.grant(grant) {
            Some(known) => format!("it is {}", known.state.reason()),
            None => "it was never requested".to_owned(),
        };
        let expected = format!("{} to use the grant `{grant}`", ask::in_one_line(&claim.request));
        let actual = format!("the grant was not needed: the request is allowed without it ({state})");
        StepResult { span: claim.span, holds: false, kind: FailureKind::Step { expected, actual } }
    }

    /// A ruling in the suite's words. A grant that did not count is why none matched.
    fn answer(&self, ruling: &Ruling) -> Answer {
        let mut answer = Answer::of(&ruling.decision, self.policy);
        if let (Part::Objected(reason), Verdict::Deny) = (ruling.part, answer.verdict) {
            answer.because.remove(NO_GRANT);
            answer.because.insert(reason.name().to_owned());
        }
        answer
    }

    fn request(&mut self, request: &GrantRequest, span: Span) {
        let terms = Terms {
            profile: request.profile.clone(),
            actions: request.actions.iter().cloned().collect(),
            resources: request.resources.iter().map(|resource| resource.uid.clone()).collect(),
            duration: request.duration,
            reason: request.reason.clone().unwrap_or_default(),
            ticket: request.ticket.clone().unwrap_or_default(),
        };
        let actor = self.actor(&request.by, &request.context);
        let came_to = self.ledger.request(self.world(), &actor, &terms, Some(&request.grant));
        let what = format!("the request of {}", request.by.label);
        self.hold(&what, came_to, Some(&request.profile), request.refused.as_deref(), span);
    }

    fn act(&mut self, act: Step, grant: &str, by: &Named, context: &ContextRef, refused: Option<&str>, span: Span) {
        let actor = self.actor(by, context);
        let world = self.world();
        let came_to = self.ledger.step(world, act, grant, &actor);
        let what = format!("`{act}: {grant}` by {}", by.label);
        let profile = self.ledger.grant(grant).map(|grant| grant.terms.profile.clone());
        self.hold(&what, came_to, profile.as_deref(), refused, span);
    }

    fn actor(&self, by: &Named, context: &ContextRef) -> Actor {
        Actor { uid: by.uid.clone(), context: ask::acting_context(context, &self.suite.world, self.policy, self.now) }
    }

    /// Holds what a step came to against what it must come to: taken, or refused for a cause.
    fn hold(
        &mut self,
        what: &str,
        came_to: Result<break_glass::Answer, RequestError>,
        profile: Option<&str>,
        refused: Option<&str>,
        span: Span,
    ) {
        let expected = match refused {
            None => format!("{what} to be accepted"),
            Some(cause) => format!("{what} to be refused because of {cause}{}", self.doubt),
        };
        let (holds, actual) = match came_to {
            Err(error) => (false, error.to_string()),
            Ok(break_glass::Answer::Done { .. }) => (refused.is_none(), "it was accepted".to_owned()),
            Ok(break_glass::Answer::Refused(refusal)) => {
                let decided = refusal.decision.as_ref().map(|decision| Answer::of(decision, self.policy));
                let mut causes = vec![refusal.reason.name().to_owned()];
                causes.extend(decided.iter().flat_map(|answer| answer.because.clone()));
                let claimed = refused.is_some_and(|cause| causes.iter().any(|known| known == cause));
                let notes: String =
                    decided.iter().flat_map(|answer| &answer.notes).map(|note| format!("; {note}")).collect();
                let actual = format!("it was refused because of {}{notes}", causes.join(", "));
                if let Some(profile) = profile {
                    let (profile, reason) = (profile.to_owned(), refusal.reason);
                    let asked = refusal.request.zip(decided);
                    self.happened.push(Happening::Refused(Refused { profile, stage: RefusedAt::Step, reason, asked }));
                }
                (claimed, actual)
            }
        };
        self.happened.push(Happening::Step(StepResult { span, holds, kind: FailureKind::Step { expected, actual } }));
    }

    /// What happens by time alone need not be listed, but where one such kind is, all of that kind are.
    fn log(&mut self, expected: &[String], span: Span) {
        let listed = |kind: EventKind| !kind.is_of_the_clock() || expected.iter().any(|known| known == kind.name());
        let kinds = self.ledger.log().iter().map(|entry| entry.event.kind());
        let actual: Vec<String> = kinds.filter(|kind| listed(*kind)).map(|kind| kind.name().to_owned()).collect();
        self.happened.push(Happening::Step(StepResult {
            span,
            holds: actual == expected,
            kind: FailureKind::Log { expected: expected.to_vec(), actual },
        }));
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::TestOutcome;
    use crate::scenario::testing::{WORLD, faults, load, run, with_incident};

    #[test]
    fn a_presented_grant_that_the_request_does_not_need_meets_no_claim() {
        // Fred approves payouts by his role, so what the grant is in the meantime changes no decision.
        let request = "request: incident, by: fred, in: calm, actions: [approve], resources: [p1], for: 30m";
        let presented = "as: fred, in: calm, with: g1, can: {approve: p1}";
        let tests = format!(
            "tests:\n  - name: t\n    steps:\n      - {{{request}, as-grant: g1}}\n      - {{{presented}}}\n      \
             - {{approve: g1, by: mia, in: calm}}\n      - {{{presented}}}\n      - {{after: 31m, {presented}}}\n      \
             - {{as: fred, in: calm, can: {{approve: p1}}}}\n"
        );
        let compiled = with_incident();
        let loaded = load(&[("s.yaml", &format!("{WORLD}{tests}"))], &compiled);
        assert!(loaded.faults.is_empty(), "{}", faults(&loaded));
        let report = run(&loaded, &compiled);
        let TestOutcome::Failed(failures) = &report.suites[0].tests[0].outcome else { panic!("{report:#?}") };
        let lines: Vec<String> = failures.iter().map(|failure| failure.kind.headline()).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        expected fred Payout.approve p1 in calm to use the grant `g1`, but the grant was not needed: the request is allowed without it (it is pending)
        expected fred Payout.approve p1 in calm to use the grant `g1`, but the grant was not needed: the request is allowed without it (it is active)
        expected fred Payout.approve p1 in calm to use the grant `g1`, but the grant was not needed: the request is allowed without it (it is expired)
        ");
    }
}
