//! Tests of the room as a whole: every transition, every refusal, what the policy is told, and the laws that no sequence of
//! events may break.

mod fixture;
mod laws;

use std::collections::BTreeSet;

use serde_json::json;

use self::fixture::Bench;
use self::fixture::came_to;
use self::fixture::contract;
use self::fixture::look;
use self::fixture::payout;
use self::fixture::terms;
use self::fixture::user;
use super::*;
use crate::decide::Cause;
use crate::decide::Request;
use crate::decide::RequestError;
use crate::text::Duration;
use crate::text::Instant;

#[test]
fn a_grant_opens_what_it_names_until_its_time_is_over() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", None).part,
        Part::NotPresented
    );
    bench.granted();
    let ruling = bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    assert_eq!((ruling.decision.is_allow(), ruling.part), (true, Part::Used(1)));
    assert_eq!(
        ruling.decision.reasons,
        BTreeSet::from(["break-glass:payout_incident".to_owned()])
    );
    bench.after("29m");
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Used(2)
    );
    bench.after("1m");
    let ruling = bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    assert_eq!(
        (ruling.decision.is_allow(), ruling.part),
        (false, Part::Objected(Reason::Expired))
    );
    assert_eq!(
        bench.events(),
        [
            "denied",
            "requested",
            "approved",
            "approved",
            "issued",
            "used",
            "used",
            "expired",
            "denied"
        ]
    );
}

#[test]
fn the_log_counts_without_gaps_and_tells_whom_to_alert() {
    let mut bench = Bench::new();
    bench.granted();
    bench.decide("dana", "Payout.approve", "p1", Some("g1"));
    let shown: Vec<_> = bench
        .ledger
        .log()
        .iter()
        .map(|entry| {
            let by = entry
                .by
                .as_ref()
                .map_or("-".to_owned(), |by| by.id().unescaped().to_owned());
            format!(
                "{} {} {} by {by} -> {}",
                entry.index,
                entry.event.kind(),
                entry.grant.as_deref().unwrap(),
                entry.alerts.join(",")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    0 requested g1 by dana -> secops
    1 approved g1 by sam -> secops
    2 approved g1 by lee -> secops
    3 issued g1 by - -> 
    4 used g1 by dana -> secops
    ");
    assert_eq!(bench.ledger.grant("g1").unwrap().issue.unwrap().log_index, 3);
}

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
    assert_eq!(
        refused(&|terms| terms.profile = "nonsense".to_owned()),
        Reason::UnknownProfile
    );
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
    assert_eq!(
        refused(&|terms| terms.resources.extend(["p2", "p3"].map(payout))),
        Reason::TooManyResources
    );
    assert_eq!(refused(&|terms| terms.duration = Duration(0)), Reason::NoDuration);
    assert_eq!(
        refused(&|terms| terms.duration = Duration(2 * 3_600_000 + 1)),
        Reason::TooLong
    );
    assert_eq!(refused(&|terms| terms.reason.clear()), Reason::ReasonMissing);
    assert_eq!(refused(&|terms| terms.ticket.clear()), Reason::TicketMissing);
    assert_eq!(
        refused(&|terms| terms.ticket = "CHG-7".to_owned()),
        Reason::TicketMismatch
    );
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
    assert_eq!(
        (lead.reason, lead.decision.unwrap().cause),
        (Reason::NotEligible, Cause::NoGrant)
    );
    bench.mfa = json!(false);
    let decision = refusal(&mut bench, "dana").decision.unwrap();
    assert_eq!(
        decision.reasons,
        BTreeSet::from(["break-glass:payout_incident:request:step_up".to_owned()])
    );
    let entry = bench.ledger.log().last().unwrap();
    assert_eq!(entry.by, Some(user("dana")));
    assert_eq!(entry.profile.as_deref(), Some("payout_incident"));
    let Event::Rejected { policies, .. } = &entry.event else {
        panic!("{entry:?}")
    };
    assert_eq!(*policies, decision.reasons);
}

#[test]
fn an_incomplete_context_grants_nothing() {
    let mut bench = Bench::new();
    let actor = Actor {
        uid: user("dana"),
        context: serde_json::Map::new(),
    };
    let world = World {
        engine: &bench.engine,
        entities: &bench.entities,
        at: bench.at,
    };
    let answer = bench.ledger.request(world, &actor, &terms(), None).unwrap();
    let Answer::Refused(Refusal {
        decision: Some(decision),
        ..
    }) = answer
    else {
        panic!("{answer:?}")
    };
    assert_eq!(decision.cause, Cause::Undetermined);
}

#[test]
fn a_faulty_context_is_an_error_and_changes_nothing() {
    let mut bench = Bench::new();
    bench.mfa = json!("yes");
    let actor = bench.actor("dana");
    let world = World {
        engine: &bench.engine,
        entities: &bench.entities,
        at: bench.at,
    };
    let error = bench.ledger.request(world, &actor, &terms(), None).unwrap_err();
    assert!(
        matches!(&error, RequestError::Context(faults) if faults[0].attribute == "mfa"),
        "{error}"
    );
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
    assert_eq!(
        came_to(bench.request_as("dana", &look(), Some("g3"))),
        Err(Reason::DuplicateGrant)
    );
}

#[test]
fn an_approval_takes_a_distinct_approver_of_the_same_tenant() {
    let mut bench = Bench::new();
    assert_eq!(bench.step(Step::Approve, "g1", "sam"), Err(Reason::UnknownGrant));
    bench.request(&terms()).unwrap();
    assert_eq!(bench.step(Step::Approve, "g1", "dana"), Err(Reason::SelfApproval));
    assert_eq!(bench.step(Step::Approve, "g1", "mia"), Err(Reason::NotApprover));
    assert_eq!(bench.step(Step::Approve, "g1", "far"), Err(Reason::NotApprover));
    assert_eq!(bench.step(Step::Approve, "g1", "nobody"), Err(Reason::NotApprover));
    assert_eq!(bench.step(Step::Approve, "g1", "sam"), Ok(State::Pending));
    assert_eq!(bench.step(Step::Approve, "g1", "sam"), Err(Reason::AlreadyApproved));
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Objected(Reason::Pending)
    );
    assert_eq!(bench.step(Step::Approve, "g1", "lee"), Ok(State::Active));
    assert_eq!(bench.step(Step::Approve, "g1", "kim"), Err(Reason::Active));
    assert_eq!(
        bench
            .events()
            .iter()
            .filter(|event| **event == "refused-approval")
            .count(),
        7
    );
}

#[test]
fn a_refusal_ends_a_request_for_good() {
    let mut bench = Bench::new();
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    assert_eq!(bench.step(Step::Refuse, "g1", "mia"), Err(Reason::NotApprover));
    // Sam thinks better of it.
    assert_eq!(bench.step(Step::Refuse, "g1", "sam"), Ok(State::Refused));
    assert_eq!(bench.step(Step::Approve, "g1", "lee"), Err(Reason::Refused));
    assert_eq!(bench.step(Step::Refuse, "g1", "lee"), Err(Reason::Refused));
    assert_eq!(bench.step(Step::Withdraw, "g1", "dana"), Err(Reason::Refused));
    assert_eq!(bench.step(Step::Revoke, "g1", "lee"), Err(Reason::Refused));
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Err(Reason::Refused));
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Objected(Reason::Refused)
    );
    // It never was a grant: no cooldown, no review.
    assert_eq!(bench.request(&terms()), Ok(State::Pending));
}

