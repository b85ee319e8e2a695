//! Asking for a grant: whether it may be asked for.

use std::collections::BTreeMap;

use cedar_policy::{Entities, EntityUid, EvalResult};

use super::facts::History;
use super::profile::{Profile, count};
use super::state::Stop;
use super::{Actor, Answer, Event, Grant, Issue, Ledger, Reason, Refusal, State, Terms, World, facts};
use crate::clauses::{Clause, Step};
use crate::decide::RequestError;
use crate::text::{Duration, Instant};

impl Ledger {
    /// Asks for a grant. Without an id, the ledger counts one up.
    ///
    /// # Errors
    /// Where the actor's context is not as the schema says.
    pub fn request(
        &mut self,
        world: World<'_>,
        by: &Actor,
        terms: &Terms,
        id: Option<&str>,
    ) -> Result<Answer, RequestError> {
        self.advance(world.at);
        let id = id.map_or_else(|| self.free_id(), str::to_owned);
        let tenant = match self.admit(world, by, terms, &id) {
            Ok(tenant) => tenant,
            Err(Stop::Refused(refusal)) => {
                return Ok(self.reject(Step::Request, *refusal, (None, Some(&terms.profile)), &by.uid));
            }
            Err(Stop::Invalid(error)) => return Err(error),
        };
        let grant = Grant::pending(id.clone(), by.uid.clone(), terms.clone(), tenant.clone(), self.now);
        self.grants.insert(id.clone(), grant);
        let requested = Event::Requested { terms: terms.clone(), tenant };
        self.enter(self.now, requested, Some(&id), Some(&by.uid));
        self.issue_when_approved(&id);
        Ok(self.done(&id))
    }

    /// Whether a request for a grant may be made: the requester's tenant if so.
    fn admit(
        &self,
        world: World<'_>,
        by: &Actor,
        terms: &Terms,
        id: &str,
    ) -> Result<BTreeMap<String, EntityUid>, Stop> {
        let profile = self.profiles.get(&terms.profile).ok_or(Reason::UnknownProfile)?;
        if self.grants.contains_key(id) {
            return Err(Reason::DuplicateGrant.into());
        }
        if let Some(reason) = profile.objection_to(terms) {
            return Err(reason.into());
        }
        let tenant = tenant_of(&by.uid, profile, world.entities).ok_or(Reason::NoTenant)?;
        let mine: Vec<&Grant> = self.of_requester(&by.uid, &terms.profile).collect();
        let history = self.history(&mine, profile);
        if let Some(reason) = self.objection_to_history(&mine, &history, profile) {
            return Err(reason.into());
        }
        let context = facts::of_request(terms, &tenant, &history);
        let Some(action) = profile.step_action(Step::Request) else { return Err(Reason::NotEligible.into()) };
        let request = self.step_request(profile, action, by, context);
        let decision = world.engine.decide(&request, world.entities)?;
        if decision.is_allow() {
            return Ok(tenant);
        }
        let mismatch = profile.rules.ticket_pattern.as_ref().is_some_and(|pattern| {
            let like = format!("context.ticket like \"{pattern}\"");
            world.engine.evaluate(&like, &request, world.entities) == Ok(EvalResult::Bool(false))
        });
        let reason = if mismatch { Reason::TicketMismatch } else { Reason::NotEligible };
        Err(Stop::Refused(Box::new(Refusal { reason, decision: Some(decision), request: Some(Box::new(request)) })))
    }

    fn of_requester(&self, requester: &EntityUid, profile: &str) -> impl Iterator<Item = &Grant> {
        let grants = self.grants.values();
        grants.filter(move |grant| grant.requester == *requester && grant.terms.profile == profile)
    }

    /// What the policy is told of the requester's earlier grants of the profile.
    fn history(&self, mine: &[&Grant], profile: &Profile) -> History {
        let in_window = |issue: &Issue| since(self.now, issue.approved_at) < Duration(profile.rules.window);
        let mine = mine.iter();
        let issued = mine.clone().filter(|grant| grant.issue.is_some());
        let recent = issued.clone().filter(|grant| grant.issue.as_ref().is_some_and(in_window));
        History {
            open_reviews: count(mine.clone().filter(|grant| grant.needs_review()).count()),
            grants_in_window: count(recent.count()),
            active_grants: count(mine.filter(|grant| grant.state == State::Active).count()),
            last_grant_ended: issued.filter_map(|grant| grant.ended_at).max(),
        }
    }

    fn objection_to_history(&self, mine: &[&Grant], history: &History, profile: &Profile) -> Option<Reason> {
        let rules = &profile.rules;
        let pending = mine.iter().any(|grant| grant.state == State::Pending);
        let rested = |ended: Instant| since(self.now, ended) >= Duration(rules.bounds.get(Clause::Cooldown));
        let too_many = rules.window > 0 && history.grants_in_window >= rules.max_grants;
        let objections = [
            (pending, Reason::AlreadyPending),
            (history.active_grants > 0, Reason::AlreadyActive),
            (history.open_reviews > 0, Reason::OpenReview),
            (!history.last_grant_ended.is_none_or(rested), Reason::Cooldown),
            (too_many, Reason::TooManyGrants),
        ];
        objections.into_iter().find_map(|(holds, reason)| holds.then_some(reason))
    }

    fn free_id(&self) -> String {
        let ids = (self.grants.len() + 1..).map(|number| format!("g{number}"));
        ids.into_iter().find(|id| !self.grants.contains_key(id)).unwrap_or_default()
    }
}

/// The tenants of a requester, where each tenant attribute of the profile has one.
pub(super) fn tenant_of(
    requester: &EntityUid,
    profile: &Profile,
    entities: &Entities,
) -> Option<BTreeMap<String, EntityUid>> {
    let attributes = profile.rules.tenant.keys();
    attributes
        .map(|attribute| match entities.get(requester)?.attr(attribute) {
            Some(Ok(EvalResult::EntityUid(tenant))) => Some((attribute.clone(), tenant)),
            _ => None,
        })
        .collect()
}

/// The time between two instants, as long as can be counted at the longest.
fn since(now: Instant, earlier: Instant) -> Duration {
    now.since(earlier).unwrap_or(Duration(i64::MAX))
}
