//! Bundles in other Cedar implementations: npm's `@cedar-policy/cedar-wasm` and PyPI's `cedarpy` load the archive as it is, find
//! its policies valid, and decide every request of the scenarios of every example and port as our evaluator does, by the same
//! policies; Cedarling, from PyPI and from npm, what it can. The scripts that ask them are in the folder beside this file;
//! `.ci/run` installs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cedar_policy::EntityUid;
use gatewright::bundle::pack;
use gatewright::config::Roles;
use gatewright::decide::{Decision, Engine, Outcome, Request, RequestError, Strictness};
use gatewright::diag::Diagnostics;
use gatewright::load::load_package;
use gatewright::scenario::AskedSuite;
use gatewright::text::Instant;
use gatewright::{pipeline, scenario};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{assert_none, folders, has, root};

/// What came of a request.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Allow,
    Deny,
    /// The request is not as the schema says: for a principal type that the action is not for, or with something left out.
    Refused,
}

/// A decision, with the ids of the policies that decided and of those that errored.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    decision: Verdict,
    reasons: BTreeSet<String>,
    errors: BTreeSet<String>,
}

/// A package as others get it: its bundle, and what its scenarios ask.
struct Built {
    archive: Vec<u8>,
    engine: Engine,
    suites: Vec<AskedSuite>,
}

#[test]
fn cedar_wasm_decides_every_scenario_as_we_do() {
    let modules = installed("node/node_modules");
    if has("node", modules.join("@cedar-policy/cedar-wasm").is_dir()) {
        every_example_is_decided_alike("node", "ask_cedar_wasm.mjs", &modules);
    }
}

#[test]
fn cedarpy_decides_every_scenario_as_we_do() {
    let packages = installed("python");
    if has("python", packages.join("cedarpy").is_dir()) {
        every_example_is_decided_alike("python3", "ask_cedarpy.py", &packages);
    }
}

/// Cedarling builds the principal of an unsigned request from attributes that are no entities, and decides with it and the
/// resource alone. What it so decides, it decides as we do; the rest it refuses, or lacks the entities for.
#[test]
fn cedarling_decides_as_we_do_what_it_can_decide() {
    let packages = installed("cedarling");
    if has("cedarling", packages.join("cedarling_python").is_dir()) {
        what_cedarling_decides("python3", "ask_cedarling.py", &packages);
    }
}

/// The same engine, as it is published for browsers.
#[test]
fn cedarling_wasm_decides_as_we_do_what_it_can_decide() {
    let modules = installed("node/node_modules");
    if has("node", modules.join("@janssenproject/cedarling_wasm").is_dir()) {
        what_cedarling_decides("node", "ask_cedarling_wasm.mjs", &modules);
    }
}

/// How many requests of each package Cedarling decides as we do, how many it refuses, and what it decides otherwise.
const DECIDED_BY_CEDARLING: [&str; 10] = [
    "examples/authzen-todo: 81 allowed and 55 denied alike, 0 refused; {}",
    "examples/marketplace: 0 allowed and 0 denied alike, 624 refused; {}",
    "examples/quickstart: 0 allowed and 0 denied alike, 56 refused; {}",
    "tests/ports/cerbforce: 0 allowed and 0 denied alike, 56 refused; {}",
    "tests/ports/document-cloud: 0 allowed and 0 denied alike, 65 refused; {}",
    "tests/ports/github: 19 allowed and 37 denied alike, 21 refused; {}",
    "tests/ports/sales-orgs: 0 allowed and 0 denied alike, 36 refused; {}",
    r#"tests/ports/tags-n-roles: 0 allowed and 27 denied alike, 0 refused; {"Action::\"Workspace.DeleteWorkspace\" Deny, not Allow", "Action::\"Workspace.ReadWorkspace\" Deny, not Allow", "Action::\"Workspace.UpdateWorkspace\" Deny, not Allow"}"#,
    "tests/ports/tax-preparer: 0 allowed and 0 denied alike, 13 refused; {}",
    "tests/ports/temporal-access: 0 allowed and 0 denied alike, 12 refused; {}",
];

fn what_cedarling_decides(program: &str, script: &str, libraries: &Path) {
    let mut told = Vec::new();
    for example in [folders("examples"), folders("tests/ports")].concat() {
        let built = build(&example, Roles::Attribute);
        let theirs = ask(program, script, libraries, &built);
        let ours = decide(&built);
        assert_eq!(theirs.len(), ours.len(), "{example}");
        let (mut alike, mut refused, mut other) = ([0, 0], 0, BTreeSet::new());
        for ((request, ours), theirs) in ours.iter().zip(&theirs) {
            match theirs.decision {
                Verdict::Refused if ours.decision == Verdict::Refused => {}
                Verdict::Refused => refused += 1,
                _ if ours == theirs => alike[usize::from(ours.decision == Verdict::Deny)] += 1,
                _ => {
                    other.insert(format!("{} {:?}, not {:?}", request.action, theirs.decision, ours.decision));
                }
            }
        }
        told.push(format!(
            "{example}: {} allowed and {} denied alike, {refused} refused; {other:?}",
            alike[0], alike[1]
        ));
    }
    assert_eq!(told, DECIDED_BY_CEDARLING);
}

