//! A test that holds whenever it is reached, or an alternative that never does: either decides nothing.

use std::collections::BTreeSet;

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "vacuous-condition",
    summary: "a test that is always true, or an alternative that is never true",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut told = BTreeSet::new();
    for stated in proofs::statements(cx) {
        // Of a statement that never applies every test holds in a way; that it does not apply is told.
        if matches!(proofs::known(&stated.facts.impact), Some(Impact::Never(_))) {
            continue;
        }
        let Some(tests) = proofs::known(&stated.facts.constant) else {
            continue;
        };
        let always = tests.always.iter().map(|test| (test, "always", "decides nothing"));
        let never = tests.never.iter().map(|test| (test, "never", "adds nothing"));
        for (test, when, label) in always.chain(never) {
            let (place, words) = proofs::test(cx, test);
            let at = place.unwrap_or(stated.at);
            if !told.insert((at, words.clone())) {
                continue;
            }
            let message = format!("`{words}` is {when} true when {} tests it", stated.name);
            let finding =
                out.finding(at, message).label(label).help("fix the test or remove it").evidence(Evidence::Proved);
            out.push(finding);
        }
    }
}