#[test]
fn where_it_takes_two_refusals_one_leaves_the_request_pending() {
    let mut contract = contract();
    contract.break_glass.get_mut("payout_incident").unwrap().refusals = 2;
    let mut bench = Bench {
        ledger: Ledger::new(&contract).unwrap(),
        ..Bench::new()
    };
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    assert_eq!(bench.step(Step::Refuse, "g1", "sam"), Ok(State::Pending));
    assert_eq!(bench.step(Step::Refuse, "g1", "sam"), Err(Reason::AlreadyRefused));
    assert_eq!(bench.step(Step::Approve, "g1", "sam"), Err(Reason::AlreadyRefused));
    assert_eq!(bench.ledger.grant("g1").unwrap().approvers, []);
    assert_eq!(bench.step(Step::Approve, "g1", "lee"), Ok(State::Pending));
    assert_eq!(bench.step(Step::Refuse, "g1", "kim"), Ok(State::Refused));
}

#[test]
fn a_requester_takes_back_what_is_pending() {
    let mut bench = Bench::new();
    let at = bench.at;
    assert_eq!(
        came_to(bench.ledger.withdraw(at, "g1", &user("dana"))),
        Err(Reason::UnknownGrant)
    );
    bench.request(&terms()).unwrap();
    assert_eq!(bench.request(&terms()), Err(Reason::AlreadyPending));
    assert_eq!(bench.step(Step::Withdraw, "g1", "sam"), Err(Reason::NotRequester));
    assert_eq!(bench.step(Step::Withdraw, "g1", "dana"), Ok(State::Withdrawn));
    assert_eq!(bench.step(Step::Approve, "g1", "sam"), Err(Reason::Withdrawn));
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g2", "sam").unwrap();
    bench.step(Step::Approve, "g2", "lee").unwrap();
    assert_eq!(bench.step(Step::Withdraw, "g2", "dana"), Err(Reason::Active));
}

