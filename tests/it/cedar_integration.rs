//! The Cedar project's own integration tests, read where they lie: its handwritten cases and a sample of its fuzzed ones.
//! Every decision, every deciding policy and every policy that errors comes out the same through `build` output, of
//! policies that Cedar refuses, too; and `check` refuses exactly those. Nothing of them is copied here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cedar_policy::EntityUid;
use gatewright::decide::{Engine, Outcome, Request, Strictness};
use gatewright::diag::{Diagnostics, Severity};
use gatewright::load::{CedarInput, load_cedar};
use gatewright::pipeline;
use gatewright::pipeline::Checked;
use gatewright::text::Instant;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::screen;
use crate::support::{assert_none, corpora};

/// Cases that say `shouldValidate: false` only because an action applies to nothing. Since Cedar 4.14 that is a warning.
const NO_LONGER_REFUSED: [&str; 2] =
    ["4945bd08148a010c211ffabb00e21ebcfcbdc88b", "4c2391eb1aba60d52e6bea12a699326cfbc836d2"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    policies: PathBuf,
    entities: PathBuf,
    schema: PathBuf,
    should_validate: bool,
    requests: Vec<Asked>,
}

/// A request with what must come of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    description: String,
    principal: Value,
    action: Value,
    resource: Value,
    context: Map<String, Value>,
    /// Absent in handwritten cases, and never false in these.
    #[serde(default = "yes")]
    validate_request: bool,
    decision: Verdict,
    reason: BTreeSet<String>,
    errors: BTreeSet<String>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Allow,
    Deny,
}

fn yes() -> bool {
    true
}

/// What came of all cases of a folder.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    cases: usize,
    /// Cases that `check` refuses, by the code of the fault. Lints of error level refuse more than Cedar does.
    refused: BTreeMap<&'static str, usize>,
    allowed: usize,
    denied: usize,
    /// Decisions beside which a policy errored.
    errored: usize,
}

#[test]
fn handwritten_cases_come_out_the_same() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("cedar-integration-tests");
    let tally = run(&folder, &folder.join("tests"));
    let expected =
        Tally { cases: 22, refused: BTreeMap::from([("fail-open-forbid", 2)]), allowed: 38, denied: 36, errored: 0 };
    assert_eq!(tally, expected);
}

#[test]
fn fuzzed_cases_come_out_the_same() {
    let Some(corpora) = corpora() else { return };
    let unpacked = tempfile::tempdir().unwrap();
    let status = Command::new("tar")
        .arg("-xzf")
        .arg(corpora.join("cedar-integration-tests/corpus-sample.tar.gz"))
        .arg("-C")
        .arg(unpacked.path())
        .status()
        .unwrap();
    assert!(status.success(), "the sample could not be unpacked");
    let tally = run(unpacked.path(), &unpacked.path().join("corpus-tests"));
    let expected = Tally {
        cases: 521,
        refused: BTreeMap::from([
            ("cedar-validation", 91),
            ("unconstrained-permit", 291),
            ("undeclared-has", 2),
            ("untested-optional", 9),
        ]),
        allowed: 2571,
        denied: 1597,
        errored: 212,
    };
    assert_eq!(tally, expected);
}

/// Runs the cases below a folder; the files that they name lie below `root`.
fn run(root: &Path, folder: &Path) -> Tally {
    let mut tally = Tally::default();
    let mut offences = Vec::new();
    for path in cases(folder) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case: Case = serde_json::from_value(json(&path)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (checked, engine) = compile(root, &case);
        if let Some(schema) = &checked.lowered.schema {
            let policies = checked.lowered.raw.iter().map(|raw| &raw.policy);
            offences.extend(screen::differences(policies, schema, &mut screen::Tally::default()));
        }
        let refused = faults(&checked);
        let must_be_invalid = !case.should_validate && !NO_LONGER_REFUSED.contains(&name);
        let invalid = refused.contains("cedar-validation") || refused.contains("untested-optional");
        if invalid != must_be_invalid {
            offences.push(format!("{name}: must be invalid: {must_be_invalid}, is refused for {refused:?}"));
        }
        tally.cases += 1;
        for code in refused {
            *tally.refused.entry(code).or_default() += 1;
        }
        let entities =
            engine.entities(&json(&root.join(&case.entities))).unwrap_or_else(|error| panic!("{name}: {error}"));
        for asked in &case.requests {
            assert!(asked.validate_request, "{name}: a request that is not to be validated");
            match asked.decision {
                Verdict::Allow => tally.allowed += 1,
                Verdict::Deny => tally.denied += 1,
            }
            tally.errored += usize::from(!asked.errors.is_empty());
            if let Some(difference) = difference(&engine, &entities, asked) {
                offences.push(format!("{name}: {}: {difference}", asked.description));
            }
        }
    }
    assert_none("cases that come out differently", offences);
    tally
}

/// The files of cases, sorted.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        if path.is_dir() {
            found.extend(cases(&path));
        } else if name.ends_with(".json") && !name.ends_with(".entities.json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What `check` says, and the engine of what `build` writes. Policies that are refused can still be read, and are
/// decided like the others.
fn compile(root: &Path, case: &Case) -> (Checked, Engine) {
    let policies = [root.join(&case.policies)];
    let schema = root.join(&case.schema);
    let input = CedarInput { policies: &policies, schema: Some(&schema), entities: None, links: None };
    let mut faults = Diagnostics::new();
    let package = load_cedar(input, &mut faults).unwrap();
    let options =
        pipeline::Options { at: Instant::parse("2026-06-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, faults);
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    let engine = Engine::from_tree(&tree).unwrap_or_else(|error| panic!("{}: {error:?}", policies[0].display()));
    (checked, engine.with_strictness(Strictness::Cedar))
}

/// The codes of the errors.
fn faults(checked: &Checked) -> BTreeSet<&'static str> {
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| found.code.as_str()).collect()
}

/// How a decision differs from the expected one; `None` where it does not.
fn difference(engine: &Engine, entities: &cedar_policy::Entities, asked: &Asked) -> Option<String> {
    let uid = |json: &Value| EntityUid::from_json(json.clone()).unwrap();
    let request = Request {
        principal: uid(&asked.principal),
        action: uid(&asked.action),
        resource: uid(&asked.resource),
        context: asked.context.clone(),
    };
    let decision = match engine.decide(&request, entities) {
        Ok(decision) => decision,
        Err(error) => return Some(error.to_string()),
    };
    let outcome = match asked.decision {
        Verdict::Allow => Outcome::Allow,
        Verdict::Deny => Outcome::Deny,
    };
    let errors: BTreeSet<String> = decision.errors.iter().map(|error| error.policy.clone()).collect();
    let same = decision.outcome == outcome && decision.reasons == asked.reason && errors == asked.errors;
    (!same).then(|| {
        let Asked { decision: expected, reason, errors, .. } = asked;
        format!("expected {expected:?} by {reason:?} with errors in {errors:?}, got {decision:?}")
    })
}
