//! Patterns and policies that the author of another Cedar linter labelled: ours says the same of each.

use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use gatewright::pipeline::Options;
use gatewright::text::Instant;
use serde_json::Value;

use crate::support::{assert_none, corpora};

const PROJECT: &str = "[package]\nname = \"labelled\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

const SCHEMA: &str = "
    entity User, Tool;
    action web_fetch appliesTo {
        principal: User, resource: Tool, context: { input: { url: String, callbackUri: String } }
    };
    action run_command appliesTo {
        principal: User, resource: Tool, context: { input: { command: String, timeout: Long } }
    };
";

fn table(name: &str) -> Option<Value> {
    let path = corpora()?.join("cedar-lint-labelled/stirrup").join(name);
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// The codes of everything found in one policy.
fn found(effect: &str, action: &str, clause: &str, body: &str) -> Vec<String> {
    let policy =
        format!("@id(\"one\")\n{effect} (principal, action == Action::\"{action}\", resource) {clause} {{ {body} }};");
    let mut loading = Diagnostics::new();
    let files =
        [("gatewright.toml", PROJECT), ("policy/main.cedarschema", SCHEMA), ("policy/main.cedar", policy.as_str())];
    let package = PackageFiles::in_memory(files, &mut loading);
    let options = Options { roles: None, at: Instant::parse_date("2026-03-01").unwrap(), levels: Vec::new() };
    let checked = pipeline::check(&package, &options, loading);
    checked.diagnostics.iter().map(|one| one.code.to_string()).collect()
}

/// How our verdict on a `like` differs from its label.
fn differs(effect: &str, clause: &str, body: &str, flagged: &Value) -> Option<String> {
    let codes = found(effect, "web_fetch", clause, body);
    let ours = codes.iter().any(|code| code == "early-wildcard");
    (ours != flagged.as_bool().unwrap()).then(|| format!("{effect} {clause} {body}: {codes:?}"))
}

#[test]
fn eighteen_of_eighteen_host_patterns_are_told_apart() {
    let Some(patterns) = table("like-host-patterns.json") else {
        return;
    };
    let patterns = patterns.as_array().unwrap();
    assert_eq!(patterns.len(), 18);
    let verdicts = patterns.iter().filter_map(|case| {
        let body = format!("context.input.url like {}", case["pattern"]);
        differs("permit", "when", &body, &case["flagged"])
    });
    assert_none("patterns with another verdict", verdicts.collect());
}

#[test]
fn negation_and_conjunction_are_read_as_they_are_labelled() {
    let Some(tables) = table("tables.json") else { return };
    let mut offences = Vec::new();
    for (name, count) in [("polarity", 8), ("conjunction", 6)] {
        let cases = tables[name].as_array().unwrap();
        assert_eq!(cases.len(), count, "{name}");
        offences.extend(cases.iter().filter_map(|case| {
            let text = |key: &str| case[key].as_str().unwrap();
            differs(text("effect"), text("clause"), text("body"), &case["flagged"])
        }));
    }
    assert_none("policies with another verdict", offences);
}

#[test]
fn attributes_that_are_misspelt_or_of_another_action_are_found() {
    let Some(tables) = table("tables.json") else { return };
    let verdicts: Vec<Vec<String>> = tables["misspelled_attribute"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let text = |key: &str| case[key].as_str().unwrap();
            let codes = found(text("effect"), text("action"), "when", text("body"));
            let faults = ["undeclared-has", "cedar-validation"];
            codes.into_iter().filter(|code| faults.contains(&code.as_str())).collect()
        })
        .collect();
    // What is asked for with `has` Cedar takes for false; what is read without it Cedar's validator refuses.
    assert_eq!(verdicts, [vec!["undeclared-has"], vec![], vec!["cedar-validation"]]);
}
