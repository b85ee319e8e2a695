//! A program that may assign roles.

use crate::graph::{EntityType, Grant, Holder, TypeKind};
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "workload-assignment",
    summary: "an action that `@assigns` a role, granted to a `@workload` type",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for grant in &program.grants {
        let Some((workload, holder)) = workload(cx, grant) else {
            continue;
        };
        for (id, at) in &grant.actions {
            let Some(action) = program.action(*id).filter(|action| !action.effects.assigns.is_empty()) else {
                continue;
            };
            let assigns = match action.effects.assigns_any() {
                true => "assigns any role".to_owned(),
                false => {
                    let names = action.effects.assigns.iter();
                    let names: Vec<String> = names.map(|role| format!("`{}`", role.value)).collect();
                    format!("assigns {}", names.join(", "))
                }
            };
            let name = action.full_name(program);
            let finding = out
                .finding(*at, format!("the workload `{}` can assign roles", workload.name))
                .label(assigns)
                .also(workload.span, "`@workload`")
                .also(action.span, "`@assigns`")
                .note(format!("`{}` → {holder} → `{name}`", workload.name))
                .help("let people assign roles, or add a waiver that says who protects the workload's credentials");
            out.push(finding);
        }
    }
}

/// The first workload that a grant is for, and as what.
fn workload<'a>(cx: &Cx<'a>, grant: &Grant) -> Option<(&'a EntityType, String)> {
    let program = cx.program;
    match grant.holder {
        Holder::Type(ty) => {
            let ty = program.ty(ty).filter(|ty| ty.workload)?;
            Some((ty, format!("grant `{}`", grant.statement.name)))
        }
        Holder::Role(base) => program.extenders(base).into_iter().find_map(|id| {
            let role = program.role(id)?;
            let held = role.holders.iter().filter_map(|ty| program.ty(*ty));
            let workloads = held.filter(|ty| ty.workload && may_hold(cx, ty, &role.full_name(program)));
            let ty = workloads.min_by(|a, b| a.name.cmp(&b.name))?;
            Some((ty, format!("role `{}`", role.full_name(program))))
        }),
    }
}

/// Whether a principal of a type may hold a role, as far as assignments tell: one is given it, or a group that may hold one.
/// Of a role that nobody is given, they tell nothing.
fn may_hold(cx: &Cx<'_>, ty: &EntityType, role: &str) -> bool {
    let assigned = cx.assignments.into_iter().flatten().filter(|one| one.role == role);
    let mut given = assigned.filter_map(|one| {
        let found = cx.program.find_type(&one.who.type_name().to_string())?;
        cx.program.ty(found)
    });
    let is_theirs = |given: &EntityType| given.name == ty.name || given.kind == TypeKind::Group;
    match given.next() {
        None => true,
        Some(first) => is_theirs(first) || given.any(is_theirs),
    }
}
