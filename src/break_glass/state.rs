//! The ledger: all grants, the steps that change them, and the log of both. Uses of grants are in `uses`.
//!
//! INVARIANT: a terminal state is never left, and time never runs backwards: an instant before the latest one counts as the latest.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Entities, EntityUid};
use serde_json::{Map, Value};

use super::profile::{Profile, count};
use super::{Actor, ContractError, Event, Grant, Issue, LogEntry, Reason, Refusal, Review, State, facts};
use crate::bundle::Contract;
use crate::clauses::{Clause, Step};
use crate::decide::{Engine, Request, RequestError};
use crate::text::Instant;

/// What a step is decided by, and when.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// The bundle's policies.
    pub engine: &'a Engine,
    /// The entities as they are now.
    pub entities: &'a Entities,
    /// Now.
    pub at: Instant,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was taken.
    Done {
        /// The grant's id.
        grant: String,
        /// Where the grant stands now.
        state: State,
    },
    /// It was not taken, and nothing changed but the log.
    Refused(Refusal),
}

/// Why a step is not taken: refused, or not to be decided at all.
pub(super) enum Stop {
    Refused(Box<Refusal>),
    Invalid(RequestError),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refused(Box::new(reason.into()))
    }
}

impl From<RequestError> for Stop {
    fn from(error: RequestError) -> Self {
        Self::Invalid(error)
    }
}

/// All grants of a bundle's profiles.
#[derive(Debug)]
pub struct Ledger {
    pub(super) profiles: BTreeMap<String, Profile>,
    common_context: BTreeSet<String>,
    pub(super) grants: BTreeMap<String, Grant>,
    log: Vec<LogEntry>,
    pub(super) now: Instant,
}

impl Ledger {
    /// An empty ledger.
    ///
    /// # Errors
    /// Where the contract does not hold together.
    pub fn new(contract: &Contract) -> Result<Self, ContractError> {
        let profiles = contract.break_glass.iter();
        let profiles = profiles.map(|(name, rules)| Ok((name.clone(), Profile::new(name, rules, contract)?)));
        Ok(Self {
            profiles: profiles.collect::<Result<_, _>>()?,
            common_context: contract.provenance.keys().cloned().collect(),
            grants: BTreeMap::new(),
            log: Vec::new(),
            now: Instant(i64::MIN),
        })
    }

    /// A grant.
    #[must_use]
    pub fn grant(&self, id: &str) -> Option<&Grant> {
        self.grants.get(id)
    }

    /// All grants, by id.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values()
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// Lets time pass: what was due until `at` happens, in the order it was due.
    pub fn advance(&mut self, at: Instant) {
        self.now = self.now.max(at);
        while let Some((due, id, event)) = self.next_due() {
            if let Some(grant) = self.grants.get_mut(&id) {
                match event {
                    Event::ReviewOverdue => grant.review = Review::Overdue,
                    Event::TimedOut => end(grant, State::TimedOut, due),
                    _ => end(grant, State::Expired, due),
                }
            }
            self.enter(due, event, Some(&id), None);
        }
    }

    /// Takes a step with a grant that was asked for: the last approval that it takes makes it active, the refusal that the
    /// profile sets ends it. No policy decides whether the requester may withdraw. Asking again for a grant is refused.
    ///
    /// # Errors
    /// Where the actor's context is not as the schema says.
    pub fn step(&mut self, world: World<'_>, step: Step, grant: &str, by: &Actor) -> Result<Answer, RequestError> {
        self.advance(world.at);
        match self.check(world, step, grant, by) {
            Ok(()) => {
                self.take(step, grant, &by.uid);
                Ok(self.done(grant))
            }
            Err(Stop::Refused(refusal)) => Ok(self.reject(step, *refusal, (Some(grant), None), &by.uid)),
            Err(Stop::Invalid(error)) => Err(error),
        }
    }

    /// Whether a step can be taken: by the ledger's own rules first, as these can name what is wrong, then by the policy.
    fn check(&self, world: World<'_>, step: Step, id: &str, by: &Actor) -> Result<(), Stop> {
        let grant = self.grants.get(id).ok_or(Reason::UnknownGrant)?;
        let profile = self.profiles.get(&grant.terms.profile).ok_or(Reason::UnknownProfile)?;
        if let Some(reason) = objection(step, grant, &by.uid) {
            return Err(reason.into());
        }
        let Some(action) = profile.step_action(step) else { return Ok(()) };
        let mut context = facts::of_grant(grant);
        let reason = match step {
            Step::Request => Reason::NotEligible,
            Step::Approve | Step::Refuse => Reason::NotApprover,
            Step::Withdraw => Reason::NotRequester,
            Step::Revoke => Reason::NotRevoker,
            Step::Review => {
                context.extend(grant.ended_at.map(facts::of_review));
                Reason::NotReviewer
            }
        };
        let request = self.step_request(profile, action, by, context);
        let decision = world.engine.decide(&request, world.entities)?;
        if decision.is_allow() {
            return Ok(());
        }
        Err(Stop::Refused(Box::new(Refusal { reason, decision: Some(decision), request: Some(Box::new(request)) })))
    }

