//! Laws: whatever happens in whatever order, no grant is active or used outside its profile, and no terminal state is left.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fixture::{Bench, look, terms};
use crate::break_glass::{Event, Grant, State};
use crate::bundle::BreakGlassProfile;
use crate::clauses::{Clause, Step};
use crate::text::Duration;

#[derive(Debug, Clone)]
enum Happening {
    Request(&'static str, bool),
    Step(Step, usize, &'static str),
    Decide(&'static str, usize),
    After(i64),
}

/// Mostly what leads on, so that sequences reach used, ended and reviewed grants; and everything else now and then.
fn happening() -> impl Strategy<Value = Happening> {
    let anyone = || prop::sample::select(vec!["dana", "mia", "sam", "lee", "kim", "far"]);
    let lead = || prop::sample::select(vec!["sam", "lee", "kim"]);
    let step = prop::sample::select(vec![Step::Approve, Step::Refuse, Step::Withdraw, Step::Revoke, Step::Review]);
    let on_newest = |step: Step| lead().prop_map(move |by| Happening::Step(step, 0, by));
    prop_oneof![
        4 => prop::sample::select(vec![true, true, true, false]).prop_map(|long| Happening::Request("dana", long)),
        1 => (anyone(), any::<bool>()).prop_map(|(by, long)| Happening::Request(by, long)),
        8 => on_newest(Step::Approve),
        3 => on_newest(Step::Review),
        2 => (step, 0..3_usize, anyone()).prop_map(|(step, grant, by)| Happening::Step(step, grant, by)),
        6 => Just(Happening::Decide("dana", 0)),
        1 => (anyone(), 0..3_usize).prop_map(|(by, grant)| Happening::Decide(by, grant)),
        3 => prop::sample::select(vec![-10, 1, 10, 30, 60, 1440]).prop_map(Happening::After),
    ]
}

fn happen(bench: &mut Bench, happening: &Happening) {
    // The latest grants are the interesting ones.
    let newest = |bench: &Bench, back: usize| format!("g{}", bench.ledger.grants().count().saturating_sub(back));
    match happening {
        Happening::Request(by, long) => {
            let terms = if *long { terms() } else { look() };
            bench.request_as(by, &terms, None);
        }
        Happening::Step(step, back, by) => {
            let _ = bench.step(*step, &newest(bench, *back), by);
        }
        Happening::Decide(by, back) => {
            let grant = newest(bench, *back);
            bench.decide(by, "Payout.approve", "p1", Some(&grant));
        }
        Happening::After(minutes) => bench.at.0 += minutes * 60_000,
    }
}

/// What must hold of a grant of a profile at any time.
fn check(grant: &Grant, rules: &BreakGlassProfile) -> Result<(), TestCaseError> {
    let distinct: BTreeSet<_> = grant.approvers.iter().collect();
    prop_assert_eq!(distinct.len(), grant.approvers.len());
    prop_assert!(!grant.approvers.contains(&grant.requester));
    prop_assert!(grant.refusers.iter().all(|refuser| !grant.approvers.contains(refuser)));
    prop_assert_eq!(grant.ended_at.is_some(), grant.state.is_terminal());
    if let Some(issue) = grant.issue {
        prop_assert_eq!(i64::try_from(grant.approvers.len()).unwrap(), rules.approvals);
        prop_assert!(issue.approved_at <= issue.not_before && issue.not_before < issue.expires_at);
        prop_assert!(issue.expires_at.since(issue.approved_at).unwrap() <= Duration(rules.bounds.get(Clause::Expires)));
        prop_assert!(issue.uses <= rules.bounds.get(Clause::Uses));
        prop_assert_eq!(issue.reserved, 0);
        prop_assert!(grant.ended_at.is_none_or(|ended| ended <= issue.expires_at));
    } else {
        prop_assert!(!matches!(grant.state, State::Active | State::Expired | State::Revoked));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_order_of_events_breaks_a_profile(happenings in prop::collection::vec(happening(), 10..90)) {
        let mut bench = Bench::new();
        let profiles = super::contract().break_glass;
        let mut ended: BTreeMap<String, State> = BTreeMap::new();
        for event in &happenings {
            happen(&mut bench, event);
            bench.ledger.advance(bench.at);
            let mut open = BTreeSet::new();
            for grant in bench.ledger.grants() {
                check(grant, &profiles[&grant.terms.profile])?;
                if grant.state.is_terminal() {
                    prop_assert_eq!(*ended.entry(grant.id.clone()).or_insert(grant.state), grant.state);
                } else {
                    prop_assert!(!ended.contains_key(&grant.id));
                    prop_assert!(open.insert((&grant.requester, &grant.terms.profile)), "two open grants of one requester");
                    prop_assert!(grant.issue.is_none_or(|issue| bench.at < issue.expires_at));
                }
            }
        }
        let log = bench.ledger.log();
        prop_assert!(log.iter().zip(0..).all(|(entry, index)| entry.index == index));
        prop_assert!(log.is_sorted_by_key(|entry| entry.at));
        for grant in bench.ledger.grants() {
            let mine = log.iter().filter(|entry| entry.grant.as_deref() == Some(grant.id.as_str()));
            let used: Vec<_> = mine.filter(|entry| matches!(entry.event, Event::Used { .. })).collect();
            prop_assert_eq!(i64::try_from(used.len()).unwrap(), grant.issue.map_or(0, |issue| issue.uses));
            for entry in used {
                let issue = grant.issue.unwrap();
                prop_assert_eq!(entry.by.as_ref(), Some(&grant.requester));
                prop_assert!(issue.not_before <= entry.at && entry.at < issue.expires_at);
                prop_assert!(grant.ended_at.is_none_or(|ended| entry.at <= ended));
            }
        }
    }
}
