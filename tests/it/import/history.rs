//! The roles that Kubernetes comes with, in sixty versions: each imports, and the access matrices of two versions differ
//! by exactly the grants that were added and removed. So do the differences that `diff` asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{fs, thread};

use gatewright::analysis::solver::Limits;
use gatewright::analysis::{Cache, Deadline};
use gatewright::lower::{Access, accesses};
use gatewright::pipeline;
use gatewright::pipeline::{DiffOptions, Shard};
use gatewright::semdiff::{Difference, Finding, Holder, Kind, Replayed, What};
use gatewright::text::Instant;
use serde_json::Value;

use crate::prover::solver;
use crate::support::{assert_none, corpora};

use super::{Package, import_k8s};

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

/// A version, imported.
struct Version {
    package: Package,
    spelling: Spelling,
    /// The grants, read off the matrix of what was imported, each with the cell that it is.
    matrix: BTreeMap<Access, Grant>,
}

/// Imports a folder. Panics where it does not check.
fn version(folder: &Path) -> Version {
    let (imported, said) = import_k8s(&manifests(folder));
    let imported = imported.unwrap_or_else(|| panic!("{}: {said}", folder.display()));
    let package = Package::of(&imported.files);
    assert!(!package.checked.failed(), "{}: {}", folder.display(), package.said());
    let spelling = Spelling::of(&package);
    let matrix = accesses(&package.checked.program, &package.checked.lowered);
    // The history counts what is written; what a wildcard stands for is in no list of it.
    let written = matrix.into_iter().filter(|access| !access.implied);
    let cells = written.map(|access| {
        let role = access.role.as_ref().unwrap();
        let grant = spelling.grant(role, &access.action, &access.resource, &access.when);
        assert!(access.guards.is_empty(), "{access:?}");
        (access, grant)
    });
    Version { matrix: cells.collect(), package, spelling }
}

/// What names of the package were called in the manifests.
#[derive(Clone)]
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
        Self { roles: roles.collect(), types: types.collect(), verbs: verbs.collect() }
    }

    /// What is called either.
    fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.roles.extend(other.roles.clone());
        both.types.extend(other.types.clone());
        both.verbs.extend(other.verbs.clone());
        both
    }

    /// The grant of a role to do something, on all of some conditions.
    fn grant(&self, role: &str, action: &str, resource: &str, when: &[String]) -> Grant {
        let role = &self.roles[role];
        let mut when = when.to_vec();
        let [kind, namespace, role] = match role.split('/').collect::<Vec<_>>().as_slice() {
            ["ClusterRole", name] => ["ClusterRole", "", name].map(str::to_owned),
            ["Role", namespace, name] => {
                let place = format!("resource in Namespace::\"{namespace}\"");
                let at = when.iter().position(|condition| *condition == place);
                when.remove(at.unwrap_or_else(|| panic!("{role} is not kept within {namespace}")));
                ["Role", namespace, name].map(str::to_owned)
            }
            _ => panic!("{role} is neither a ClusterRole nor a Role"),
        };
        let literal = |text: &str| serde_json::from_str::<String>(text).unwrap();
        let object = match when.as_slice() {
            [] => None,
            [one] => Some(match one.rsplit_once(' ') {
                Some(("resource.name ==" | "resource.path ==" | "resource.path like", text)) => literal(text),
                _ => panic!("{role}: {when:?}"),
            }),
            _ => panic!("{role}: {when:?}"),
        };
        let (group, resource, object) = match self.types.get(resource) {
            Some((group, resource)) => (group.clone(), resource.clone(), object.unwrap_or_else(|| "*any*".to_owned())),
            None => ("URL".to_owned(), object.unwrap_or_else(|| "*".to_owned()), String::new()),
        };
        let verb = self.verbs[action].clone();
        [kind, namespace, role, group, resource, object, verb]
    }
}

fn listed(step: &Value, key: &str) -> BTreeSet<Grant> {
    serde_json::from_value(step[key].clone()).unwrap()
}

