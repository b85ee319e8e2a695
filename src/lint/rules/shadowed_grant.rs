//! A grant wholly shadowed by others: whatever it lets in, they let in.

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "shadowed-grant",
    summary: "a grant made redundant by other grants",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        let Some(Impact::Covered { permits, forbids }) = proofs::known(&stated.facts.impact) else {
            continue;
        };
        if stated.facts.effect == cedar_policy::Effect::Forbid || permits.is_empty() {
            continue;
        }
        if matches!(proofs::known(&stated.facts.end), Some(Impact::Covered { .. })) {
            // That its end ends nothing says more, and `idle-until` says it.
            continue;
        }
        let message =
            format!("{} allows nothing that {} not", stated.name, proofs::names_and(cx, permits, ["does", "do"]));
        let finding = out
            .finding(stated.at, message)
            .label("removing it changes no decision")
            .help("remove one of them: narrowing the other grant later would leave this one open")
            .evidence(Evidence::Proved);
        let finding = proofs::beside(cx, finding, permits, "allows the same requests");
        out.push(proofs::beside(cx, finding, forbids, "denies the rest"));
    }
}
