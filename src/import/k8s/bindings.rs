//! Bindings: which role, and who has it.

use crate::diag::{Diagnostic, Diagnostics};
use crate::import::codes;
use crate::import::codes::MANIFEST_FILE;
use crate::load::document::{Fields, Node};

use super::manifest::{Binding, GROUP, Metadata, RoleKey, Subject};
use super::texts::{required, text};

/// Reads a `ClusterRoleBinding` or `RoleBinding` of some version of the API. `unnamed` is the namespace of what names none.
pub(super) fn read(
    binding: &Fields<'_>,
    metadata: Metadata,
    version: &str,
    unnamed: &str,
    out: &mut Diagnostics,
) -> Option<Binding> {
    let namespace = metadata.namespace.map(|(namespace, _)| namespace);
    binding.only(&["apiVersion", "kind", "metadata", "roleRef", "subjects"], out);
    let within = namespace.as_deref().unwrap_or(unnamed);
    let old = version.ends_with("/v1alpha1");
    let subjects = binding.at("subjects").and_then(|field| field.list(out)).unwrap_or_default();
    let subjects: Vec<Subject> =
        subjects.iter().filter_map(|subject| read_subject(subject, within, old, out)).collect();
    let Some(role_ref) = binding.at("roleRef") else {
        out.push(binding.missing("roleRef").help("name the bound role: `roleRef:` with `kind` and `name`"));
        return None;
    };
    let role_ref = role_ref.fields(&["apiGroup", "apiVersion", "kind", "name", "namespace"], out)?;
    group(&role_ref, GROUP, "a role", out);
    let (kind, name) = (required(&role_ref, "kind", out), required(&role_ref, "name", out));
    let ((kind, at), (name, role_span)) = (kind?, name?);
    let of = match (kind, &namespace) {
        ("ClusterRole", _) => None,
        ("Role", Some(namespace)) => Some(namespace.clone()),
        ("Role", None) => {
            out.push(
                MANIFEST_FILE
                    .invalid(at, "a `ClusterRoleBinding` cannot bind a `Role`")
                    .help("bind a `ClusterRole`, or make this a `RoleBinding` in the role's namespace"),
            );
            return None;
        }
        (other, _) => {
            out.push(
                MANIFEST_FILE
                    .invalid(at, format!("unknown kind of role `{other}`"))
                    .help("write `ClusterRole` or `Role`"),
            );
            return None;
        }
    };
    Some(Binding {
        namespace,
        span: metadata.span,
        role: RoleKey { namespace: of, name: name.to_owned() },
        role_span,
        subjects,
    })
}

/// `within` is the namespace of what names none, and `old` whether it is of the first version of the API.
fn read_subject(node: &Node, within: &str, old: bool, out: &mut Diagnostics) -> Option<Subject> {
    let known = ["apiGroup", "apiVersion", "kind", "name", "namespace"];
    let subject = MANIFEST_FILE.fields(node, "a subject", &known, out)?;
    let (kind, name) = (required(&subject, "kind", out), required(&subject, "name", out));
    let namespace = text(&subject, "namespace", out);
    let namespace = namespace.map(|(namespace, _)| namespace.to_owned());
    match kind {
        Some(("ServiceAccount", _)) => group(&subject, "", "a service account", out),
        Some(("User" | "Group", _)) => group(&subject, GROUP, "a user or group", out),
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
                let message = format!("the service account `{name}` is bound without a namespace");
                out.push(
                    Diagnostic::warning(codes::MANIFEST, name_span, message)
                        .label(format!("assumed to be in `{within}`"))
                        .help("Kubernetes refuses this: add `namespace: …`"),
                );
                within.to_owned()
            });
            Some(Subject::ServiceAccount { namespace, name: name.to_owned() })
        }
        other => {
            out.push(
                MANIFEST_FILE
                    .invalid(at, format!("unknown kind of subject `{other}`"))
                    .help("write `User`, `Group` or `ServiceAccount`"),
            );
            None
        }
    }
}

/// `apiGroup`, which may be left out.
fn group(fields: &Fields<'_>, group: &str, what: &str, out: &mut Diagnostics) {
    if let Some((given, at)) = text(fields, "apiGroup", out).filter(|(given, _)| *given != group) {
        let help = match group {
            "" => "remove `apiGroup`: its group is the core group".to_owned(),
            group => format!("write `apiGroup: {group}`"),
        };
        out.push(MANIFEST_FILE.invalid(at, format!("{what} is not of the group `{given}`")).help(help));
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