/// The steps of the history, and the sixty versions, in order, named by their folders.
type History = (Vec<Value>, Vec<(String, Version)>);

/// The history, imported once for all tests.
static HISTORY: LazyLock<Option<History>> = LazyLock::new(|| corpora().map(|corpora| history(&corpora)));

fn history(corpora: &Path) -> History {
    let history = corpora.join("k8s-bootstrap-roles/history");
    let changes = fs::read_to_string(history.join("changes.jsonl")).unwrap();
    let changes: Vec<Value> = changes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut folders: Vec<_> =
        fs::read_dir(history.join("snapshots")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert_eq!((changes.len(), folders.len()), (VERSIONS, VERSIONS));

    // Each version by itself, on as many threads as there are.
    let named = |folder: &PathBuf| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        (name, version(folder))
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let part = VERSIONS.div_ceil(threads);
    let versions = thread::scope(|scope| {
        let parts = folders.chunks(part);
        let running: Vec<_> = parts.map(|part| scope.spawn(|| part.iter().map(named).collect::<Vec<_>>())).collect();
        running.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    (changes, versions)
}

/// What a way of telling two versions apart says of each step: exactly what was added and removed, and `equal` where that is
/// nothing. Returns how many roles it says have another name.
fn assert_steps(
    (changes, versions): &(Vec<Value>, Vec<(String, Version)>),
    told: &dyn Fn(&Version, &Version) -> Told,
    // Whether a grant that came or went counts, beside the other version's grants.
    counts: &dyn Fn(&Grant, &BTreeSet<Grant>) -> bool,
) -> usize {
    let mut renames = 0;
    let mut offences = Vec::new();
    let mut steps: BTreeMap<&str, usize> = BTreeMap::new();
    for (pair, step) in versions.windows(2).zip(&changes[1..]) {
        let [(_, before), (name, after)] = pair else { unreachable!() };
        let mut expected = Told {
            added: listed(step, "added_effective"),
            removed: listed(step, "removed_effective"),
            ..Told::default()
        };
        *steps.entry(verdict(&expected)).or_default() += 1;
        assert_eq!(step["verdict_effective"], verdict(&expected), "{name}");
        let told = told(before, after);
        // Under another name, a grant is the same.
        let renamed = |grant: &Grant| {
            let mut grant = grant.clone();
            if let Some(role) = told.renamed.get(&grant[2]) {
                grant[2].clone_from(role);
            }
            grant
        };
        let (old, new) = (before.grants(), after.grants());
        expected.added.retain(|grant| counts(grant, &old));
        expected.removed.retain(|grant| counts(grant, &new));
        let kept: BTreeSet<Grant> = expected.removed.iter().map(renamed).collect();
        expected.removed = kept.difference(&expected.added).cloned().collect();
        expected.added.retain(|grant| !kept.contains(grant));
        expected.equal = expected.added.is_empty() && expected.removed.is_empty();
        expected.renamed.clone_from(&told.renamed);
        renames += told.renamed.len();
        if told != expected {
            offences.push(format!("{name}: {told:?}\n    not {expected:?}"));
        }
    }
    assert_none("steps that came out otherwise", offences);
    let steps: Vec<(&str, usize)> = steps.into_iter().collect();
    assert_eq!(steps, [("equal", 6), ("mixed", 4), ("narrow", 3), ("widen", 46)]);
    renames
}

/// Whether a role has a grant among others by a wildcard, as Kubernetes matches rules, in a kind of request that they know.
fn is_granted_by_wildcard(grant: &Grant, others: &BTreeSet<Grant>) -> bool {
    let [kind, namespace, role, group, resource, object, verb] = grant;
    let is_known = others.iter().any(|other| [&other[3], &other[4], &other[6]] == [group, resource, verb]);
    let sub = |text: &str| text.split_once('/').map(|(_, sub)| sub.to_owned());
    let covers = |other: &Grant| {
        let in_group = [group.as_str(), "*"].contains(&other[3].as_str());
        let in_resource =
            other[4] == *resource || other[4] == "*" || (other[4].starts_with("*/") && sub(&other[4]) == sub(resource));
        let to_verb = [verb.as_str(), "*"].contains(&other[6].as_str());
        [&other[0], &other[1], &other[2]] == [kind, namespace, role]
            && in_group
            && in_resource
            && to_verb
            && [object.as_str(), "*any*"].contains(&other[5].as_str())
    };
    is_known && group != "URL" && others.iter().any(|other| other != grant && covers(other))
}

/// How two versions differ.
#[derive(Debug, Default, PartialEq)]
struct Told {
    added: BTreeSet<Grant>,
    removed: BTreeSet<Grant>,
    /// Roles that have another name now.
    renamed: BTreeMap<String, String>,
    /// Whether they are said to decide every request alike.
    equal: bool,
    unsure: Vec<String>,
}

fn verdict(told: &Told) -> &'static str {
    match (told.added.is_empty(), told.removed.is_empty()) {
        (true, true) => "equal",
        (false, true) => "widen",
        (true, false) => "narrow",
        (false, false) => "mixed",
    }
}

/// Grants as a matrix lists them are what the history counts, and the cells of two matrices, which are in the package's own
/// names, differ by what it says. Names must therefore be the same from version to version.
#[test]
fn every_step_of_the_bootstrap_roles_is_exactly_what_it_added_and_removed() {
    let Some(history) = &*HISTORY else { return };
    for (step, (name, version)) in history.0.iter().zip(&history.1) {
        let commit = step["commit"].as_str().unwrap();
        assert!(name.ends_with(&commit[..8]), "{name} is {commit}");
        let count = version.grants().len() as u64;
        assert_eq!(Some(count), step["n_grants_effective"].as_u64(), "{name}");
    }
    let told = |before: &Version, after: &Version| {
        let (added, removed) = (after.cells_beyond(before), before.cells_beyond(after));
        Told { equal: added.is_empty() && removed.is_empty(), added, removed, ..Told::default() }
    };
    assert_steps(history, &told, &|_, _| true);
}

/// The difference itself knows no matrix: it asks, and shows a request for each holder and kind of request.
#[test]
fn the_difference_of_every_step_is_exactly_what_was_added_and_removed() {
    let (Some(history), Some(found)) = (&*HISTORY, solver()) else {
        return;
    };
    let cache = Cache::in_memory();
    let options = DiffOptions {
        solver: Some(found.engine.as_ref()),
        cache: &cache,
        limits: Limits::default(),
        deadline: Deadline::never(),
        shard: Shard::WHOLE,
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        own_form: None,
        progress: &|_, _| (),
    };
    let told = |before: &Version, after: &Version| {
        let sides = [before, after].map(|version| (&version.package.loaded, &version.package.checked));
        let difference = pipeline::diff(sides[0], sides[1], &options).unwrap();
        self::told(&difference, before, after)
    };
    // What a wildcard of the other side grants is neither gained nor lost, where both sides know such requests.
    let renames = assert_steps(history, &told, &|grant, others| !is_granted_by_wildcard(grant, others));
    // `kubernetes-discovery` became `kube-aggregator`, `pod-garbage-controller` became `pod-garbage-collector`: the same grants under
    // another name, told as renames, which break whoever is bound to the old name.
    assert_eq!(renames, 2);
}

impl Version {
    fn grants(&self) -> BTreeSet<Grant> {
        self.matrix.values().cloned().collect()
    }

    /// The grants of the cells that another matrix lacks.
    fn cells_beyond(&self, other: &Self) -> BTreeSet<Grant> {
        let cells = self.matrix.iter().filter(|(access, _)| !other.matrix.contains_key(access));
        cells.map(|(_, grant)| grant.clone()).collect()
    }
}

/// The grants that a difference speaks of.
fn told(difference: &Difference, before: &Version, after: &Version) -> Told {
    let spelling = before.spelling.and(&after.spelling);
    let mut told = Told {
        // A renamed role is called otherwise, and nobody is granted anything else.
        equal: !difference.is_unsure() && difference.accesses.is_empty(),
        ..Told::default()
    };
    for change in &difference.structure.changes {
        if let (Kind::Role, What::Renamed { from }) = (change.kind, &change.what) {
            let written = |role: &str| spelling.roles[role].rsplit('/').next().unwrap().to_owned();
            told.renamed.insert(written(from), written(&change.name));
        }
    }
    for access in &difference.accesses {
        told.unsure.extend(access.doubts().map(|doubt| format!("{access:?}: {doubt}")));
        let Holder::Role(role) = &access.holder else {
            panic!("{access:?}");
        };
        let kind = &access.request;
        let grants = |replayed: &Replayed| -> BTreeSet<Grant> {
            let all = replayed.reasons.iter().flat_map(|reason| alternatives(&reason.when));
            all.map(|when| spelling.grant(role, &kind.action, &kind.resource, &when)).collect()
        };
        if let Finding::Found(example) = &access.gained {
            assert!(!example.before.allowed && example.after.allowed, "{example:?}");
            told.added.extend(&grants(&example.after) - &grants(&example.before));
        }
        if let Finding::Found(example) = &access.lost {
            assert!(example.before.allowed && !example.after.allowed, "{example:?}");
            told.removed.extend(&grants(&example.before) - &grants(&example.after));
        }
    }
    told
}

/// Conditions of which all hold, as alternatives of conditions without alternatives.
fn alternatives(when: &[String]) -> Vec<Vec<String>> {
    let mut ways = vec![Vec::new()];
    for condition in when {
        let listed = condition
            .strip_suffix(".contains(resource.name)")
            .map(|list| serde_json::from_str::<Vec<String>>(list).unwrap());
        let one_of: Vec<String> = match listed {
            Some(names) => names.iter().map(|name| format!("resource.name == {name:?}")).collect(),
            None => condition.split(" || ").map(str::to_owned).collect(),
        };
        ways = ways
            .iter()
            .flat_map(|way| one_of.iter().map(|one| [way.as_slice(), std::slice::from_ref(one)].concat()))
            .collect();
    }
    ways
}

#[test]
fn roles_that_collect_others_have_exactly_their_grants() {
    let Some(corpora) = corpora() else { return };
    let all = version(&corpora.join("k8s-bootstrap-roles/v1.20.2")).grants();
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
    let literal = all.iter().filter(|grant| !["admin", "edit", "view"].contains(&grant[2].as_str()));
    assert_eq!(literal.count(), 1199, "what the rules themselves say");
}

/// To read is what most roles of a cluster are for. What reads and is sensitive, such as reading secrets, is told.
#[test]
fn no_role_that_only_reads_has_a_finding() {
    let (Some(corpora), Some(found)) = (corpora(), solver()) else {
        return;
    };
    let version = version(&corpora.join("k8s-bootstrap-roles/v1.20.2"));
    let (program, checked) = (&version.package.checked.program, &version.package.checked);
    let cache = Cache::in_memory();
    let options = pipeline::ProofOptions {
        solver: Some(found.engine.as_ref()),
        cache: &cache,
        limits: Limits::default(),
        deadline: Deadline::never(),
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
    };
    let proved = pipeline::prove_lints(&version.package.loaded, checked, &options, &|_, _| ()).unwrap().found;
    let mut told: Vec<&str> = Vec::new();
    let mut reading = 0;
    for id in program.role_ids() {
        let role = program.role(id).unwrap();
        let grants = program.grants_of(id);
        let mut actions = grants.iter().flat_map(|grant| &grant.actions).filter_map(|(id, _)| program.action(*id));
        if grants.is_empty() || !actions.all(|action| action.effects.reads && !action.sensitive) {
            continue;
        }
        reading += 1;
        let own = |span: gatewright::text::Span| {
            span == role.span || grants.iter().any(|grant| grant.statement.span.contains(span))
        };
        let mut all = checked.diagnostics.iter().chain(proved.iter());
        if all.any(|found| found.primary().is_some_and(own)) {
            told.push(&role.name);
        }
    }
    assert!(reading >= 10, "{reading}");
    assert_eq!(told, Vec::<&str>::new());
}
