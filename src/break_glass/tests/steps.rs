//! Approving, refusing, withdrawing, revoking and reviewing, and what happens by time alone.

use super::fixture::{Bench, approve_p1, came_to, contract, terms, user};
use crate::break_glass::{Ledger, Part, Reason, Review, State, World};
use crate::clauses::{Clause, Step};
use crate::text::Duration;

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
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Objected(Reason::Pending));
    assert_eq!(bench.step(Step::Approve, "g1", "lee"), Ok(State::Active));
    assert_eq!(bench.step(Step::Approve, "g1", "kim"), Err(Reason::Active));
    assert_eq!(bench.events().iter().filter(|event| **event == "refused-approval").count(), 7);
}

#[test]
fn a_step_needs_only_the_context_that_its_policies_read() {
    let mut bench = Bench::new();
    bench.request(&terms()).unwrap();
    let mut by = bench.actor("sam");
    by.context.remove("mfa");
    let world = World { engine: &bench.engine, entities: &bench.entities, at: bench.at };
    let answer = bench.ledger.step(world, Step::Approve, "g1", &by).unwrap();
    assert_eq!(came_to(answer), Ok(State::Pending));
    by.context.remove("now");
    by.uid = user("lee");
    let answer = bench.ledger.step(world, Step::Approve, "g1", &by).unwrap();
    assert_eq!(came_to(answer), Err(Reason::NotApprover));
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
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Objected(Reason::Refused));
    // It never was a grant: no cooldown, no review.
    assert_eq!(bench.request(&terms()), Ok(State::Pending));
}

/// A profile whose grants end once nobody has used them for ten minutes.
fn idle_bench() -> Bench {
    let mut contract = contract();
    contract.break_glass.get_mut("payout_incident").unwrap().bounds.set(Clause::Idle, 10 * 60_000);
    let mut bench = Bench::new();
    bench.ledger = Ledger::new(&contract).unwrap();
    bench.granted();
    bench
}

fn use_once(bench: &mut Bench) -> Result<i64, Reason> {
    let request = approve_p1(bench);
    let reservation = bench.ledger.reserve(bench.at, "g1", &request)?;
    bench.ledger.commit(bench.at, reservation, &request)
}

#[test]
fn a_grant_that_nobody_uses_ends_and_each_use_keeps_it() {
    let mut bench = idle_bench();
    bench.after("10m");
    assert_eq!(use_once(&mut bench), Err(Reason::Expired));
    assert_eq!(bench.state("g1"), State::Expired);
    let mut bench = idle_bench();
    for uses in 1..=2 {
        bench.after("9m");
        assert_eq!(use_once(&mut bench), Ok(uses));
    }
    bench.after("10m");
    assert_eq!(use_once(&mut bench), Err(Reason::Expired));
    let ended = bench.ledger.grant("g1").unwrap();
    // At the end of the idle time, and not when somebody looked.
    assert_eq!(ended.ended_at, Some(bench.at));
    assert_eq!(ended.issue.unwrap().uses, 2);
}

#[test]
fn a_use_keeps_no_grant_beyond_its_time_and_one_being_decided_on_keeps_none() {
    let mut bench = idle_bench();
    for uses in 1..=3 {
        bench.after("9m");
        assert_eq!(use_once(&mut bench), Ok(uses));
    }
    bench.after("3m");
    assert_eq!(use_once(&mut bench), Err(Reason::Expired), "half an hour is over");
    let mut bench = idle_bench();
    let request = approve_p1(&bench);
    let reservation = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
    bench.after("10m");
    assert_eq!(bench.ledger.commit(bench.at, reservation, &request), Err(Reason::Expired));
}

#[test]
fn the_policy_is_told_of_the_last_use_where_the_profile_has_an_idle_time() {
    let mut bench = idle_bench();
    let request = approve_p1(&bench);
    let told = |bench: &mut Bench| {
        let reservation = bench.ledger.reserve(bench.at, "g1", &request).unwrap();
        let record = reservation.presented(&request).context["break_glass"]["payout_incident"].clone();
        bench.ledger.release(reservation);
        record["last_used_at"]["__extn"]["arg"].as_str().unwrap().to_owned()
    };
    assert_eq!(told(&mut bench), "2026-03-01T10:00:00Z");
    bench.after("5m");
    use_once(&mut bench).unwrap();
    bench.after("1m");
    assert_eq!(told(&mut bench), "2026-03-01T10:05:00Z");
}

