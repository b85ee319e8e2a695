//! Every request that suites put to the evaluator, as it gets them: those of decisions, of access tables and of timelines,
//! these with the grant that the gateway would put into the context. Another evaluator can be asked the same.

use serde_json::Value;

use super::suite::{Body, Suite, Test};
use super::timeline::Happening;
use super::{Policy, ask, smoke, timeline};
use crate::decide;

/// The requests of one suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedSuite {
    /// The suite's name.
    pub suite: String,
    /// The entities they are decided with, in Cedar's JSON form, sorted.
    pub entities: Vec<Value>,
    /// The requests, in the order of the suite. Of timelines, what people may decide is asked; steps of the grants are not.
    pub requests: Vec<decide::Request>,
}

/// The requests of suites, skipped tests left out.
#[must_use]
pub fn asked(suites: &[Suite], policy: Policy<'_>) -> Vec<AskedSuite> {
    suites
        .iter()
        .map(|suite| AskedSuite {
            suite: suite.name.clone(),
            entities: smoke::entities(suite),
            requests: suite
                .tests
                .iter()
                .filter(|test| test.skip.is_none())
                .flat_map(|test| requests(test, suite, policy))
                .collect(),
        })
        .collect()
}

/// The requests of one test.
pub(super) fn requests(test: &Test, suite: &Suite, policy: Policy<'_>) -> Vec<decide::Request> {
    let prepare = |request| ask::prepare(request, &suite.world, policy, suite.at);
    match &test.body {
        Body::Claims(claims) => claims.iter().filter_map(|claim| prepare(&claim.request)).collect(),
        Body::Snapshot(spec) => {
            let rows = spec.tables.iter().flat_map(|table| &table.rows);
            rows.flat_map(|row| &row.requests).filter_map(prepare).collect()
        }
        Body::Steps(steps) => timeline::play(steps, suite, policy)
            .into_iter()
            .filter_map(|happened| match happened {
                Happening::Asked(asked) => asked.prepared,
                Happening::Step(_) | Happening::Refused(_) => None,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::testing;

    use super::*;

    #[test]
    fn decisions_tables_and_timelines_are_asked_and_skipped_tests_are_not() {
        let loaded = testing::suite(
            "tests:\n  - {name: calm, as: fred, in: calm, can: {approve: p1}}\n  \
             - {name: later, as: fred, in: calm, can: {approve: p1}, skip: not yet}\n  \
             - {name: table, snapshot: {roles: [finance], actions: [Payout.read, Payout.approve], to: [p1], in: [calm]}}\n",
        );
        let asked = asked(&loaded.suites, testing::marketplace().policy());
        let actions: Vec<String> = asked[0].requests.iter().map(|request| request.action.to_string()).collect();
        assert_eq!(actions.len(), 3, "{actions:?}");
        assert!(actions[0].ends_with("\"Payout.approve\""));
        assert!(!asked[0].entities.is_empty());
    }
}
