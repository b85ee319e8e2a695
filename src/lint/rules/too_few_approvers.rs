//! A break-glass that asks for more approvals than there can be approvers.

use std::collections::BTreeSet;

use crate::graph::{Profile, Role, RoleId};
use crate::lint::holding::holding;
use crate::lint::satisfiability::Satisfiability;
use crate::lint::{Cx, Sink, declare_lint};
use crate::text::counted;

declare_lint! {
    id: "too-few-approvers",
    summary: "a break-glass profile that requires more approvals than there can be approvers",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for profile in &program.profiles {
        let Some((needed, role, at)) = &profile.approval else {
            continue;
        };
        let Some(approvers) = approvers(cx, profile, *role) else {
            continue;
        };
        if i64::try_from(approvers.len()).is_ok_and(|count| count >= needed.value) {
            continue;
        }
        let name = program.role_name(*role);
        let message = match approvers.len() {
            0 => format!("nobody can ever approve `{}`", profile.name),
            count => format!(
                "`{}` requires {} approvals, but can have at most {}",
                profile.name,
                needed.value,
                counted(count, "approver")
            ),
        };
        let mut finding = out.finding(*at, message).label(match approvers.len() {
            0 => format!("no principal can satisfy the condition of `{name}`"),
            _ => format!("only these can approve: {}", quoted(&approvers)),
        });
        if let Some(role) = program.role(*role) {
            finding = finding.also(role.header, "who approves");
        }
        out.push(
            finding.help(format!("assign `{name}` to more people, choose another role, or require fewer approvals")),
        );
    }
}

/// The only principals that can approve; `None` where there is no such bound. The requester may be one of them.
fn approvers(cx: &Cx<'_>, profile: &Profile, role: RoleId) -> Option<BTreeSet<String>> {
    let (program, at) = (cx.program, cx.at);
    let mut all = BTreeSet::new();
    for holder in program.extenders(role) {
        // What stands between the two can only say more.
        let chain = [holder, role];
        let mut roles = chain.iter().filter_map(|id| program.role(*id));
        let can =
            |role: &Role| role.holders.contains(&profile.principal) && role.until.is_none_or(|until| at < until.at);
        if !roles.all(can) {
            continue;
        }
        match holding(cx.conditions, profile.principal, &chain) {
            Satisfiability::Possible => return None,
            Satisfiability::Only(principals) => all.extend(principals),
            Satisfiability::Never { .. } => {}
        }
    }
    Some(all)
}

fn quoted(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
