//! `gatewright import`: what is written checks, what is there stays, and what is wrong is told.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::{gatewright, run_in};

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
    wrote 6 files in My Cluster
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
    error: `taken` already exists, and `import` only writes new folders
      help: choose a folder that does not exist yet
    ");
    assert_eq!(fs::read_dir(dir.path().join("taken")).unwrap().count(), 0);

    fs::write(dir.path().join("roles.yaml"), ROLES.replace("verbs", "verb")).unwrap();
    let run = run_in(dir.path(), ["import", "k8s-rbac", "roles.yaml", "--out", "new"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(run.out.contains("unknown key `verb` in a rule") && run.out.contains("roles.yaml:7:"), "{}", run.out);
    assert!(!dir.path().join("new").exists());

    fs::write(dir.path().join("roles.yaml"), "kind: [").unwrap();
    let run = run_in(dir.path(), ["import", "k8s-rbac", "roles.yaml", "--out", "new", "--format", "json"]);
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
    fs::write(dir.path().join("p.cedar"), "// all\npermit (principal, action, resource);\n").unwrap();
    let args = ["import", "cedar", "p.cedar", "--schema", "s.cedarschema", "--out", "app"];
    let run = run_in(dir.path(), args);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert_eq!(
        fs::read_to_string(dir.path().join("app/policy/p.cedar")).unwrap(),
        "// all\n@id(\"policy0\")\npermit (principal, action, resource);\n"
    );
    assert_eq!(fs::read_to_string(dir.path().join("app/policy/s.cedarschema")).unwrap(), SCHEMA);
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
        ("permit (principal, action, resource) when { principal.age > 3 };", "cedar-validation"),
        ("permit (principal action, resource);", "cedar-syntax"),
        ("// nothing", "nothing-to-import"),
        (&format!("permit (principal, action, resource) when {{ {}", "(".repeat(100_000)), "cedar-syntax"),
    ] {
        fs::write(dir.path().join("p.cedar"), text).unwrap();
        let run = run_in(dir.path(), ["import", "cedar", "p.cedar", "--schema", "s.cedarschema", "--out", "app"]);
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{text}: {}", run.out);
        assert!(run.out.contains(&format!("error[{code}]")), "{text}: {}", run.out);
        assert!(!dir.path().join("app").exists());
    }
}

#[test]
fn manifests_come_from_standard_input_too_and_what_is_absent_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let piped_bytes = |text: &[u8], out: &str| {
        let mut child = gatewright(dir.path())
            .args(["import", "k8s-rbac", "-", "--out", out])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let piped = |text: &str, out: &str| piped_bytes(text.as_bytes(), out);
    let (code, said) = piped(ROLES, "one");
    assert_eq!((code, said.lines().count()), (0, 3), "{said}");
    let (code, said) = piped("kind: 1\n", "two");
    assert!(code == 1 && said.contains("<stdin>:1:7"), "{said}");
    // Another encoding is the same fault as in a file.
    let wide: Vec<u8> = ROLES.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, says) in [(wide, "`<stdin>` is UTF-16"), (b"kind: \xe9".to_vec(), "`<stdin>` is not UTF-8")] {
        let (code, said) = piped_bytes(&bytes, "two");
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("error[not-utf8]") && said.contains(says), "{said}");
        assert!(!dir.path().join("two").exists());
    }

    let run = run_in(dir.path(), ["import", "k8s-rbac", "absent.yaml", "--out", "two"]);
    insta::assert_snapshot!(run.err, @"
    error: `absent.yaml` does not exist
      help: pass YAML or JSON manifests, folders that contain them, or `-` for standard input
    ");
    let run = run_in(dir.path(), ["import", "k8s-rbac", "-", "--out", "two", "--namespace="]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(!dir.path().join("two").exists());
}

#[test]
fn hostile_files_are_faults_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, next) in ('a'..'k').zip('b'..='k') {
        let ten = vec![format!("*{one}"); 10].join(", ");
        laughs.push_str(&format!("{next}: &{next} [{ten}]\n"));
    }
    for (bytes, code) in [
        (b"".to_vec(), "nothing-to-import"),
        (b"---\n# nothing\n---\n...\n".to_vec(), "nothing-to-import"),
        (b"kind: \xe9".to_vec(), "not-utf8"),
        (b"kind: a\0b".to_vec(), "yaml-syntax"),
        (b"\xff\xfek\0".to_vec(), "not-utf8"),
        (b"[".repeat(100_000), "yaml-limit"),
        (b"- kind: [\n".repeat(50), "yaml-syntax"),
        (laughs.into_bytes(), "yaml-limit"),
        (b"kind: ClusterRole\nkind: Role\n".to_vec(), "yaml-duplicate-key"),
        (b"kind: !!str ClusterRole\n".to_vec(), "yaml-unsupported"),
    ] {
        fs::write(dir.path().join("m.yaml"), &bytes).unwrap();
        let run = run_in(dir.path(), ["import", "k8s-rbac", "m.yaml", "--out", "new"]);
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{start}: {}", run.out);
        assert!(run.out.contains(&format!("error[{code}]")), "{start}: {}", run.out);
        assert!(!dir.path().join("new").exists(), "{start}");
    }
}

/// Imports `p.cedar` and `s.cedarschema` of a folder with entities.
fn with_entities(folder: &Path, entities: &str) -> super::Run {
    fs::write(folder.join("s.cedarschema"), SCHEMA.replace("User, Doc", "User {age: Long}; entity Doc")).unwrap();
    fs::write(folder.join("p.cedar"), "permit (principal == User::\"u\", action, resource);\n").unwrap();
    fs::write(folder.join("e.json"), entities).unwrap();
    let args = "import cedar p.cedar --schema s.cedarschema --entities e.json --out app";
    run_in(folder, args.split(' '))
}

#[test]
fn entities_of_cedar_come_in_for_suites_where_they_are_as_the_schema_says() {
    let dir = tempfile::tempdir().unwrap();
    for (entities, place) in [
        ("[\n", "e.json:2:1"),
        ("{}", "e.json:1:1"),
        (
            r#"[{"uid": {"type": "User", "id": "u"}, "attrs": {"age": 1}, "parents": []},
  {"uid": {"type": "User", "id": "v"}, "attrs": {"age": "1"}, "parents": []}]"#,
            "e.json:2:3",
        ),
    ] {
        let run = with_entities(dir.path(), entities);
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
        let fault = run.out.contains("error[scenario-invalid-cedar-data]") && run.out.contains(place);
        assert!(fault, "{}", run.out);
        assert!(!dir.path().join("app").exists());
    }
    let sound = r#"[{"uid": {"type": "User", "id": "u"}, "attrs": {"age": 1}, "parents": []},
        {"uid": {"type": "Doc", "id": "d"}, "attrs": {}, "parents": []}]"#;
    let run = with_entities(dir.path(), sound);
    assert_eq!(run.code, 0, "{}", run.out);
    let suite = r#"
suite: main
at: 2026-03-01T10:00:00Z
entities: entities.json
tests:
  - {name: u reads, request: {principal: 'User::"u"', action: 'Action::"read"', resource: 'Doc::"d"'}, decision: allow}
"#;
    fs::write(dir.path().join("app/scenarios/main.yaml"), suite).unwrap();
    let run = run_in(dir.path(), ["test", "app"]);
    assert_eq!(run.code, 0, "{} {}", run.out, run.err);
}
