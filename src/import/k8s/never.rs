//! Rules that can never match a request, so that whoever wrote them means something else. They are kept as they were written:
//! what they name is granted, and nobody can ask for it.

use crate::diag::{Diagnostic, Diagnostics};
use crate::import::codes;
use crate::load::document::Node;
use crate::text::Span;

use super::manifest::GROUP;

/// Verbs of requests for resources.
const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
/// Verbs of requests for paths: the methods of HTTP.
const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "connect"];
/// Resources of Kubernetes that lie in no namespace, so that no `Role` reaches them. Namespaces themselves are within theirs.
const OF_THE_CLUSTER: [(&str, &[&str]); 9] = [
    ("", &["nodes", "persistentvolumes", "componentstatuses"]),
    (GROUP, &["clusterroles", "clusterrolebindings"]),
    ("storage.k8s.io", &["storageclasses", "volumeattachments", "csidrivers", "csinodes"]),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    ("admissionregistration.k8s.io", &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]),
    ("certificates.k8s.io", &["certificatesigningrequests"]),
    ("scheduling.k8s.io", &["priorityclasses"]),
    ("networking.k8s.io", &["ingressclasses"]),
];

/// Tells what of a rule never matches. `within_namespace` is whether it stands in a `Role`.
pub(super) fn tell(rule: &Node, within_namespace: bool, out: &mut Diagnostics) {
    let [verbs, groups, resources, names, paths] =
        ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"].map(|key| texts(rule.get(key)));
    let mut tell = |at: Span, what: String, why: String, help: String| {
        out.push(
            Diagnostic::warning(codes::NEVER_MATCHES, at, format!("{what} never matches a request"))
                .label(why)
                .help(help),
        );
    };
    for (verb, at) in verbs.iter().copied() {
        let known: &[&str] = if paths.is_empty() { &VERBS } else { &METHODS };
        let lower = verb.to_lowercase();
        if verb != lower && (known.contains(&lower.as_str()) || VERBS.contains(&lower.as_str())) {
            tell(at, format!("the verb `{verb}`"), "verbs are in lower case".to_owned(), format!("write `{lower}`"));
        } else if is_starred(verb) {
            tell(
                at,
                format!("the verb `{verb}`"),
                STAR.to_owned(),
                "name each verb, or write `*` for all of them".to_owned(),
            );
        } else if !paths.is_empty() && verb != "*" && !known.contains(&verb) {
            let help = match verb {
                "list" | "watch" => "write `get`".to_owned(),
                "create" => "write `post`".to_owned(),
                "update" => "write `put`".to_owned(),
                _ => format!("write one of {}", METHODS.join(", ")),
            };
            tell(
                at,
                format!("the verb `{verb}` on `nonResourceURLs`"),
                "the verb of a request for a path is its HTTP method".to_owned(),
                help,
            );
        }
    }
    for (group, at) in groups.iter().copied() {
        let what = format!("the API group `{group}`");
        if let Some((name, _)) = group.split_once('/') {
            tell(at, what, "a group is named without its version".to_owned(), format!("write `{name}`"));
        } else if matches!(group, "core" | "v1") {
            tell(at, what, "the name of the core group is empty".to_owned(), "write `\"\"`".to_owned());
        } else if is_starred(group) {
            tell(at, what, STAR.to_owned(), "name each group, or write `*` for all of them".to_owned());
        } else if has_capitals(group) {
            tell(at, what, "groups are in lower case".to_owned(), format!("write `{}`", group.to_lowercase()));
        }
    }
    for (resource, at) in resources.iter().copied() {
        let what = format!("the resource `{resource}`");
        let (name, sub) = resource.split_once('/').unwrap_or((resource, ""));
        if (name.contains('*') && name != "*") || sub.contains('*') {
            let help = match sub {
                "*" => format!("name each subresource, such as `{name}/status`, or write `*` for every resource"),
                _ => "write `*` for every resource, `*/status` for one subresource of each".to_owned(),
            };
            tell(at, what, STAR.to_owned(), help);
        } else if sub.contains('/') || resource.starts_with('/') || resource.ends_with('/') || resource.is_empty() {
            let help = "write `pods` for a resource, `pods/log` for a subresource".to_owned();
            tell(at, what, "this does not name a resource".to_owned(), help);
        } else if has_capitals(resource) {
            let help = format!("write `{}`, in the plural", resource.to_lowercase());
            tell(at, what, "resources are in lower case".to_owned(), help);
        } else if within_namespace && is_of_the_cluster(&groups, name) {
            tell(
                at,
                format!("the resource `{resource}` in a `Role`"),
                format!("`{name}` do not belong to a namespace"),
                "move the rule into a `ClusterRole`, and bind it in the whole cluster".to_owned(),
            );
        }
    }
    // A request that names no object has the empty name, which a rule may list.
    let by_name = !names.is_empty() && !names.iter().any(|(name, _)| name.is_empty());
    let of_objects: Vec<&str> =
        resources.iter().map(|(name, _)| *name).filter(|name| !name.contains(['/', '*'])).collect();
    for (verb, at) in verbs.iter().copied().filter(|_| by_name && !of_objects.is_empty()) {
        let why = match verb {
            "create" => "a request to create an object is authorized before the object has a name",
            "deletecollection" => "a request to delete a collection names no object",
            _ => continue,
        };
        tell(
            at,
            format!("`{verb}` of `{}` under `resourceNames`", of_objects.join("`, `")),
            why.to_owned(),
            format!("put `{verb}` into a separate rule without `resourceNames`, or remove it"),
        );
    }
    let takes_any_name = |(group, _): &(&str, Span)| matches!(*group, "*" | GROUP);
    for (name, at) in names.iter().copied() {
        // Roles and bindings alone may have a star in their names.
        if name.contains('*') && !groups.iter().any(takes_any_name) || name.contains('/') {
            let why = match name.contains('*') {
                true => STAR,
                false => "no object has a `/` in its name",
            };
            let help = "name each object, or remove `resourceNames` to match all of them".to_owned();
            tell(at, format!("the name `{name}`"), why.to_owned(), help);
        }
    }
    for (path, at) in paths.iter().copied() {
        // All stars at the end are one.
        let body = path.trim_end_matches('*');
        if path != "*" && !path.starts_with('/') {
            let help = format!("write `/{path}`");
            tell(at, format!("the path `{path}`"), "paths begin with `/`".to_owned(), help);
        } else if body.contains('*') {
            let help = "name each path; a `*` stands for the rest of a path at its end".to_owned();
            tell(at, format!("the path `{path}`"), STAR.to_owned(), help);
        }
    }
}

const STAR: &str = "the `*` is a literal here, not a wildcard";

fn is_starred(text: &str) -> bool {
    text.contains('*') && text != "*"
}

fn has_capitals(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

fn is_of_the_cluster(groups: &[(&str, Span)], resource: &str) -> bool {
    let is_theirs = |group: &str| {
        let known = OF_THE_CLUSTER.iter().find(|(known, _)| *known == group);
        known.is_some_and(|(_, resources)| resources.contains(&resource))
    };
    !groups.is_empty() && groups.iter().all(|(group, _)| is_theirs(group))
}

/// The texts of a list with their places; what is no text is told elsewhere.
fn texts(node: Option<&Node>) -> Vec<(&str, Span)> {
    let items = node.and_then(Node::as_list).unwrap_or_default();
    items.iter().filter_map(|item| Some((item.as_text()?, item.span))).collect()
}
