//! Timelines: steps on a virtual clock, run on the same break-glass state machine that a gateway runs.

use crate::decide::RequestError;
use crate::emergency;
use crate::emergency::Actor;
use crate::emergency::EventKind;
use crate::emergency::Ledger;
use crate::emergency::Part;
use crate::emergency::Ruling;
use crate::emergency::Terms;
use crate::text::Instant;
use crate::text::Span;

use super::Policy;
use super::ask;
use super::ask::Answer;
use super::ask::Verdict;
use super::outcome::Failure;
use super::outcome::FailureKind;
use super::read::names::NO_GRANT;
use super::run::judge;
use super::suite::Claim;
use super::suite::ContextRef;
use super::suite::Expected;
use super::suite::GrantAct;
use super::suite::GrantRequest;
use super::suite::Named;
use super::suite::Step;
use super::suite::StepAction;
use super::suite::Suite;

/// Runs a timeline: how many decisions it asked for, and what did not go as claimed. A failed step does not stop it.
pub(super) fn run(steps: &[Step], suite: &Suite, policy: Policy<'_>) -> (usize, Vec<Failure>) {
    let mut stage = match Ledger::new(policy.contract) {
        Ok(ledger) => Stage {
            ledger,
            now: suite.at,
            suite,
            policy,
            decisions: 0,
            failures: Vec::new(),
        },
        Err(error) => {
            let span = steps.first().map(|step| step.span);
            let failure = span.map(|span| unlike(span, "a timeline", &error.to_string()));
            return (0, failure.into_iter().collect());
        }
    };
    for step in steps {
        // Beyond the end of time the clock stands still.
        stage.now = stage.now.checked_add(step.after).unwrap_or(Instant(i64::MAX));
        stage.ledger.advance(stage.now);
        stage.step(step);
    }
    (stage.decisions, stage.failures)
}

/// A timeline under way.
struct Stage<'a> {
    ledger: Ledger,
    now: Instant,
    suite: &'a Suite,
    policy: Policy<'a>,
    decisions: usize,
    failures: Vec<Failure>,
}

impl<'a> Stage<'a> {
    fn step(&mut self, step: &Step) {
        match &step.action {
            StepAction::Wait => {}
            StepAction::Ask { claims, with } => {
                for claim in claims {
                    self.ask(claim, with.as_deref());
                }
            }
            StepAction::Request(request) => self.request(request, step.span),
            StepAction::Act {
                act,
                grant,
                by,
                context,
                refused,
            } => {
                for person in by {
                    self.act(*act, grant, person, context, refused.as_deref(), step.span);
                }
            }
            StepAction::Log(expected) => self.log(expected, step.span),
        }
    }

