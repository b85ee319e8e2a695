//! A role that reaches every action of a type, inherited grants included.

use std::collections::BTreeSet;

use crate::graph::{ActionId, EntityType, Grant, Program, RoleId, TypeId};
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "all-actions-role",
    summary: "a role that reaches every action of a type",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let worth: Vec<bool> = program.types.iter().map(|ty| is_worth_splitting(program, ty)).collect();
    let reach: Vec<BTreeSet<ActionId>> = program.role_ids().map(|id| reached(&program.grants_of(id))).collect();
    let reaches_all = |id: RoleId, ty: &EntityType| {
        let reached = reach.get(id.index());
        reached.is_some_and(|reached| ty.actions.iter().all(|action| reached.contains(action)))
    };
    for id in program.role_ids() {
        let Some(role) = program.role(id) else { continue };
        let reached = reach.get(id.index()).into_iter().flatten();
        let types: BTreeSet<TypeId> = reached.filter_map(|id| program.action(*id)?.declared_on).collect();
        let types = types.into_iter().filter(|ty| worth.get(ty.index()) == Some(&true));
        for ty in types.filter_map(|ty| program.ty(ty)).filter(|ty| reaches_all(id, ty)) {
            // Who extends a role that has everything adds nothing to it.
            if role.extends.iter().any(|(base, _)| reaches_all(*base, ty)) {
                continue;
            }
            let name = role.full_name(program);
            let message = format!("the role `{name}` reaches every action of `{}`", ty.name);
            let mut finding = out.finding(role.span, message).label(format!("all {} of them", ty.actions.len()));
            for grant in program.grants_of(id) {
                if grant.actions.iter().any(|(action, _)| ty.actions.contains(action)) {
                    finding = finding.also(grant.statement.span, "by this grant");
                }
            }
            out.push(finding.help(format!(
                "grant `{name}` only the actions it needs, and move the rest of `{}` to another role, so that no single account can do everything",
                ty.name
            )));
        }
    }
}

/// Of fewer actions, somebody's duty may well be all.
const FEWEST_ACTIONS: usize = 4;

/// Whether one role with all its actions is more than it should be: not where there are few, where all of them read, or where
/// there are more than the program declares.
fn is_worth_splitting(program: &Program, ty: &EntityType) -> bool {
    let reads = |id| program.action(id).is_some_and(|action| action.effects.reads);
    ty.actions.len() >= FEWEST_ACTIONS && !ty.partial && !ty.actions.iter().all(|id| reads(*id))
}

fn reached(grants: &[&Grant]) -> BTreeSet<ActionId> {
    grants.iter().flat_map(|grant| &grant.actions).map(|(id, _)| *id).collect()
}
