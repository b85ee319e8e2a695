//! A break-glass whose approvers may all ask for it themselves.

use std::collections::BTreeSet;

use crate::graph::RoleId;
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "requester-approval",
    summary: "a break-glass profile whose approvers can also request it",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for profile in &program.profiles {
        let Some((_, approvers, at)) = &profile.approval else {
            continue;
        };
        let bases: BTreeSet<RoleId> = program.bases(*approvers).into_iter().collect();
        let Some((eligible, asks)) = profile.eligible.iter().find(|(role, _)| bases.contains(role)) else {
            continue;
        };
        let (approves, requests) = (program.role_name(*approvers), program.role_name(*eligible));
        let path = match approvers == eligible {
            true => format!("`{approves}` requests `{}` → `{approves}` approves it", profile.name),
            false => {
                format!("`{approves}` extends `{requests}` → requests `{}` → `{approves}` approves it", profile.name)
            }
        };
        let finding = out
            .finding(*at, format!("the approvers of `{}` can also request it", profile.name))
            .label("any two of them can approve each other's requests")
            .also(*asks, "who may request")
            .note(path)
            .help(
                "choose another role as approver: `approved by N of ROLE;`, one that is not listed in `for` and extends no role listed there",
            );
        out.push(finding);
    }
}
