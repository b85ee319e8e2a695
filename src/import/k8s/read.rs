//! From YAML to the objects: documents, lists of objects, roles. What Kubernetes would refuse is a fault at its place, so
//! that no rule means less here than its author thinks.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::Severity;
use crate::import::codes;
use crate::load::yaml;
use crate::load::yaml::Node;
use crate::text::FileId;
use crate::text::Sources;
use crate::text::Span;

use super::bindings;
use super::fields::fault;
use super::fields::known_keys;
use super::fields::list;
use super::fields::mapping;
use super::fields::optional_text;
use super::fields::text;
use super::fields::texts;
use super::manifest::Manifests;
use super::manifest::Requirement;
use super::manifest::Role;
use super::manifest::RoleKey;
use super::manifest::Rule;
use super::manifest::Selector;
use super::manifest::Target;

const GROUP: &str = "rbac.authorization.k8s.io";
const KINDS: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const MOST_LISTS: usize = 8;

/// What the reading of all documents shares.
pub(super) struct Reader<'a> {
    pub(super) found: Manifests,
    /// The namespace of what names none.
    pub(super) namespace: &'a str,
    pub(super) out: &'a mut Diagnostics,
    /// Other kinds of objects: how many, and the first.
    others: BTreeMap<String, (usize, Span)>,
    /// Objects by kind, namespace and name.
    seen: BTreeMap<(String, Option<String>, String), Span>,
}

/// The name of an object with what `metadata` says beside it.
pub(super) struct Metadata {
    pub(super) namespace: Option<(String, Span)>,
    pub(super) name: String,
    pub(super) span: Span,
    labels: BTreeMap<String, String>,
    description: Option<String>,
}

/// Reads all objects of some files.
pub(super) fn read(sources: &Sources, files: &[FileId], namespace: &str, out: &mut Diagnostics) -> Manifests {
    let mut reader = Reader {
        found: Manifests::default(),
        namespace,
        out,
        others: BTreeMap::new(),
        seen: BTreeMap::new(),
    };
    for file in files {
        for document in yaml::parse_all(sources, *file, reader.out) {
            reader.object(&document, None, 0);
        }
    }
    let Reader { found, others, .. } = reader;
    for (kind, (count, first)) in others {
        let left_out = Diagnostic::new(
            codes::LEFT_OUT,
            Severity::Advice,
            Some(first),
            format!("`{kind}` is no kind of RBAC object, and is left out"),
        );
        out.push(match count {
            1 => left_out,
            count => left_out.note(format!("there are {count} of them")),
        });
    }
    found
}

/// The first key of a mapping: where what is wrong with the whole of it is told.
pub(super) fn head(node: &Node) -> Span {
    let first = node.as_map().and_then(<[_]>::first);
    first.map_or(node.span.at_start(), |(key, _)| key.span)
}

