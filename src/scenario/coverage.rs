//! What the scenarios saw of the policy: each statement that grants seen granting and seen withholding, each that forbids seen
//! biting, each clause seen holding and seen failing. Meaning is counted, never lines.

use std::collections::BTreeMap;

use cedar_policy::{ActionConstraint, Effect, PrincipalConstraint};

use crate::bundle::{CoverageTotals, Origin, OriginKind, Place, Share};
use crate::decide::Outcome;

use super::explain::{ClauseResult, Scene, Truth};
use super::suite::Suite;
use super::{Policy, asked};

/// The statements of a policy, sorted by place, with what was seen of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The statements; those that no request of people is decided by, such as steps of break-glass, are not among them.
    pub statements: Vec<Covered>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether it grants; else it forbids.
    pub grants: bool,
    /// Whether a request was decided by it.
    pub decided: bool,
    /// Whether a request that it is about was not decided by it.
    pub withheld: bool,
    /// Its clauses, in their order.
    pub clauses: Vec<CoveredClause>,
}

/// A clause of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredClause {
    /// The author's words.
    pub gate: String,
    /// Where they stand.
    pub place: Place,
    /// Whether it held of a request that the statement is about.
    pub held: bool,
    /// Whether it did not.
    pub failed: bool,
}

impl Coverage {
    /// What it comes to.
    #[must_use]
    pub fn totals(&self) -> CoverageTotals {
        let grants = || self.statements.iter().filter(|one| one.grants);
        let guards = self.statements.iter().filter(|one| !one.grants);
        let clauses = self.statements.iter().flat_map(|one| &one.clauses);
        CoverageTotals {
            granting: share(grants().map(|one| one.decided)),
            withholding: share(grants().map(|one| one.withheld)),
            biting: share(guards.map(|one| one.decided)),
            clauses: share(clauses.flat_map(|clause| [clause.held, clause.failed])),
        }
    }
}

fn share(all: impl Iterator<Item = bool>) -> Share {
    all.fold(Share::default(), |sum, seen| Share { seen: sum.seen + usize::from(seen), of: sum.of + 1 })
}

/// What the tests of suites, skipped ones left out, see of a policy.
#[must_use]
pub fn coverage(suites: &[Suite], policy: Policy<'_>) -> Coverage {
    let mut found: BTreeMap<(Place, String, bool), Covered> = BTreeMap::new();
    let all = policy.engine.policies();
    let statements: Vec<(&cedar_policy::Policy, &Origin)> = all
        .policies()
        .filter_map(|one| Some((one, policy.origins.policies.get::<str>(one.id().as_ref())?)))
        .filter(|(one, origin)| is_about_requests(one, policy) && is_for_known_types(one, origin))
        .collect();
    for (one, origin) in &statements {
        let covered = entry(&mut found, one, origin);
        for clause in &origin.clauses {
            clause_of(covered, &clause.gate, &clause.place);
        }
    }
    for (suite, asked) in suites.iter().zip(asked(suites, policy)) {
        for request in &asked.requests {
            let Ok(decision) = policy.engine.decide(request, &suite.world.entities) else {
                continue;
            };
            // What is unknown shows nothing.
            if matches!(decision.outcome, Outcome::Unknown { .. }) {
                continue;
            }
            let scene = Scene { request, world: &suite.world, policy };
            for (one, origin) in statements.iter().filter(|(one, _)| scene.concerns(one)) {
                let decided = decision.reasons.contains::<str>(one.id().as_ref());
                let covered = entry(&mut found, one, origin);
                covered.decided |= decided;
                covered.withheld |= !decided;
                for clause in origin.clauses.iter().map(|clause| scene.clause(clause)) {
                    see(covered, &clause);
                }
            }
        }
    }
    Coverage { statements: found.into_values().collect() }
}

/// Whether a policy decides what people ask for, and not only steps of break-glass, which timelines walk through.
fn is_about_requests(one: &cedar_policy::Policy, policy: Policy<'_>) -> bool {
    let is_step = |uid: &cedar_policy::EntityUid| {
        let uid = uid.to_string();
        policy.contract.break_glass.values().any(|profile| {
            let steps = [
                &profile.request_action,
                &profile.approve_action,
                &profile.refuse_action,
                &profile.revoke_action,
                &profile.review_action,
            ];
            steps.contains(&&uid)
        })
    };
    match one.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(action) => !is_step(&action),
        ActionConstraint::In(actions) => !actions.iter().all(is_step),
    }
}

