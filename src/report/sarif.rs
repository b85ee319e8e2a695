//! Diagnostics as SARIF 2.1.0, which code scanning of GitHub and other hosts reads and keeps between runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::files::Files;
use crate::diag::{Code, Diagnostic, Diagnostics, Fix, Severity};
use crate::lint;
use crate::text::{Span, safe};

/// What names the format to readers.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// All diagnostics as one SARIF log of one run, with a newline at the end. Hosts find the files where the run stands at the
/// repository's root.
#[must_use]
pub fn sarif(all: &Diagnostics, files: Files<'_>) -> String {
    let codes: BTreeSet<Code> = all.iter().map(|one| one.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Gatewright",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": all.iter().map(|one| result(one, &codes, files)).collect::<Vec<_>>(),
        }],
    });
    safe::json(&log)
}

/// What a code means: a lint's page, else how to ask for it. Code scanning wants both descriptions.
fn rule(code: Code) -> Value {
    let id = code.as_str();
    let ask = format!("gatewright explain {id}");
    let (meaning, help) = match lint::find(id) {
        Some(lint) => (lint.summary.to_owned(), json!({ "text": ask, "markdown": lint.page })),
        None => (id.replace('-', " "), json!({ "text": ask })),
    };
    json!({
        "id": id,
        "shortDescription": { "text": meaning },
        "fullDescription": { "text": meaning },
        "help": help,
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], files: Files<'_>) -> Value {
    let mut text = diagnostic.message.clone();
    let help = diagnostic.help.iter().map(|help| ("help", help));
    for (kind, line) in help.chain(diagnostic.notes.iter().map(|note| ("note", note))) {
        text.push_str(&format!("\n{kind}: {line}"));
    }
    let mut fields = Map::new();
    fields.insert("ruleId".to_owned(), json!(diagnostic.code.as_str()));
    if let Ok(index) = codes.binary_search(&diagnostic.code) {
        fields.insert("ruleIndex".to_owned(), json!(index));
    }
    fields.insert("level".to_owned(), json!(level(diagnostic.severity)));
    fields.insert("message".to_owned(), json!({ "text": safe::sarif(&text) }));
    // Code scanning refuses a whole log for one result without a place: what is about no file stands at the first one.
    let first = || files.sources.iter().next().map(|(file, _)| Span::new(file, 0, 0));
    let primary = diagnostic.primary().or_else(first);
    let places: Vec<Value> = primary.into_iter().map(|span| place(span, files)).collect();
    fields.insert("locations".to_owned(), Value::Array(places));
    let related: Vec<Value> = (diagnostic.labels.iter().skip(1))
        .zip(1_u32..)
        .map(|(label, id)| {
            let mut place = place(label.span, files);
            if let Some(place) = place.as_object_mut() {
                place.insert("id".to_owned(), json!(id));
                place.insert("message".to_owned(), json!({ "text": safe::sarif(&label.text) }));
            }
            place
        })
        .collect();
    if !related.is_empty() {
        fields.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    if let Some(fix) = &diagnostic.fix {
        fields.insert("fixes".to_owned(), json!([self::fix(fix, diagnostic, files)]));
    }
    if let Some(evidence) = diagnostic.evidence {
        fields.insert("properties".to_owned(), json!({ "evidence": evidence.name() }));
    }
    Value::Object(fields)
}

/// The changes that mend it, file by file.
fn fix(fix: &Fix, diagnostic: &Diagnostic, files: Files<'_>) -> Value {
    let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        changes.entry(uri(&files.path(edit.span.file))).or_default().push(json!({
            "deletedRegion": region(edit.span, files),
            "insertedContent": { "text": edit.new },
        }));
    }
    let changes = changes.into_iter();
    let changes =
        changes.map(|(uri, replacements)| json!({ "artifactLocation": { "uri": uri }, "replacements": replacements }));
    json!({
        "description": { "text": safe::sarif(diagnostic.help.as_deref().unwrap_or_default()) },
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// A span: lines and columns from 1, columns in characters, the end exclusive.
fn place(span: Span, files: Files<'_>) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&files.path(span.file)) },
        "region": region(span, files),
    }})
}

fn region(span: Span, files: Files<'_>) -> Value {
    let start = files.sources.position(span);
    let end = files.sources.position(span.at_end());
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as a URI reference: relative as the path is, and a `file:` URI where it is absolute.
fn uri(path: &str) -> String {
    let mut uri = match path.starts_with('/') {
        true => "file://".to_owned(),
        false => String::new(),
    };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Certainty, Evidence};
    use crate::text::Sources;

    #[test]
    fn a_diagnostic_is_written_whole() {
        let mut sources = Sources::default();
        let file = sources.add("policy/a b.gate", "é\nab cd\n");
        let fault = Diagnostic::warning(Code::new("some-fault"), Span::new(file, 6, 8), "bad \"cd\"")
            .label("this")
            .also(Span::new(file, 0, 2), "the first")
            .help("write `ef`")
            .note("a fact")
            .fix(Fix::replace(Span::new(file, 6, 8), "cd", "ef", Certainty::Certain))
            .evidence(Evidence::Proved);
        let text = sarif(&[fault].into_iter().collect(), Files::new(&sources));
        let log: Value = serde_json::from_str(&text).unwrap();
        let place = |start: (u32, u32), end: (u32, u32)| {
            json!({
                "artifactLocation": { "uri": "policy/a%20b.gate" },
                "region": { "startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1 },
            })
        };
        assert_eq!(
            log["runs"][0]["results"],
            json!([{
                "ruleId": "some-fault",
                "ruleIndex": 0,
                "level": "warning",
                "message": { "text": "bad \"cd\"\nhelp: write `ef`\nnote: a fact" },
                "locations": [{ "physicalLocation": place((2, 4), (2, 6)) }],
                "relatedLocations": [{
                    "physicalLocation": place((1, 1), (1, 2)),
                    "id": 1,
                    "message": { "text": "the first" },
                }],
                "fixes": [{
                    "description": { "text": "write `ef`" },
                    "artifactChanges": [{
                        "artifactLocation": { "uri": "policy/a%20b.gate" },
                        "replacements": [{
                            "deletedRegion": { "startLine": 2, "startColumn": 4, "endLine": 2, "endColumn": 6 },
                            "insertedContent": { "text": "ef" },
                        }],
                    }],
                }],
                "properties": { "evidence": "proved" },
            }])
        );
        assert_eq!(
            log["runs"][0]["tool"]["driver"]["rules"],
            json!([{
                "id": "some-fault",
                "shortDescription": { "text": "some fault" },
                "fullDescription": { "text": "some fault" },
                "help": { "text": "gatewright explain some-fault" },
            }])
        );
    }

    #[test]
    fn a_lint_brings_its_page_and_every_result_has_a_rule_and_a_place() {
        let mut sources = Sources::default();
        let file = sources.add("policy/a.gate", "x");
        let found: Diagnostics = [
            Diagnostic::warning(Code::new("unused-name"), Span::new(file, 0, 1), "unused"),
            Diagnostic::global_error(Code::new("a-fault"), "of no file"),
        ]
        .into_iter()
        .collect();
        let log: Value = serde_json::from_str(&sarif(&found, Files::new(&sources))).unwrap();
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "policy/a.gate");
        }
        let page = lint::find("unused-name").unwrap().page;
        assert_eq!(run["tool"]["driver"]["rules"][1]["help"]["markdown"], page);
    }

    #[test]
    fn nothing_found_is_a_run_without_results() {
        let log: Value = serde_json::from_str(&sarif(&Diagnostics::new(), Files::new(&Sources::default()))).unwrap();
        assert_eq!(log["runs"][0]["results"], json!([]));
    }

    #[test]
    fn paths_are_uris() {
        for (path, written) in [
            ("shop/policy/a.gate", "shop/policy/a.gate"),
            ("a b#c?d%é.gate", "a%20b%23c%3Fd%25%C3%A9.gate"),
            ("/srv/a.gate", "file:///srv/a.gate"),
        ] {
            assert_eq!(uri(path), written);
        }
    }
}
