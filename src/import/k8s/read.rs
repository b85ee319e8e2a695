//! From YAML to the objects: documents, lists of objects, what all objects have. What Kubernetes would refuse is a fault at its place, so
//! that no rule means less here than its author thinks.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics, Severity, did_you_mean};
use crate::import::codes;
use crate::import::codes::MANIFEST_FILE;
use crate::load::document::{Fields, Node};
use crate::load::yaml;
use crate::text::{FileId, Sources, Span};

use super::manifest::{GROUP, Manifests, Metadata};
use super::texts::{labels, required, text};
use super::{bindings, roles};

const KINDS: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const VERSIONS: [&str; 3] = ["v1", "v1alpha1", "v1beta1"];
const MOST_LISTS: usize = 8;
/// What `metadata` may hold, that of clusters of former versions included.
const METADATA: [&str; 17] = [
    "annotations",
    "clusterName",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "initializers",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// What the reading of all documents shares.
struct Reader<'a> {
    found: Manifests,
    /// The namespace of what names none.
    namespace: &'a str,
    out: &'a mut Diagnostics,
    /// Other kinds of objects: how many, and the first.
    others: BTreeMap<String, (usize, Span)>,
    /// Objects by kind, namespace and name.
    seen: BTreeMap<(String, Option<String>, String), Span>,
}

/// Reads all objects of some files.
pub(super) fn read(sources: &Sources, files: &[FileId], namespace: &str, out: &mut Diagnostics) -> Manifests {
    let mut reader =
        Reader { found: Manifests::default(), namespace, out, others: BTreeMap::new(), seen: BTreeMap::new() };
    for file in files {
        let mut faults = Diagnostics::new();
        let documents = yaml::parse_all(sources, *file, &mut faults);
        let is_template = sources.text(*file).contains("{{");
        reader.out.extend(faults.into_iter().map(|fault| match is_template {
            true => fault.note("the file contains `{{`: import the rendered template, as `helm template` prints it"),
            false => fault,
        }));
        for document in documents {
            reader.object(&document, None, 0);
        }
    }
    let Reader { found, others, .. } = reader;
    for (kind, (count, first)) in others {
        let left_out = Diagnostic::new(
            codes::LEFT_OUT,
            Severity::Advice,
            Some(first),
            format!("`{kind}` is not an RBAC object, and is left out"),
        );
        out.push(match count {
            1 => left_out,
            count => left_out.note(format!("there are {count} of them")),
        });
    }
    found
}

