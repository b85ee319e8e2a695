//! Roles and the rules in them.

use crate::diag::{Diagnostic, Diagnostics};
use crate::import::codes;
use crate::load::yaml::Node;

use super::fields::{fault, head, known_keys, list, mapping, texts};
use super::manifest::{Metadata, Role, RoleKey, Rule, Target};
use super::{never, selectors};

/// Reads a `ClusterRole` or `Role`.
pub(super) fn read(node: &Node, metadata: Metadata, out: &mut Diagnostics) -> Role {
    let namespace = metadata.namespace.map(|(namespace, _)| namespace);
    let known = ["apiVersion", "kind", "metadata", "rules", "aggregationRule"];
    let (what, known) = match namespace {
        None => ("a `ClusterRole`", known.as_slice()),
        Some(_) => ("a `Role`", known.get(..4).unwrap_or_default()),
    };
    known_keys(node.as_map().unwrap_or_default(), known, what, out);
    let aggregation = node.get("aggregationRule").filter(|rule| !rule.is_null());
    let aggregates = aggregation.filter(|_| namespace.is_none()).map(|rule| selectors::read(rule, out));
    let written = list(node.get("rules"), "rules", out);
    let rules = written.iter().filter_map(|node| rule(node, namespace.is_some(), out)).collect();
    Role {
        key: RoleKey { namespace, name: metadata.name },
        span: metadata.span,
        description: metadata.description,
        labels: metadata.labels,
        rules,
        rules_span: written.first().map_or(metadata.span, head),
        aggregates,
    }
}

fn rule(node: &Node, namespaced: bool, out: &mut Diagnostics) -> Option<Rule> {
    const KEYS: [&str; 6] =
        ["apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs", "attributeRestrictions"];
    let map = mapping(node, "a rule", out)?;
    known_keys(map, &KEYS, "a rule", out);
    if let Some((key, value)) = node.entry("attributeRestrictions")
        && !value.is_null()
    {
        out.push(
            Diagnostic::warning(codes::LEFT_OUT, key.span, "`attributeRestrictions` are left out")
                .help("remove them: Kubernetes has always ignored them"),
        );
    }
    let [verbs, groups, resources, names, urls] =
        ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"]
            .map(|key| texts(node.get(key), key, out));
    never::tell(node, namespaced, out);
    let at = head(node);
    let mut need = |missing: bool, key: &str, help: &str| {
        // Entries that are no texts have been told already.
        let is_written = |value: &Node| !value.is_null() && value.as_list().is_none_or(|list| !list.is_empty());
        if missing && !node.get(key).is_some_and(is_written) {
            out.push(fault(at, format!("this rule has no `{key}`")).help(help));
        }
        missing
    };
    let mut bad = need(
        verbs.is_empty(),
        "verbs",
        "list what it allows: `verbs: [\"get\", \"list\"]`; remove a rule that allows nothing",
    );
    if !urls.is_empty() {
        if namespaced {
            out.push(
                fault(at, "a `Role` cannot grant `nonResourceURLs`")
                    .help("paths belong to no namespace: move the rule into a `ClusterRole`"),
            );
            bad = true;
        }
        if !(groups.is_empty() && resources.is_empty() && names.is_empty()) {
            out.push(
                fault(at, "a rule can have resources or `nonResourceURLs`, not both").help("split it into two rules"),
            );
            bad = true;
        }
        return (!bad).then_some(Rule { verbs, on: Target::Urls(urls) });
    }
    bad |=
        need(groups.is_empty(), "apiGroups", "name the groups of its resources: `apiGroups: [\"\"]` is the core group");
    bad |= need(resources.is_empty(), "resources", "list its resources: `resources: [\"pods\"]`");
    (!bad).then_some(Rule { verbs, on: Target::Resources { groups, resources, names } })
}
