//! Asking for a grant: what is refused, and what earlier grants hold back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::fixture::{Bench, came_to, contract, look, payout, terms, user};
use crate::break_glass::facts::{History, of_request};
use crate::break_glass::{Actor, Answer, Event, Ledger, Part, Reason, Refusal, State, Terms, World};
use crate::clauses::Step;
use crate::decide::{Cause, Request, RequestError};
use crate::text::{Duration, Instant};

#[test]
fn a_request_is_refused_for_what_it_asks() {
    let refused = |change: &dyn Fn(&mut Terms)| {
        let mut bench = Bench::new();
        let mut terms = terms();
        change(&mut terms);
        let reason = bench.request(&terms).unwrap_err();
        assert_eq!(bench.events(), ["refused-request"]);
        assert_eq!(bench.ledger.grants().count(), 0);
        reason
    };
    assert_eq!(refused(&|terms| terms.profile = "nonsense".to_owned()), Reason::UnknownProfile);
    assert_eq!(refused(&|terms| terms.actions.clear()), Reason::NoActions);
    assert_eq!(
        refused(&|terms| {
            terms.actions.insert("Payout.create".to_owned());
        }),
        Reason::ActionNotCovered
    );
    assert_eq!(refused(&|terms| terms.resources.clear()), Reason::NoResources);
    assert_eq!(
        refused(&|terms| {
            terms.resources.insert(user("dana"));
        }),
        Reason::ResourceNotCovered
    );
    assert_eq!(refused(&|terms| terms.resources.extend(["p2", "p3"].map(payout))), Reason::TooManyResources);
    assert_eq!(refused(&|terms| terms.duration = Duration(0)), Reason::NoDuration);
    assert_eq!(refused(&|terms| terms.duration = Duration(2 * 3_600_000 + 1)), Reason::TooLong);
    assert_eq!(refused(&|terms| terms.reason.clear()), Reason::ReasonMissing);
    assert_eq!(refused(&|terms| terms.ticket.clear()), Reason::TicketMissing);
    assert_eq!(refused(&|terms| terms.ticket = "CHG-7".to_owned()), Reason::TicketMismatch);
}

#[test]
fn as_much_as_the_profile_allows_is_not_too_much() {
    let asked = |change: &dyn Fn(&mut Terms)| {
        let mut terms = terms();
        change(&mut terms);
        Bench::new().request(&terms)
    };
    assert!(asked(&|terms| terms.duration = Duration(2 * 3_600_000)).is_ok());
    assert!(asked(&|terms| terms.duration = Duration(1)).is_ok());
    assert!(asked(&|terms| terms.resources.extend(["p2"].map(payout))).is_ok());
    assert_eq!(asked(&|terms| terms.duration = Duration(-1)).unwrap_err(), Reason::NoDuration);
}

#[test]
fn a_request_is_refused_for_who_asks() {
    let mut bench = Bench::new();
    let refusal = |bench: &mut Bench, name: &str| match bench.request_as(name, &terms(), None) {
        Answer::Refused(refusal) => refusal,
        done @ Answer::Done { .. } => panic!("{done:?}"),
    };
    assert_eq!(refusal(&mut bench, "homeless").reason, Reason::NoTenant);
    let lead = refusal(&mut bench, "sam");
    assert_eq!((lead.reason, lead.decision.unwrap().cause), (Reason::NotEligible, Cause::NoGrant));
    bench.mfa = json!(false);
    let decision = refusal(&mut bench, "dana").decision.unwrap();
    assert_eq!(decision.reasons, BTreeSet::from(["break-glass:payout_incident:request:step_up".to_owned()]));
    let entry = bench.ledger.log().last().unwrap();
    assert_eq!(entry.by, Some(user("dana")));
    assert_eq!(entry.profile.as_deref(), Some("payout_incident"));
    let Event::Rejected { policies, .. } = &entry.event else { panic!("{entry:?}") };
    assert_eq!(*policies, decision.reasons);
}

