//! A deny or raw forbid without which every request is decided alike.

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::lint::proofs::HoldsBack;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "idle-forbid",
    summary: "a deny or forbid that never changes a decision",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        let Some(Impact::Covered { forbids, .. }) = proofs::known(&stated.facts.impact) else {
            continue;
        };
        // A link that somebody makes later may be allowed what it denies.
        if stated.facts.effect == cedar_policy::Effect::Permit || stated.holds_back != HoldsBack::Nothing {
            continue;
        }
        let because = match forbids.is_empty() {
            true => "nothing else allows what it denies".to_owned(),
            false => format!("{} the same requests", proofs::names_and(cx, forbids, ["denies", "deny"])),
        };
        let finding = out
            .finding(stated.at, format!("{} never changes a decision: {because}", stated.name))
            .label("removing it changes no decision")
            .evidence(Evidence::Proved);
        let help = "remove it, or keep it for future grants with a waiver that says so";
        let finding = proofs::help_to_remove(&stated, finding, help);
        out.push(proofs::beside(cx, finding, forbids, "denies the same requests"));
    }
}