/// Whether a request that conforms to the schema can meet a policy. Gate names the principal's type in each policy but those
/// that are for types it does not know; a suite has no such types.
fn is_for_known_types(one: &cedar_policy::Policy, origin: &Origin) -> bool {
    origin.kind == OriginKind::Raw || one.principal_constraint() != PrincipalConstraint::Any
}

fn entry<'a>(
    found: &'a mut BTreeMap<(Place, String, bool), Covered>,
    one: &cedar_policy::Policy,
    origin: &Origin,
) -> &'a mut Covered {
    let grants = one.effect() == Effect::Permit;
    let key = (origin.place.clone(), origin.statement.clone(), grants);
    found.entry(key).or_insert_with(|| Covered {
        name: origin.statement.clone(),
        place: origin.place.clone(),
        grants,
        decided: false,
        withheld: false,
        clauses: Vec::new(),
    })
}

fn see(covered: &mut Covered, clause: &ClauseResult) {
    let seen = clause_of(covered, &clause.gate, &clause.place);
    seen.held |= clause.truth == Truth::True;
    seen.failed |= clause.truth == Truth::False;
}

fn clause_of<'a>(covered: &'a mut Covered, gate: &str, place: &Place) -> &'a mut CoveredClause {
    let known = (covered.clauses.iter()).position(|clause| clause.gate == gate && clause.place == *place);
    let at = known.unwrap_or_else(|| {
        covered.clauses.push(CoveredClause { gate: gate.to_owned(), place: place.clone(), held: false, failed: false });
        covered.clauses.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "it was found there or put there")]
    &mut covered.clauses[at]
}

#[cfg(test)]
mod tests {
    use crate::scenario::testing;

    use super::*;

    /// What one statement of the marketplace shows under a suite's tests.
    fn shown(tests: &str, name: &str) -> String {
        let loaded = testing::suite(tests);
        let all = coverage(&loaded.suites, testing::marketplace().policy());
        let one = all.statements.iter().find(|one| one.name == name).unwrap();
        let clauses = one.clauses.iter().map(|clause| {
            let (held, failed) = (clause.held, clause.failed);
            format!("; `{}` held: {held}, failed: {failed}", clause.gate)
        });
        format!("decided: {}, withheld: {}{}", one.decided, one.withheld, clauses.collect::<String>())
    }

    #[test]
    fn a_guard_is_seen_when_it_bites_and_nothing_is_seen_of_what_is_skipped() {
        let bites = "tests:\n  - {name: shop, as: shopify, in: calm, cannot: {read: p1}}\n";
        let rests = "tests:\n  - {name: shop, as: shopify, in: calm, can: {read: p2}}\n";
        let skipped = "tests:\n  - {name: shop, as: shopify, in: calm, cannot: {read: p1}, skip: later}\n  \
                       - {name: calm, as: fred, in: calm, can: {approve: p1}}\n";
        let all: Vec<String> = [bites, rests, skipped].iter().map(|tests| shown(tests, "partners")).collect();
        insta::assert_snapshot!(all.join("\n"), @"
        decided: true, withheld: false; `resource.classification == restricted` held: true, failed: false
        decided: false, withheld: true; `resource.classification == restricted` held: false, failed: true
        decided: false, withheld: false; `resource.classification == restricted` held: false, failed: false
        ");
    }

    #[test]
    fn statements_are_there_though_no_test_asks_about_them() {
        let loaded = testing::suite("tests:\n  - {name: calm, as: fred, in: calm, can: {approve: p1}}\n");
        let all = coverage(&loaded.suites, testing::marketplace().policy());
        let totals = all.totals();
        assert!(0 < totals.granting.seen && totals.granting.seen < totals.granting.of, "{totals:?}");
        assert!(totals.biting.seen == 0 && totals.biting.of > 0, "{totals:?}");
        assert!(totals.clauses.seen < totals.clauses.of, "{totals:?}");
        assert_eq!(totals.lowest(), Some(0));
    }
}
