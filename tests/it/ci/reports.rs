//! The reports of one run, each read by a program that is not ours or by the documented grammar of its reader.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{has, root};

use super::{all, output};

/// Reads JUnit as build servers do, and Markdown as hosts do; prints what each found as JSON.
const READ: &str = r#"
import json, sys
from junitparser import Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt
xml = JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in xml for case in suite]
tokens = MarkdownIt("commonmark").enable("table").parse(open(sys.argv[2], encoding="utf-8").read())
flat = [t for token in tokens for t in [token, *(token.children or [])]]
print(json.dumps({
    "suites": [suite.name for suite in xml],
    "stated": [xml.tests, xml.failures, xml.skipped],
    "found": [len(cases)] + [sum(any(isinstance(r, kind) for r in case.result) for case in cases) for kind in (Failure, Skipped)],
    "failed": [case.name for case in cases if any(isinstance(r, Failure) for r in case.result)],
    "headings": [after.content for token, after in zip(tokens, tokens[1:]) if token.type == "heading_open"],
    "fences": [token.info for token in tokens if token.type == "fence"],
    "rows": sum(token.type == "tr_open" for token in tokens),
    "live": [t.type for t in flat if t.type in ("html_block", "html_inline", "link_open", "image")],
}))
"#;

/// A package of which tests pass, fail and are skipped, with names that every format has to make harmless.
pub(super) fn failing(folder: &Path) {
    for path in crate::support::paths("examples/quickstart") {
        let inside = folder.join(path.strip_prefix("examples/quickstart/").unwrap());
        fs::create_dir_all(inside.parent().unwrap()).unwrap();
        fs::copy(root().join(&path), inside).unwrap();
    }
    let suite = folder.join("scenarios/invoices.yaml");
    let text = fs::read_to_string(&suite).unwrap();
    let more = "  - {name: \"<img src=x> | [a](b) ``` :: 100%\", as: carl, in: plain, cannot: {create: acme}}\n  \
                - {name: later, skip: \"not yet: <b>\", as: carl, in: plain, can: {create: acme}}\n";
    fs::write(&suite, format!("{}\n{more}", text.trim_end())).unwrap();
}

#[test]
fn one_run_writes_every_report_and_each_is_read_by_its_consumer() {
    let tools = root().join("target/clients/ci");
    if !has("python", tools.join("junitparser").is_dir() && tools.join("markdown_it").is_dir()) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    failing(dir.path());
    let reports = ["text", "json", "junit", "github", "markdown", "sarif"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command
        .current_dir(dir.path())
        .env_clear()
        .env("GATEWRIGHT_PROGRESS", "never")
        .args(["test", ".", "--format", "json"]);
    for format in reports {
        command.arg("--report").arg(format!("{format}=out/{format}"));
    }
    let ran = output(&mut command);
    assert_eq!(ran.status.code(), Some(1), "{}", all(&ran));
    let read = |format: &str| fs::read_to_string(dir.path().join("out").join(format)).unwrap();

    let json: Value = serde_json::from_str(&read("json")).unwrap();
    assert_eq!(json, serde_json::from_slice::<Value>(&ran.stdout).unwrap(), "a file holds what is printed");
    assert_eq!((&json["failed"], &json["skipped"]), (&1.into(), &1.into()), "{json:#}");
    assert!(read("text").contains("FAIL  <img src=x> | [a](b) ``` :: 100%\n"), "{}", read("text"));

    let mut python = Command::new("python3");
    python.env("PYTHONPATH", &tools).args(["-c", READ]);
    let found = output(python.args(["junit", "markdown"].map(|format| dir.path().join("out").join(format))));
    assert!(found.status.success(), "{}", all(&found));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["stated"], found["found"], "counts are those of the cases: {found:#}");
    assert_eq!(found["failed"], serde_json::json!(["<img src=x> | [a](b) ``` :: 100%"]));
    assert_eq!(found["live"], serde_json::json!([]), "names are text and no markup: {found:#}");
    assert_eq!(found["headings"].as_array().unwrap().len(), 2, "{found:#}");
    assert_eq!(found["rows"], 2, "{found:#}");
    assert_eq!(found["fences"], serde_json::json!(["text"]));

    let commands: Vec<Annotation> = read("github").lines().map(Annotation::parse).collect();
    assert_eq!(commands.len(), 1);
    assert_eq!((commands[0].kind.as_str(), commands[0].get("title")), ("error", Some("scenario-failed")));
    assert!(commands[0].message.contains("<img src=x> | [a](b) ``` :: 100%\n"), "{}", commands[0].message);

    let sarif: Value = serde_json::from_str(&read("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
}

/// A workflow command, by the grammar of GitHub's documentation: `::KIND KEY=VALUE,…::MESSAGE` with `%`, line breaks and, in
/// values, `:` and `,` as percent codes.
struct Annotation {
    kind: String,
    properties: Vec<(String, String)>,
    message: String,
}

impl Annotation {
    fn parse(line: &str) -> Self {
        let rest = line.strip_prefix("::").unwrap_or_else(|| panic!("{line}"));
        let (head, message) = rest.split_once("::").unwrap();
        let (kind, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&kind), "{line}");
        let properties = properties.split(',').map(|pair| {
            let (key, value) = pair.split_once('=').unwrap();
            let known = ["title", "file", "line", "endLine", "col", "endColumn"];
            assert!(known.contains(&key) && !value.contains(':'), "{line}");
            (key.to_owned(), decoded(value, &["%3A", "%2C", "%0D", "%0A", "%25"]))
        });
        Self {
            kind: kind.to_owned(),
            properties: properties.collect(),
            message: decoded(message, &["%0D", "%0A", "%25"]),
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// A text without its percent codes, of which there are these only.
fn decoded(text: &str, codes: &[&str]) -> String {
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(2);
        assert!(codes.contains(&format!("%{code}").as_str()), "{text}");
        plain.push(char::from(u8::from_str_radix(code, 16).unwrap()));
        plain.push_str(rest);
    }
    plain
}

#[test]
fn findings_have_reports_too_and_a_fault_of_the_policy_reaches_every_report_of_a_test() {
    let dir = tempfile::tempdir().unwrap();
    failing(dir.path());
    let policy = dir.path().join("policy/invoices.gate");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, format!("{text}\nrole odd for Nobody {{ }}\n")).unwrap();
    let run = |verb: &str, formats: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.current_dir(dir.path()).env_clear().env("GATEWRIGHT_PROGRESS", "never").args([verb, "."]);
        for format in formats {
            command.arg("--report").arg(format!("{format}=out/{verb}.{format}"));
        }
        let ran = output(&mut command);
        assert_eq!(ran.status.code(), Some(1), "{verb}: {}", all(&ran));
        for format in formats {
            let text = fs::read_to_string(dir.path().join(format!("out/{verb}.{format}"))).unwrap();
            assert!(text.contains("Nobody"), "{verb} {format}: {text}");
        }
    };
    run("check", &["text", "json", "github", "markdown", "sarif"]);
    run("lint", &["text", "json", "github", "markdown", "sarif"]);
    run("test", &["text", "json", "junit", "github", "markdown", "sarif"]);
    run("prove", &["text", "json"]);
    run("mutate", &["text", "json"]);
}
