//! A role that reaches every action of a type, inherited grants included.

use crate::graph::EntityType;
use crate::graph::Grant;
use crate::graph::Program;
use crate::graph::RoleId;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;

declare_lint! {
    id: "all-actions-role",
    summary: "a role that reaches every action of a type",
    level: Warn,
    since: "0.1.0",
    reads: Graph,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for id in program.role_ids() {
        let Some(role) = program.role(id) else { continue };
        for ty in program.types.iter().filter(|ty| is_worth_splitting(program, ty)) {
            let Some(grants) = reaches_all(program, id, ty) else {
                continue;
            };
            // Who extends a role that has everything adds nothing to it.
            let inherited = role
                .extends
                .iter()
                .any(|(base, _)| reaches_all(program, *base, ty).is_some());
            if inherited {
                continue;
            }
            let name = role.full_name(program);
            let mut finding = out
                .finding(
                    role.span,
                    format!("the role `{name}` reaches every action of `{}`", ty.name),
                )
                .label(format!("all {} of them", ty.actions.len()));
            for grant in grants {
                finding = finding.also(grant.statement.span, "by this grant");
            }
            out.push(finding.help(format!(
                "give `{name}` what its duty needs, and the rest of `{}` to a role of its own, so that no one account can do it all",
                ty.name
            )));
        }
    }
}

/// Whether one role with all its actions is more than it should be: not where there is one action, or only reading.
fn is_worth_splitting(program: &Program, ty: &EntityType) -> bool {
    let reads = |id| program.action(id).is_some_and(|action| action.effects.reads);
    ty.actions.len() >= 2 && !ty.actions.iter().all(|id| reads(*id))
}

/// The grants by which a role reaches every action of a type.
fn reaches_all<'a>(program: &'a Program, role: RoleId, ty: &EntityType) -> Option<Vec<&'a Grant>> {
    let mut grants = program.grants_of(role);
    grants.retain(|grant| grant.actions.iter().any(|(id, _)| ty.actions.contains(id)));
    let reached = |id| {
        grants
            .iter()
            .any(|grant| grant.actions.iter().any(|(granted, _)| *granted == id))
    };
    ty.actions.iter().all(|id| reached(*id)).then_some(grants)
}
