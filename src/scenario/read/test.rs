//! One entry under `tests`: which kind of test it is, and the keys each kind has.

use std::collections::BTreeMap;

use crate::diag::{Certainty, Diagnostic, Diagnostics, Fix};
use crate::load::document::{Fields, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Body, Fixture, Test};
use crate::text::{Sources, Span};

use super::names::Names;
use super::{claims, matrix, raw, steps, tables};

/// The kinds of tests: the key that makes one, what to call it, and its keys besides [`COMMON`].
const KINDS: [(&str, &str, &[&str]); 9] = [
    ("matrix", "a matrix test", &["matrix", "allow", "deny", "unknown", "otherwise"]),
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
    let items = SUITE.at(node, "`tests`").list(out).unwrap_or_default();
    if items.is_empty() && node.as_list().is_some() {
        out.push(Diagnostic::error(codes::EMPTY_CLAIM, node.span, "the suite has no tests").label("empty"));
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut tests = Vec::new();
    for item in items {
        let Some((kind, fields)) = kind(item, out) else {
            continue;
        };
        let name_node = fields.require("name", out);
        // The rest of a nameless test is read all the same: its faults are told in the same run.
        let name = name_node.and_then(|node| SUITE.at(node, "a test's name").scalar(out)).unwrap_or("");
        let span = name_node.map_or(item.span, |node| node.span);
        if let Some(first) = seen.insert(name, span).filter(|_| !name.is_empty()) {
            out.push(
                Diagnostic::error(codes::DUPLICATE_NAME, span, format!("two tests are called `{name}`"))
                    .label("again here")
                    .also(first, "first here"),
            );
        }
        let Some(body) = body(kind, &fields, suite_name, name, fixtures, names, sources, out) else {
            continue;
        };
        tests.push(Test {
            name: name.to_owned(),
            span,
            skip: fields
                .get("skip")
                .and_then(|node| SUITE.at(node, "`skip`, the reason").scalar(out))
                .map(str::to_owned),
            smoke: smoke(&fields, &body, out),
            body,
        });
    }
    tests
}

/// The kind of a test and its keys, those of other kinds reported.
fn kind<'a>(node: &'a Node, out: &mut Diagnostics) -> Option<(&'static str, Fields<'a>)> {
    SUITE.at(node, "a test").mapping(out)?;
    if let Some((kind, what, own)) = KINDS.iter().find(|(key, _, _)| node.get(key).is_some()) {
        let known: Vec<&str> = COMMON.iter().chain(own.iter()).copied().collect();
        return Some((kind, SUITE.fields(node, what, &known, out)?));
    }
    // A misspelt key is the likeliest reason that no kind is found.
    let mut known: Vec<&str> = KINDS.iter().flat_map(|(_, _, own)| own.iter()).chain(&COMMON).copied().collect();
    known.sort_unstable();
    known.dedup();
    let faults = out.len();
    let fields = SUITE.fields(node, "a test", &known, out)?;
    if out.len() == faults {
        // Words of a matrix, or of Cedar, for what a test claims.
        let verb = [("allow", "can"), ("deny", "cannot")].into_iter().find_map(|(written, verb)| {
            let (key, _) = fields.entry(written)?;
            let fault = Diagnostic::error(codes::UNKNOWN_KEY, key.span, format!("`{written}` belongs to a `matrix`"));
            let fix = Fix::replace(key.span, written, verb, Certainty::Likely);
            Some(fault.help(format!("write `{verb}: {{ACTION: RESOURCE}}`")).fix(fix))
        });
        if let Some(verb) = verb {
            out.push(verb);
            return None;
        }
        out.push(
            Diagnostic::error(
                codes::EMPTY_CLAIM,
                fields.get("name").map_or(node.span, |name| name.span),
                "this test makes no claim",
            )
            .label("no claim given")
            .help("add `can`, `cannot`, `unknown`, `matrix`, `who-can`, `what-can`, `steps`, `snapshot` or `request`"),
        );
    }
    None
}

#[expect(clippy::too_many_arguments, reason = "one arm per kind of test; each kind needs some of the suite")]
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
            if spec.tables.iter().all(|table| table.rows.is_empty()) && out.len() == faults {
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
    let span = fields.get("name").map_or(fields.span(), |name| name.span);
    out.push(
        Diagnostic::error(codes::EMPTY_CLAIM, span, "this test makes no claim")
            .label("it makes no request, so it would pass under any policy"),
    );
}

fn smoke(fields: &Fields<'_>, body: &Body, out: &mut Diagnostics) -> bool {
    let Some((key, node)) = fields.entry("smoke") else {
        return false;
    };
    let smoke = SUITE.at(node, "`smoke`").flag(out).unwrap_or(false);
    if smoke && !matches!(body, Body::Claims(_)) {
        out.push(
            Diagnostic::error(codes::CONFLICTING_KEYS, key.span, "only decisions can be smoke tests")
                .label("a gateway cannot run this")
                .help("mark a test with `can`, `cannot`, `matrix`, `who-can`, `what-can` or `request`"),
        );
    }
    smoke
}

