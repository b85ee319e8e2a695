//! Label selectors: whose rules an `aggregationRule` collects.

use crate::diag::Diagnostics;
use crate::import::codes::MANIFEST_FILE;
use crate::load::document::{Field, Node};

use super::manifest::{Requirement, Selector};
use super::texts::{labels, required, texts};

/// The selectors of an `aggregationRule`.
pub(super) fn read(rule: &Field<'_>, out: &mut Diagnostics) -> Vec<Selector> {
    let Some(rule) = rule.fields(&["clusterRoleSelectors"], out) else {
        return Vec::new();
    };
    let selectors = rule.at("clusterRoleSelectors").and_then(|field| field.list(out)).unwrap_or_default();
    if selectors.is_empty() {
        out.push(
            MANIFEST_FILE
                .invalid(rule.place(), "`aggregationRule` selects nothing")
                .help("select the roles whose rules it collects: `clusterRoleSelectors:` with `matchLabels` below it"),
        );
    }
    selectors.iter().map(|selector| self::selector(selector, out)).collect()
}

fn selector(node: &Node, out: &mut Diagnostics) -> Selector {
    let mut selector = Selector::default();
    let Some(fields) = MANIFEST_FILE.fields(node, "a selector", &["matchLabels", "matchExpressions"], out) else {
        return selector;
    };
    for (key, value) in labels(&fields, "matchLabels", out) {
        selector.requirements.push(Requirement::In(key, vec![value]));
    }
    for expression in fields.at("matchExpressions").and_then(|field| field.list(out)).unwrap_or_default() {
        selector.requirements.extend(requirement(expression, out));
    }
    selector
}

fn requirement(node: &Node, out: &mut Diagnostics) -> Option<Requirement> {
    let fields = MANIFEST_FILE.fields(node, "an expression", &["key", "operator", "values"], out)?;
    let key = required(&fields, "key", out).map(|(key, _)| key.to_owned());
    let operator = required(&fields, "operator", out);
    let values = texts(&fields, "values", out);
    let (key, (operator, at)) = (key?, operator?);
    // Entries that are no texts have been told already.
    let is_empty = node.get("values").and_then(Node::as_list).is_none_or(<[_]>::is_empty);
    match (operator, is_empty) {
        ("In", false) => Some(Requirement::In(key, values)),
        ("NotIn", false) => Some(Requirement::NotIn(key, values)),
        ("Exists", true) => Some(Requirement::Exists(key)),
        ("DoesNotExist", true) => Some(Requirement::DoesNotExist(key)),
        ("In" | "NotIn", true) => {
            out.push(
                MANIFEST_FILE
                    .invalid(at, format!("`{operator}` needs `values`"))
                    .help("list the values of the label: `values: [\"…\"]`"),
            );
            None
        }
        ("Exists" | "DoesNotExist", false) => {
            out.push(
                MANIFEST_FILE
                    .invalid(at, format!("`{operator}` takes no `values`"))
                    .help("remove `values`, or write `In` or `NotIn`"),
            );
            None
        }
        _ => {
            out.push(
                MANIFEST_FILE
                    .invalid(at, format!("unknown operator `{operator}`"))
                    .help("write `In`, `NotIn`, `Exists` or `DoesNotExist`"),
            );
            None
        }
    }
}