#[test]
fn an_incomplete_context_grants_nothing() {
    let mut bench = Bench::new();
    let actor = Actor { uid: user("dana"), context: serde_json::Map::new() };
    let world = World { engine: &bench.engine, entities: &bench.entities, at: bench.at };
    let answer = bench.ledger.request(world, &actor, &terms(), None).unwrap();
    let Answer::Refused(Refusal { decision: Some(decision), .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(decision.cause, Cause::Undetermined);
}

#[test]
fn a_faulty_context_is_an_error_and_changes_nothing() {
    let mut bench = Bench::new();
    bench.mfa = json!("yes");
    let actor = bench.actor("dana");
    let world = World { engine: &bench.engine, entities: &bench.entities, at: bench.at };
    let error = bench.ledger.request(world, &actor, &terms(), None).unwrap_err();
    assert!(matches!(&error, RequestError::Context(faults) if faults[0].attribute == "mfa"), "{error}");
    assert_eq!(bench.ledger.grants().count(), 0);
}

#[test]
fn ids_are_counted_or_given_but_never_given_twice() {
    let mut bench = Bench::new();
    let id = |answer: &Answer| match answer {
        Answer::Done { grant, .. } => grant.clone(),
        Answer::Refused(refusal) => panic!("{refusal:?}"),
    };
    assert_eq!(id(&bench.request_as("dana", &terms(), Some("g2"))), "g2");
    // The count would make this one `g2`.
    assert_eq!(id(&bench.request_as("mia", &terms(), None)), "g3");
    assert_eq!(came_to(bench.request_as("dana", &look(), Some("g3"))), Err(Reason::DuplicateGrant));
}

#[test]
fn an_open_review_then_the_cooldown_then_the_window_hold_back_the_next_grant() {
    let mut bench = Bench::new();
    bench.granted();
    assert_eq!(bench.request(&terms()), Err(Reason::AlreadyActive));
    bench.after("30m");
    assert_eq!(bench.request(&terms()), Err(Reason::OpenReview));
    bench.step(Step::Review, "g1", "kim").unwrap();
    assert_eq!(bench.request(&terms()), Err(Reason::Cooldown));
    bench.after("59m59s999ms");
    assert_eq!(bench.request(&terms()), Err(Reason::Cooldown));
    bench.after("1ms");
    assert_eq!(bench.request(&terms()), Ok(State::Pending));
    bench.step(Step::Approve, "g2", "sam").unwrap();
    bench.step(Step::Approve, "g2", "lee").unwrap();
    bench.step(Step::Revoke, "g2", "dana").unwrap();
    bench.step(Step::Review, "g2", "kim").unwrap();
    bench.after("1h");
    assert_eq!(bench.request(&terms()), Err(Reason::TooManyGrants));
    // 24 hours after the first grant was issued, only the second is in the window.
    bench.after("21h30m");
    assert_eq!(bench.request(&terms()), Ok(State::Pending));
    // None of it concerns anyone else.
    assert_eq!(came_to(bench.request_as("mia", &terms(), None)), Ok(State::Pending));
}

#[test]
fn a_self_activated_grant_is_issued_at_the_request() {
    let mut bench = Bench::new();
    assert_eq!(bench.request(&look()), Ok(State::Active));
    assert_eq!(bench.events(), ["requested", "issued"]);
    assert!(bench.ledger.grant("g1").unwrap().tenant.is_empty());
    let request = Request {
        principal: user("dana"),
        action: r#"M::Action::"Order.read""#.parse().unwrap(),
        resource: r#"M::Order::"o1""#.parse().unwrap(),
        context: bench.context(),
    };
    assert_eq!(bench.decide_request(&request, Some("g1")).part, Part::Used(1));
    bench.after("10m");
    assert_eq!(bench.decide_request(&request, Some("g1")).part, Part::Objected(Reason::Expired));
    assert_eq!(bench.step(Step::Review, "g1", "sam"), Ok(State::Expired));
    // Its window is 0: no limit.
    for grant in ["g2", "g3", "g4"] {
        assert_eq!(bench.request(&look()), Ok(State::Active));
        bench.after("10m");
        assert_eq!(bench.step(Step::Review, grant, "sam"), Ok(State::Expired));
    }
}

#[test]
fn a_profile_without_a_window_does_not_count_grants() {
    let mut contract = contract();
    contract.break_glass.get_mut("quick_look").unwrap().max_grants = 0;
    let mut bench = Bench::new();
    bench.ledger = Ledger::new(&contract).unwrap();
    assert!(bench.request(&look()).is_ok());
}

#[test]
fn the_policy_is_told_when_the_last_grant_ended() {
    let terms = terms();
    let history =
        |last_grant_ended| History { open_reviews: 1, grants_in_window: 2, active_grants: 3, last_grant_ended };
    let facts = of_request(&terms, &BTreeMap::new(), &history(None));
    assert_eq!(facts["open_reviews"], json!(1));
    assert_eq!(facts["grants_in_window"], json!(2));
    assert_eq!(facts["active_grants"], json!(3));
    assert!(!facts.contains_key("last_grant_ended"), "{facts:?}");
    let ended = Instant::parse("2026-03-01T10:00:00Z").unwrap();
    let facts = of_request(&terms, &BTreeMap::new(), &history(Some(ended)));
    assert!(facts["last_grant_ended"].to_string().contains("2026-03-01"), "{facts:?}");
}
