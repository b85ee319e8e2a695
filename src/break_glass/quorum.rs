//! Whether a request for a grant could be approved at all: who, of some people, the policy may let approve it.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;
use serde_json::{Map, Value};

use super::request::tenant_of;
use super::{Actor, Grant, Ledger, Terms, World, facts};
use crate::clauses::Step;
use crate::decide::Outcome;
use crate::text::Duration;

impl Ledger {
    /// Those of some people whom the policy may let approve what somebody asks for now, however the rest of the context
    /// turns out; no more of them than are needed. `None` where nobody can say: there is no such profile, it needs no
    /// approval, or the requester has no tenant.
    #[must_use]
    pub fn possible_approvers<'p>(
        &self,
        world: World<'_>,
        profile: &str,
        requester: &EntityUid,
        people: impl IntoIterator<Item = &'p EntityUid>,
        context: &Map<String, Value>,
    ) -> Option<BTreeSet<EntityUid>> {
        let known = self.profiles.get(profile)?;
        let needed = usize::try_from(known.rules.approvals).ok().filter(|needed| *needed > 0)?;
        let tenant = tenant_of(requester, known, world.entities)?;
        let approve = known.step_action(Step::Approve)?;
        let asked = facts::of_grant(&asked_for(profile, requester, tenant, world));
        let may = |person: &&EntityUid| {
            let actor = Actor { uid: (*person).clone(), context: context.clone() };
            let request = self.step_request(known, approve, &actor, asked.clone());
            let decision = world.engine.decide(&request, world.entities);
            decision.is_ok_and(|decision| decision.outcome != Outcome::Deny)
        };
        let others = people.into_iter().filter(|person| *person != requester);
        Some(others.filter(may).take(needed).cloned().collect())
    }
}

/// A request that nobody has acted on yet. What it asks for is not what its approvers are tested by.
fn asked_for(profile: &str, requester: &EntityUid, tenant: BTreeMap<String, EntityUid>, world: World<'_>) -> Grant {
    let terms = Terms {
        profile: profile.to_owned(),
        actions: BTreeSet::new(),
        resources: BTreeSet::new(),
        duration: Duration(0),
        reason: String::new(),
        ticket: String::new(),
    };
    Grant::pending(String::new(), requester.clone(), terms, tenant, world.at)
}