    fn world(&self) -> emergency::World<'a> {
        emergency::World {
            engine: self.policy.engine,
            entities: &self.suite.world.entities,
            at: self.now,
        }
    }

    fn ask(&mut self, claim: &Claim, with: Option<&str>) {
        let world = &self.suite.world;
        self.decisions += 1;
        let prepared = ask::prepare(&claim.request, world, self.policy, self.now);
        let Some(mut request) = prepared else {
            let answer = Answer::unprepared(&claim.request);
            self.failures.extend(judge(claim, answer, None, world, self.policy));
            return;
        };
        let answer = match self.ledger.decide(self.world(), &request, with) {
            Ok(ruling) => {
                if let (Some(grant), Part::NotNeeded, Expected::Allow) = (with, ruling.part, claim.expected) {
                    self.failures.push(self.not_needed(claim, grant));
                    return;
                }
                self.answer(&ruling)
            }
            Err(error) => Answer::undecidable(&error, &claim.request),
        };
        // An explanation shows what the policy was told, the grant included.
        if let Some(Ok(reservation)) = with.map(|grant| self.ledger.reserve(self.now, grant, &request)) {
            request = reservation.presented(&request);
            self.ledger.release(reservation);
        }
        self.failures
            .extend(judge(claim, answer, Some(&request), world, self.policy));
    }

    /// A presented grant must be what lets the request in, or the claim would hold in whatever state the grant is.
    fn not_needed(&self, claim: &Claim, grant: &str) -> Failure {
        let state = match self.ledger.grant(grant) {
            Some(known) => format!("it is {}", known.state.reason()),
            None => "it was never requested".to_owned(),
        };
        let expected = format!("{} to use the grant `{grant}`", ask::in_one_line(&claim.request));
        let actual = format!("the grant was not needed: the request is allowed without it ({state})");
        unlike(claim.span, &expected, &actual)
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
        self.hold(&what, came_to, request.refused.as_deref(), span);
    }

    fn act(&mut self, act: GrantAct, grant: &str, by: &Named, context: &ContextRef, refused: Option<&str>, span: Span) {
        let actor = self.actor(by, context);
        let world = self.world();
        let came_to = match act {
            GrantAct::Approve => self.ledger.approve(world, grant, &actor),
            GrantAct::Refuse => self.ledger.refuse(world, grant, &actor),
            GrantAct::Withdraw => Ok(self.ledger.withdraw(self.now, grant, &by.uid)),
            GrantAct::Revoke => self.ledger.revoke(world, grant, &actor),
            GrantAct::Review => self.ledger.review(world, grant, &actor),
        };
        let what = format!("`{}: {grant}` by {}", act.key(), by.label);
        self.hold(&what, came_to, refused, span);
    }

    fn actor(&self, by: &Named, context: &ContextRef) -> Actor {
        Actor {
            uid: by.uid.clone(),
            context: ask::acting_context(context, &self.suite.world, self.policy, self.now),
        }
    }

    /// Holds what a step came to against what it must come to: taken, or refused for a cause.
    fn hold(
        &mut self,
        what: &str,
        came_to: Result<emergency::Answer, RequestError>,
        refused: Option<&str>,
        span: Span,
    ) {
        let expected = match refused {
            None => format!("{what} to be taken"),
            Some(cause) => format!("{what} to be refused because of {cause}"),
        };
        let actual = match came_to {
            Err(error) => error.to_string(),
            Ok(emergency::Answer::Done { .. }) if refused.is_none() => return,
            Ok(emergency::Answer::Done { .. }) => "it was taken".to_owned(),
            Ok(emergency::Answer::Refused(refusal)) => {
                let decided = refusal
                    .decision
                    .as_ref()
                    .map(|decision| Answer::of(decision, self.policy));
                let mut causes = vec![refusal.reason.name().to_owned()];
                causes.extend(decided.iter().flat_map(|answer| answer.because.clone()));
                if refused.is_some_and(|cause| causes.iter().any(|known| known == cause)) {
                    return;
                }
                let notes: String = decided
                    .iter()
                    .flat_map(|answer| &answer.notes)
                    .map(|note| format!("; {note}"))
                    .collect();
                format!("it was refused because of {}{notes}", causes.join(", "))
            }
        };
        self.failures.push(unlike(span, &expected, &actual));
    }

    /// What happens by time alone need not be listed, but where one such kind is, all of that kind are.
    fn log(&mut self, expected: &[String], span: Span) {
        let listed = |kind: EventKind| !kind.is_of_the_clock() || expected.iter().any(|known| known == kind.name());
        let kinds = self.ledger.log().iter().map(|entry| entry.event.kind());
        let actual: Vec<String> = kinds
            .filter(|kind| listed(*kind))
            .map(|kind| kind.name().to_owned())
            .collect();
        if actual != expected {
            self.failures.push(Failure {
                span,
                kind: FailureKind::Log {
                    expected: expected.to_vec(),
                    actual,
                },
            });
        }
    }
}

fn unlike(span: Span, expected: &str, actual: &str) -> Failure {
    Failure {
        span,
        kind: FailureKind::Step {
            expected: expected.to_owned(),
            actual: actual.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::TestOutcome;
    use crate::scenario::testing::WORLD;
    use crate::scenario::testing::faults;
    use crate::scenario::testing::load;
    use crate::scenario::testing::run;
    use crate::scenario::testing::with_incident;

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
        let TestOutcome::Failed(failures) = &report.suites[0].tests[0].outcome else {
            panic!("{report:#?}")
        };
        let lines: Vec<String> = failures.iter().map(|failure| failure.kind.headline()).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        expected fred Payout.approve p1 in calm to use the grant `g1`, but the grant was not needed: the request is allowed without it (it is pending)
        expected fred Payout.approve p1 in calm to use the grant `g1`, but the grant was not needed: the request is allowed without it (it is active)
        expected fred Payout.approve p1 in calm to use the grant `g1`, but the grant was not needed: the request is allowed without it (it is expired)
        ");
    }
}
