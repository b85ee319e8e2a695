//! A grant of what stands for everything of its kind.

use crate::graph::{Action, Holder};
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "wildcard-grant",
    summary: "a grant of a `@wildcard`, which stands for every action or type",
    level: Warn,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for grant in &program.grants {
        let wide = |id| program.action(id).filter(|action| action.effects.wildcard);
        let action = grant.actions.iter().find_map(|(id, at)| Some((wide(*id)?, *at)));
        let ty = program.ty(grant.on).filter(|ty| ty.wildcard);
        // To read what is not sensitive, on every type there is, harms nobody.
        let only_reads = |action: &Action| action.effects.reads && !action.effects.wildcard && !action.sensitive;
        if grant.actions.iter().all(|(id, _)| program.action(*id).is_some_and(only_reads)) {
            continue;
        }
        let named = grant.actions.first().map(|(_, at)| *at);
        let Some(at) = action.map(|(_, at)| at).or(named) else {
            continue;
        };
        let on = program.type_name(grant.on);
        let what = match (action, ty) {
            (None, None) => continue,
            (Some(_), None) => format!("every action of `{on}`"),
            (None, Some(_)) => format!("actions on every type that `{on}` stands for"),
            (Some(_), Some(_)) => format!("every action on every type that `{on}` stands for"),
        };
        let holder = match grant.holder {
            Holder::Role(role) => program.role_name(role),
            Holder::Type(ty) => program.type_name(ty).to_owned(),
        };
        let mut finding = out.finding(at, format!("`{holder}` is granted {what}")).label("future ones included");
        if let Some((action, _)) = action {
            finding = finding.also(action.span, "stands for every action");
        }
        if let Some(ty) = ty {
            finding = finding.also(ty.span, "stands for every type");
        }
        out.push(finding.help(format!(
            "name the actions and types that `{holder}` needs: a wildcard also grants everything added later"
        )));
    }
}
