//! The roles that Kubernetes comes with, in sixty versions: each imports, and the access matrices of two versions differ
//! by exactly the grants that were added and removed.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use gatewright::lower::Access;
use gatewright::lower::accesses;
use serde_json::Value;

use crate::support::assert_none;
use crate::support::corpora;

use super::Package;
use super::import_k8s;

/// Kind, namespace, role, API group, resource, object, verb, as the history writes them.
type Grant = [String; 7];

const VERSIONS: usize = 60;

/// All YAML files of a folder, by name.
pub(super) fn manifests(folder: &Path) -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// Imports a folder and reads its grants off the matrix of what was imported, each with the cells that it is. Panics where
/// it does not check.
fn matrix(folder: &Path) -> BTreeMap<Access, Grant> {
    let (imported, said) = import_k8s(&manifests(folder));
    let imported = imported.unwrap_or_else(|| panic!("{}: {said}", folder.display()));
    let package = Package::of(&imported.files);
    assert!(!package.checked.failed(), "{}: {}", folder.display(), package.said());
    let spelling = Spelling::of(&package);
    let matrix = accesses(&package.checked.program, &package.checked.lowered);
    let cells = matrix.into_iter().map(|access| {
        let grant = spelling.grant(&access);
        (access, grant)
    });
    cells.collect()
}

fn grants(matrix: &BTreeMap<Access, Grant>) -> BTreeSet<Grant> {
    matrix.values().cloned().collect()
}

/// The grants of the cells that one matrix has and the other lacks. Cells are in the package's own names, which must therefore
/// be the same from version to version.
fn only_in(one: &BTreeMap<Access, Grant>, other: &BTreeMap<Access, Grant>) -> BTreeSet<Grant> {
    let cells = one.iter().filter(|(access, _)| !other.contains_key(access));
    cells.map(|(_, grant)| grant.clone()).collect()
}

/// What names of the package were called in the manifests.
struct Spelling {
    roles: BTreeMap<String, String>,
    types: BTreeMap<String, (String, String)>,
    verbs: BTreeMap<String, String>,
}

impl Spelling {
    fn of(package: &Package) -> Self {
        let program = &package.checked.program;
        let said = |annotations: &[(String, String)], key: &str| {
            let found = annotations.iter().find(|(name, _)| name == key);
            found.map(|(_, text)| text.clone())
        };
        let roles = program.roles.iter().map(|role| {
            let written = said(&role.annotations, "x_k8s").unwrap_or_else(|| panic!("{}", role.name));
            (role.full_name(program), written)
        });
        let types = program.types.iter().filter_map(|ty| {
            let group = said(&ty.annotations, "x_k8s_group")?;
            Some((ty.name.clone(), (group, said(&ty.annotations, "x_k8s_resource")?)))
        });
        let verbs = program.actions.iter().map(|action| {
            let verb = said(&action.annotations, "x_k8s_verb").unwrap_or_else(|| action.name.clone());
            (action.full_name(program), verb)
        });
        Self {
            roles: roles.collect(),
            types: types.collect(),
            verbs: verbs.collect(),
        }
    }

    fn grant(&self, access: &Access) -> Grant {
        let role = &self.roles[access.role.as_ref().unwrap()];
        let mut when = access.when.clone();
        let [kind, namespace, role] = match role.split('/').collect::<Vec<_>>().as_slice() {
            ["ClusterRole", name] => ["ClusterRole", "", name].map(str::to_owned),
            ["Role", namespace, name] => {
                let place = format!("resource in Namespace::\"{namespace}\"");
                let at = when.iter().position(|condition| *condition == place);
                when.remove(at.unwrap_or_else(|| panic!("{access:?} is not kept within {namespace}")));
                ["Role", namespace, name].map(str::to_owned)
            }
            _ => panic!("{role} is neither a ClusterRole nor a Role"),
        };
        let literal = |text: &str| serde_json::from_str::<String>(text).unwrap();
        let object = match when.as_slice() {
            [] => None,
            [one] => Some(match one.rsplit_once(' ') {
                Some(("resource.name ==" | "resource.path ==" | "resource.path like", text)) => literal(text),
                _ => panic!("{access:?}"),
            }),
            _ => panic!("{access:?}"),
        };
        let (group, resource, object) = match self.types.get(&access.resource) {
            Some((group, resource)) => (
                group.clone(),
                resource.clone(),
                object.unwrap_or_else(|| "*any*".to_owned()),
            ),
            None => (
                "URL".to_owned(),
                object.unwrap_or_else(|| "*".to_owned()),
                String::new(),
            ),
        };
        let verb = self.verbs[&access.action].clone();
        assert!(access.guards.is_empty(), "{access:?}");
        [kind, namespace, role, group, resource, object, verb]
    }
}