#[cfg(test)]
mod tests {
    use crate::scenario::testing::{WORLD, faults, load, marketplace};

    #[test]
    fn every_wrong_name_in_a_test_is_told_with_what_was_meant() {
        let tests = r#"tests:
  - {name: typo in a key, as: fred, in: calm, cann: {approve: p1}}
  - {name: wrong names, as: [fredd, p1], in: clam, can: {aprove: p1, list: p1, approve: p9}}
  - {name: wrong cause, as: fred, in: calm, can: {approve: p1}, because: [finance.Payout.aprove, stepped_up, no-grant]}
  - {name: wrong denial, as: fred, in: risky, cannot: {approve: p1}, because: [finance.Payout.approve, no-grant, partners]}
  - {name: two verbs, as: fred, in: calm, can: {approve: p1}, cannot: {read: p1}, because: partners}
  - {name: two kinds, as: fred, in: calm, matrix: {as: fred, do: read, to: p1}, otherwise: deny}
  - {name: two kinds, as: fred, in: calm, can: {}}
  - {as: fred, can: {approve: p1}}
  - {name: nothing}
  - {name: smoke, smoke: "yes", steps: []}
  - {name: who, who-can: {approve: p1, read: p1}, is: [fred]}
  - {name: whose, who-can: {approve: p1, in: calm}, is: [acme]}
  - {name: what, what-can: {as: fred, in: calm, do: read}, is: {approve: p1}}
  - {name: table, snapshot: {roles: [finanse], actions: [raed], in: calm}}
  - {name: everywhere, as: fred, in: calm, can: {raed: all, approve: all, read: []}}
  - {name: stranger, as: 'User::"zoe"', in: calm, cannot: {read: p1}}
  - just text
"#;
        let loaded = load(&[("s.yaml", &format!("{WORLD}{tests}"))], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @r#"
        scenario-unknown-key @ 16:47 `cann`: unknown key `cann` in a test |  | did you mean `can`?
        scenario-unknown-name @ 17:30 `fredd`: unknown fixture `fredd` | not declared | did you mean `fred`?
        scenario-wrong-type @ 17:37 `p1`: `p1` cannot make requests | a Payout is not a principal type | known here: `dana`, `fred`, `mia`, `shopify`
        scenario-unknown-name @ 17:46 `clam`: unknown context `clam` | no such context is declared | did you mean `calm`?
        scenario-unknown-name @ 17:58 `aprove`: unknown action `aprove` | no action on a Payout has this name | did you mean `approve`?
        scenario-wrong-action @ 17:70 `list`: `list` is not decided on a Payout | decided on Org | known here: `approve`, `read`
        scenario-unknown-name @ 17:89 `p9`: unknown fixture `p9` | not declared | did you mean `p1`?
        scenario-wrong-cause @ 18:74 `[finance.Payout.aprove, stepped_up, no-grant]`: `no-grant` must be the only cause | if a statement denies, a missing grant is not the cause
        scenario-unknown-name @ 18:75 `finance.Payout.aprove`: unknown statement `finance.Payout.aprove` | no statement of the policy has this name | did you mean `finance.Payout.approve`?
        scenario-wrong-cause @ 18:98 `stepped_up`: `stepped_up` never allows anything | cannot be the cause claimed here | known here: `Folder.owner.Folder.read`, `Org.admin.Payout.read`, `PartnerApp.Payout.read`, `audit.Payout.list`, `finance.Payout.approve`, `support.Payout.read`
        scenario-wrong-cause @ 18:110 `no-grant`: `no-grant` never allows anything | cannot be the cause claimed here | known here: `Folder.owner.Folder.read`, `Org.admin.Payout.read`, `PartnerApp.Payout.read`, `audit.Payout.list`, `finance.Payout.approve`, `support.Payout.read`
        scenario-wrong-cause @ 19:79 `[finance.Payout.approve, no-grant, partners]`: `no-grant` must be the only cause | if a statement denies, a missing grant is not the cause
        scenario-wrong-cause @ 19:80 `finance.Payout.approve`: `finance.Payout.approve` never denies anything | cannot be the cause claimed here | known here: `isolate.org`, `no-grant`, `partners`, `permit-errored`, `stepped_up`
        scenario-conflicting-keys @ 20:83 `because`: `because` needs exactly one verb | several decisions could be meant | write a separate test for each of `can`, `cannot` and `unknown`
        scenario-unknown-key @ 21:23 `as`: unknown key `as` in a matrix test |  | known here: `allow`, `deny`, `matrix`, `name`, `otherwise`, `skip`, `smoke`, `unknown`
        scenario-unknown-key @ 21:33 `in`: unknown key `in` in a matrix test |  | known here: `allow`, `deny`, `matrix`, `name`, `otherwise`, `skip`, `smoke`, `unknown`
        scenario-duplicate-name @ 22:12 `two kinds`: two tests are called `two kinds` | again here
        scenario-empty-claim @ 22:12 `two kinds`: this test makes no claim | it makes no request, so it would pass under any policy
        scenario-missing-key @ 23:6 `as`: missing key `name` in a test | 
        scenario-empty-claim @ 24:12 `nothing`: this test makes no claim | no claim given | add `can`, `cannot`, `unknown`, `matrix`, `who-can`, `what-can`, `steps`, `snapshot` or `request`
        scenario-wrong-shape @ 25:26 `"yes"`: `smoke` must be `true` or `false`, found text |  | write it without quotes
        scenario-empty-claim @ 25:40 `[]`: the timeline has no steps | empty
        scenario-wrong-shape @ 26:26 `{approve: p1, read: p1}`: `who-can` takes one action on one resource | 2 actions are named | write `who-can: {ACTION: RESOURCE, in: CONTEXT}`
        scenario-wrong-type @ 27:58 `acme`: `acme` cannot make requests | an Org is not a principal type | known here: `dana`, `fred`, `mia`, `shopify`
        scenario-empty-claim @ 28:74 `p1`: `Payout.approve` on `p1` is not part of the question | excluded by `do` or `to` above, or not a fixture under `resources`
        scenario-unknown-name @ 29:38 `finanse`: unknown role `finanse` | no such role is declared | did you mean `finance`?
        scenario-unknown-name @ 29:58 `raed`: unknown action `raed` | no action on an Org or a Payout has this name | did you mean `read`?
        scenario-unknown-name @ 30:50 `raed`: unknown action `raed` | no action on an Org or a Payout has this name | did you mean `read`?
        scenario-empty-claim @ 30:81 `[]`: `read` has no resources | it makes no request
        scenario-unknown-name @ 31:26 `'User::"zoe"'`: unknown entity `User::"zoe"` | neither a fixture nor in the suite's `entities` file | declare it under `principals`, `resources` or `groups`
        scenario-wrong-shape @ 32:5 `just text`: a test must be a mapping, found text |  | write `key: value` entries
        "#);
    }

    #[test]
    fn a_timeline_that_only_waits_and_an_empty_because_are_errors() {
        let tests = "tests:\n  - {name: waits, steps: [{after: 5m}, {after: 1h}]}\n  \
                     - {name: any cause, as: fred, in: calm, can: {approve: p1}, because: []}\n  \
                     - {name: any line, matrix: {as: fred, do: read, to: p1, in: calm}, allow: [{as: fred, because: []}]}\n  \
                     - {name: any step, steps: [{as: fred, in: calm, can: {approve: p1}, because: []}]}\n  \
                     - {name: any raw, request: {principal: 'M::User::\"fred\"', action: 'M::Action::\"Payout.read\"', resource: 'M::Payout::\"p1\"', context: {now: 2026-03-01, auth_time: 2026-03-01, mfa: true, risk_score: 1}}, decision: deny, because: []}\n";
        let loaded = load(&[("s.yaml", &format!("{WORLD}{tests}"))], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @"
        scenario-empty-claim @ 16:26 `[{after: 5m}, {after: 1h}]`: the timeline checks nothing | it would pass under any policy | add a question (`can`, `cannot`, `unknown`), a step on a grant or `log`
        scenario-empty-claim @ 17:72 `[]`: `because` must name a statement | matches any cause | name the statements that decide, or remove `because`
        scenario-empty-claim @ 18:98 `[]`: `because` must name a statement | matches any cause | name the statements that decide, or remove `because`
        scenario-empty-claim @ 19:80 `[]`: `because` must name a statement | matches any cause | name the statements that decide, or remove `because`
        scenario-empty-claim @ 20:229 `[]`: `because` must name a statement | matches any cause | name the statements that decide, or remove `because`
        ");
    }

    #[test]
    fn a_test_from_which_no_request_follows_is_an_error_however_it_comes_about() {
        let tests = "tests:\n  - {name: a, as: [], in: calm, can: {approve: p1}}\n  - {name: b, as: fred, in: [], can: {approve: p1}}\n  \
                     - {name: c, snapshot: {roles: [audit], actions: all, in: calm}}\n";
        let loaded = load(&[("s.yaml", &format!("{WORLD}{tests}"))], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @"
        scenario-empty-claim @ 16:12 `a`: this test makes no claim | it makes no request, so it would pass under any policy
        scenario-empty-claim @ 17:12 `b`: this test makes no claim | it makes no request, so it would pass under any policy
        scenario-empty-claim @ 18:12 `c`: this test makes no claim | it makes no request, so it would pass under any policy
        ");
    }
}
