//! `has` of an attribute that no request can have: it is always false, most often misspelt.

use std::collections::BTreeMap;

use crate::diag::did_you_mean;
use crate::graph::Ty;
use crate::lint::admission::{Admission, admissions, template_admissions};
use crate::lint::expr::{attribute_text, path_text};
use crate::lint::hazards::{Variables, declared_names};
use crate::lint::{Cx, Sink, declare_lint};
use crate::typing::{TypedExpr, TypedKind};

declare_lint! {
    id: "undeclared-has",
    summary: "a `has` of an attribute that nothing declares",
    level: Error,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    // One place may be asked for many kinds of request: it is a fault only if it is one for each.
    let mut found: BTreeMap<_, Option<_>> = BTreeMap::new();
    for admission in admissions(cx).into_iter().chain(template_admissions(cx)) {
        let kinds = kinds(cx, &admission);
        each_has(&admission.expr, &mut |expr, of, name| {
            let at = admission.place(expr);
            let known: Vec<Vec<String>> = kinds.iter().map_while(|kind| declared_names(cx, kind, of)).collect();
            let unknown = known.len() < kinds.len() || kinds.is_empty();
            let path = attribute_text(&path_text(of).unwrap_or_else(|| "…".to_owned()), name);
            let entry = found.entry((at, path.clone()));
            if unknown || known.iter().flatten().any(|known| known == name) {
                entry.insert_entry(None);
                return;
            }
            let message = format!("{} tests for `{path}`, which is never present", admission.statement);
            let names = known.iter().flatten().map(String::as_str);
            let help = did_you_mean(name, names)
                .unwrap_or_else(|| "declare the attribute (with `?` if optional), or remove the test".to_owned());
            entry.or_insert_with(|| Some(out.finding(at, message).label("always false").help(help)));
        });
    }
    found.into_values().flatten().for_each(|finding| out.push(finding));
}

/// The kinds of request that a condition is asked for.
fn kinds(cx: &Cx<'_>, admission: &Admission) -> Vec<Variables> {
    let mut found = Vec::new();
    for request in &admission.requests {
        let kind = Variables {
            principal: Ty::Entity(request.principal),
            resource: Ty::Entity(request.resource),
            context: Ty::Record(cx.program.request_context(request.action)),
            action: None,
        };
        if !found.contains(&kind) {
            found.push(kind);
        }
    }
    for step in &admission.steps {
        let kind = Variables { action: None, ..Variables::of_step(step) };
        if !found.contains(&kind) {
            found.push(kind);
        }
    }
    found
}

/// Each `of has name`; each step of `of has a.b`, which means `of has a && of.a has b`.
fn each_has(expr: &TypedExpr, see: &mut impl FnMut(&TypedExpr, &TypedExpr, &str)) {
    if let TypedKind::Has(of, names) = &expr.kind {
        let mut of = of.as_ref().clone();
        for name in names {
            see(expr, &of, name);
            of = of.attribute(name.clone(), Ty::Unknown);
        }
    }
    for child in expr.children() {
        each_has(child, see);
    }
}