fn listed(step: &Value, key: &str) -> BTreeSet<Grant> {
    serde_json::from_value(step[key].clone()).unwrap()
}

#[test]
fn every_step_of_the_bootstrap_roles_is_exactly_what_it_added_and_removed() {
    let Some(corpora) = corpora() else { return };
    let history = corpora.join("k8s-bootstrap-roles/history");
    let changes = fs::read_to_string(history.join("changes.jsonl")).unwrap();
    let changes: Vec<Value> = changes
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut folders: Vec<_> = fs::read_dir(history.join("snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert_eq!((changes.len(), folders.len()), (VERSIONS, VERSIONS));

    // Each version by itself, on as many threads as there are.
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let part = VERSIONS.div_ceil(threads);
    let versions: Vec<BTreeMap<Access, Grant>> = thread::scope(|scope| {
        let parts = folders.chunks(part);
        let running: Vec<_> = parts
            .map(|part| scope.spawn(|| part.iter().map(|folder| matrix(folder)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });

    let mut offences = Vec::new();
    let mut steps: BTreeMap<String, usize> = BTreeMap::new();
    let mut before: Option<BTreeMap<Access, Grant>> = None;
    for ((step, folder), after) in changes.iter().zip(&folders).zip(versions) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let commit = step["commit"].as_str().unwrap();
        assert!(name.ends_with(&commit[..8]), "{name} is {commit}");
        let count = grants(&after).len();
        if Some(count as u64) != step["n_grants_effective"].as_u64() {
            offences.push(format!("{name}: {count} grants, not {}", step["n_grants_effective"]));
        }
        if let Some(before) = before {
            let (added, removed) = (only_in(&after, &before), only_in(&before, &after));
            if added != listed(step, "added_effective") || removed != listed(step, "removed_effective") {
                offences.push(format!("{name}: added {added:?}, removed {removed:?}"));
            }
            let verdict = match (added.is_empty(), removed.is_empty()) {
                (true, true) => "equal",
                (false, true) => "widen",
                (true, false) => "narrow",
                (false, false) => "mixed",
            };
            assert_eq!(step["verdict_effective"], verdict, "{name}");
            *steps.entry(verdict.to_owned()).or_default() += 1;
        }
        before = Some(after);
    }
    assert_none("versions that came out otherwise", offences);
    let steps: Vec<(&str, usize)> = steps
        .iter()
        .map(|(verdict, count)| (verdict.as_str(), *count))
        .collect();
    assert_eq!(steps, [("equal", 6), ("mixed", 4), ("narrow", 3), ("widen", 46)]);
}

#[test]
fn roles_that_collect_others_have_exactly_their_grants() {
    let Some(corpora) = corpora() else { return };
    let all = grants(&matrix(&corpora.join("k8s-bootstrap-roles/v1.20.2")));
    let of = |role: &str| {
        let own = all.iter().filter(|grant| grant[2] == role);
        own.map(|grant| grant[3..].to_vec()).collect::<BTreeSet<_>>()
    };
    let collecting = [
        ("admin", ["system:aggregate-to-admin", "edit"].as_slice()),
        ("edit", &["system:aggregate-to-edit", "view"]),
        ("view", &["system:aggregate-to-view"]),
    ];
    for (role, selected) in collecting {
        let collected: BTreeSet<_> = selected.iter().flat_map(|selected| of(selected)).collect();
        assert!(!collected.is_empty());
        assert_eq!(of(role), collected, "{role}");
    }
    let literal = all
        .iter()
        .filter(|grant| !["admin", "edit", "view"].contains(&grant[2].as_str()));
    assert_eq!(literal.count(), 1199, "what the rules themselves say");
}
