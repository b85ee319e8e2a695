//! One request of a suite put to the evaluator, and what came back in the suite's own words: statements, never policy ids.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;
use serde_json::{Map, Value};

use crate::bundle::{AttributeContract, ValueType};
use crate::decide;
use crate::decide::{Cause, Decision, Outcome, RequestError};
use crate::text::Instant;

use super::explain::Explanation;
use super::outcome::Judged;
use super::read::a;
use super::read::names::{NO_GRANT, PERMIT_ERRORED};
use super::suite::{Claim, ContextRef, Expected, Request, World};
use super::value::Moment;
use super::{Policy, value};

/// The context attribute that is the clock.
const NOW: &str = "now";

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The outcome.
    pub verdict: Verdict,
    /// The statements that decided, `no-grant` among them where none did; empty for `unknown`.
    pub because: BTreeSet<String>,
    /// The Cedar policies that decided; for `unknown`, those that could still decide.
    pub policies: BTreeSet<String>,
    /// What else there is to say, a line each: errors with their policies, left-out attributes.
    pub notes: Vec<String>,
}

/// The outcome of a request. An error is no denial: a test that wants a denial is not met by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
    /// Required context attributes were left out, and the decision depends on them.
    Unknown,
    /// Denied, but only because a policy errored or the request could not be decided.
    Error,
}

impl Verdict {
    /// `allow`, `deny`, `unknown`, `error`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }

    /// Whether this is what a test expects. An error never is.
    #[must_use]
    pub fn is(self, expected: Expected) -> bool {
        matches!(
            (self, expected),
            (Self::Allow, Expected::Allow) | (Self::Deny, Expected::Deny) | (Self::Unknown, Expected::Unknown)
        )
    }
}

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
    let cedar: EntityUid = action.cedar.parse().ok()?;
    Some(decide::Request {
        principal: request.principal.uid.clone(),
        action: cedar,
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

impl Answer {
    /// The answer to a request that the contract gives no Cedar action for.
    pub(super) fn unprepared(request: &Request) -> Self {
        Self::error(format!("the contract has no Cedar action for `{}`", request.action))
    }

    /// The answer to a request that the schema does not admit.
    pub(super) fn undecidable(error: &RequestError, request: &Request) -> Self {
        match error {
            // The schema lists the principal types of an action by the statements that concern them.
            RequestError::PrincipalType { .. } => Self {
                verdict: Verdict::Deny,
                because: BTreeSet::from([NO_GRANT.to_owned()]),
                policies: BTreeSet::new(),
                notes: vec![format!("no statement allows {} to do `{}`", a(&request.principal.ty), request.action)],
            },
            other => Self::error(other.to_string()),
        }
    }

    /// A decision in the suite's words.
    pub(super) fn of(decision: &Decision, policy: Policy<'_>) -> Self {
        let statement = |id: &str| match policy.origins.policies.get(id) {
            Some(origin) => origin.statement.clone(),
            None => id.to_owned(),
        };
        let mut notes: Vec<String> = decision
            .errors
            .iter()
            .map(|error| format!("`{}` errored: {}", statement(&error.policy), error.message))
            .collect();
        let has_clauses = |id: &str| policy.origins.policies.get(id).is_some_and(|origin| !origin.clauses.is_empty());
        let mut policies = decision.reasons.clone();
        let mut because: BTreeSet<String> = decision.reasons.iter().map(|id| statement(id)).collect();
        let verdict = match (&decision.outcome, decision.cause) {
            (Outcome::Allow, _) => Verdict::Allow,
            (Outcome::Unknown { residuals, missing }, _) => {
                let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
                notes.push(format!("missing from the context: {}", names.join(", ")));
                // Clauses say it in the author's words; a policy without any is shown as Cedar leaves it.
                notes.extend(residuals.iter().filter(|residual| !has_clauses(&residual.policy)).map(|residual| {
                    let cedar: Vec<&str> = residual.cedar.split_whitespace().collect();
                    format!("the remaining condition of `{}`: {}", statement(&residual.policy), cedar.join(" "))
                }));
                policies = residuals.iter().map(|residual| residual.policy.clone()).collect();
                because.clear();
                Verdict::Unknown
            }
            (Outcome::Deny, Cause::ForbidErrored) => Verdict::Error,
            (Outcome::Deny, Cause::PermitErrored) => {
                because.insert(PERMIT_ERRORED.to_owned());
                Verdict::Error
            }
            (Outcome::Deny, Cause::Forbidden) => Verdict::Deny,
            (Outcome::Deny, cause) => {
                because.insert(cause.name().to_owned());
                Verdict::Deny
            }
        };
        if let Some(otherwise) = &decision.otherwise {
            let otherwise = Self::of(otherwise, policy);
            let named = otherwise.because.iter().map(|name| format!("`{name}`"));
            let named: Vec<String> = named.collect();
            let because = match named.is_empty() {
                true => String::new(),
                false => format!(" because of {}", named.join(", ")),
            };
            notes.push(format!(
                "not loaded, so denied; for an entity without attributes and parents, the policy decides {}{because}",
                otherwise.verdict.word()
            ));
            notes.extend(otherwise.notes);
        }
        Self { verdict, because, policies, notes }
    }

    fn error(message: String) -> Self {
        Self { verdict: Verdict::Error, because: BTreeSet::new(), policies: BTreeSet::new(), notes: vec![message] }
    }
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