impl Reader<'_> {
    /// An object, or a list of them. Items of a typed list need not say their kind.
    fn object(&mut self, node: &Node, typed: Option<&str>, lists: usize) {
        let Some(object) = MANIFEST_FILE.at(node, "a manifest").section(self.out) else {
            return;
        };
        let (kind, at) = match (text(&object, "kind", self.out), typed) {
            (Some((kind, at)), _) => (kind, at),
            (None, Some(kind)) => (kind, object.place()),
            (None, None) => {
                let missing = object.missing("kind");
                self.out.push(missing.help("a manifest needs a kind: `kind: ClusterRole`"));
                return;
            }
        };
        let version = text(&object, "apiVersion", self.out);
        if let Some(of) = kind.strip_suffix("List").filter(|of| of.is_empty() || KINDS.contains(of)) {
            // A list of no kind in particular is one of any group.
            if of.is_empty() || self.is_rbac(of, at, version) {
                self.list(&object, at, Some(of).filter(|of| !of.is_empty()), lists);
            }
            return;
        }
        if !self.is_rbac(kind, at, version) {
            return;
        }
        if version.is_none() && typed.is_none() {
            self.out.push(object.missing("apiVersion").help(format!("write `apiVersion: {GROUP}/v1`")));
        }
        let Some(metadata) = self.metadata(&object, kind) else {
            return;
        };
        if !self.is_new(kind, &metadata) {
            return;
        }
        match kind {
            "ClusterRole" | "Role" => {
                let role = roles::read(&object.called(format!("a `{kind}`")), metadata, self.out);
                self.found.roles.push(role);
            }
            _ => {
                let version = version.map_or("", |(version, _)| version);
                let binding =
                    bindings::read(&object.called(format!("a `{kind}`")), metadata, version, self.namespace, self.out);
                self.found.bindings.extend(binding);
            }
        }
    }

    fn list(&mut self, object: &Fields<'_>, at: Span, typed: Option<&str>, lists: usize) {
        if lists == MOST_LISTS {
            self.out.push(
                MANIFEST_FILE.invalid(at, "lists are nested in each other too deeply").help("remove the inner lists"),
            );
            return;
        }
        for item in object.at("items").and_then(|items| items.list(self.out)).unwrap_or_default() {
            self.object(item, typed, lists + 1);
        }
    }

    /// Whether an object is one of RBAC. Those of other groups are left out; of this group there are no others.
    fn is_rbac(&mut self, kind: &str, at: Span, version: Option<(&str, Span)>) -> bool {
        let known = KINDS.contains(&kind);
        let Some((version, version_at)) = version else {
            if !known {
                self.others.entry(kind.to_owned()).or_insert((0, at)).0 += 1;
            }
            return known;
        };
        let (group, number) = version.rsplit_once('/').unwrap_or((version, ""));
        if group != GROUP {
            match known {
                true => self.out.push(
                    Diagnostic::warning(
                        codes::LEFT_OUT,
                        version_at,
                        format!("`{kind}` of `{version}` is not an RBAC object of Kubernetes, and is left out"),
                    )
                    .help(format!("if it should be one, write `apiVersion: {GROUP}/v1`")),
                ),
                false => self.others.entry(kind.to_owned()).or_insert((0, at)).0 += 1,
            }
            return false;
        }
        if !VERSIONS.contains(&number) {
            self.out.push(match number {
                "" => MANIFEST_FILE
                    .invalid(version_at, format!("`{version}` is a group without a version"))
                    .help(format!("write `apiVersion: {GROUP}/v1`")),
                number => MANIFEST_FILE
                    .invalid(version_at, format!("`{GROUP}` has no version `{number}`"))
                    .maybe_help(did_you_mean(number, VERSIONS)),
            });
        }
        if !known {
            self.out.push(
                MANIFEST_FILE
                    .invalid(at, format!("`{GROUP}` has no kind `{kind}`"))
                    .maybe_help(did_you_mean(kind, KINDS)),
            );
        }
        known
    }

    fn metadata(&mut self, object: &Fields<'_>, kind: &str) -> Option<Metadata> {
        let Some(metadata) = object.at("metadata") else {
            self.out.push(object.missing("metadata").help("add `metadata:` and the `name` below it"));
            return None;
        };
        let metadata = metadata.fields(&METADATA, self.out)?;
        let (name, span) = required(&metadata, "name", self.out)?;
        if name.contains(['/', '%']) || matches!(name, "." | "..") {
            self.out.push(
                MANIFEST_FILE
                    .invalid(span, format!("`{name}` is not a valid object name"))
                    .help("names cannot contain `/` or `%`"),
            );
        }
        let namespace = text(&metadata, "namespace", self.out);
        let namespace = match (kind.starts_with("Cluster"), namespace) {
            (true, Some((given, at))) => {
                let message = format!("a `{kind}` does not belong to a namespace, so `{given}` is left out");
                self.out.push(
                    Diagnostic::warning(codes::LEFT_OUT, at, message)
                        .help(format!("remove it, or make this a `{}`", kind.trim_start_matches("Cluster"))),
                );
                None
            }
            (true, None) => None,
            (false, Some((given, at))) => Some((given.to_owned(), at)),
            (false, None) => Some((self.namespace.to_owned(), span)),
        };
        let named = labels(&metadata, "labels", self.out);
        let mut annotations = labels(&metadata, "annotations", self.out);
        Some(Metadata {
            namespace,
            name: name.to_owned(),
            span,
            labels: named,
            description: annotations.remove("kubernetes.io/description"),
        })
    }

    fn is_new(&mut self, kind: &str, metadata: &Metadata) -> bool {
        let namespace = metadata.namespace.as_ref().map(|(namespace, _)| namespace.clone());
        let key = (kind.to_owned(), namespace, metadata.name.clone());
        let Some(first) = self.seen.get(&key) else {
            self.seen.insert(key, metadata.span);
            return true;
        };
        self.out.push(
            Diagnostic::error(
                codes::SAME_OBJECT,
                metadata.span,
                format!("the {kind} `{}` is declared twice", metadata.name),
            )
            .label("again here")
            .also(*first, "first here")
            .help("name the files of one version of a cluster; of two objects, the one applied last would count"),
        );
        false
    }
}
