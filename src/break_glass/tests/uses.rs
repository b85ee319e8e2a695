//! Ordinary requests with a grant presented.

use std::collections::BTreeSet;

use serde_json::json;

use super::fixture::{Bench, approve_p1, terms, user};
use crate::break_glass::{Part, Reason, State, World};
use crate::clauses::Step;
use crate::decide::{Request, RequestError};

#[test]
fn a_grant_opens_what_it_names_until_its_time_is_over() {
    let mut bench = Bench::new();
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", None).part, Part::NotPresented);
    bench.granted();
    let ruling = bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    assert_eq!((ruling.decision.is_allow(), ruling.part), (true, Part::Used(1)));
    assert_eq!(ruling.decision.reasons, BTreeSet::from(["break-glass:payout_incident".to_owned()]));
    bench.after("29m");
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Used(2));
    bench.after("1m");
    let ruling = bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    assert_eq!((ruling.decision.is_allow(), ruling.part), (false, Part::Objected(Reason::Expired)));
    assert_eq!(
        bench.events(),
        ["denied", "requested", "approved", "approved", "issued", "used", "used", "expired", "denied"]
    );
}

#[test]
fn a_revocation_overtakes_a_use_that_is_being_decided_on() {
    let mut bench = Bench::new();
    bench.granted();
    let request = approve_p1(&bench);
    let reservation = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    bench.step(Step::Revoke, "g1", "kim").unwrap();
    assert_eq!(bench.ledger.commit(bench.at, reservation, &request), Err(Reason::Revoked));
    assert_eq!(bench.ledger.grant("g1").unwrap().issue.unwrap().uses, 0);
}

#[test]
fn uses_run_out_and_are_reserved_before_they_are_decided_on() {
    let mut bench = Bench::new();
    bench.granted();
    let request = approve_p1(&bench);
    let first = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    let second = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    // The policy is told of the uses that may yet come about.
    assert_eq!(second.presented(&request).context["break_glass"]["payout_incident"]["uses"], json!(1));
    let third = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    assert_eq!(bench.ledger.reserve(bench.at, "g1", &request), Err(Reason::UsesExhausted));
    bench.ledger.release(third);
    assert_eq!(bench.ledger.commit(bench.at, first, &request), Ok(1));
    assert_eq!(bench.ledger.commit(bench.at, second, &request), Ok(2));
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Used(3));
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Objected(Reason::UsesExhausted));
    assert_eq!(bench.state("g1"), State::Active);
}

