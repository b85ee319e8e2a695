//! Label selectors: whose rules an `aggregationRule` collects.

use crate::diag::Diagnostics;
use crate::load::yaml::Node;

use super::fields::{fault, head, known_keys, list, mapping, string_map, text, texts};
use super::manifest::{Requirement, Selector};

/// The selectors of an `aggregationRule`.
pub(super) fn read(rule: &Node, out: &mut Diagnostics) -> Vec<Selector> {
    let Some(map) = mapping(rule, "`aggregationRule`", out) else {
        return Vec::new();
    };
    known_keys(map, &["clusterRoleSelectors"], "`aggregationRule`", out);
    let selectors = list(rule.get("clusterRoleSelectors"), "clusterRoleSelectors", out);
    if selectors.is_empty() {
        out.push(
            fault(head(rule), "`aggregationRule` selects nothing")
                .help("select the roles whose rules it collects: `clusterRoleSelectors:` with `matchLabels` below it"),
        );
    }
    selectors.iter().map(|selector| self::selector(selector, out)).collect()
}

fn selector(node: &Node, out: &mut Diagnostics) -> Selector {
    let mut selector = Selector::default();
    let Some(map) = mapping(node, "a selector", out) else {
        return selector;
    };
    known_keys(map, &["matchLabels", "matchExpressions"], "a selector", out);
    for (key, value) in string_map(node.get("matchLabels"), "matchLabels", out) {
        selector.requirements.push(Requirement::In(key, vec![value]));
    }
    for expression in list(node.get("matchExpressions"), "matchExpressions", out) {
        selector.requirements.extend(requirement(expression, out));
    }
    selector
}

fn requirement(node: &Node, out: &mut Diagnostics) -> Option<Requirement> {
    let map = mapping(node, "an expression", out)?;
    known_keys(map, &["key", "operator", "values"], "an expression", out);
    let key = text(node, "key", head(node), out).map(|(key, _)| key.to_owned());
    let operator = text(node, "operator", head(node), out);
    let values = texts(node.get("values"), "values", out);
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
                fault(at, format!("`{operator}` needs `values`"))
                    .help("list the values of the label: `values: [\"…\"]`"),
            );
            None
        }
        ("Exists" | "DoesNotExist", false) => {
            out.push(
                fault(at, format!("`{operator}` takes no `values`")).help("remove `values`, or write `In` or `NotIn`"),
            );
            None
        }
        _ => {
            out.push(
                fault(at, format!("unknown operator `{operator}`"))
                    .help("write `In`, `NotIn`, `Exists` or `DoesNotExist`"),
            );
            None
        }
    }
}
