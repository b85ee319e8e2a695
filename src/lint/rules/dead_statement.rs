//! A statement that never applies, whatever is asked.

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::lint::proofs::HoldsBack;
use crate::lint::{Cx, Sink, declare_lint, proofs};
use crate::text::Span;

declare_lint! {
    id: "dead-statement",
    summary: "a statement that matches no request",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        let Some(Impact::Never(tests)) = proofs::known(&stated.facts.impact) else {
            continue;
        };
        // It denies links for types that nothing joins to the action.
        if stated.holds_back == HoldsBack::Always {
            continue;
        }
        let does = match stated.facts.effect {
            cedar_policy::Effect::Permit => "never allows anything",
            cedar_policy::Effect::Forbid => "never denies anything",
        };
        let found: Vec<_> = tests.iter().map(|test| proofs::test(cx, test)).collect();
        let what = match found.len() {
            1 => "never true",
            _ => "never true together with the others",
        };
        // A finding stands in the statement, where a waiver covers it; a guard's test stands elsewhere.
        let inside = |place: &Option<Span>| place.is_some_and(|place| stated.whole.contains(place));
        let first = found.iter().find(|(place, _)| inside(place)).and_then(|(place, _)| *place);
        let mut finding = out
            .finding(first.unwrap_or(stated.at), format!("{} matches no request", stated.name))
            .label(if first.is_some() { what } else { does })
            .evidence(Evidence::Proved);
        finding = proofs::help_to_remove(&stated, finding, "fix the condition or remove the statement");
        for (place, words) in found.into_iter().filter(|(place, _)| first.is_none() || *place != first) {
            finding = match place {
                Some(place) => finding.also(place, what),
                None => finding.note(format!("`{words}` is {what}")),
            };
        }
        out.push(finding);
    }
}
