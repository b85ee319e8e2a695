//! Tests of the room as a whole: every transition, every refusal, what the policy is told, and the laws that no sequence of
//! events may break.

mod fixture;
mod laws;
mod quorum;
mod requests;
mod steps;
mod uses;

use std::collections::BTreeSet;

use self::fixture::{Bench, START, contract};
use crate::break_glass::{EventKind, Ledger, Part, Reason};
use crate::text::Instant;

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
            let by = entry.by.as_ref().map_or("-".to_owned(), |by| by.id().unescaped().to_owned());
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
fn time_never_runs_backwards() {
    let mut bench = Bench::new();
    bench.granted();
    bench.after("30m");
    bench.ledger.advance(bench.at);
    bench.at = Instant::parse(START).unwrap();
    assert_eq!(bench.decide("dana", "Payout.approve", "p1", Some("g1")).part, Part::Objected(Reason::Expired));
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
    let kebab =
        |name: &&str| name.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()));
    assert!(names.clone().all(|name| kebab(&name)) && events.clone().all(|name| kebab(&name)));
    assert_eq!(names.collect::<BTreeSet<_>>().len(), Reason::ALL.len());
    assert_eq!(events.collect::<BTreeSet<_>>().len(), EventKind::ALL.len());
    assert_eq!(Reason::UsesExhausted.to_string(), "uses-exhausted");
}
