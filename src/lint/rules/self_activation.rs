//! A break-glass that nobody approves.

use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "self-activation",
    summary: "a break-glass profile without approval",
    level: Warn,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for profile in cx.program.profiles.iter().filter(|profile| profile.approval.is_none()) {
        let finding = out
            .finding(profile.span, format!("whoever requests `{}` gets it", profile.name))
            .label("no approval required")
            .help("require approval: `approved by 1 of ROLE;`, with a role that no requester holds");
        out.push(finding);
    }
}
