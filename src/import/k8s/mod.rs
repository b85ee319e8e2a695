//! Kubernetes RBAC: roles, the rules in them and who they are bound to.
//!
//! A `(apiGroup, resource)` becomes a resource type, a verb an action of it, a `ClusterRole` or `Role` a role. What Kubernetes
//! knows and Gate does not is written with what Gate has: a rule for named objects has a condition on the name, a `Role` one
//! on the namespace, a `ClusterRole` that a `RoleBinding` binds is extended within the namespace, and a `ClusterRole`
//! that collects others extends them. Wildcards are kept as entries of their own that stand for the others. Who holds a role
//! says nothing of what it grants: every role is for users and service accounts alike, and bindings are assignments.

mod aggregate;
mod assignments;
mod bindings;
mod entries;
mod fixtures;
mod manifest;
mod never;
mod plan;
mod read;
mod risks;
mod roles;
mod selectors;
mod texts;
mod write;

use crate::diag::{Diagnostic, Diagnostics};
use crate::syntax::Limits;
use crate::text::{FileId, Sources};

use super::gate::formatted;
use super::package::count;
use super::{ImportError, Imported, codes};

/// How Kubernetes RBAC is imported.
#[derive(Debug, Clone, Copy)]
pub struct K8sOptions<'a> {
    /// The name of the package.
    pub name: &'a str,
    /// The namespace of objects that name none.
    pub namespace: &'a str,
}

/// What the package's lints cannot ask of Kubernetes.
const LEVELS: &str = "\
[lint]
# RBAC has no conditions and no reasons. After adding guards and reasons for sensitive actions, remove these lines.
unguarded-sensitive-action = \"allow\"
unexplained-sensitive-grant = \"warn\"
";

/// Makes a package of RBAC manifests: `List`s, several documents in a file, YAML or JSON. `None` where there are faults,
/// all of which are in `out`.
///
/// # Errors
/// Where what was made is not Gate; a fault of ours.
pub fn k8s_rbac(
    sources: &Sources,
    files: &[FileId],
    options: K8sOptions<'_>,
    out: &mut Diagnostics,
) -> Result<Option<Imported>, ImportError> {
    let manifests = read::read(sources, files, options.namespace, out);
    if out.has_errors() {
        return Ok(None);
    }
    if manifests.roles.is_empty() && manifests.bindings.is_empty() {
        out.push(Diagnostic::global_error(codes::NOTHING_TO_IMPORT, "no roles or bindings found in these files").help(
            "name files with objects of `rbac.authorization.k8s.io`, such as `kubectl get clusterroles -o yaml` prints",
        ));
        return Ok(None);
    }
    let plan = plan::plan(&manifests, out);
    if out.has_errors() {
        return Ok(None);
    }
    let mut imported = Imported { summary: summary(&plan, manifests.bindings.len()), ..Imported::default() };
    let texts =
        [("subjects", vec![write::subjects()]), ("resources", write::resources(&plan)), ("roles", write::roles(&plan))];
    for (stem, texts) in texts {
        for (number, text) in texts.into_iter().enumerate() {
            let file = match number {
                0 => format!("policy/{stem}.gate"),
                number => format!("policy/{stem}-{}.gate", number + 1),
            };
            let text = formatted(&file, text)?;
            imported.files.insert(file, text);
        }
    }
    let longest = imported.files.values().map(String::len).max().unwrap_or(0);
    let project = project(options.name, longest);
    imported.files.insert("gatewright.toml".to_owned(), project);
    imported.files.insert(assignments::FILE.to_owned(), assignments::write(&plan));
    if let Some(fixtures) = fixtures::write(&plan) {
        imported.files.insert("scenarios/bindings.yaml".to_owned(), fixtures);
    }
    Ok(Some(imported))
}

/// The project file of a package whose longest policy file has so many bytes.
fn project(name: &str, longest: usize) -> String {
    let limits = match longest > Limits::default().bytes {
        true => format!("[limits]\nbytes = {longest}\n\n"),
        false => String::new(),
    };
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2026\"\n\
         description = \"Roles of a Kubernetes cluster, imported.\"\n\
         assignments = [\"{}\"]\n\n{limits}{LEVELS}",
        assignments::FILE
    )
}

fn summary(plan: &plan::Plan, bindings: usize) -> String {
    let grants: usize = plan.roles.iter().map(|role| role.grants.len()).sum();
    format!(
        "{} with {}, {} of resources, {}",
        count(plan.roles.len(), "role"),
        count(grants, "grant"),
        count(plan.types.len(), "type"),
        count(bindings, "binding")
    )
}
