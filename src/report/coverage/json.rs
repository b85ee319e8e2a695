//! Coverage for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::report::Files;
use crate::scenario::{Coverage, Covered};
use crate::text::{Span, safe};

/// The version of this format. Version 1 counted other things.
const FORMAT: u32 = 2;

/// The whole coverage as one JSON object, with a newline at the end.
#[must_use]
pub fn coverage_json(coverage: &Coverage, files: Files<'_>) -> String {
    safe::json(&coverage_value(coverage, files))
}

/// The same as a value.
#[must_use]
pub fn coverage_value(coverage: &Coverage, files: Files<'_>) -> Value {
    let at = |span: Span| {
        let at = files.sources.position(span);
        json!({ "file": files.path(span.file), "line": at.line, "column": at.column })
    };
    let mut statements: BTreeMap<_, Vec<&Covered>> = BTreeMap::new();
    for covered in &coverage.covered {
        let one = &covered.obligation;
        statements.entry((one.statement_at, &one.statement)).or_default().push(covered);
    }
    let statements = statements.into_iter().map(|((span, statement), all)| {
        let obligations = all.into_iter().map(|covered| {
            let one = &covered.obligation;
            let mut value = json!({
                "aspect": one.aspect.name(),
                "what": one.what,
                "at": at(one.at),
                "seen": covered.seen,
            });
            if let (false, Some(fields)) = (covered.seen, value.as_object_mut()) {
                fields.insert("help".to_owned(), one.help.clone().into());
            }
            value
        });
        json!({
            "statement": statement.name,
            "kind": statement.kind,
            "at": at(span),
            "obligations": obligations.collect::<Vec<_>>(),
        })
    });
    let excluded = coverage.excluded.iter().map(
        |one| json!({ "statement": one.statement.name, "kind": one.statement.kind, "at": at(one.at), "why": one.why }),
    );
    let totals = coverage.totals();
    json!({
        "format": FORMAT,
        "totals": totals,
        "lowest": totals.lowest(),
        "statements": statements.collect::<Vec<_>>(),
        "excluded": excluded.collect::<Vec<_>>(),
    })
}
