//! What becomes of roles and bindings, and what is said of manifests that are none.

use std::collections::BTreeMap;

use gatewright::lower::accesses;

use super::{Package, import_k8s};

const API: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";

fn one(text: &str) -> (BTreeMap<String, String>, String) {
    let text = text.replace("API\n", API);
    let (imported, said) = import_k8s(&[("rbac.yaml".to_owned(), text)]);
    (imported.map(|imported| imported.files).unwrap_or_default(), said)
}

/// The roles of manifests that have no faults and make a package that checks.
fn roles(text: &str) -> String {
    let (files, said) = one(text);
    assert!(!said.contains("error["), "{said}");
    let package = Package::of(&files);
    assert!(!package.checked.failed(), "{}", package.said());
    files["policy/roles.gate"].clone()
}

#[test]
fn rules_become_grants_with_what_they_are_limited_to() {
    let roles = roles(
        r#"API
kind: ClusterRole
metadata: {name: "system:all sorts", annotations: {kubernetes.io/description: "Does all\nsorts."}}
rules:
- {apiGroups: ["", apps], resources: [pods, pods/log], verbs: [get, "*"]}
- {apiGroups: [""], resources: [secrets], resourceNames: [b, a], verbs: [get]}
- {apiGroups: ["*"], resources: ["*", "*/scale"], verbs: [when]}
- {nonResourceURLs: [/healthz, /api/*, "/a*b"], verbs: [get]}
---
API
kind: Role
metadata: {name: r, namespace: kube-system}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
"#,
    );
    insta::assert_snapshot!(roles);
}

#[test]
fn roles_that_collect_extend_what_they_select_even_each_other() {
    let roles = roles(
        r#"API
kind: ClusterRole
metadata: {name: one, labels: {team: a, two: "true"}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {one: "true"}}, {matchExpressions: [{key: team, operator: In, values: [b]}]}]}
---
API
kind: ClusterRole
metadata: {name: two, labels: {one: "true"}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {two: "true"}}]}
---
API
kind: ClusterRole
metadata: {name: leaf, labels: {team: b}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
"#,
    );
    assert!(roles.contains("role one for ServiceAccount, User extends leaf;"), "{roles}");
    assert!(roles.contains("role two for ServiceAccount, User extends leaf;"), "{roles}");
}

const BOUND: &str = r#"API
kind: ClusterRole
metadata: {name: view}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
API
kind: RoleBinding
metadata: {name: b, namespace: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: User, name: ann}
- {kind: ServiceAccount, name: bot, namespace: web}
- {kind: Group, name: "system:serviceaccounts:web"}
"#;

#[test]
fn a_cluster_role_that_is_bound_in_a_namespace_holds_there_alone() {
    let (files, said) = one(BOUND);
    assert_eq!(said, "");
    let package = Package::of(&files);
    assert!(!package.checked.failed(), "{}", package.said());
    let matrix = accesses(&package.checked.program, &package.checked.lowered);
    let within = matrix.iter().filter(|access| access.role.as_deref() == Some("view_in_web"));
    let within: Vec<_> = within.map(|access| (access.principal.as_str(), access.when.as_slice())).collect();
    assert!(
        files["policy/roles.gate"]
            .contains("@x_k8s(\"ClusterRole/view\")\n@x_k8s_bound_in(\"web\")\nrole view_in_web "),
        "{}",
        files["policy/roles.gate"]
    );
    let place = ["resource in Namespace::\"web\"".to_owned()];
    assert_eq!(within, [("ServiceAccount", &place[..]), ("User", &place[..])]);
}

#[test]
fn bindings_are_fixtures_that_decide_in_scenarios() {
    let (mut files, _) = one(BOUND);
    let suite = r#"
suite: web
at: 2026-03-01T00:00:00Z
include: bindings.yaml
principals:
  eve: {type: User}
  pod: {type: ServiceAccount, id: "system:serviceaccount:web:pod", in: ["system:serviceaccounts:web"]}
resources:
  web: {type: Namespace}
  other: {type: Namespace}
  in-web: {type: Pods, namespace: web, name: p}
  in-other: {type: Pods, namespace: other, name: p}
tests:
  - name: pods of the namespace
    matrix: {as: [ann, "system:serviceaccount:web:bot", pod, eve], do: [get], to: [in-web, in-other]}
    allow:
      - {as: [ann, "system:serviceaccount:web:bot", pod], to: in-web}
    otherwise: deny
"#;
    files.insert("scenarios/web.yaml".to_owned(), suite.to_owned());
    let package = Package::of(&files);
    assert_eq!(package.tested(), "");
}

#[test]
fn every_fault_is_told_at_its_place_in_one_run() {
    let (files, said) = one(r#"API
kind: ClusterRole
metadata: {name: a/b}
rule: []
rules:
- {apiGroups: [""], resources: [pods], verbs: get}
- {apiGroups: [""], resources: [pods], verbs: [1]}
- {apiGroups: [""], resources: [pods], verbs: []}
- {apiGroups: [""], nonResourceURLs: [/x], verbs: [get]}
---
API
kind: Role
metadata: {name: r}
rules: [{nonResourceURLs: [/x], verbs: [get]}]
---
API
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: Role, name: r}
subjects: [{kind: Usr, name: u}]
---
API
kind: ClusterRole
metadata: {}
---
kind: ClusterRole
metadata: {name: c}
aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: k, operator: Has}]}]}
---
- list
"#);
    assert!(files.is_empty());
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_of_no_kind_version_or_group_is_told_and_what_others_call_a_role_is_no_secret() {
    let (files, said) = one(r#"apiVersion: rbac.authorization.k8s.io/v2
kind: ClusterRole
metadata: {name: a, namespce: b}
---
apiVersion: rbac.authorization.k8s.io
kind: ClusterRol
---
apiVersion: authorization.openshift.io/v1
kind: RoleList
items: [{metadata: {name: x}}]
---
API
kind: RoleBinding
metadata: {name: b, labels: {a: 1}}
roleRef: {apiGroup: rbac, kind: Role, name: r}
subjects:
- {kind: User, name: u, apiGroup: v1}
- {kind: ServiceAccount, name: s, apiGroup: rbac.authorization.k8s.io}
---
API
kind: ClusterRole
metadata: {name: c}
aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: k, operator: In}, {key: k, operator: Exists, values: [v]}]}]}
---
API
kind: ClusterRole
metadata: {name: "{{ .Release.Name }}"}
rules: {{ toYaml .Values.rules }}
"#);
    assert!(files.is_empty());
    insta::assert_snapshot!(said);
}

/// A role that collects and says rules of its own, and one that it collects.
fn dump(groups: &str) -> String {
    format!(
        "API\nkind: ClusterRole\nmetadata: {{name: view}}\n\
         aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{to-view: \"true\"}}}}]}}\n\
         rules: [{{apiGroups: [{groups}], resources: [pods], verbs: [get]}}]\n---\n\
         API\nkind: ClusterRole\nmetadata: {{name: part, labels: {{to-view: \"true\"}}}}\n\
         rules: [{{apiGroups: [b, a], resources: [pods, secrets], verbs: [get]}}]\n"
    )
}

#[test]
fn the_rules_of_a_role_that_collects_are_those_that_it_collects() {
    assert_eq!(one(&dump("a, b")).1, "", "they are what a cluster shows of it");
    let (files, said) = one(&dump("a, c"));
    assert!(
        said.contains("warning[k8s-left-out]: rules of `view` itself are left out") && said.contains("rbac.yaml:5:10"),
        "{said}"
    );
    assert!(!files["policy/resources.gate"].contains("CPods"));
}

#[test]
fn where_labels_select_everything_for_everybody_there_is_an_end() {
    let role = |n: usize| {
        format!("API\nkind: ClusterRole\nmetadata: {{name: r{n}}}\naggregationRule: {{clusterRoleSelectors: [{{}}]}}\n")
    };
    let many = |n: usize| one(&(0..n).map(role).collect::<Vec<_>>().join("---\n"));
    let (files, said) = many(40);
    assert_eq!((said.as_str(), files.is_empty()), ("", false));
    let (files, said) = many(200);
    assert!(files.is_empty());
    assert!(said.contains("error[k8s-manifest]: the roles up to `r100` collect more than 20000 others"), "{said}");
}

#[test]
fn the_same_manifests_in_any_order_make_the_same_package() {
    let documents: Vec<&str> = BOUND.split("---\n").collect();
    let turned = documents.iter().rev().copied().collect::<Vec<_>>().join("---\n");
    assert_eq!(one(BOUND).0, one(&turned).0);
}

#[test]
fn names_that_could_break_out_are_kept_as_texts() {
    let hostile = r#"API
kind: ClusterRole
metadata: {name: "x\" }\nrole evil for User { allow all on Y; } #", annotations: {kubernetes.io/description: "*/ \u202e\n} role evil;"}}
rules: [{apiGroups: ["a\"b\\"], resources: ["when", "action", "\u00e9\n"], resourceNames: ["\"\n)"], verbs: ["get\n", "role", "*"]}]
---
API
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "x\" }\nrole evil for User { allow all on Y; } #"}
subjects: [{kind: User, name: "u\", roles: [x]}\nb: {"}, {kind: User, name: all}, {kind: Group, name: all}]
"#;
    let (mut files, said) = one(hostile);
    assert_eq!(said, "");
    files.insert(
        "scenarios/s.yaml".to_owned(),
        "suite: s\nat: 2026-03-01\ninclude: bindings.yaml\nresources:\n  n: {type: Namespace}\ntests:\n  - {name: t, as: all, cannot: {when_: n}}\n".to_owned(),
    );
    let package = Package::of(&files);
    assert!(!package.checked.failed(), "{}", package.said());
    let roles: Vec<_> = package.checked.program.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles.len(), 1, "{roles:?}");
}

