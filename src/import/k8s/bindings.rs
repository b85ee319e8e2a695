//! Bindings: which role, and who has it.

use crate::diag::Diagnostic;
use crate::import::codes;
use crate::load::yaml::Node;

use super::fields::{fault, known_keys, list, mapping, optional_text, text};
use super::manifest::{Binding, RoleKey, Subject};
use super::read::{GROUP, Metadata, Reader, head};

/// Reads a `ClusterRoleBinding` or `RoleBinding` of some version of the API.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, metadata: Metadata, version: &str) {
    let namespace = metadata.namespace.map(|(namespace, _)| namespace);
    let what = match namespace {
        None => "a `ClusterRoleBinding`",
        Some(_) => "a `RoleBinding`",
    };
    let known = ["apiVersion", "kind", "metadata", "roleRef", "subjects"];
    known_keys(node.as_map().unwrap_or_default(), &known, what, reader.out);
    let old = version.ends_with("/v1alpha1");
    let subjects = list(node.get("subjects"), "subjects", reader.out);
    let subjects: Vec<Subject> =
        subjects.iter().filter_map(|subject| read_subject(reader, subject, namespace.as_deref(), old)).collect();
    let Some(role_ref) = node.get("roleRef").filter(|role_ref| !role_ref.is_null()) else {
        reader.out.push(
            fault(head(node), "`roleRef` is missing").help("name the bound role: `roleRef:` with `kind` and `name`"),
        );
        return;
    };
    let Some(map) = mapping(role_ref, "`roleRef`", reader.out) else {
        return;
    };
    known_keys(map, &["apiGroup", "apiVersion", "kind", "name", "namespace"], "`roleRef`", reader.out);
    group(reader, role_ref, GROUP, "a role");
    let kind = text(role_ref, "kind", head(role_ref), reader.out);
    let name = text(role_ref, "name", head(role_ref), reader.out);
    let (Some((kind, at)), Some((name, role_span))) = (kind, name) else {
        return;
    };
    let of = match (kind, &namespace) {
        ("ClusterRole", _) => None,
        ("Role", Some(namespace)) => Some(namespace.clone()),
        ("Role", None) => {
            reader.out.push(
                fault(at, "a `ClusterRoleBinding` cannot bind a `Role`")
                    .help("bind a `ClusterRole`, or make this a `RoleBinding` in the role's namespace"),
            );
            return;
        }
        (other, _) => {
            reader.out.push(fault(at, format!("unknown kind of role `{other}`")).help("write `ClusterRole` or `Role`"));
            return;
        }
    };
    reader.found.bindings.push(Binding {
        namespace,
        span: metadata.span,
        role: RoleKey { namespace: of, name: name.to_owned() },
        role_span,
        subjects,
    });
}

/// `within` is the namespace of the binding, and `old` whether it is of the first version of the API.
fn read_subject(reader: &mut Reader<'_>, node: &Node, within: Option<&str>, old: bool) -> Option<Subject> {
    let map = mapping(node, "a subject", reader.out)?;
    let known = ["apiGroup", "apiVersion", "kind", "name", "namespace"];
    known_keys(map, &known, "a subject", reader.out);
    let kind = text(node, "kind", head(node), reader.out);
    let name = text(node, "name", head(node), reader.out);
    let namespace = optional_text(node, "namespace", reader.out);
    let namespace = namespace.map(|(namespace, _)| namespace.to_owned());
    match kind {
        Some(("ServiceAccount", _)) => group(reader, node, "", "a service account"),
        Some(("User" | "Group", _)) => group(reader, node, GROUP, "a user or group"),
        _ => {}
    }
    let ((kind, at), (name, name_span)) = (kind?, name?);
    match kind {
        // The first version wrote everybody so, and Kubernetes still reads it so.
        "User" if old && name == "*" => Some(Subject::Group("system:authenticated".to_owned())),
        "User" => Some(user(name)),
        "Group" => Some(Subject::Group(name.to_owned())),
        "ServiceAccount" => {
            let namespace = namespace.unwrap_or_else(|| {
                // Kubernetes refuses this, yet many manifests leave it to a tool to fill in.
                let namespace = within.unwrap_or(reader.namespace);
                let message = format!("the service account `{name}` is bound without a namespace");
                reader.out.push(
                    Diagnostic::warning(codes::MANIFEST, name_span, message)
                        .label(format!("assumed to be in `{namespace}`"))
                        .help("Kubernetes refuses this: add `namespace: …`"),
                );
                namespace.to_owned()
            });
            Some(Subject::ServiceAccount { namespace, name: name.to_owned() })
        }
        other => {
            reader.out.push(
                fault(at, format!("unknown kind of subject `{other}`"))
                    .help("write `User`, `Group` or `ServiceAccount`"),
            );
            None
        }
    }
}

/// `apiGroup`, which may be left out.
fn group(reader: &mut Reader<'_>, node: &Node, group: &str, what: &str) {
    if let Some((given, at)) = optional_text(node, "apiGroup", reader.out).filter(|(given, _)| *given != group) {
        let help = match group {
            "" => "remove `apiGroup`: its group is the core group".to_owned(),
            group => format!("write `apiGroup: {group}`"),
        };
        reader.out.push(fault(at, format!("{what} is not of the group `{given}`")).help(help));
    }
}

/// A service account may be bound by the name of its user, too.
fn user(name: &str) -> Subject {
    let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Subject::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() }
        }
        _ => Subject::User(name.to_owned()),
    }
}
