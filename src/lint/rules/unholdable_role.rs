//! A role whose condition nobody can meet, so that nobody holds it to any effect.

use crate::graph::{Role, RoleId};
use crate::lint::holding::{holding, tell_clash};
use crate::lint::satisfiability::Satisfiability;
use crate::lint::{Cx, Sink, declare_lint};
use crate::text::Span;

declare_lint! {
    id: "unholdable-role",
    summary: "a role whose condition nobody can satisfy",
    level: Warn,
    since: "0.1.0",
    reads: Declarations,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for id in program.role_ids() {
        let Some(role) = program.role(id) else { continue };
        let Some(when) = &role.when else { continue };
        let name = role.full_name(program);
        if let Some(clash) = never(cx, role, &[id]) {
            let finding = out
                .finding(when.span, format!("no principal can satisfy the condition of the role `{name}`"))
                .label("never true")
                .help("fix the condition, or remove the role and its grants");
            out.push(tell_clash(finding, clash, cx.sources));
            continue;
        }
        for (base, at) in &role.extends {
            // A role that nobody can hold is told where it is declared.
            let own = program.role(*base).filter(|_| never(cx, role, &[*base]).is_none());
            let (Some(extended), Some(clash)) = (own, never(cx, role, &[id, *base])) else {
                continue;
            };
            let base = extended.full_name(program);
            let message = format!("`{name}` never gets the grants of `{base}`, which it extends");
            let mut finding = out
                .finding(*at, message)
                .label("its condition contradicts the condition of the role")
                .also(when.span, format!("whoever holds `{name}`"))
                .help("remove the `extends`, or change the conditions so that both can hold");
            if let Some(when) = &extended.when {
                finding = finding.also(when.span, format!("whoever has `{base}`"));
            }
            out.push(tell_clash(finding, clash, cx.sources));
        }
    }
}

/// Whether no holder of a role can meet the conditions of some roles together, with two tests that exclude each other.
fn never(cx: &Cx<'_>, role: &Role, roles: &[RoleId]) -> Option<Option<(Span, Span)>> {
    let mut found = None;
    for holder in &role.holders {
        let Satisfiability::Never { clash } = holding(cx.conditions, *holder, roles) else {
            return None;
        };
        found.get_or_insert(clash);
    }
    found
}
