//! A grant wholly overridden: whatever it lets in, forbids keep out.

use crate::analysis::facts::Standing;
use crate::diag::Evidence;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "overridden-grant",
    summary: "a grant that denies and forbids always override",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        let Some(Standing::Covered { permits, forbids }) = proofs::known(&stated.facts.standing) else {
            continue;
        };
        if stated.facts.effect == cedar_policy::Effect::Forbid || !permits.is_empty() {
            continue;
        }
        let message =
            format!("{} lets nobody in: {} out all", stated.name, proofs::names_and(cx, forbids, ["keeps", "keep"]));
        let finding = out
            .finding(stated.at, message)
            .label("always overridden")
            .help("remove it, or leave what it is meant for out of the forbid")
            .evidence(Evidence::Proved);
        out.push(proofs::beside(cx, finding, forbids, "overrides it"));
    }
}
