//! A role or a type of principal that is allowed every action on a type, on no condition.

use crate::diag::Evidence;
use crate::graph::Program;
use crate::graph::TypeId;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;
use crate::lint::proofs;

declare_lint! {
    id: "unlimited-role",
    summary: "a role or type that is allowed everything on a type, always",
    level: Warn,
    since: "0.1.0",
    reads: Proofs,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let Some(facts) = cx.facts else { return };
    let Some(allowed) = proofs::known(&facts.allowed) else {
        return;
    };
    let program = cx.program;
    let by_cedar = |cedar: &str| {
        let mut all = program.type_ids();
        all.find(|id| program.ty(*id).is_some_and(|ty| ty.cedar == cedar))
    };
    let help = "bind what it may do to the request: to its tenant with `isolate by …`, to a condition, or to a role per resource";
    for (role, principal, resource) in &allowed.roles {
        let (Some(id), Some(on)) = (program.find_role(role), by_cedar(resource)) else {
            continue;
        };
        let Some(found) = program.role(id).filter(|_| is_of_weight(program, on)) else {
            continue;
        };
        let who = by_cedar(principal).map_or(principal.as_str(), |id| program.type_name(id));
        let on = program.type_name(on);
        let message = format!("a `{who}` with the role `{role}` is allowed everything on every `{on}`");
        let finding = out
            .finding(found.span, message)
            .label("no request of it is denied")
            .help(help)
            .evidence(Evidence::Proved);
        out.push(finding);
    }
    for (principal, resource) in &allowed.types {
        let (Some(id), Some(on)) = (by_cedar(principal), by_cedar(resource)) else {
            continue;
        };
        let Some(ty) = program.ty(id).filter(|_| is_of_weight(program, on)) else {
            continue;
        };
        let message = format!(
            "every `{}` is allowed everything on every `{}`",
            ty.name,
            program.type_name(on)
        );
        // What a raw schema declares has no place of its own.
        let permits = proofs::raw_permits(cx, |request| request.principal == id && request.resource == on);
        let at = permits.first().copied().filter(|_| ty.from_schema).unwrap_or(ty.span);
        let finding = out
            .finding(at, message)
            .label("no request of it is denied")
            .help(help)
            .evidence(Evidence::Proved);
        out.push(finding);
    }
}

/// Whether to be allowed everything is much: not where there is one action, or only reading.
fn is_of_weight(program: &Program, on: TypeId) -> bool {
    let decided: Vec<_> = program
        .action_ids()
        .filter_map(|id| program.action(id))
        .filter(|action| action.decided_on.contains(&on))
        .collect();
    decided.len() > 1 && !decided.iter().all(|action| action.effects.reads)
}