fn installed(path: &str) -> PathBuf {
    root().join("target/clients").join(path)
}

fn every_example_is_decided_alike(program: &str, script: &str, libraries: &Path) {
    let mut offences = Vec::new();
    for example in [folders("examples"), folders("tests/ports")].concat() {
        let built = build(&example, Roles::Parents);
        let theirs = ask(program, script, libraries, &built);
        let ours = decide(&built);
        assert_eq!(theirs.len(), ours.len(), "{example}");
        for ((request, ours), theirs) in ours.iter().zip(&theirs) {
            if ours != theirs {
                offences.push(format!("{example}: {request:?}: {ours:?} here, {theirs:?} there"));
            }
        }
        for verdict in [Verdict::Allow, Verdict::Deny] {
            let stated = ours.iter().any(|(_, answer)| answer.decision == verdict);
            assert!(stated, "{example} asks nothing that comes to {verdict:?}");
        }
    }
    assert_none("decisions that differ", offences);
}

fn build(example: &str, roles: Roles) -> Built {
    let mut faults = Diagnostics::new();
    let package = load_package(&root().join(example), &mut faults).unwrap();
    let options = pipeline::Options {
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        levels: Vec::new(),
        roles: Some(roles),
    };
    let checked = pipeline::check(&package, &options, faults);
    assert!(!checked.failed(), "{example}: {:?}", checked.diagnostics);
    let (loaded, built) = pipeline::suites_of_files(&package, &checked).unwrap();
    assert!(!loaded.diagnostics.has_errors(), "{example}: {:?}", loaded.diagnostics);
    let tree = pipeline::bundle(&package, built, &loaded, &[], pipeline::Origin::default()).unwrap();
    Built {
        archive: pack(&tree).unwrap(),
        // Others have plain Cedar's semantics.
        engine: Engine::from_tree(&tree).unwrap().with_strictness(Strictness::Cedar),
        suites: scenario::asked(&loaded.suites, loaded.policy()),
    }
}

/// Our own decisions, each with its request, suite by suite.
fn decide(built: &Built) -> Vec<(&Request, Answer)> {
    let mut answers = Vec::new();
    for suite in &built.suites {
        let entities = built.engine.entities(&Value::Array(suite.entities.clone())).unwrap();
        for request in &suite.requests {
            answers.push((request, answer(built.engine.decide(request, &entities))));
        }
    }
    answers
}

fn answer(decision: Result<Decision, RequestError>) -> Answer {
    let verdict = match decision.as_ref().map(|decision| &decision.outcome) {
        Ok(Outcome::Allow) => Verdict::Allow,
        Ok(Outcome::Deny) => Verdict::Deny,
        // Others do not decide where something was left out of the context.
        Ok(Outcome::Unknown { .. }) | Err(_) => Verdict::Refused,
    };
    let decided = decision.ok().filter(|_| verdict != Verdict::Refused);
    let (reasons, errors) = decided.map_or_else(Default::default, |decision| (decision.reasons, decision.errors));
    Answer { decision: verdict, reasons, errors: errors.into_iter().map(|error| error.policy).collect() }
}

/// Writes the archive and the requests to disk and has a script ask its implementation.
fn ask(program: &str, script: &str, libraries: &Path, built: &Built) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("bundle.cjar");
    fs::write(&archive, &built.archive).unwrap();
    let suites: Vec<Value> = built
        .suites
        .iter()
        .map(|suite| {
            let requests: Vec<Value> = suite.requests.iter().map(written).collect();
            json!({ "suite": suite.suite, "entities": suite.entities, "requests": requests })
        })
        .collect();
    let requests = folder.path().join("requests.json");
    fs::write(&requests, Value::Array(suites).to_string()).unwrap();
    let output = Command::new(program)
        .arg(root().join("tests/it/clients").join(script))
        .args([libraries, &archive, &requests])
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn written(request: &Request) -> Value {
    let uid = |uid: &EntityUid| json!({ "type": uid.type_name().to_string(), "id": uid.id().unescaped() });
    json!({
        "principal": uid(&request.principal),
        "action": uid(&request.action),
        "resource": uid(&request.resource),
        "context": request.context,
    })
}
