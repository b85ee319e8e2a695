//! Who could approve what somebody asks for.

use std::collections::BTreeSet;

use serde_json::Map;

use super::fixture::{Bench, engine_without, user};
use crate::break_glass::World;

/// The names of those who could approve, of some people.
fn possible(profile: &str, requester: &str, people: &[&str]) -> Option<BTreeSet<String>> {
    possible_on(&Bench::new(), profile, requester, people)
}

fn possible_on(bench: &Bench, profile: &str, requester: &str, people: &[&str]) -> Option<BTreeSet<String>> {
    let world = World { engine: &bench.engine, entities: &bench.entities, at: bench.at };
    let people: Vec<_> = people.iter().map(|name| user(name)).collect();
    let found = bench.ledger.possible_approvers(world, profile, &user(requester), &people, &bench.context());
    found.map(|found| found.iter().map(|uid| uid.id().unescaped().to_owned()).collect())
}

fn names(names: &[&str]) -> Option<BTreeSet<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn those_whom_the_policy_lets_approve_are_possible_and_nobody_approves_their_own() {
    let everybody = ["dana", "mia", "ext", "sam", "far", "lee", "kim"];
    assert_eq!(possible("payout_incident", "dana", &everybody), names(&["sam", "lee"]), "no more than it takes");
    assert_eq!(possible("payout_incident", "dana", &["far", "mia", "kim"]), names(&["kim"]));
    assert_eq!(possible("payout_incident", "dana", &["dana", "mia"]), names(&[]));
    assert_eq!(possible("payout_incident", "sam", &["sam", "lee"]), names(&["lee"]));
}

/// The ledger refuses it by itself, so a policy that allows it makes nobody an approver.
#[test]
fn nobody_approves_their_own_where_the_policy_forgets_to_forbid_it() {
    let engine = engine_without("break-glass:payout_incident:not-self");
    let bench = Bench { engine, ..Bench::new() };
    let found = possible_on(&bench, "payout_incident", "sam", &["sam", "lee"]);
    assert_eq!(found, names(&["lee"]));
}

#[test]
fn nobody_can_say_who_approves_what_needs_no_approval_or_has_no_tenant() {
    for (profile, requester) in [("nonsense", "dana"), ("quick_look", "dana"), ("payout_incident", "homeless")] {
        assert_eq!(possible(profile, requester, &["sam", "lee"]), None, "{profile}, {requester}");
    }
}

/// What is not known of the context may still let somebody approve.
#[test]
fn a_context_that_is_not_known_excludes_nobody() {
    let bench = Bench::new();
    let world = World { engine: &bench.engine, entities: &bench.entities, at: bench.at };
    let people = [user("sam"), user("mia")];
    let found = bench.ledger.possible_approvers(world, "payout_incident", &user("dana"), &people, &Map::new());
    assert_eq!(found, Some(BTreeSet::from([user("sam")])));
}