#[test]
fn where_it_takes_two_refusals_one_leaves_the_request_pending() {
    let mut contract = contract();
    contract.break_glass.get_mut("payout_incident").unwrap().bounds.set(Clause::Refused, 2);
    let mut bench = Bench { ledger: Ledger::new(&contract).unwrap(), ..Bench::new() };
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    assert_eq!(bench.step(Step::Refuse, "g1", "sam"), Ok(State::Pending));
    assert_eq!(bench.step(Step::Refuse, "g1", "sam"), Err(Reason::AlreadyRefused));
    assert_eq!(bench.step(Step::Approve, "g1", "sam"), Err(Reason::AlreadyRefused));
    assert_eq!(bench.ledger.grant("g1").unwrap().approvers, []);
    assert_eq!(bench.step(Step::Approve, "g1", "lee"), Ok(State::Pending));
    assert_eq!(bench.step(Step::Refuse, "g1", "kim"), Ok(State::Refused));
}

/// Whoever refuses takes back their own approval and nobody else's.
#[test]
fn a_refusal_takes_no_approval_of_another_away() {
    let mut contract = contract();
    contract.break_glass.get_mut("payout_incident").unwrap().bounds.set(Clause::Refused, 2);
    let mut bench = Bench { ledger: Ledger::new(&contract).unwrap(), ..Bench::new() };
    bench.request(&terms()).unwrap();
    bench.step(Step::Approve, "g1", "sam").unwrap();
    assert_eq!(bench.step(Step::Refuse, "g1", "lee"), Ok(State::Pending));
    assert_eq!(bench.ledger.grant("g1").unwrap().approvers, [user("sam")]);
    assert_eq!(bench.step(Step::Approve, "g1", "kim"), Ok(State::Active));
}

#[test]
fn a_requester_takes_back_what_is_pending() {
    let mut bench = Bench::new();
    assert_eq!(bench.step(Step::Withdraw, "g1", "dana"), Err(Reason::UnknownGrant));
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
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Objected(Reason::TimedOut));
    assert_eq!(bench.events(), ["requested", "approved", "timed-out", "refused-approval", "denied"]);
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
        assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Objected(Reason::Revoked));
        assert_eq!(bench.step(Step::Revoke, "g1", revoker), Err(Reason::Revoked));
        // Its time passes: the state stays.
        bench.after("1h");
        bench.ledger.advance(bench.at);
        assert_eq!(bench.state("g1"), State::Revoked);
    }
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
    assert_eq!(bench.ledger.grant("g1").unwrap().review, Review::Done { by: user("kim"), at: bench.at });
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Err(Reason::AlreadyReviewed));
}

#[test]
fn a_review_that_does_not_come_is_logged_once() {
    let mut bench = Bench::new();
    bench.granted();
    bench.after("3d");
    bench.ledger.advance(bench.at);
    bench.ledger.advance(bench.at);
    assert_eq!(bench.events()[4..], ["expired", "review-overdue"]);
    let times: Vec<_> = bench.ledger.log()[4..].iter().map(|entry| entry.at.to_string()).collect();
    assert_eq!(times, ["2026-03-01T10:30:00Z", "2026-03-02T10:30:00Z"]);
    assert_eq!(bench.ledger.log()[5].alerts, ["secops"]);
    assert_eq!(bench.request(&terms()), Err(Reason::OpenReview));
    assert_eq!(bench.step(Step::Review, "g1", "kim"), Ok(State::Expired));
}

#[test]
fn what_has_waited_too_long_is_not_taken_back() {
    let mut bench = Bench::new();
    assert_eq!(bench.request(&terms()), Ok(State::Pending));
    bench.after("30m");
    assert_eq!(bench.step(Step::Withdraw, "g1", "dana"), Err(Reason::TimedOut));
    assert_eq!(bench.events(), ["requested", "timed-out", "refused-withdrawal"]);
}
