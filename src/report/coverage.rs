//! What the scenarios saw of a policy, for programs.

use serde_json::{Value, json};

use crate::bundle::Place;
use crate::scenario::Coverage;
use crate::text::safe;

/// The whole coverage as one JSON object, with a newline at the end.
#[must_use]
pub fn coverage_json(coverage: &Coverage) -> String {
    let statements = coverage.statements.iter().map(|one| {
        let clauses = one.clauses.iter().map(|clause| {
            json!({
                "gate": clause.gate,
                "at": at(&clause.place),
                "held": clause.held,
                "failed": clause.failed,
            })
        });
        json!({
            "statement": one.name,
            "at": at(&one.place),
            "kind": if one.grants { "grant" } else { "guard" },
            "decided": one.decided,
            "withheld": one.withheld,
            "clauses": clauses.collect::<Vec<_>>(),
        })
    });
    let totals = coverage.totals();
    safe::json(&json!({
        "format": 1,
        "totals": totals,
        "lowest": totals.lowest(),
        "statements": statements.collect::<Vec<_>>(),
    }))
}

fn at(place: &Place) -> Value {
    json!({ "file": place.file, "line": place.line, "column": place.column })
}
