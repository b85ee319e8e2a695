//! The Cedar project's example applications, read where they lie: every published ALLOW and DENY comes out the same
//! through `build` output. Nothing of them is copied here.

use std::fs;
use std::path::{Path, PathBuf};

use cedar_policy::EntityUid;
use gatewright::decide::{Engine, Outcome, Request, Strictness};
use gatewright::diag::Diagnostics;
use gatewright::load::{CedarInput, load_cedar};
use gatewright::pipeline;
use gatewright::text::Instant;
use serde_json::Value;

use crate::support::corpora;

/// An example application: its folder, and whether its entities break its own schema, so that the project itself
/// authorizes without one.
struct Example {
    folder: &'static str,
    entities_unchecked: bool,
    allowed: usize,
    denied: usize,
}

const fn example(folder: &'static str, allowed: usize, denied: usize) -> Example {
    Example { folder, entities_unchecked: false, allowed, denied }
}

const fn unchecked(folder: &'static str, allowed: usize, denied: usize) -> Example {
    Example { entities_unchecked: true, ..example(folder, allowed, denied) }
}

const EXAMPLES: [Example; 8] = [
    unchecked("cedar-example-use-cases/document_cloud", 3, 2),
    unchecked("cedar-example-use-cases/github_example", 5, 2),
    example("cedar-example-use-cases/sales_orgs/static", 2, 1),
    example("cedar-example-use-cases/sales_orgs/templated", 2, 1),
    example("cedar-example-use-cases/tags_n_roles", 2, 1),
    example("cedar-example-use-cases/tax_preparer", 3, 2),
    example("cedar-policy-language-in-action/GitApp", 8, 2),
    example("cedar-policy-language-in-action/PhotoApp", 11, 5),
];

fn only(folder: &Path, ending: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().ends_with(ending))
        .collect();
    assert_eq!(found.len(), 1, "one file ending in {ending} in {}", folder.display());
    found.remove(0)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn engine(folder: &Path) -> Engine {
    let policies = [only(folder, ".cedar")];
    let schema = only(folder, ".cedarschema");
    let links = folder.join("linked");
    let input = CedarInput {
        policies: &policies,
        schema: Some(&schema),
        entities: None,
        links: links.exists().then_some(links.as_path()),
    };
    let mut faults = Diagnostics::new();
    let package = load_cedar(input, &mut faults).unwrap();
    let options =
        pipeline::Options { at: Instant::parse("2026-06-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, faults);
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    // Their published decisions assume Cedar's own semantics for entities that are not in the data.
    Engine::from_tree(&tree).unwrap().with_strictness(Strictness::Cedar)
}

fn decide_all(engine: &Engine, example: &Example, folder: &Path, verdict: &str) -> usize {
    let file = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_str().unwrap().ends_with("entities.json"))
        .unwrap();
    let entities = match example.entities_unchecked {
        true => engine.unchecked_entities(&json(&file)),
        false => engine.entities(&json(&file)),
    }
    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut count = 0;
    for entry in fs::read_dir(folder.join(verdict)).unwrap() {
        let path = entry.unwrap().path();
        let body = json(&path);
        let uid = |key: &str| body[key].as_str().unwrap().parse::<EntityUid>().unwrap();
        let request = Request {
            principal: uid("principal"),
            action: uid("action"),
            resource: uid("resource"),
            context: body["context"].as_object().cloned().unwrap_or_default(),
        };
        let decision = engine.decide(&request, &entities).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let expected = match verdict {
            "ALLOW" => Outcome::Allow,
            _ => Outcome::Deny,
        };
        assert_eq!(decision.outcome, expected, "{}: {decision:?}", path.display());
        count += 1;
    }
    count
}

#[test]
fn every_published_decision_comes_out_the_same() {
    let Some(corpora) = corpora() else { return };
    for example in &EXAMPLES {
        let folder = corpora.join("cedar-examples").join(example.folder);
        let engine = engine(&folder);
        assert_eq!(
            decide_all(&engine, example, &folder, "ALLOW"),
            example.allowed,
            "ALLOW requests of {}",
            example.folder
        );
        assert_eq!(
            decide_all(&engine, example, &folder, "DENY"),
            example.denied,
            "DENY requests of {}",
            example.folder
        );
    }
}
