//! One request of a suite put to the evaluator.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::bundle::{AttributeContract, ValueType};
use crate::decide;
use crate::text::Instant;

use super::answer::Answer;
use super::explain::Explanation;
use super::outcome::Judged;
use super::suite::{Claim, ContextRef, Request, World};
use super::value::Moment;
use super::{Policy, value};

/// The context attribute that is the clock.
const NOW: &str = "now";

/// A claim whose request was decided.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The claim.
    pub(super) claim: &'a Claim,
    /// What the evaluator was given; `None` where the contract names no Cedar action for the request.
    pub(super) prepared: Option<decide::Request>,
    /// What came back.
    pub(super) answer: Answer,
}

impl Asked<'_> {
    /// The answer beside the claim, not yet explained.
    pub(super) fn judged(&self) -> Judged {
        Judged {
            request: in_one_line(&self.claim.request),
            expected: self.claim.expected,
            expected_because: self.claim.because.clone(),
            stated: self.claim.stated,
            answer: self.answer.clone(),
            explanation: Explanation::default(),
            has_context: self.claim.request.context != ContextRef::None,
        }
    }
}

/// Decides a claim's request.
pub(super) fn put<'a>(claim: &'a Claim, world: &World, policy: Policy<'_>, now: Instant) -> Asked<'a> {
    let prepared = prepare(&claim.request, world, policy, now);
    let answer = ask(&claim.request, prepared.as_ref(), world, policy);
    Asked { claim, prepared, answer }
}

/// A request ready for the evaluator; `None` where the contract names no Cedar action for it.
pub(super) fn prepare(request: &Request, world: &World, policy: Policy<'_>, now: Instant) -> Option<decide::Request> {
    let action = policy.contract.actions.get(&request.action)?;
    Some(decide::Request {
        principal: request.principal.uid.clone(),
        action: policy.engine.action(&action.cedar)?,
        resource: request.resource.uid.clone(),
        context: context(&request.context, &action.context, world, policy, now),
    })
}

/// Decides a prepared request.
pub(super) fn ask(request: &Request, prepared: Option<&decide::Request>, world: &World, policy: Policy<'_>) -> Answer {
    let Some(prepared) = prepared else {
        return Answer::unprepared(request);
    };
    match policy.engine.decide(prepared, &world.entities) {
        Ok(decision) => Answer::of(&decision, policy),
        Err(error) => Answer::undecidable(&error, request),
    }
}

/// A request in one line: `fred approve p1 in calm`.
#[must_use]
pub(super) fn in_one_line(request: &Request) -> String {
    let context = match &request.context {
        ContextRef::Fixture(name) => format!(" in {name}"),
        ContextRef::None => String::new(),
        ContextRef::Raw(fields) if fields.is_empty() => String::new(),
        ContextRef::Raw(fields) => format!(" in {}", Value::Object(fields.clone())),
    };
    format!("{} {} {}{context}", request.principal.label, request.action, request.resource.label)
}

/// The context of a request in Cedar's JSON: of a fixture, the attributes that the action's context has; the clock, where
/// the gateway vouches for `now` and the suite does not set it.
fn context(
    context: &ContextRef,
    attributes: &BTreeMap<String, AttributeContract>,
    world: &World,
    policy: Policy<'_>,
    now: Instant,
) -> Map<String, Value> {
    let mut json = match context {
        ContextRef::Raw(fields) => return fields.clone(),
        ContextRef::None => Map::new(),
        ContextRef::Fixture(name) => {
            let given = world.contexts.get(name).into_iter().flat_map(|fixture| &fixture.attributes);
            let taken = given.filter_map(|(name, readings)| {
                let ty = &attributes.get(name)?.ty;
                let (_, value) = readings.iter().find(|(reading, _)| reading == ty)?;
                Some((name.clone(), value.to_json(now)))
            });
            taken.collect()
        }
    };
    let from_gateway = policy.contract.provenance.get(NOW).is_some_and(|by| by == "gateway");
    let is_clock = attributes.get(NOW).is_some_and(|declared| declared.ty == ValueType::Datetime);
    if from_gateway && is_clock && !json.contains_key(NOW) {
        json.insert(NOW.to_owned(), value::Value::Datetime(Moment::At(now)).to_json(now));
    }
    json
}

/// The context in which someone acts on a break-glass grant: the attributes common to all actions.
pub(super) fn acting_context(
    context_of: &ContextRef,
    world: &World,
    policy: Policy<'_>,
    now: Instant,
) -> Map<String, Value> {
    let mut common = BTreeMap::new();
    for (name, attribute) in policy.contract.actions.values().flat_map(|action| &action.context) {
        if policy.contract.provenance.contains_key(name) {
            common.entry(name.clone()).or_insert_with(|| attribute.clone());
        }
    }
    context(context_of, &common, world, policy, now)
}
