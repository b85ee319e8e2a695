//! A grant without the bound that all its siblings have.

use std::collections::BTreeMap;

use crate::graph::{Grant, Holder, StatementId, TypeId};
use crate::lint::{Cx, Sink, declare_lint};
use crate::lower::Effect;
use crate::syntax::ast::Operator;
use crate::typing::{Method, TypedExpr, TypedKind, Variable};

declare_lint! {
    id: "wider-than-siblings",
    summary: "a grant that lacks the tenant or parent restriction of its siblings",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let bound = bound(cx);
    let mut families: BTreeMap<(Holder, TypeId), Vec<&Grant>> = BTreeMap::new();
    for grant in &program.grants {
        families.entry((grant.holder, grant.on)).or_default().push(grant);
    }
    for ((holder, ty), grants) in families {
        let is_bound = |grant: &&&Grant| bound.get(&grant.statement.id).is_some_and(|bound| *bound);
        let (within, open): (Vec<&Grant>, Vec<&Grant>) = grants.iter().partition(|grant| is_bound(grant));
        let ([wide], [sibling, ..]) = (open.as_slice(), within.as_slice()) else {
            continue;
        };
        let name = match holder {
            Holder::Role(role) => program.role_name(role),
            Holder::Type(ty) => program.type_name(ty).to_owned(),
        };
        let message = format!(
            "`{}` applies to every `{}`, unlike the other grants of `{name}`",
            wide.statement.name,
            program.type_name(ty)
        );
        let finding = out
            .finding(wide.statement.span, message)
            .label("nothing ties the resource to the principal")
            .also(sibling.statement.span, "restricted to what belongs to the principal")
            .help("add the same restriction, or state it once for all grants: `isolate by …`, or a role held per resource");
        out.push(finding);
    }
}

/// Whether each grant, for whomever it is emitted, ties the resource to the principal.
fn bound<'a>(cx: &Cx<'a>) -> BTreeMap<&'a StatementId, bool> {
    let mut found = BTreeMap::new();
    for draft in cx.lowered.drafts.iter().filter(|draft| draft.effect == Effect::Permit) {
        let tied = draft.when.iter().any(|part| ties(&part.expr));
        *found.entry(&draft.of).or_insert(true) &= tied;
    }
    found
}

/// Whether an expression holds only where something of the principal is something of the resource.
fn ties(expr: &TypedExpr) -> bool {
    let both = |one: &TypedExpr, other: &TypedExpr| {
        (one.reads(Variable::Principal) && other.reads(Variable::Resource))
            || (one.reads(Variable::Resource) && other.reads(Variable::Principal))
    };
    match &expr.kind {
        TypedKind::Named(_, body) => ties(body),
        TypedKind::And(parts) => parts.iter().any(ties),
        TypedKind::Or(parts) => parts.iter().all(ties),
        TypedKind::Binary(Operator::Equal | Operator::In, one, other) => both(one, other),
        TypedKind::Method(of, Method::Contains | Method::ContainsAll | Method::ContainsAny, args) => {
            args.iter().any(|arg| both(of, arg))
        }
        _ => false,
    }
}
