//! The RBAC objects of Kubernetes as their manifests say them, each with its place.

use std::collections::BTreeMap;

use crate::text::Span;

/// The API group of RBAC.
pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

/// What some files hold.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    pub(super) roles: Vec<Role>,
    pub(super) bindings: Vec<Binding>,
}

/// The name of an object with what `metadata` says beside it.
pub(super) struct Metadata {
    pub(super) namespace: Option<(String, Span)>,
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) labels: BTreeMap<String, String>,
    /// Its `kubernetes.io/description`.
    pub(super) description: Option<String>,
}

/// Which role: a `ClusterRole`, or the `Role` of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RoleKey {
    /// `None`: a `ClusterRole`.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

impl RoleKey {
    /// As `kubectl` would write it: `ClusterRole/view`, `Role/kube-system/reader`.
    pub(super) fn written(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("Role/{namespace}/{}", self.name),
            None => format!("ClusterRole/{}", self.name),
        }
    }
}

/// A `ClusterRole` or `Role`.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) key: RoleKey,
    /// Where its name stands.
    pub(super) span: Span,
    /// Its `kubernetes.io/description`.
    pub(super) description: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) rules: Vec<Rule>,
    /// Where they begin.
    pub(super) rules_span: Span,
    /// Which roles it collects the rules of, over which its own do not count; `None`: it has its own.
    pub(super) aggregates: Option<Vec<Selector>>,
}

/// A rule: all of its verbs on all of its resources.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) verbs: Vec<String>,
    pub(super) on: Target,
}

/// What a rule is about.
#[derive(Debug)]
pub(super) enum Target {
    Resources {
        groups: Vec<String>,
        resources: Vec<String>,
        /// Empty: whatever the name.
        names: Vec<String>,
    },
    Urls(Vec<String>),
}

/// A label selector: what must hold of the labels, all of it.
#[derive(Debug, Default)]
pub(super) struct Selector {
    pub(super) requirements: Vec<Requirement>,
}

/// One requirement of a selector.
#[derive(Debug)]
pub(super) enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    DoesNotExist(String),
}

impl Selector {
    pub(super) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Requirement::NotIn(key, values) => !labels.get(key).is_some_and(|value| values.contains(value)),
            Requirement::Exists(key) => labels.contains_key(key),
            Requirement::DoesNotExist(key) => !labels.contains_key(key),
        })
    }
}

/// A `ClusterRoleBinding` or `RoleBinding`.
#[derive(Debug)]
pub(super) struct Binding {
    /// `None`: a `ClusterRoleBinding`.
    pub(super) namespace: Option<String>,
    /// Where its name stands.
    pub(super) span: Span,
    pub(super) role: RoleKey,
    /// Where the role's name stands.
    pub(super) role_span: Span,
    pub(super) subjects: Vec<Subject>,
}

/// Who is bound.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Group(String),
    ServiceAccount { namespace: String, name: String },
    User(String),
}

impl Subject {
    /// The type that stands for it in the package.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Group(_) => "Group",
            Self::ServiceAccount { .. } => "ServiceAccount",
            Self::User(_) => "User",
        }
    }

    /// Its name as the API server knows it.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Group(name) | Self::User(name) => name.clone(),
            Self::ServiceAccount { namespace, name } => format!("system:serviceaccount:{namespace}:{name}"),
        }
    }
}
