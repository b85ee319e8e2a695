//! `gatewright import`: what is written checks, what is there stays, and what is wrong is told.

use std::fs;

use super::run_in;

const ROLES: &str = r#"apiVersion: v1
kind: List
items:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: binder}
  rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: b}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: binder}
  subjects: [{kind: User, name: ann}]
"#;

const SCHEMA: &str = "entity User, Doc; action read appliesTo { principal: User, resource: Doc };\n";

#[test]
fn manifests_below_a_folder_become_a_package_that_checks_and_builds_and_is_formatted() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("manifests/more")).unwrap();
    fs::write(dir.path().join("manifests/more/roles.yml"), ROLES).unwrap();
    let run = run_in(dir.path(), ["import", "k8s-rbac", "manifests", "--out", "My Cluster"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    insta::assert_snapshot!(run.out, @"
    imported 1 role with 1 grant, 1 type of resources, 1 binding
    wrote 5 files in My Cluster
    next: gatewright check My Cluster
    ");
    for args in [
        ["check", "My Cluster"].as_slice(),
        &["fmt", "--check", "My Cluster"],
        &["build", "My Cluster", "--out", "built"],
    ] {
        let run = run_in(dir.path(), args);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{args:?}: {}", run.out);
    }
}

#[test]
fn nothing_that_exists_is_written_into_and_nothing_is_written_where_there_are_faults() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("roles.yaml"), ROLES).unwrap();
    fs::create_dir(dir.path().join("taken")).unwrap();
    let run = run_in(dir.path(), ["import", "k8s-rbac", "roles.yaml", "--out", "taken"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"
    error: `taken` exists, and `import` writes new folders only
      help: name a folder that does not exist yet
    ");
    assert_eq!(fs::read_dir(dir.path().join("taken")).unwrap().count(), 0);

    fs::write(dir.path().join("roles.yaml"), ROLES.replace("verbs", "verb")).unwrap();
    let run = run_in(dir.path(), ["import", "k8s-rbac", "roles.yaml", "--out", "new"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(
        run.out.contains("a rule has no field `verb`") && run.out.contains("roles.yaml:7:"),
        "{}",
        run.out
    );
    assert!(!dir.path().join("new").exists());

    fs::write(dir.path().join("roles.yaml"), "kind: [").unwrap();
    let run = run_in(
        dir.path(),
        ["import", "k8s-rbac", "roles.yaml", "--out", "new", "--format", "json"],
    );
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(run.out.contains("\"yaml-syntax\""), "{}", run.out);
    let run = run_in(dir.path(), ["import", "k8s-rbac", "absent", "--out", "new"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(!dir.path().join("new").exists());
}

#[test]
fn cedar_comes_in_with_names_and_with_its_failing_lints_at_warn() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("s.cedarschema"), SCHEMA).unwrap();
    fs::write(
        dir.path().join("p.cedar"),
        "// all\npermit (principal, action, resource);\n",
    )
    .unwrap();
    let args = [
        "import",
        "cedar",
        "p.cedar",
        "--schema",
        "s.cedarschema",
        "--out",
        "app",
    ];
    let run = run_in(dir.path(), args);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert_eq!(
        fs::read_to_string(dir.path().join("app/policy/p.cedar")).unwrap(),
        "// all\n@id(\"policy0\")\npermit (principal, action, resource);\n"
    );
    assert_eq!(
        fs::read_to_string(dir.path().join("app/policy/s.cedarschema")).unwrap(),
        SCHEMA
    );
    let project = fs::read_to_string(dir.path().join("app/gatewright.toml")).unwrap();
    assert!(project.ends_with("unconstrained-permit = \"warn\"\n"), "{project}");
    let run = run_in(dir.path(), ["check", "app"]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("warning[unconstrained-permit]"), "{}", run.out);
    assert_eq!(run_in(dir.path(), args).code, 2, "the folder is there now");
}

#[test]
fn cedar_that_the_validator_refuses_is_told_in_its_own_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("s.cedarschema"), SCHEMA).unwrap();
    for (text, code) in [
        (
            "permit (principal, action, resource) when { principal.age > 3 };",
            "cedar-validation",
        ),
        ("permit (principal action, resource);", "cedar-syntax"),
        ("// nothing", "nothing-to-import"),
    ] {
        fs::write(dir.path().join("p.cedar"), text).unwrap();
        let run = run_in(
            dir.path(),
            [
                "import",
                "cedar",
                "p.cedar",
                "--schema",
                "s.cedarschema",
                "--out",
                "app",
            ],
        );
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{text}: {}", run.out);
        assert!(run.out.contains(&format!("error[{code}]")), "{text}: {}", run.out);
        assert!(!dir.path().join("app").exists());
    }
}