#[test]
fn a_grant_counts_only_for_its_requester_its_actions_and_its_resources() {
    let mut bench = Bench::new();
    bench.granted();
    let mut part = |name: &str, action: &str, resource: &str, grant: &str| {
        let ruling = bench.decide(name, action, resource, Some(grant));
        assert!(!ruling.decision.is_allow());
        ruling.part
    };
    assert_eq!(part("mia", "Payout.approve", "p1", "g1"), Part::Objected(Reason::NotRequester));
    assert_eq!(part("dana", "Payout.approve", "p2", "g1"), Part::Objected(Reason::OutOfScope));
    assert_eq!(part("dana", "Payout.create", "p1", "g1"), Part::Objected(Reason::OutOfScope));
    assert_eq!(part("dana", "Payout.approve", "p1", "g9"), Part::Objected(Reason::UnknownGrant));
    assert_eq!(bench.ledger.grant("g1").unwrap().issue.unwrap().uses, 0);
    // The profile opens reading, this grant does not.
    let read = Request { action: r#"M::Action::"Payout.read""#.parse().unwrap(), ..approve_p1(&bench) };
    assert_eq!(bench.ledger.reserve(bench.at, "g1", &read), Err(Reason::OutOfScope));
}

#[test]
fn a_grant_is_not_used_up_by_what_is_allowed_or_denied_all_the_same() {
    let mut bench = Bench::new();
    let mut both = terms();
    both.actions.insert("Payout.read".to_owned());
    bench.request(&both).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    bench.step(Step::Approve, "g1", "lee").unwrap();
    let read = bench.decide("dana", "Payout.read", "p1", Some("g1"));
    assert_eq!((read.decision.is_allow(), read.part), (true, Part::NotNeeded));
    bench.mfa = json!(false);
    let approve = bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    assert_eq!((approve.decision.is_allow(), approve.part), (false, Part::NotEnough));
    assert_eq!(approve.decision.reasons, BTreeSet::from(["step_up".to_owned()]));
    let issue = bench.ledger.grant("g1").unwrap().issue.unwrap();
    assert_eq!((issue.uses, issue.reserved), (0, 0));
    assert_eq!(bench.events()[4..], ["allowed", "denied"]);
}

#[test]
fn a_request_cannot_bring_its_own_grant() {
    let mut bench = Bench::new();
    bench.granted();
    let reservation = bench.ledger.reserve(bench.at, "g1", &approve_p1(&bench)).unwrap();
    let forged = reservation.presented(&approve_p1(&bench));
    let world = World { engine: &bench.engine, entities: &bench.entities, at: bench.at };
    let error = bench.ledger.decide(world, &forged, None).unwrap_err();
    assert!(matches!(&error, RequestError::Context(faults) if faults[0].attribute == "break_glass"), "{error}");
}

#[test]
fn the_policy_checks_again_who_approved() {
    let mut bench = Bench::new();
    bench.granted();
    // Lee is no lead any more.
    bench.entities = bench.entities.clone().remove_entities([user("lee")]).unwrap();
    let ruling = bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    assert_eq!((ruling.decision.is_allow(), ruling.part), (false, Part::NotEnough));
}

#[test]
fn the_record_holds_every_field() {
    let mut bench = Bench::new();
    bench.granted();
    let request = approve_p1(&bench);
    let reservation = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    let presented = reservation.presented(&request);
    let record = presented.context["break_glass"]["payout_incident"].as_object().unwrap();
    let mut fields: Vec<_> = record.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    fields.sort();
    insta::assert_snapshot!(fields.join("\n"), @r#"
    actions: ["Payout.approve"]
    approved_at: {"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00Z"}}
    approver1: {"__entity":{"type":"M::User","id":"sam"}}
    approver2: {"__entity":{"type":"M::User","id":"lee"}}
    expires_at: {"__extn":{"fn":"datetime","arg":"2026-03-01T10:30:00Z"}}
    id: "g1"
    log_index: 3
    not_before: {"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00Z"}}
    reason: "queue stuck"
    refusals: 0
    requested_at: {"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00Z"}}
    requester: {"__entity":{"type":"M::User","id":"dana"}}
    resource_count: 1
    resources: {"Payout":[{"__entity":{"type":"M::Payout","id":"p1"}}]}
    revoked: false
    tenant: {"org":{"__entity":{"type":"M::Org","id":"acme"}}}
    ticket: "INC-7"
    uses: 0
    "#);
}

/// A gateway reserves, decides and commits by itself, each at its own time.
#[test]
fn a_grant_that_ended_meanwhile_is_neither_reserved_nor_used() {
    let mut bench = Bench::new();
    bench.granted();
    let request = approve_p1(&bench);
    let reservation = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    bench.after("30m");
    assert_eq!(bench.ledger.commit(bench.at, reservation, &request), Err(Reason::Expired));
    let mut bench = Bench::new();
    bench.granted();
    bench.after("30m");
    assert_eq!(bench.ledger.reserve(bench.at, "g1", &request), Err(Reason::Expired));
}

#[test]
fn what_is_decided_without_a_grant_is_entered_at_its_time_and_after_what_was_due_before() {
    let mut bench = Bench::new();
    bench.granted();
    bench.after("31m");
    bench.decide("dana", "Payout.approve", "p1", None);
    let log = bench.ledger.log();
    let [.., due, last] = log else { panic!("{log:?}") };
    assert_eq!((due.event.kind().name(), last.event.kind().name(), last.at), ("expired", "denied", bench.at));
}
