//! A negated `has`: what is missing lets in.

use std::collections::BTreeMap;

use crate::lint::admission::{Written, admissions};
use crate::lint::expr::{attribute_text, path_text};
use crate::lint::{Cx, Sink, declare_lint};
use crate::typing::TypedKind;

declare_lint! {
    id: "open-on-absence",
    summary: "a condition that a missing attribute makes true",
    level: Warn,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut found = BTreeMap::new();
    // A deny has to ask whether an attribute is there; that is its plain form.
    for admission in admissions(cx).iter().filter(|one| one.written == Written::Required) {
        admission.formula().visit(&|_, _| None, &mut |expr, holds, _| {
            let (false, TypedKind::Has(of, names)) = (holds, &expr.kind) else {
                return;
            };
            let at = admission.place(expr);
            let of = path_text(of).unwrap_or_else(|| "…".to_owned());
            let read = names.iter().fold(of.clone(), |path, name| attribute_text(&path, name));
            let mut finding = out
                .finding(at, format!("{} allows access when `{read}` is missing", admission.statement))
                .label("true when the attribute is missing");
            if !admission.at.contains(at) {
                finding = finding.also(admission.at, "the decision depends on it");
            }
            let finding = finding
                .help(format!("require the attribute: `{of} has {} && …`, or declare it as required", names.join(".")));
            found.entry(at).or_insert(finding);
        });
    }
    found.into_values().for_each(|finding| out.push(finding));
}
