//! Who may write what their own access depends on.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{ActionId, Grant, Holder, Program, StatementId, TypeId};
use crate::lint::admission::Formula;
use crate::lint::hazards::type_named;
use crate::lint::{Cx, Sink, declare_lint};
use crate::lower::Effect;
use crate::syntax::ast::Operator;
use crate::text::Span;
use crate::typing::{TypedExpr, TypedKind, Variable};

declare_lint! {
    id: "self-written-condition",
    summary: "a holder who `@writes` an attribute that their own condition reads",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let conditions = conditions(cx);
    let mut found = BTreeMap::new();
    let holders: BTreeSet<Holder> = program.grants.iter().map(|grant| grant.holder).collect();
    for holder in holders {
        let grants: Vec<&Grant> = match holder {
            Holder::Role(role) => program.grants_of(role),
            Holder::Type(_) => program.grants.iter().filter(|grant| grant.holder == holder).collect(),
        };
        let name = match holder {
            Holder::Role(role) => program.role_name(role),
            Holder::Type(ty) => program.type_name(ty).to_owned(),
        };
        for write in grants.iter().flat_map(|grant| writes(program, grant)) {
            let steps = conditions.get(&write.grant.statement.id);
            if steps.is_some_and(|own| own.fixed.contains(&write.attribute)) {
                continue;
            }
            for grant in &grants {
                let reads = conditions.get(&grant.statement.id).map(|own| &own.reads);
                let Some(read) = reads.and_then(|reads| reads.get(&write.attribute)) else {
                    continue;
                };
                let own = write.grant.holder == holder || grant.holder == holder;
                let (Some(action), true) = (program.action(write.action), own) else {
                    continue;
                };
                let attribute = format!("{}.{}", program.type_name(write.attribute.0), write.attribute.1);
                let path = format!(
                    "`{name}` → `{}` writes `{attribute}` → `{}` reads it",
                    action.full_name(program),
                    grant.statement.name
                );
                let message = format!("`{name}` can write `{attribute}`, which its own access depends on");
                let finding = out
                    .finding(write.at, message)
                    .label("writes it")
                    .also(*read, "the condition reads it")
                    .note(path)
                    .help("move the write to a role that the condition does not apply to, or restrict the state it starts from: `when resource.ATTRIBUTE == VALUE`");
                // One reading of it is enough to tell.
                found.entry((write.at, write.attribute.clone())).or_insert(finding);
            }
        }
    }
    found.into_values().for_each(|finding| out.push(finding));
}

/// An attribute of a type.
type Of = (TypeId, String);

/// A grant of an action that writes an attribute.
struct Write<'a> {
    grant: &'a Grant,
    action: ActionId,
    at: Span,
    attribute: Of,
}

fn writes<'a>(program: &'a Program, grant: &'a Grant) -> impl Iterator<Item = Write<'a>> {
    grant.actions.iter().flat_map(move |(id, at)| {
        let action = program.action(*id);
        let written = action.and_then(|action| Some((action.declared_on?, action.effects.writes.as_ref()?)));
        written.into_iter().flat_map(move |(ty, names)| {
            names.iter().map(move |name| Write { grant, action: *id, at: *at, attribute: (ty, name.value.clone()) })
        })
    })
}

/// What the condition of a grant, its roles' included, reads; and what it asks to have a fixed value.
#[derive(Debug, Default)]
struct Condition {
    reads: BTreeMap<Of, Span>,
    fixed: BTreeSet<Of>,
}

/// By statement. Guards are left out: they are no one's own.
fn conditions<'a>(cx: &Cx<'a>) -> BTreeMap<&'a StatementId, Condition> {
    let mut found: BTreeMap<&StatementId, Condition> = BTreeMap::new();
    for draft in cx.lowered.drafts.iter().filter(|draft| draft.effect == Effect::Permit) {
        let ty = |cedar: &Option<String>| type_named(cx.program, cedar.as_deref()?);
        let (Some(principal), Some(resource)) = (ty(&draft.principal), ty(&draft.resource)) else {
            continue;
        };
        let attribute = |expr: &TypedExpr| match &expr.kind {
            TypedKind::Attribute(of, name) => match of.kind {
                TypedKind::Variable(Variable::Principal) => Some((principal, name.clone())),
                TypedKind::Variable(Variable::Resource) => Some((resource, name.clone())),
                _ => None,
            },
            _ => None,
        };
        let condition = found.entry(&draft.of).or_default();
        let own = draft.when.iter();
        for part in own.filter(|part| part.guard.is_none() && part.words.is_none()) {
            collect(&part.expr, &attribute, &mut condition.reads);
            conjuncts(&Formula::of(&part.expr, true), &attribute, &mut condition.fixed);
        }
    }
    found
}

fn collect(expr: &TypedExpr, attribute: &impl Fn(&TypedExpr) -> Option<Of>, into: &mut BTreeMap<Of, Span>) {
    if let Some(read) = attribute(expr) {
        into.entry(read).or_insert(expr.span);
    }
    for child in expr.children() {
        collect(child, attribute, into);
    }
}

/// Attributes that have to equal a value: a step from a known state, which one cannot take twice.
fn conjuncts(formula: &Formula<'_>, attribute: &impl Fn(&TypedExpr) -> Option<Of>, into: &mut BTreeSet<Of>) {
    match formula {
        Formula::All(parts) => parts.iter().for_each(|part| conjuncts(part, attribute, into)),
        Formula::Test { expr, holds: true } => {
            if let TypedKind::Binary(Operator::Equal, left, right) = &expr.kind {
                let value = |expr: &TypedExpr| {
                    matches!(
                        expr.kind,
                        TypedKind::Entity(..) | TypedKind::Text(_) | TypedKind::Long(_) | TypedKind::Bool(_)
                    )
                };
                into.extend(attribute(left).filter(|_| value(right)));
                into.extend(attribute(right).filter(|_| value(left)));
            }
        }
        _ => {}
    }
}
