//! Applications of other projects written again in Gate, in `tests/ports`: their own scenarios pass, and every request that
//! the originals publish comes out the same, read where it lies. Here are those of the Cedar project; others are below.

mod cerbos;
mod openfga;

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use cedar_policy::EntityUid;
use gatewright::decide::{Engine, Request};
use gatewright::diag::Diagnostics;
use gatewright::load::load_package;
use gatewright::pipeline::Checked;
use gatewright::scenario::AskedSuite;
use gatewright::scenario::golden::SnapshotMode;
use gatewright::text::Instant;
use gatewright::{pipeline, report, scenario};
use serde_json::{Value, json};

use crate::support::{assert_none, corpora, folders, root};

/// A port, the folder of its Cedar original, and how many requests that publishes as allowed and as denied.
const FROM_CEDAR: [(&str, &str, usize, usize); 5] = [
    ("tests/ports/document-cloud", "cedar-example-use-cases/document_cloud", 3, 2),
    ("tests/ports/github", "cedar-example-use-cases/github_example", 5, 2),
    ("tests/ports/sales-orgs", "cedar-example-use-cases/sales_orgs/templated", 2, 1),
    ("tests/ports/tags-n-roles", "cedar-example-use-cases/tags_n_roles", 2, 1),
    ("tests/ports/tax-preparer", "cedar-example-use-cases/tax_preparer", 3, 2),
];

#[test]
fn every_port_passes_its_scenarios() {
    for port in folders("tests/ports") {
        let ported = load(&port);
        let tested = ported.tested;
        let success = tested.report.as_ref().is_some_and(scenario::RunReport::is_success);
        assert!(success, "{port}: {:?} {:?}", tested.diagnostics, tested.report);
    }
}

#[test]
fn every_published_request_of_the_originals_comes_out_the_same() {
    let Some(corpora) = corpora() else { return };
    for (port, original, allowed, denied) in FROM_CEDAR {
        let folder = corpora.join("cedar-examples").join(original);
        let ported = load(port);
        for (verdict, published) in [("ALLOW", allowed), ("DENY", denied)] {
            let requests = requests(&folder.join(verdict));
            assert_eq!(requests.len(), published, "{port}");
            let differing = requests.iter().filter(|request| {
                let request = in_the_port(request);
                let entities = ported.engine.entities(&ported.entities).unwrap();
                let decision = ported.engine.decide(&request, &entities);
                decision.unwrap_or_else(|error| panic!("{port}: {error}")).is_allow() != (verdict == "ALLOW")
            });
            assert_none(&format!("requests that {port} does not {verdict}"), differing.map(Value::to_string).collect());
        }
    }
}

/// A port, compiled and tested.
struct Ported {
    tested: pipeline::Tested,
    /// The evaluator of its bundle, failing closed as that of a gateway.
    engine: Engine,
    /// The fixtures of its one suite, which are the original's entities.
    entities: Value,
}

fn load(port: &str) -> Ported {
    let mut faults = Diagnostics::new();
    let package = load_package(&root().join(port), &mut faults).unwrap();
    let options =
        pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, faults);
    let files = report::Files::new(&package.sources);
    let shown = report::diagnostics(&checked.diagnostics, files, report::Style::PLAIN);
    assert!(!checked.failed(), "{port}: {shown}");
    let options = pipeline::TestOptions {
        filter: None,
        threads: NonZeroUsize::MIN,
        snapshots: SnapshotMode::ReadOnly,
        watch: None,
    };
    let tested = pipeline::test(&package, &checked, options, &mut |_| {}).unwrap();
    let engine = Engine::from_tree(&pipeline::build(&checked, &package.sources).unwrap()).unwrap();
    let policy =
        scenario::Policy { contract: &checked.lowered.contract, origins: &checked.lowered.origins, engine: &engine };
    let at = checked.project.test_at;
    let mut faults = Diagnostics::new();
    let suites = scenario::load_suites(&package.sources, &package.scenarios, policy, at, &mut faults);
    let mut asked = scenario::asked(&suites, policy);
    assert_eq!(asked.len(), 1, "{port} has one suite");
    assert_none(&format!("requests that {port} decides in two ways"), decided_in_two_ways(&asked, &engine, &checked));
    Ported { tested, entities: Value::Array(asked.remove(0).entities), engine }
}

/// The requests that the files of a bundle decide otherwise than what suites run on, which is never written.
fn decided_in_two_ways(asked: &[AskedSuite], files: &Engine, checked: &Checked) -> Vec<String> {
    let values = pipeline::engine(&checked.lowered).unwrap();
    let differing = asked.iter().flat_map(|suite| {
        let entities = Value::Array(suite.entities.clone());
        let [of_files, of_values] = [files, &values].map(|engine| engine.entities(&entities).unwrap());
        let values = &values;
        suite
            .requests
            .iter()
            .filter(move |request| files.decide(request, &of_files) != values.decide(request, &of_values))
            .map(|request| format!("{request:?}"))
    });
    differing.collect()
}

#[test]
fn suites_run_on_what_the_files_of_a_bundle_decide() {
    for example in ["examples/marketplace", "examples/quickstart", "examples/authzen-todo"] {
        let mut faults = Diagnostics::new();
        let package = load_package(&root().join(example), &mut faults).unwrap();
        let at = Instant::parse("2026-03-01T00:00:00Z").unwrap();
        let checked = pipeline::check(&package, &pipeline::Options { at, levels: Vec::new(), roles: None }, faults);
        let (suites, files) = pipeline::suites_of_files(&package, &checked).unwrap();
        let asked = scenario::asked(&suites.suites, suites.policy());
        assert!(asked.iter().any(|suite| !suite.requests.is_empty()), "{example}");
        let engine = Engine::from_tree(&files).unwrap();
        assert_none("requests that are decided in two ways", decided_in_two_ways(&asked, &engine, &checked));
    }
}

/// The requests in a folder, a file each.
fn requests(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

/// A published request in the port's words. Types, ids and contexts are the same; an action bears its resource's type.
fn in_the_port(published: &Value) -> Request {
    let uid = |key: &str| published[key].as_str().unwrap().parse::<EntityUid>().unwrap();
    let (action, resource) = (uid("action"), uid("resource"));
    let id = format!("{}.{}", resource.type_name().basename(), action.id().unescaped());
    Request {
        principal: uid("principal"),
        action: EntityUid::from_json(json!({ "type": action.type_name().to_string(), "id": id })).unwrap(),
        resource,
        context: published["context"].as_object().unwrap().clone(),
    }
}
