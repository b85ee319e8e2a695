//! One entry under `tests`: which kind of test it is, and the keys each kind has.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::load::yaml::Node;
use crate::scenario::codes;
use crate::scenario::suite::Body;
use crate::scenario::suite::Fixture;
use crate::scenario::suite::Test;
use crate::text::Sources;
use crate::text::Span;

use super::claims;
use super::fields;
use super::fields::Fields;
use super::matrix;
use super::names::Names;
use super::raw;
use super::steps;
use super::tables;

/// The kinds of tests: the key that makes one, what to call it, and its keys besides [`COMMON`].
const KINDS: [(&str, &str, &[&str]); 9] = [
    (
        "matrix",
        "a matrix test",
        &["matrix", "allow", "deny", "unknown", "otherwise"],
    ),
    ("who-can", "a `who-can` test", &["who-can", "is"]),
    ("what-can", "a `what-can` test", &["what-can", "is"]),
    ("steps", "a timeline", &["steps"]),
    ("snapshot", "a snapshot test", &["snapshot"]),
    ("request", "a raw request", &["request", "decision", "because"]),
    ("can", "a test", &DIRECT),
    ("cannot", "a test", &DIRECT),
    ("unknown", "a test", &DIRECT),
];

const DIRECT: [&str; 6] = ["as", "in", "can", "cannot", "unknown", "because"];

/// The keys that every test has.
const COMMON: [&str; 3] = ["name", "skip", "smoke"];

/// Reads the tests of a suite.
pub(super) fn read(
    suite: &Fields<'_>,
    suite_name: &str,
    fixtures: &BTreeMap<String, Fixture>,
    names: &Names<'_>,
    sources: &Sources,
    out: &mut Diagnostics,
) -> Vec<Test> {
    let Some(node) = suite.require("tests", out) else {
        return Vec::new();
    };
    let items = fields::list(node, "`tests`", out).unwrap_or_default();
    if items.is_empty() && node.as_list().is_some() {
        out.push(
            Diagnostic::error(codes::EMPTY_CLAIM, node.span, "a suite without tests").label("nothing is claimed here"),
        );
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut tests = Vec::new();
    for item in items {
        let Some((kind, fields)) = kind(item, out) else {
            continue;
        };
        let Some(name_node) = fields.require("name", out) else {
            continue;
        };
        let Some(name) = fields::text(name_node, "a test's name", out) else {
            continue;
        };
        if let Some(first) = seen.insert(name, name_node.span) {
            out.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    name_node.span,
                    format!("two tests are called `{name}`"),
                )
                .label("again here")
                .also(first, "first here"),
            );
        }
        let Some(body) = body(kind, &fields, suite_name, name, fixtures, names, sources, out) else {
            continue;
        };
        tests.push(Test {
            name: name.to_owned(),
            span: name_node.span,
            skip: fields
                .get("skip")
                .and_then(|node| fields::text(node, "`skip`, the reason", out))
                .map(str::to_owned),
            smoke: smoke(&fields, &body, out),
            body,
        });
    }
    tests
}

/// The kind of a test and its keys, those of other kinds reported.
fn kind<'a>(node: &'a Node, out: &mut Diagnostics) -> Option<(&'static str, Fields<'a>)> {
    fields::mapping(node, "a test", out)?;
    if let Some((kind, what, own)) = KINDS.iter().find(|(key, _, _)| node.get(key).is_some()) {
        let known: Vec<&str> = COMMON.iter().chain(own.iter()).copied().collect();
        return Some((kind, Fields::read(node, what, &known, out)?));
    }
    // A misspelt key is the likeliest reason that no kind is found.
    let mut known: Vec<&str> = KINDS
        .iter()
        .flat_map(|(_, _, own)| own.iter())
        .chain(&COMMON)
        .copied()
        .collect();
    known.sort_unstable();
    known.dedup();
    let faults = out.len();
    let fields = Fields::read(node, "a test", &known, out)?;
    if out.len() == faults {
        out.push(
            Diagnostic::error(
                codes::EMPTY_CLAIM,
                fields.get("name").map_or(node.span, |name| name.span),
                "this test claims nothing",
            )
            .label("what must hold?")
            .help(
                "give it `can`, `cannot`, `unknown`, `matrix`, `who-can`, `what-can`, `steps`, `snapshot` or `request`",
            ),
        );
    }
    None
}

#[expect(
    clippy::too_many_arguments,
    reason = "one arm per kind of test; each kind needs some of the suite"
)]
fn body(
    kind: &str,
    fields: &Fields<'_>,
    suite: &str,
    name: &str,
    fixtures: &BTreeMap<String, Fixture>,
    names: &Names<'_>,
    sources: &Sources,
    out: &mut Diagnostics,
) -> Option<Body> {
    let faults = out.len();
    let claims = match kind {
        "steps" => return Some(Body::Steps(steps::read(fields, names, out))),
        "snapshot" => {
            let spec = tables::read(fields, suite, name, fixtures, names, out)?;
            if spec.tables.iter().all(|table| table.rows.is_empty()) {
                empty(fields, out);
            }
            return Some(Body::Snapshot(spec));
        }
        "matrix" => matrix::read(fields, names, out),
        "who-can" => claims::who_can(fields, names, out),
        "what-can" => claims::what_can(fields, names, out),
        "request" => raw::read(fields, names, sources, out).into_iter().collect(),
        _ => claims::direct(fields, &[], names, out),
    };
    if claims.is_empty() && out.len() == faults {
        empty(fields, out);
    }
    Some(Body::Claims(claims))
}

/// A test whose lists are empty, or whose `all` stands for nothing, would pass whatever the policy says.
fn empty(fields: &Fields<'_>, out: &mut Diagnostics) {
    let span = fields.get("name").map_or(fields.span, |name| name.span);
    out.push(
        Diagnostic::error(codes::EMPTY_CLAIM, span, "this test claims nothing")
            .label("no request follows from it, so it would pass under any policy"),
    );
}

fn smoke(fields: &Fields<'_>, body: &Body, out: &mut Diagnostics) -> bool {
    let Some((key, node)) = fields.entry("smoke") else {
        return false;
    };
    let smoke = fields::flag(node, "`smoke`", out).unwrap_or(false);
    if smoke && !matches!(body, Body::Claims(_)) {
        out.push(
            Diagnostic::error(codes::CONFLICTING_KEYS, key.span, "only decisions can be smoke tests")
                .label("a gateway cannot run this")
                .help("mark a test with `can`, `cannot`, `matrix`, `who-can`, `what-can` or `request`"),
        );
    }
    smoke
}
