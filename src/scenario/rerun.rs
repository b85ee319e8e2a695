//! Suites on other versions of a policy: whether all tests still pass, and which is the first that does not.

use cedar_policy::Entities;

use super::golden::{Accepted, SnapshotVerdict};
use super::run::snapshot;
use super::suite::{Body, Suite, Test};
use super::timeline::Happening;
use super::{Policy, ask, asked, golden, timeline};
use crate::decide;

/// Suites that pass on a policy, ready to run on other versions of it.
#[derive(Debug)]
pub struct Rerun<'s> {
    tests: Vec<Rerunning<'s>>,
}

/// A test, and the requests that it puts; `None` of a timeline, where one decision leads to the next request.
#[derive(Debug)]
struct Rerunning<'s> {
    suite: &'s Suite,
    test: &'s Test,
    requests: Option<Vec<decide::Request>>,
}

/// Whether another version of a policy may decide a request differently.
pub type IsTouched<'a> = &'a dyn Fn(&decide::Request, &Entities) -> bool;

impl<'s> Rerun<'s> {
    /// The tests of suites, skipped ones left out.
    #[must_use]
    pub fn new(suites: &'s [Suite], policy: Policy<'_>) -> Self {
        let all = suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)));
        let tests = all.filter(|(_, test)| test.skip.is_none()).map(|(suite, test)| {
            let is_timeline = matches!(test.body, Body::Steps(_));
            let requests = (!is_timeline).then(|| asked::requests(test, suite, policy));
            Rerunning { suite, test, requests }
        });
        Self { tests: tests.collect() }
    }

    /// The first test that fails on another version, in their order. Nothing is explained, and no later test runs. Where it is
    /// known which requests that version may decide differently, only tests that put one run; the others pass as before.
    #[must_use]
    pub fn first_failure(
        &self,
        policy: Policy<'_>,
        accepted: &Accepted,
        is_touched: Option<IsTouched<'_>>,
    ) -> Option<(&'s Suite, &'s Test)> {
        let may_differ = |one: &&Rerunning<'s>| match (is_touched, &one.requests) {
            (Some(is_touched), Some(requests)) => {
                requests.iter().any(|request| is_touched(request, &one.suite.world.entities))
            }
            _ => true,
        };
        let mut run = self.tests.iter().filter(may_differ);
        run.find(|one| !passes(one.suite, one.test, policy, accepted)).map(|one| (one.suite, one.test))
    }
}

fn passes(suite: &Suite, test: &Test, policy: Policy<'_>, accepted: &Accepted) -> bool {
    match &test.body {
        Body::Claims(claims) => {
            claims.iter().all(|claim| ask::put(claim, &suite.world, policy, suite.at).judged().holds())
        }
        Body::Steps(steps) => timeline::play(steps, suite, policy).iter().all(|happening| match happening {
            Happening::Asked(asked) => asked.judged().holds(),
            Happening::Step(step) => step.failure().is_none(),
            Happening::Refused(_) => true,
        }),
        Body::Snapshot(spec) => {
            let (golden, _) = snapshot(spec, suite, test, policy);
            matches!(golden::compare(&spec.path, &golden, accepted), SnapshotVerdict::Matches)
        }
    }
}
