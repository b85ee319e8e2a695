//! A grant with an end after which everything is let in all the same.

use crate::analysis::facts::Standing;
use crate::diag::Evidence;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "idle-until",
    summary: "an end of a grant that ends nothing",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for stated in proofs::statements(cx) {
        if matches!(proofs::known(&stated.facts.standing), Some(Standing::Never(_))) {
            continue;
        }
        let (because, by) = match proofs::known(&stated.facts.end) {
            Some(Standing::Covered { permits, forbids }) if permits.is_empty() => {
                (format!("{} out all from then on", proofs::names_and(cx, forbids, ["keeps", "keep"])), forbids)
            }
            Some(Standing::Covered { permits, .. }) => {
                (format!("{} in the same from then on", proofs::names_and(cx, permits, ["lets", "let"])), permits)
            }
            _ => continue,
        };
        let finding = out
            .finding(stated.at, format!("the end of {} ends nothing: {because}", stated.name))
            .label("its `until` changes no decision")
            .help("end the other one as well, or say that this one is for good")
            .evidence(Evidence::Proved);
        out.push(proofs::beside(cx, finding, by, "decides from then on"));
    }
}
