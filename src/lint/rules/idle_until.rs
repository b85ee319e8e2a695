//! A grant with an end after which everything is let in all the same.

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::lint::proofs::HoldsBack;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "idle-until",
    summary: "an `until` that never changes a decision",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        let is_never = matches!(proofs::known(&stated.facts.impact), Some(Impact::Never(_)));
        if is_never || stated.holds_back != HoldsBack::Nothing {
            continue;
        }
        let (because, by) = match proofs::known(&stated.facts.end) {
            Some(Impact::Covered { permits, forbids }) if permits.is_empty() => (
                format!("{} all of its requests from then on", proofs::names_and(cx, forbids, ["denies", "deny"])),
                forbids,
            ),
            Some(Impact::Covered { permits, .. }) => (
                format!("{} the same requests from then on", proofs::names_and(cx, permits, ["allows", "allow"])),
                permits,
            ),
            _ => continue,
        };
        let finding = out
            .finding(stated.at, format!("the `until` of {} has no effect: {because}", stated.name))
            .label("this `until` changes no decision")
            .help("add an `until` to the other statement too, or remove this one's `until`")
            .evidence(Evidence::Proved);
        out.push(proofs::beside(cx, finding, by, "decides the same requests from then on"));
    }
}