#[test]
fn rules_that_never_match_are_told_where_they_stand_and_kept() {
    let (files, said) = one(r#"API
kind: ClusterRole
metadata: {name: r}
rules:
- {apiGroups: [""], resources: [configmaps], resourceNames: [x], verbs: [get, create, deletecollection]}
- {apiGroups: [""], resources: [pods/exec], resourceNames: [x], verbs: [create]}
- {apiGroups: [""], resources: [configmaps], resourceNames: [""], verbs: [create]}
- {apiGroups: [apps/v1, core], resources: [pods/*, Deployments], verbs: [Get]}
- {apiGroups: [""], resources: [pods], resourceNames: ["*"], verbs: [get]}
- {nonResourceURLs: [healthz, /a/*/b, /ok/*, /all/**], verbs: [list, get]}
---
API
kind: Role
metadata: {name: n, namespace: d}
rules: [{apiGroups: [""], resources: [nodes, pods, namespaces], verbs: [get]}]
"#);
    assert!(
        files["policy/roles.gate"]
            .contains("allow get, create, deletecollection on Configmaps when resource.name == \"x\"")
    );
    let told: Vec<&str> =
        said.lines().filter_map(|line| line.trim().strip_prefix("warning[k8s-never-matches]: ")).collect();
    let told: Vec<&str> = told.iter().map(|line| line.split(" never").next().unwrap()).collect();
    assert_eq!(
        told,
        [
            "`create` of `configmaps` under `resourceNames`",
            "`deletecollection` of `configmaps` under `resourceNames`",
            "the verb `Get`",
            "the API group `apps/v1`",
            "the API group `core`",
            "the resource `pods/*`",
            "the resource `Deployments`",
            "the name `*`",
            "the verb `list` on `nonResourceURLs`",
            "the path `healthz`",
            "the path `/a/*/b`",
            "the resource `nodes` in a `Role`",
        ],
        "{said}"
    );
}

#[test]
fn a_wildcard_opens_what_it_stands_for_and_a_star_within_a_name_does_not() {
    let (files, _) = one(r#"API
kind: ClusterRole
metadata: {name: everything}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
API
kind: ClusterRole
metadata: {name: scaler}
rules: [{apiGroups: ["*"], resources: ["*/scale"], verbs: [update]}]
---
API
kind: ClusterRole
metadata: {name: star}
rules: [{apiGroups: [""], resources: ["pods/*"], verbs: ["*"]}]
---
API
kind: ClusterRole
metadata: {name: plain}
rules:
- {apiGroups: [""], resources: [pods, pods/log], verbs: [get]}
- {apiGroups: [apps], resources: [deployments/scale], verbs: [get, update]}
"#);
    let package = Package::of(&files);
    assert!(!package.checked.failed(), "{}", package.said());
    let matrix = accesses(&package.checked.program, &package.checked.lowered);
    let who = |action: &str| {
        let of_users = matrix.iter().filter(|access| access.action == action && access.principal == "User");
        of_users.filter_map(|access| access.role.clone()).collect::<Vec<_>>()
    };
    assert_eq!(who("Pods.get"), ["everything", "plain"]);
    assert_eq!(who("PodsLog.get"), ["everything", "plain"]);
    assert_eq!(who("AppsDeploymentsScale.update"), ["everything", "plain", "scaler"]);
    assert_eq!(who("AppsDeploymentsScale.get"), ["everything", "plain"]);
    assert_eq!(who("PodsStar.all"), ["everything", "star"]);
}

#[test]
fn bindings_are_assignments_that_the_project_names() {
    let (files, _) = one(BOUND);
    assert!(files["gatewright.toml"].contains("assignments = [\"assignments/bindings.yaml\"]"));
    let package = Package::of(&files);
    assert!(!package.checked.failed(), "{}", package.said());
    let held = package.checked.assignments.as_deref().unwrap();
    assert!(!held.is_empty());
    let unbound = one("API\nkind: ClusterRole\nmetadata: {name: r}\nrules: []\n").0;
    assert!(unbound["assignments/bindings.yaml"].ends_with("assignments: []\n"));
}