    /// Takes a step that nothing speaks against.
    fn take(&mut self, step: Step, id: &str, by: &EntityUid) {
        let now = self.now;
        let Some(grant) = self.grants.get_mut(id) else { return };
        let event = match step {
            Step::Request => return,
            Step::Approve => {
                grant.approvers.push(by.clone());
                Event::Approved
            }
            Step::Refuse => {
                // Whoever thinks better of an approval refuses, and no longer counts as approving.
                grant.approvers.retain(|approver| approver != by);
                grant.refusers.push(by.clone());
                let limit = self
                    .profiles
                    .get(&grant.terms.profile)
                    .map_or(1, |profile| profile.rules.bounds.get(Clause::Refused));
                if count(grant.refusers.len()) >= limit {
                    end(grant, State::Refused, now);
                }
                Event::Refused
            }
            Step::Withdraw => {
                end(grant, State::Withdrawn, now);
                Event::Withdrawn
            }
            Step::Revoke => {
                end(grant, State::Revoked, now);
                Event::Revoked
            }
            Step::Review => {
                grant.review = Review::Done { by: by.clone(), at: now };
                Event::Reviewed
            }
        };
        self.enter(now, event, Some(id), Some(by));
        self.issue_when_approved(id);
    }

    /// Makes a pending grant active once it has all its approvals; a self-activated profile needs none.
    pub(super) fn issue_when_approved(&mut self, id: &str) {
        let log_index = count(self.log.len());
        let Some(grant) = self.grants.get_mut(id) else { return };
        let Some(profile) = self.profiles.get(&grant.terms.profile) else {
            return;
        };
        if grant.state != State::Pending || count(grant.approvers.len()) < profile.rules.approvals {
            return;
        }
        let issue = Issue::new(self.now, grant.terms.duration, log_index);
        grant.issue = Some(issue);
        grant.state = State::Active;
        self.enter(self.now, Event::Issued(issue), Some(id), None);
    }

    /// The Cedar request that decides a step.
    pub(super) fn step_request(
        &self,
        profile: &Profile,
        action: &EntityUid,
        by: &Actor,
        facts: Map<String, Value>,
    ) -> Request {
        let common = by.context.iter().filter(|(name, _)| self.common_context.contains(*name));
        let mut context: Map<String, Value> = common.map(|(name, value)| (name.clone(), value.clone())).collect();
        context.extend(facts);
        Request { principal: by.uid.clone(), action: action.clone(), resource: profile.entity.clone(), context }
    }

    /// The next thing that time alone has brought about, of all that are due the earliest.
    fn next_due(&self) -> Option<(Instant, String, Event)> {
        let due = self.grants.values().filter_map(|grant| {
            let rules = &self.profiles.get(&grant.terms.profile)?.rules;
            let (at, event) = grant.next_due(rules)?;
            (at <= self.now).then(|| (at, grant.id.clone(), event))
        });
        due.min_by(|(a, id_a, _), (b, id_b, _)| (a, id_a).cmp(&(b, id_b)))
    }

    /// Writes an entry.
    pub(super) fn enter(&mut self, at: Instant, event: Event, grant: Option<&str>, by: Option<&EntityUid>) {
        let profile = grant.and_then(|id| self.grants.get(id)).map(|grant| grant.terms.profile.clone());
        self.enter_for(at, event, (grant, profile.as_deref()), by);
    }

    fn enter_for(
        &mut self,
        at: Instant,
        event: Event,
        (grant, profile): (Option<&str>, Option<&str>),
        by: Option<&EntityUid>,
    ) {
        let alerts = profile.and_then(|name| self.profiles.get(name)).map(|profile| &profile.rules.alerts);
        let alerts = event.kind().alert().and_then(|key| alerts?.get(key));
        self.log.push(LogEntry {
            index: count(self.log.len()),
            at,
            alerts: alerts.cloned().unwrap_or_default(),
            event,
            grant: grant.map(str::to_owned),
            profile: profile.map(str::to_owned),
            by: by.cloned(),
        });
    }

    /// Logs a step that was not taken.
    pub(super) fn reject(
        &mut self,
        step: Step,
        refusal: Refusal,
        (grant, profile): (Option<&str>, Option<&str>),
        by: &EntityUid,
    ) -> Answer {
        let of_grant = grant.and_then(|id| self.grants.get(id)).map(|grant| grant.terms.profile.clone());
        let rejected = Event::Rejected {
            step,
            reason: refusal.reason,
            policies: refusal.decision.iter().flat_map(|decision| decision.reasons.clone()).collect(),
        };
        self.enter_for(self.now, rejected, (grant, of_grant.as_deref().or(profile)), Some(by));
        Answer::Refused(refusal)
    }

    pub(super) fn done(&self, id: &str) -> Answer {
        Answer::Done { grant: id.to_owned(), state: self.grants.get(id).map_or(State::Pending, |grant| grant.state) }
    }
}

/// What the ledger itself has against a step with a grant.
fn objection(step: Step, grant: &Grant, by: &EntityUid) -> Option<Reason> {
    let own = grant.requester == *by;
    let approved = grant.approvers.contains(by);
    let refused = grant.refusers.contains(by);
    let not_in = |state: State| (grant.state != state, grant.state.reason());
    let objections = match step {
        Step::Request => vec![(true, Reason::DuplicateGrant)],
        Step::Approve => vec![
            not_in(State::Pending),
            (own, Reason::SelfApproval),
            (approved, Reason::AlreadyApproved),
            (refused, Reason::AlreadyRefused),
        ],
        Step::Refuse => vec![not_in(State::Pending), (refused, Reason::AlreadyRefused)],
        Step::Withdraw => vec![not_in(State::Pending), (!own, Reason::NotRequester)],
        Step::Revoke => vec![not_in(State::Active)],
        Step::Review => vec![
            (grant.issue.is_none() || !grant.state.is_terminal(), grant.state.reason()),
            (!grant.needs_review(), Reason::AlreadyReviewed),
            (own, Reason::SelfReview),
            (approved, Reason::ApproverReview),
        ],
    };
    objections.into_iter().find_map(|(holds, reason)| holds.then_some(reason))
}

fn end(grant: &mut Grant, state: State, at: Instant) {
    grant.state = state;
    grant.ended_at = Some(at);
}
