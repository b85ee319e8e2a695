//! Roles and the rules in them.

use crate::diag::{Diagnostic, Diagnostics};
use crate::import::codes;
use crate::import::codes::MANIFEST_FILE;
use crate::load::document::{Fields, Node};
use crate::text::Span;

use super::manifest::{Metadata, Role, RoleKey, Rule, Target};
use super::texts::texts;
use super::{never, selectors};

/// Reads a `ClusterRole` or `Role`.
pub(super) fn read(role: &Fields<'_>, metadata: Metadata, out: &mut Diagnostics) -> Role {
    let namespace = metadata.namespace.map(|(namespace, _)| namespace);
    let known = ["apiVersion", "kind", "metadata", "rules", "aggregationRule"];
    role.only(if namespace.is_none() { &known } else { known.get(..4).unwrap_or_default() }, out);
    let aggregation = role.at("aggregationRule").filter(|_| namespace.is_none());
    let aggregates = aggregation.map(|rule| selectors::read(&rule, out));
    let written = role.at("rules").and_then(|rules| rules.list(out)).unwrap_or_default();
    let rules: Vec<_> = written.iter().filter_map(|node| rule(node, namespace.is_some(), out)).collect();
    Role {
        key: RoleKey { namespace, name: metadata.name },
        span: metadata.span,
        description: metadata.description,
        labels: metadata.labels,
        rules,
        rules_span: written.first().map_or(metadata.span, first_key),
        aggregates,
    }
}

fn rule(node: &Node, namespaced: bool, out: &mut Diagnostics) -> Option<Rule> {
    const KEYS: [&str; 6] =
        ["apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs", "attributeRestrictions"];
    let fields = MANIFEST_FILE.fields(node, "a rule", &KEYS, out)?;
    if let Some((key, _)) = fields.entry("attributeRestrictions") {
        out.push(
            Diagnostic::warning(codes::LEFT_OUT, key.span, "`attributeRestrictions` are left out")
                .help("remove them: Kubernetes has always ignored them"),
        );
    }
    let [verbs, groups, resources, names, urls] =
        ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"].map(|key| texts(&fields, key, out));
    never::tell(node, namespaced, out);
    let at = fields.place();
    let mut need = |missing: bool, key: &str, help: &str| {
        // What is neither absent nor an empty list is reported already.
        match fields.at(key) {
            _ if !missing => {}
            None => out.push(fields.missing(key).help(help)),
            Some(field) if field.node.as_list().is_some_and(<[_]>::is_empty) => out.push(field.help(help).empty()),
            Some(_) => {}
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
                MANIFEST_FILE
                    .invalid(at, "a `Role` cannot grant `nonResourceURLs`")
                    .help("paths belong to no namespace: move the rule into a `ClusterRole`"),
            );
            bad = true;
        }
        if !(groups.is_empty() && resources.is_empty() && names.is_empty()) {
            out.push(
                MANIFEST_FILE
                    .invalid(at, "a rule can have resources or `nonResourceURLs`, not both")
                    .help("split it into two rules"),
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

/// Where a rule begins.
fn first_key(rule: &Node) -> Span {
    let first = rule.as_map().and_then(<[_]>::first);
    first.map_or(rule.span.at_start(), |(key, _)| key.span)
}
