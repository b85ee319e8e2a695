//! The facts that Cedar is told: the contexts of the steps, and the grant record of ordinary requests. The names here are those
//! that the compiler declares in the schema.
//!
//! | where | attributes |
//! | --- | --- |
//! | request | common context, `tenant`, `reason`, `ticket`, `duration`, `resource_count`, `open_reviews`, `grants_in_window`, `active_grants`, `last_grant_ended?` |
//! | approve, refuse, revoke, review | common context, `tenant`, `requester`, `requested_at`, `approvers`, and for review `ended_at` |
//! | `context.break_glass.PROFILE` | `id`, `requester`, `approver1` …, `refusals`, `reason`, `ticket`, `actions`, `resources`, `resource_count`, `tenant`, `requested_at`, `approved_at`, `not_before`, `expires_at`, `last_used_at?`, `uses`, `revoked`, `log_index` |
//!
//! `tenant` is a record of tenants by attribute, absent where the profile has none.

use std::collections::BTreeMap;

use cedar_policy::EntityUid;
use serde_json::{Map, Value, json};

use super::profile::{Profile, count};
use super::{Grant, Issue, State, Terms};
use crate::clauses::Clause;
use crate::text::{Duration, Instant};

/// What the ledger knows of a requester's earlier grants of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct History {
    pub(super) open_reviews: i64,
    pub(super) grants_in_window: i64,
    pub(super) active_grants: i64,
    pub(super) last_grant_ended: Option<Instant>,
}

/// The facts of a request for a grant.
pub(super) fn of_request(terms: &Terms, tenant: &BTreeMap<String, EntityUid>, history: &History) -> Map<String, Value> {
    let mut facts = Map::from_iter([
        ("reason".to_owned(), json!(terms.reason)),
        ("ticket".to_owned(), json!(terms.ticket)),
        ("duration".to_owned(), duration(terms.duration)),
        ("resource_count".to_owned(), json!(terms.resources.len())),
        ("open_reviews".to_owned(), json!(history.open_reviews)),
        ("grants_in_window".to_owned(), json!(history.grants_in_window)),
        ("active_grants".to_owned(), json!(history.active_grants)),
    ]);
    facts.extend(tenant_fact(tenant));
    facts.extend(history.last_grant_ended.map(|at| ("last_grant_ended".to_owned(), at.to_json())));
    facts
}

/// The facts of a step with a grant that was asked for.
pub(super) fn of_grant(grant: &Grant) -> Map<String, Value> {
    let approvers: Vec<_> = grant.approvers.iter().map(entity).collect();
    let mut facts = Map::from_iter([
        ("requester".to_owned(), entity(&grant.requester)),
        ("requested_at".to_owned(), grant.requested_at.to_json()),
        ("approvers".to_owned(), Value::Array(approvers)),
    ]);
    facts.extend(tenant_fact(&grant.tenant));
    facts
}

/// The fact that a review has besides.
pub(super) fn of_review(ended_at: Instant) -> (String, Value) {
    ("ended_at".to_owned(), ended_at.to_json())
}

/// `context.break_glass` of a request with which a grant is presented.
pub(super) fn of_use(grant: &Grant, issue: &Issue, profile: &Profile) -> Value {
    let Terms { resources, .. } = &grant.terms;
    let by_type = profile.resource_types.iter().map(|(cedar, name)| {
        let of_type = resources.iter().filter(|resource| resource.type_name() == cedar);
        (name.clone(), Value::Array(of_type.map(entity).collect()))
    });
    let mut record = Map::from_iter([
        ("id".to_owned(), json!(grant.id)),
        ("requester".to_owned(), entity(&grant.requester)),
        ("refusals".to_owned(), json!(grant.refusers.len())),
        ("reason".to_owned(), json!(grant.terms.reason)),
        ("ticket".to_owned(), json!(grant.terms.ticket)),
        ("actions".to_owned(), json!(grant.terms.actions)),
        ("resources".to_owned(), Value::Object(by_type.collect())),
        ("resource_count".to_owned(), json!(count(resources.len()))),
        ("requested_at".to_owned(), grant.requested_at.to_json()),
        ("approved_at".to_owned(), issue.approved_at.to_json()),
        ("not_before".to_owned(), issue.not_before.to_json()),
        ("expires_at".to_owned(), issue.expires_at.to_json()),
        ("uses".to_owned(), json!(issue.uses)),
        ("revoked".to_owned(), json!(grant.state == State::Revoked)),
        ("log_index".to_owned(), json!(issue.log_index)),
    ]);
    if profile.rules.bounds.get(Clause::Idle) != 0 {
        record.insert("last_used_at".to_owned(), issue.idle_since().to_json());
    }
    let approvers = grant.approvers.iter().zip(1..);
    record.extend(approvers.map(|(approver, slot)| (format!("approver{slot}"), entity(approver))));
    record.extend(tenant_fact(&grant.tenant));
    json!({ grant.terms.profile.as_str(): record })
}

fn tenant_fact(tenant: &BTreeMap<String, EntityUid>) -> Option<(String, Value)> {
    let record = tenant.iter().map(|(attribute, uid)| (attribute.clone(), entity(uid)));
    (!tenant.is_empty()).then(|| ("tenant".to_owned(), Value::Object(record.collect())))
}

fn entity(uid: &EntityUid) -> Value {
    json!({ "__entity": { "type": uid.type_name().to_string(), "id": uid.id().unescaped() } })
}

fn duration(of: Duration) -> Value {
    json!({ "__extn": { "fn": "duration", "arg": of.to_string() } })
}