#[test]
fn a_request_waits_so_long_and_no_longer() {
    let mut bench = Bench::new();
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    bench.after("30m");
    assert_eq!(bench.step(Step::Approve, "g1", "lee"), Err(Reason::TimedOut));
    assert_eq!(bench.state("g1"), State::TimedOut);
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Objected(Reason::TimedOut)
    );
    assert_eq!(
        bench.events(),
        ["requested", "approved", "timed-out", "refused-approval", "denied"]
    );
    assert_eq!(bench.request(&terms()), Ok(State::Pending));
}

#[test]
fn the_window_runs_from_the_last_approval() {
    let mut bench = Bench::new();
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    bench.after("20m");
    bench.step(Step::Approve, "g1", "lee").unwrap();
    let issue = bench.ledger.grant("g1").unwrap().issue.unwrap();
    assert_eq!((issue.approved_at, issue.not_before), (bench.at, bench.at));
    assert_eq!(issue.expires_at, bench.at.checked_add(Duration(30 * 60_000)).unwrap());
}

#[test]
fn a_revoked_grant_opens_nothing_from_that_moment() {
    for revoker in ["dana", "sam", "kim"] {
        let mut bench = Bench::new();
        bench.request(&terms()).unwrap();
        assert_eq!(bench.step(Step::Revoke, "g1", revoker), Err(Reason::Pending));
        bench.step(Step::Approve, "g1", "sam").unwrap();
        bench.step(Step::Approve, "g1", "lee").unwrap();
        assert_eq!(bench.step(Step::Revoke, "g1", "mia"), Err(Reason::NotRevoker));
        assert_eq!(bench.step(Step::Revoke, "g1", revoker), Ok(State::Revoked));
        assert_eq!(
            bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
            Part::Objected(Reason::Revoked)
        );
        assert_eq!(bench.step(Step::Revoke, "g1", revoker), Err(Reason::Revoked));
        // Its time passes: the state stays.
        bench.after("1h");
        bench.ledger.advance(bench.at);
        assert_eq!(bench.state("g1"), State::Revoked);
    }
}

#[test]
fn a_revocation_overtakes_a_use_that_is_being_decided_on() {
    let mut bench = Bench::new();
    bench.granted();
    let request = approve_p1(&bench);
    let reservation = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    bench.step(Step::Revoke, "g1", "kim").unwrap();
    assert_eq!(
        bench.ledger.commit(bench.at, reservation, &request),
        Err(Reason::Revoked)
    );
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
    assert_eq!(
        second.presented(&request).context["break_glass"]["payout_incident"]["uses"],
        json!(1)
    );
    let third = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    assert_eq!(
        bench.ledger.reserve(bench.at, "g1", &request),
        Err(Reason::UsesExhausted)
    );
    bench.ledger.release(third);
    assert_eq!(bench.ledger.commit(bench.at, first, &request), Ok(1));
    assert_eq!(bench.ledger.commit(bench.at, second, &request), Ok(2));
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Used(3)
    );
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Objected(Reason::UsesExhausted)
    );
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
    assert_eq!(
        part("mia", "Payout.approve", "p1", "g1"),
        Part::Objected(Reason::NotRequester)
    );
    assert_eq!(
        part("dana", "Payout.approve", "p2", "g1"),
        Part::Objected(Reason::OutOfScope)
    );
    assert_eq!(
        part("dana", "Payout.create", "p1", "g1"),
        Part::Objected(Reason::OutOfScope)
    );
    assert_eq!(
        part("dana", "Payout.approve", "p1", "g9"),
        Part::Objected(Reason::UnknownGrant)
    );
    assert_eq!(bench.ledger.grant("g1").unwrap().issue.unwrap().uses, 0);
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
    let world = World {
        engine: &bench.engine,
        entities: &bench.entities,
        at: bench.at,
    };
    let error = bench.ledger.decide(world, &forged, None).unwrap_err();
    assert!(
        matches!(&error, RequestError::Context(faults) if faults[0].attribute == "break_glass"),
        "{error}"
    );
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

