//! A principal type that only reads, but for one thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{ActionId, Grant, Holder, Program, TypeId, TypeKind};
use crate::lint::{Cx, Sink, declare_lint};
use crate::text::Span;

declare_lint! {
    id: "stray-write",
    summary: "a `@writes` action for a principal type that otherwise only `@reads`",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for id in program.types_of(|kind| *kind == TypeKind::Principal) {
        let reach = reach(program, id);
        let (mut reads, mut writes, mut others) = (Vec::new(), Vec::new(), 0);
        for (action, grant) in &reach {
            match program.action(*action) {
                Some(action) if action.effects.writes.is_some() => writes.push((action, *grant)),
                Some(action) if action.effects.reads => reads.push(action),
                _ => others += 1,
            }
        }
        // Of more than one it is a habit, and among what says nothing of itself it is no exception.
        let [(action, (grant, at))] = writes.as_slice() else {
            continue;
        };
        if others > 0 || reads.len() < 2 {
            continue;
        }
        let (ty, name) = (program.type_name(id), action.full_name(program));
        let finding = out
            .finding(*at, format!("`{ty}` only reads, except for `{name}`"))
            .label(format!("writes, while {} other actions only read", reads.len()))
            .also(action.span, "`@writes`")
            .note(format!("`{ty}` → {} → `{name}`", holder(program, grant)))
            .help(format!(
                "move the write to a separate principal type, or waive this with the reason why every `{ty}` may write"
            ));
        out.push(finding);
    }
}

fn holder(program: &Program, grant: &Grant) -> String {
    match grant.holder {
        Holder::Role(role) => format!("role `{}`", program.role_name(role)),
        Holder::Type(_) => format!("grant `{}`", grant.statement.name),
    }
}

/// The actions that a principal type comes by, each with the first grant of it.
fn reach(program: &Program, id: TypeId) -> BTreeMap<ActionId, (&Grant, Span)> {
    let held = program.role_ids().filter(|role| program.role(*role).is_some_and(|role| role.holders.contains(&id)));
    let roles: BTreeSet<_> = held.flat_map(|role| program.bases(role)).collect();
    let mut found = BTreeMap::new();
    for grant in &program.grants {
        let comes = match grant.holder {
            Holder::Type(ty) => ty == id,
            Holder::Role(role) => roles.contains(&role),
        };
        for (action, at) in grant.actions.iter().filter(|_| comes) {
            found.entry(*action).or_insert((grant, *at));
        }
    }
    found
}
