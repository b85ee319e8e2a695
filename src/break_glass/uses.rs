//! Ordinary requests with a grant presented. A use is reserved before the policy is asked and counted when it allows, so that
//! uses being decided on at the same time cannot exceed the limit between them.

use cedar_policy::EntityUid;
use serde_json::Value;

use super::profile::Profile;
use super::{Event, Grant, Issue, Ledger, Reason, State, World, facts};
use crate::bundle::GRANTS_ATTRIBUTE;
use crate::clauses::Clause;
use crate::decide::{AttributeFault, Decision, Request, RequestError};
use crate::text::Instant;

/// A decision, and the grant's part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// The grant's part.
    pub part: Part,
}

/// What a grant had to do with a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// None was presented.
    NotPresented,
    /// The request is allowed without it, so it was not used.
    NotNeeded,
    /// The request is allowed by virtue of it. Holds which use it was, from 1.
    Used(i64),
    /// It did not count; the policy was not told of it.
    Objected(Reason),
    /// The policy was told of it and denies all the same.
    NotEnough,
}

/// A use that is being decided on. One that is neither committed nor released stays counted against the limit.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Reservation {
    grant: String,
    record: Value,
}

impl Reservation {
    /// The request with the grant's record in its context.
    #[must_use]
    pub fn presented(&self, request: &Request) -> Request {
        let mut request = request.clone();
        request.context.insert(GRANTS_ATTRIBUTE.to_owned(), self.record.clone());
        request
    }
}

impl Ledger {
    /// Decides a request, with a grant where the policy does not allow it without, and logs the outcome.
    ///
    /// # Errors
    /// Where the request is not as the schema says, or brings a grant record of its own.
    pub fn decide(&mut self, world: World<'_>, request: &Request, grant: Option<&str>) -> Result<Ruling, RequestError> {
        self.advance(world.at);
        refuse_forgery(request)?;
        let without = world.engine.decide(request, world.entities)?;
        let Some(id) = grant.filter(|_| !without.is_allow()) else {
            let part = if grant.is_some() { Part::NotNeeded } else { Part::NotPresented };
            self.enter_decision(request, &without, None, grant);
            return Ok(Ruling { decision: without, part });
        };
        let reservation = match self.reserve(world.at, id, request) {
            Ok(reservation) => reservation,
            Err(reason) => {
                self.enter_decision(request, &without, Some(reason), grant);
                return Ok(Ruling { decision: without, part: Part::Objected(reason) });
            }
        };
        let with = match world.engine.decide(&reservation.presented(request), world.entities) {
            Ok(with) => with,
            Err(error) => {
                self.release(reservation);
                return Err(error);
            }
        };
        if !with.is_allow() {
            self.release(reservation);
            self.enter_decision(request, &with, None, grant);
            return Ok(Ruling { decision: with, part: Part::NotEnough });
        }
        Ok(match self.commit(world.at, reservation, request) {
            Ok(uses) => Ruling { decision: with, part: Part::Used(uses) },
            Err(reason) => {
                self.enter_decision(request, &without, Some(reason), grant);
                Ruling { decision: without, part: Part::Objected(reason) }
            }
        })
    }

    /// Reserves a use of a grant for a request.
    ///
    /// # Errors
    /// Where the grant does not count for it. The policy must not be told of it then.
    pub fn reserve(&mut self, at: Instant, grant: &str, request: &Request) -> Result<Reservation, Reason> {
        self.advance(at);
        let grant = self.grants.get_mut(grant).ok_or(Reason::UnknownGrant)?;
        let profile = self.profiles.get(&grant.terms.profile).ok_or(Reason::UnknownProfile)?;
        let issue = usable(grant, profile, request)?;
        // What is reserved may yet be used, so it counts as used for whoever comes next.
        let seen = Issue { uses: issue.uses.saturating_add(issue.reserved), ..issue };
        let record = facts::of_use(grant, &seen, profile);
        grant.issue = Some(Issue { reserved: issue.reserved.saturating_add(1), ..issue });
        Ok(Reservation { grant: grant.id.clone(), record })
    }

    /// Counts a reserved use, the request having been allowed by virtue of it. Returns which use it was, from 1.
    ///
    /// # Errors
    /// Where the grant has ended since the reservation. The request is not allowed then.
    pub fn commit(&mut self, at: Instant, reservation: Reservation, request: &Request) -> Result<i64, Reason> {
        self.advance(at);
        let Reservation { grant: id, .. } = reservation;
        let grant = self.grants.get_mut(&id).ok_or(Reason::UnknownGrant)?;
        let (State::Active, Some(issue)) = (grant.state, grant.issue.as_mut()) else {
            return Err(grant.state.reason());
        };
        *issue = issue.used(self.now);
        let uses = issue.uses;
        let used = Event::Used { action: request.action.clone(), resource: request.resource.clone(), uses };
        self.enter(self.now, used, Some(&id), Some(&request.principal));
        Ok(uses)
    }

    /// Gives a reserved use back, the request having been denied.
    pub fn release(&mut self, reservation: Reservation) {
        let Reservation { grant: id, .. } = reservation;
        if let Some(issue) = self.grants.get_mut(&id).and_then(|grant| grant.issue.as_mut()) {
            issue.reserved = issue.reserved.saturating_sub(1);
        }
    }

    fn enter_decision(
        &mut self,
        request: &Request,
        decision: &Decision,
        objection: Option<Reason>,
        grant: Option<&str>,
    ) {
        let (action, resource) = (request.action.clone(), request.resource.clone());
        let policies = decision.reasons.clone();
        let event = if decision.is_allow() {
            Event::Allowed { action, resource, policies }
        } else {
            Event::Denied { action, resource, cause: decision.cause, policies, objection }
        };
        self.enter(self.now, event, grant, Some(&request.principal));
    }
}

/// Whether a grant counts for a request: what was issued if so.
fn usable(grant: &Grant, profile: &Profile, request: &Request) -> Result<Issue, Reason> {
    let issue = match (grant.state, grant.issue) {
        (State::Active, Some(issue)) => issue,
        (state, _) => return Err(state.reason()),
    };
    let Request { principal, action, resource, .. } = request;
    let in_scope = |action: &EntityUid| {
        let name = profile.covered(action);
        name.is_some_and(|name| grant.terms.actions.contains(name)) && grant.terms.resources.contains(resource)
    };
    if grant.requester != *principal {
        Err(Reason::NotRequester)
    } else if !in_scope(action) {
        Err(Reason::OutOfScope)
    } else if issue.uses.saturating_add(issue.reserved) >= profile.rules.bounds.get(Clause::Uses) {
        Err(Reason::UsesExhausted)
    } else {
        Ok(issue)
    }
}

fn refuse_forgery(request: &Request) -> Result<(), RequestError> {
    if !request.context.contains_key(GRANTS_ATTRIBUTE) {
        return Ok(());
    }
    Err(RequestError::Context(vec![AttributeFault {
        attribute: GRANTS_ATTRIBUTE.to_owned(),
        message: "a request cannot bring its own grant".to_owned(),
    }]))
}