impl Reader<'_> {
    /// An object, or a list of them. Items of a typed list need not say their kind.
    fn object(&mut self, node: &Node, typed: Option<&str>, lists: usize) {
        if mapping(node, "a manifest", self.out).is_none() {
            return;
        }
        let (kind, at) = match (optional_text(node, "kind", self.out), typed) {
            (Some((kind, at)), _) => (kind, at),
            (None, Some(kind)) => (kind, head(node)),
            (None, None) => {
                self.out.push(
                    fault(head(node), "`kind` is missing").help("a manifest says what it is: `kind: ClusterRole`"),
                );
                return;
            }
        };
        let version = optional_text(node, "apiVersion", self.out);
        let of_items = kind.strip_suffix("List");
        if let Some(items) = of_items.filter(|of| of.is_empty() || KINDS.contains(of)) {
            if lists == MOST_LISTS {
                self.out.push(fault(at, "lists are nested in each other too deeply"));
                return;
            }
            let typed = Some(items).filter(|items| !items.is_empty());
            for item in list(node.get("items"), "items", self.out) {
                self.object(item, typed, lists + 1);
            }
            return;
        }
        let foreign = version.is_some_and(|(version, _)| version.split('/').next() != Some(GROUP));
        if !KINDS.contains(&kind) || foreign {
            let name = match version {
                Some((version, _)) if KINDS.contains(&kind) => format!("{kind} of {version}"),
                _ => kind.to_owned(),
            };
            self.others.entry(name).or_insert((0, at)).0 += 1;
            return;
        }
        if version.is_none() && typed.is_none() {
            self.out
                .push(fault(head(node), "`apiVersion` is missing").help(format!("write `apiVersion: {GROUP}/v1`")));
        }
        let Some(metadata) = self.metadata(node, kind) else {
            return;
        };
        if !self.is_new(kind, &metadata) {
            return;
        }
        match kind {
            "ClusterRole" | "Role" => self.role(node, metadata),
            _ => bindings::read(self, node, metadata, version.map_or("", |(version, _)| version)),
        }
    }

    fn metadata(&mut self, node: &Node, kind: &str) -> Option<Metadata> {
        let Some(metadata) = node.get("metadata").filter(|metadata| !metadata.is_null()) else {
            self.out
                .push(fault(head(node), "`metadata` is missing").help("add `metadata:` and the `name` below it"));
            return None;
        };
        mapping(metadata, "`metadata`", self.out)?;
        let (name, span) = text(metadata, "name", head(metadata), self.out)?;
        if name.contains(['/', '%']) || matches!(name, "." | "..") {
            self.out
                .push(fault(span, format!("`{name}` is no name for an object")).help("names hold no `/` and no `%`"));
        }
        let namespace = optional_text(metadata, "namespace", self.out);
        let namespace = match (kind.starts_with("Cluster"), namespace) {
            (true, Some((given, at))) => {
                let message = format!("a `{kind}` belongs to no namespace, so `{given}` is left out");
                self.out
                    .push(Diagnostic::warning(codes::LEFT_OUT, at, message).help(format!(
                        "remove it, or make this a `{}`",
                        kind.trim_start_matches("Cluster")
                    )));
                None
            }
            (true, None) => None,
            (false, Some((given, at))) => Some((given.to_owned(), at)),
            (false, None) => Some((self.namespace.to_owned(), span)),
        };
        let labels = self.string_map(metadata.get("labels"), "labels");
        let mut annotations = self.string_map(metadata.get("annotations"), "annotations");
        Some(Metadata {
            namespace,
            name: name.to_owned(),
            span,
            labels,
            description: annotations.remove("kubernetes.io/description"),
        })
    }

    fn string_map(&mut self, node: Option<&Node>, what: &str) -> BTreeMap<String, String> {
        let Some(node) = node.filter(|node| !node.is_null()) else {
            return BTreeMap::new();
        };
        let entries = mapping(node, &format!("`{what}`"), self.out).unwrap_or_default();
        let mut found = BTreeMap::new();
        for (key, _) in entries {
            if let Some((value, _)) = optional_text(node, &key.text, self.out) {
                found.insert(key.text.clone(), value.to_owned());
            } else {
                found.insert(key.text.clone(), String::new());
            }
        }
        found
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
            .help("name the files of one version of a cluster; of two, the one that is applied last would count"),
        );
        false
    }

    fn role(&mut self, node: &Node, metadata: Metadata) {
        let namespace = metadata.namespace.map(|(namespace, _)| namespace);
        let mut known = vec!["apiVersion", "kind", "metadata", "rules"];
        let what = match namespace {
            None => {
                known.push("aggregationRule");
                "a `ClusterRole`"
            }
            Some(_) => "a `Role`",
        };
        known_keys(node.as_map().unwrap_or_default(), &known, what, self.out);
        let aggregates = match namespace {
            None => node
                .get("aggregationRule")
                .filter(|rule| !rule.is_null())
                .map(|rule| self.selectors(rule)),
            Some(_) => None,
        };
        let rules = list(node.get("rules"), "rules", self.out);
        if let (Some(_), Some(first)) = (&aggregates, rules.first()) {
            let message = format!("the rules of `{}` itself are left out", metadata.name);
            self.out.push(
                Diagnostic::warning(codes::LEFT_OUT, head(first), message)
                    .label("Kubernetes overwrites them by those that it collects")
                    .help("put them into a role of its own, with a label that `aggregationRule` selects"),
            );
        }
        let rules = rules.iter().filter_map(|rule| self.rule(rule, namespace.is_some()));
        let rules = rules.collect();
        self.found.roles.push(Role {
            key: RoleKey {
                namespace,
                name: metadata.name,
            },
            description: metadata.description,
            labels: metadata.labels,
            rules,
            aggregates,
        });
    }

    fn rule(&mut self, node: &Node, namespaced: bool) -> Option<Rule> {
        const KEYS: [&str; 6] = [
            "apiGroups",
            "resources",
            "resourceNames",
            "nonResourceURLs",
            "verbs",
            "attributeRestrictions",
        ];
        let map = mapping(node, "a rule", self.out)?;
        known_keys(map, &KEYS, "a rule", self.out);
        if let Some((key, value)) = node.entry("attributeRestrictions")
            && !value.is_null()
        {
            self.out.push(
                Diagnostic::warning(codes::LEFT_OUT, key.span, "`attributeRestrictions` are left out")
                    .help("remove them: Kubernetes has never looked at them"),
            );
        }
        let [verbs, groups, resources, names, urls] =
            ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"]
                .map(|key| texts(node.get(key), key, self.out));
        let at = head(node);
        let mut need = |missing: bool, key: &str, help: &str| {
            // Entries that are no texts have been told already.
            let is_written = |value: &Node| !value.is_null() && value.as_list().is_none_or(|list| !list.is_empty());
            if missing && !node.get(key).is_some_and(is_written) {
                self.out.push(fault(at, format!("a rule without `{key}`")).help(help));
            }
            missing
        };
        let mut bad = need(
            verbs.is_empty(),
            "verbs",
            "say what it allows: `verbs: [\"get\", \"list\"]`; a rule that allows nothing is left out altogether",
        );
        if !urls.is_empty() {
            if namespaced {
                self.out.push(
                    fault(at, "a `Role` cannot grant `nonResourceURLs`")
                        .help("paths belong to no namespace: move the rule into a `ClusterRole`"),
                );
                bad = true;
            }
            if !(groups.is_empty() && resources.is_empty() && names.is_empty()) {
                self.out.push(
                    fault(at, "a rule is about resources or about `nonResourceURLs`, not both")
                        .help("make two rules of it"),
                );
                bad = true;
            }
            return (!bad).then_some(Rule {
                verbs,
                on: Target::Urls(urls),
            });
        }
        bad |= need(
            groups.is_empty(),
            "apiGroups",
            "name the groups of its resources: `apiGroups: [\"\"]` is the core group",
        );
        bad |= need(
            resources.is_empty(),
            "resources",
            "name what it is about: `resources: [\"pods\"]`",
        );
        (!bad).then_some(Rule {
            verbs,
            on: Target::Resources {
                groups,
                resources,
                names,
            },
        })
    }

    fn selectors(&mut self, rule: &Node) -> Vec<Selector> {
        let Some(map) = mapping(rule, "`aggregationRule`", self.out) else {
            return Vec::new();
        };
        known_keys(map, &["clusterRoleSelectors"], "`aggregationRule`", self.out);
        let selectors = list(rule.get("clusterRoleSelectors"), "clusterRoleSelectors", self.out);
        if selectors.is_empty() {
            self.out.push(
                fault(head(rule), "`aggregationRule` selects nothing")
                    .help("say whose rules it collects: `clusterRoleSelectors:` with `matchLabels` below it"),
            );
        }
        selectors.iter().map(|selector| self.selector(selector)).collect()
    }

    fn selector(&mut self, node: &Node) -> Selector {
        let mut selector = Selector::default();
        let Some(map) = mapping(node, "a selector", self.out) else {
            return selector;
        };
        known_keys(map, &["matchLabels", "matchExpressions"], "a selector", self.out);
        for (key, value) in self.string_map(node.get("matchLabels"), "matchLabels") {
            selector.requirements.push(Requirement::In(key, vec![value]));
        }
        for expression in list(node.get("matchExpressions"), "matchExpressions", self.out) {
            let Some(map) = mapping(expression, "an expression", self.out) else {
                continue;
            };
            known_keys(map, &["key", "operator", "values"], "an expression", self.out);
            let key = text(expression, "key", head(expression), self.out).map(|(key, _)| key.to_owned());
            let operator = text(expression, "operator", head(expression), self.out);
            let values = texts(expression.get("values"), "values", self.out);
            let (Some(key), Some((operator, at))) = (key, operator) else {
                continue;
            };
            match operator {
                "In" => selector.requirements.push(Requirement::In(key, values)),
                "NotIn" => selector.requirements.push(Requirement::NotIn(key, values)),
                "Exists" => selector.requirements.push(Requirement::Exists(key)),
                "DoesNotExist" => selector.requirements.push(Requirement::DoesNotExist(key)),
                other => self.out.push(
                    fault(at, format!("there is no operator `{other}`"))
                        .help("write `In`, `NotIn`, `Exists` or `DoesNotExist`"),
                ),
            }
        }
        selector
    }
}
