//! A forbid that errors on a request that is shown. Cedar skips it then.

use cedar_policy::Effect;

use crate::lint::{Cx, Sink, declare_lint, erring};

declare_lint! {
    id: "erring-forbid",
    summary: "a forbid that errors on a request and does not forbid it",
    level: Error,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    erring::check(cx, out, Effect::Forbid);
}
