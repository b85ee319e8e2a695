//! A role whose own grants add nothing to the roles it extends.

use crate::analysis::facts::Impact;
use crate::diag::Evidence;
use crate::graph::Holder;
use crate::lint::{Cx, Sink, declare_lint, proofs};

declare_lint! {
    id: "idle-role",
    summary: "a role whose grants add nothing to the role it extends",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let roles = cx.facts.into_iter().flat_map(|facts| &facts.roles);
    for (name, impact) in roles {
        let adds = match proofs::known(impact) {
            Some(Impact::Covered { .. } | Impact::Never(_)) => "add nothing",
            Some(Impact::Matters) | None => continue,
        };
        let Some(id) = cx.program.find_role(name) else { continue };
        let Some(role) = cx.program.role(id) else { continue };
        let bases: Vec<String> =
            role.extends.iter().map(|(base, _)| format!("`{}`", cx.program.role_name(*base))).collect();
        let message = format!("the grants of the role `{name}` {adds} to {}", bases.join(" and "));
        let finding = out
            .finding(role.span, message)
            .label("its holders gain no access from it")
            .help(format!(
                "grant `{name}` what it is meant to add, or assign only {} to its holders",
                bases.join(" and ")
            ))
            .evidence(Evidence::Proved);
        let own = cx.program.grants.iter().filter(|grant| grant.holder == Holder::Role(id));
        out.push(finding.also_each(own.map(|grant| grant.statement.span), "adds nothing"));
    }
}
