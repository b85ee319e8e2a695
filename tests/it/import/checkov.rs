//! RBAC manifests that the authors of another scanner labelled: what they call wrong has the finding of its kind, and what
//! they call right does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{assert_none, corpora};

use super::{Package, import_k8s};

/// A folder of labelled manifests, the lint that knows their kind, and what it says of them.
const KINDS: [(&str, &str, &str); 10] = [
    ("example_RbacApproveCertificateSigningRequests", SENSITIVE, "Approves certificates"),
    ("example_RbacBindRoleBindings", SENSITIVE, "Binds any role"),
    ("example_RbacControlWebhooks", SENSITIVE, "Configures admission webhooks"),
    ("example_RbacEscalateRoles", SENSITIVE, "Puts any rule into a role"),
    ("example_WildcardRoles", "wildcard-grant", ""),
    ("ImpersonatePermissions", SENSITIVE, "Acts as any user"),
    ("ModifyServicesStatus", SENSITIVE, "Sets the status of services"),
    ("NoCreateNodesProxyOrPodsExec", SENSITIVE, "Runs commands in containers"),
    ("ReadAllSecrets", SENSITIVE, "Reads secrets"),
    ("RoleBindingPE", "workload-assignment", ""),
];

const SENSITIVE: &str = "unconditional-sensitive-grant";

/// A manifest that its authors call right, and Kubernetes' own documentation does not: `get` on `nodes/proxy` is enough to run
/// commands, by a websocket.
const CALLED_RIGHT: &str = "NoCreateNodesProxyOrPodsExec/Passing/2/";

/// Manifests that are labelled together.
struct Case {
    kind: usize,
    failing: bool,
    files: Vec<(String, String)>,
}

/// Every YAML file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(below(&path)),
            false if path.extension().is_some_and(|ending| ending == "yaml") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// Single files whose names say it, or the files of a folder whose path says it, which belong together.
fn cases(corpora: &Path) -> Vec<Case> {
    let root = corpora.join("checkov-rbac/kubernetes");
    let mut cases: BTreeMap<PathBuf, Case> = BTreeMap::new();
    for path in below(&root) {
        if path.ends_with("expected.yaml") {
            continue;
        }
        let inside = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let kind = KINDS.iter().position(|(folder, ..)| inside.split('/').any(|part| part == *folder));
        let failing = match (inside.contains("ail"), inside.contains("ass")) {
            (true, false) => true,
            (false, true) => false,
            _ => panic!("{inside} has no label"),
        };
        let together = match inside.starts_with("graph/") {
            true => path.parent().unwrap().to_owned(),
            false => path.clone(),
        };
        let case = cases.entry(together).or_insert_with(|| Case {
            kind: kind.unwrap_or_else(|| panic!("{inside} is of no kind")),
            failing,
            files: Vec::new(),
        });
        case.files.push((inside.to_owned(), fs::read_to_string(&path).unwrap()));
    }
    cases.into_values().collect()
}

/// Whether the import of a case has the finding of its kind.
fn is_found(case: &Case) -> bool {
    let (_, lint, words) = KINDS[case.kind];
    let (imported, said) = import_k8s(&case.files);
    let imported = imported.unwrap_or_else(|| panic!("{said}"));
    let package = Package::of(&imported.files);
    assert!(!package.checked.failed(), "{:?}: {}", case.files, package.said());
    package.checked.diagnostics.iter().any(|found| {
        let says = found.labels.iter().any(|label| label.text.contains(words));
        found.code.as_str() == lint && says
    })
}

#[test]
fn what_is_labelled_as_failing_has_its_finding_and_what_passes_has_not() {
    let Some(corpora) = corpora() else { return };
    let cases = cases(&corpora);
    let files = |failing: bool| {
        let labelled = cases.iter().filter(|case| case.failing == failing);
        labelled.map(|case| case.files.len()).sum::<usize>()
    };
    assert_eq!((files(true), files(false)), (39, 28));
    for (kind, (folder, ..)) in KINDS.iter().enumerate() {
        for failing in [true, false] {
            let labelled = cases.iter().any(|case| case.kind == kind && case.failing == failing);
            assert!(labelled, "{folder} shows both");
        }
    }
    let wanted = |case: &Case| case.failing || case.files[0].0.contains(CALLED_RIGHT);
    let differing = cases.iter().filter(|case| is_found(case) != wanted(case));
    assert_none("manifests with another verdict", differing.map(|case| case.files[0].0.clone()).collect());
}
