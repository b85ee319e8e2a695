//! A role, a group or a type of principal that is allowed every action on a type, on no condition.

use cedar_policy::{EntityUid, PrincipalConstraint};

use crate::diag::Evidence;
use crate::graph::{Program, TypeId};
use crate::lint::{Cx, Sink, declare_lint, proofs};
use crate::lower::RawPolicy;
use crate::text::Span;

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
    let help = "restrict it to a tenant with `isolate by …`, with a condition, or with a role per resource";
    for (role, principal, resource) in &allowed.roles {
        let Some(on) = by_cedar(resource).filter(|on| is_of_weight(program, *on)) else {
            continue;
        };
        let is_within = |policy: &RawPolicy| match policy.policy.principal_constraint() {
            PrincipalConstraint::In(container) | PrincipalConstraint::IsIn(_, container) => container == *role,
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) | PrincipalConstraint::Eq(_) => false,
        };
        let permits = proofs::raw_permits(cx, |policy, request| request.resource == on && is_within(policy));
        let (how, at) = match declared(cx, role) {
            Some((name, at)) => (format!("with the role `{name}`"), at),
            // An entity that only raw permits name has no place of its own.
            None => match permits.first() {
                Some(first) => (format!("in `{role}`"), *first),
                None => continue,
            },
        };
        let who = by_cedar(principal).map_or(principal.as_str(), |id| program.type_name(id));
        let (what, on) = (everything(program, on), program.type_name(on));
        let message = format!("a `{who}` {how} is allowed {what} on every `{on}`");
        let finding =
            out.finding(at, message).label("none of its requests is denied").help(help).evidence(Evidence::Proved);
        let rest = permits.into_iter().filter(|permit| *permit != at);
        out.push(finding.also_each(rest, "by this permit"));
    }
    for (principal, resource) in &allowed.types {
        let (Some(id), Some(on)) = (by_cedar(principal), by_cedar(resource)) else {
            continue;
        };
        let Some(ty) = program.ty(id).filter(|_| is_of_weight(program, on)) else {
            continue;
        };
        let what = everything(program, on);
        let message = format!("every `{}` is allowed {what} on every `{}`", ty.name, program.type_name(on));
        // What a raw schema declares has no place of its own.
        let permits = proofs::raw_permits(cx, |_, request| request.principal == id && request.resource == on);
        let at = permits.first().copied().filter(|_| ty.from_schema).unwrap_or(ty.span);
        let finding =
            out.finding(at, message).label("none of its requests is denied").help(help).evidence(Evidence::Proved);
        out.push(finding);
    }
}

/// What can be done to something of a type. Where the type has more actions, which are decided on a parent before there is
/// something of it, or for all of it, these are not meant: a denial may take them away.
fn everything(program: &Program, on: TypeId) -> String {
    let actions: Vec<_> = program.action_ids().filter_map(|id| Some((id, program.action(id)?))).collect();
    let is_whole = actions.iter().all(|(_, action)| action.declared_on != Some(on) || action.decided_on.contains(&on));
    if is_whole {
        return "everything".to_owned();
    }
    let decided = actions.iter().filter(|(_, action)| action.decided_on.contains(&on));
    let names: Vec<String> = decided.map(|(_, action)| format!("`{}`", action.name)).collect();
    names.join(", ")
}

/// The name and place of a declared role.
fn declared(cx: &Cx<'_>, role: &EntityUid) -> Option<(String, Span)> {
    let (ty, id) = (role.type_name().to_string(), role.id().unescaped());
    let is_declared = cx.lowered.roles.iter().any(|known| known.0 == ty && known.1 == id);
    let found = cx.program.role(cx.program.find_role(id).filter(|_| is_declared)?)?;
    Some((id.to_owned(), found.span))
}

/// Whether to be allowed everything is much: not where there is one action, or only reading. Where the type has more actions
/// than the program declares, nobody is known to be allowed them all; who was granted a wildcard, `wildcard-grant` tells.
fn is_of_weight(program: &Program, on: TypeId) -> bool {
    let decided: Vec<_> = program
        .action_ids()
        .filter_map(|id| program.action(id))
        .filter(|action| action.decided_on.contains(&on))
        .collect();
    let is_whole = program.ty(on).is_some_and(|ty| !ty.partial && !ty.wildcard);
    is_whole && decided.len() > 1 && !decided.iter().all(|action| action.effects.reads)
}
