//! Tests marked `smoke: true` as plain requests with their expected decisions: what a bundle carries, so that a gateway
//! can ask the same before it serves the bundle. Nothing of the suite's YAML is left in them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::suite::{Body, Claim, Extent, Suite, Test};
use super::{Policy, ask};

/// The smoke tests of one suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SmokeSuite {
    /// The suite's name.
    pub suite: String,
    /// The entities they are decided with, in Cedar's JSON form, sorted.
    pub entities: Vec<Value>,
    /// The requests, in the order of the suite.
    pub requests: Vec<SmokeRequest>,
}

/// One request and what must come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SmokeRequest {
    /// The test's name.
    pub test: String,
    /// The Cedar principal.
    pub principal: String,
    /// The Cedar action.
    pub action: String,
    /// The Cedar resource.
    pub resource: String,
    /// The context in Cedar's JSON form, its times fixed.
    pub context: Map<String, Value>,
    /// `allow`, `deny` or `unknown`.
    pub decision: String,
    /// The exact statements that must decide, where the test says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Vec<String>>,
    /// Statements that must be among those that decide, where the test says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because_includes: Option<Vec<String>>,
}

/// The smoke tests of suites; suites without any are left out.
#[must_use]
pub fn smoke(suites: &[Suite], policy: Policy<'_>) -> Vec<SmokeSuite> {
    let with_requests = suites.iter().filter_map(|suite| {
        let marked = suite.tests.iter().filter(|test| test.smoke && test.skip.is_none());
        let requests: Vec<SmokeRequest> = marked.flat_map(|test| requests(test, suite, policy)).collect();
        (!requests.is_empty()).then(|| SmokeSuite { suite: suite.name.clone(), entities: entities(suite), requests })
    });
    with_requests.collect()
}

fn requests(test: &Test, suite: &Suite, policy: Policy<'_>) -> Vec<SmokeRequest> {
    let Body::Claims(claims) = &test.body else {
        return Vec::new();
    };
    claims.iter().filter_map(|claim| request(claim, test, suite, policy)).collect()
}

fn request(claim: &Claim, test: &Test, suite: &Suite, policy: Policy<'_>) -> Option<SmokeRequest> {
    let prepared = ask::prepare(&claim.request, &suite.world, policy, suite.at)?;
    let cited = |extent: Extent| {
        let because = claim.because.as_ref().filter(|because| because.extent == extent)?;
        Some(because.statements.iter().cloned().collect())
    };
    Some(SmokeRequest {
        test: test.name.clone(),
        principal: prepared.principal.to_string(),
        action: prepared.action.to_string(),
        resource: prepared.resource.to_string(),
        context: prepared.context,
        decision: claim.expected.word().to_owned(),
        because: cited(Extent::Exactly),
        because_includes: cited(Extent::Includes),
    })
}

/// Entities by name, their parents too: Cedar keeps both as sets.
pub(super) fn entities(suite: &Suite) -> Vec<Value> {
    let mut entities: Vec<Value> = match suite.world.entities.to_json_value() {
        Ok(Value::Array(entities)) => entities,
        // INVARIANT: what was loaded from JSON can be written as JSON.
        Ok(_) | Err(_) => Vec::new(),
    };
    for entity in &mut entities {
        if let Some(Value::Array(parents)) = entity.get_mut("parents") {
            parents.sort_by_cached_key(Value::to_string);
        }
    }
    entities.sort_by_cached_key(|entity| entity.get("uid").map(Value::to_string));
    entities
}

#[cfg(test)]
mod tests {
    use crate::decide::{Outcome, Request};
    use crate::scenario::testing;

    use super::*;

    #[test]
    fn smoke_requests_decide_as_their_test_says_without_the_suite() {
        let loaded = testing::suite(
            "tests:\n  - {name: not marked, as: fred, in: calm, can: {approve: p1}}\n  \
             - {name: marked, smoke: true, as: [fred, dana], in: calm, cannot: {Payout.read: p1}, skip: not yet}\n  \
             - {name: calm, smoke: true, as: fred, in: calm, can: {approve: p1}, because: finance.Payout.approve}\n  \
             - {name: risky, smoke: true, as: fred, in: risky, cannot: {approve: p1}}\n",
        );
        let compiled = testing::marketplace();
        let policy = compiled.policy();
        let smoke = smoke(&loaded.suites, policy);
        let tests: Vec<&str> = smoke[0].requests.iter().map(|request| request.test.as_str()).collect();
        assert_eq!(tests, ["calm", "risky"]);
        let entities = policy.engine.entities(&Value::Array(smoke[0].entities.clone())).unwrap();
        for request in &smoke[0].requests {
            let asked = Request {
                principal: request.principal.parse().unwrap(),
                action: request.action.parse().unwrap(),
                resource: request.resource.parse().unwrap(),
                context: request.context.clone(),
            };
            let outcome = policy.engine.decide(&asked, &entities).unwrap().outcome;
            assert_eq!(outcome == Outcome::Allow, request.decision == "allow", "{request:?}");
        }
    }

    #[test]
    fn the_same_suite_gives_the_same_text() {
        let tests = "tests:\n  - {name: calm, smoke: true, as: fred, in: calm, can: {approve: p1}}\n";
        let text = || {
            let loaded = testing::suite(tests);
            serde_json::to_string(&smoke(&loaded.suites, testing::marketplace().policy())).unwrap()
        };
        let first = text();
        assert!(first.contains("\"decision\":\"allow\""));
        for _ in 0..5 {
            assert_eq!(text(), first);
        }
    }
}
