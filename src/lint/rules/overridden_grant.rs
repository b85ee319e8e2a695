//! A grant wholly overridden: whatever it lets in, forbids keep out.

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "overridden-grant",
    summary: "a grant that denials always override",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        let Some(Impact::Covered { permits, forbids }) = proofs::known(&stated.facts.impact) else {
            continue;
        };
        if stated.facts.effect == cedar_policy::Effect::Forbid || !permits.is_empty() {
            continue;
        }
        let message = format!(
            "{} has no effect: {} every request that it allows",
            stated.name,
            proofs::names_and(cx, forbids, ["denies", "deny"])
        );
        let finding = out
            .finding(stated.at, message)
            .label("always overridden")
            .help("remove it, or exclude the requests it is meant for from the denial")
            .evidence(Evidence::Proved);
        out.push(proofs::beside(cx, finding, forbids, "overrides it"));
    }
}