#[test]
fn an_ended_grant_is_reviewed_by_someone_who_took_no_part_in_it() {
    let mut bench = Bench::new();
    bench.granted();
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Err(Reason::Active));
    bench.after("30m");
    assert_eq!(bench.step(Step::Review, "g1", "dana"), Err(Reason::SelfReview));
    assert_eq!(bench.step(Step::Review, "g1", "sam"), Err(Reason::ApproverReview));
    assert_eq!(bench.step(Step::Review, "g1", "mia"), Err(Reason::NotReviewer));
    assert!(bench.ledger.grant("g1").unwrap().needs_review());
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Ok(State::Expired));
    assert_eq!(
        bench.ledger.grant("g1").unwrap().review,
        Review::Done {
            by: user("kim"),
            at: bench.at
        }
    );
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Err(Reason::AlreadyReviewed));
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
fn a_review_that_does_not_come_is_logged_once() {
    let mut bench = Bench::new();
    bench.granted();
    bench.after("3d");
    bench.ledger.advance(bench.at);
    bench.ledger.advance(bench.at);
    assert_eq!(bench.events()[4..], ["expired", "review-overdue"]);
    let times: Vec<_> = bench.ledger.log()[4..]
        .iter()
        .map(|entry| entry.at.to_string())
        .collect();
    assert_eq!(times, ["2026-03-01T10:30:00Z", "2026-03-02T10:30:00Z"]);
    assert_eq!(bench.ledger.log()[5].alerts, ["secops"]);
    assert_eq!(bench.request(&terms()), Err(Reason::OpenReview));
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Ok(State::Expired));
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
    assert_eq!(
        bench.decide_request(&request, Some("g1")).part,
        Part::Objected(Reason::Expired)
    );
    assert_eq!(bench.step(Step::Review, "g1", "sam"), Ok(State::Expired));
    // Its window is 0: no limit.
    for grant in ["g2", "g3", "g4"] {
        assert_eq!(bench.request(&look()), Ok(State::Active));
        bench.after("10m");
        assert_eq!(bench.step(Step::Review, grant, "sam"), Ok(State::Expired));
    }
}

#[test]
fn time_never_runs_backwards() {
    let mut bench = Bench::new();
    bench.granted();
    bench.after("30m");
    bench.ledger.advance(bench.at);
    bench.at = Instant::parse(fixture::START).unwrap();
    assert_eq!(
        bench.decide("dana", "Payout.approve", "p1", Some("g1")).part,
        Part::Objected(Reason::Expired)
    );
    let times: Vec<_> = bench.ledger.log().iter().map(|entry| entry.at).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_contract_that_does_not_hold_together_makes_no_ledger() {
    let message = |change: &dyn Fn(&mut crate::bundle::BreakGlassProfile)| {
        let mut contract = contract();
        change(contract.break_glass.get_mut("payout_incident").unwrap());
        Ledger::new(&contract).unwrap_err().to_string()
    };
    insta::assert_snapshot!(message(&|profile| profile.cedar = "nonsense".to_owned()), @"break-glass profile `payout_incident` of the contract: `nonsense` is not a Cedar entity");
    insta::assert_snapshot!(message(&|profile| profile.actions.push("Payout.eat".to_owned())), @"break-glass profile `payout_incident` of the contract: there is no action `Payout.eat`");
    insta::assert_snapshot!(message(&|profile| profile.resources.push("Pay".to_owned())), @"break-glass profile `payout_incident` of the contract: there is no entity type `Pay`");
}

#[test]
fn names_are_stable_distinct_and_kebab_case() {
    let names = Reason::ALL.iter().map(|reason| reason.name());
    let events = EventKind::ALL.iter().map(|kind| kind.name());
    let kebab = |name: &&str| {
        name.split('-')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()))
    };
    assert!(names.clone().all(|name| kebab(&name)) && events.clone().all(|name| kebab(&name)));
    assert_eq!(names.collect::<BTreeSet<_>>().len(), Reason::ALL.len());
    assert_eq!(events.collect::<BTreeSet<_>>().len(), EventKind::ALL.len());
    assert_eq!(Reason::UsesExhausted.to_string(), "uses-exhausted");
}

fn approve_p1(bench: &Bench) -> Request {
    Request {
        principal: user("dana"),
        action: r#"M::Action::"Payout.approve""#.parse().unwrap(),
        resource: payout("p1"),
        context: bench.context(),
    }
}
