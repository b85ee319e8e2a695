//! A break-glass that nobody approves.

use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "self-activation",
    summary: "a break-glass that nobody but the requester decides on",
    level: Warn,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    for profile in cx.program.profiles.iter().filter(|profile| profile.approval.is_none()) {
        let finding = out
            .finding(profile.span, format!("whoever asks for `{}` has it", profile.name))
            .label("approved by none")
            .help("let someone else agree: `approved by 1 of ROLE;`, a role that no requester holds");
        out.push(finding);
    }
}
