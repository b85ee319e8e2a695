//! A program that may assign roles.

use crate::graph::EntityType;
use crate::graph::Grant;
use crate::graph::Holder;
use crate::graph::Program;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;

declare_lint! {
    id: "workload-assignment",
    summary: "an action that `@assigns` a role, for a principal type that is a `@workload`",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for grant in &program.grants {
        let Some((workload, holder)) = workload(program, grant) else {
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
                .finding(*at, format!("the workload `{}` may assign roles", workload.name))
                .label(assigns)
                .also(workload.span, "`@workload`")
                .also(action.span, "`@assigns`")
                .note(format!("`{}` → {holder} → `{name}`", workload.name))
                .help("let people assign roles; a program that must do it needs a waiver that says who guards its credentials");
            out.push(finding);
        }
    }
}

/// The first workload that a grant is for, and as what.
fn workload<'a>(program: &'a Program, grant: &Grant) -> Option<(&'a EntityType, String)> {
    match grant.holder {
        Holder::Type(ty) => {
            let ty = program.ty(ty).filter(|ty| ty.workload)?;
            Some((ty, format!("grant `{}`", grant.statement.name)))
        }
        Holder::Role(base) => program.extenders(base).into_iter().find_map(|id| {
            let role = program.role(id)?;
            let held = role.holders.iter().filter_map(|ty| program.ty(*ty));
            let ty = held.filter(|ty| ty.workload).min_by(|a, b| a.name.cmp(&b.name))?;
            Some((ty, format!("role `{}`", role.full_name(program))))
        }),
    }
}
