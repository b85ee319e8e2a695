//! Why tests come to what they do: each claim with its decision, its cause and the policy's own words, in the form in which
//! a failure is shown.

use std::fmt::Write;

use serde::Serialize;

use crate::report::{Files, Style, printable};
use crate::scenario::{Failure, FailureKind, Told, Why};
use crate::text::{Span, safe};

use super::human;
use super::json::{Details, Place};

/// The version of the JSON format.
const FORMAT: u32 = 1;

/// The claims of some tests as text.
#[must_use]
pub fn why(tests: &[Why], files: Files<'_>, style: Style) -> String {
    let mut text = String::new();
    for test in tests {
        let _ = writeln!(text, "{}: {}\n", printable(&test.suite), printable(&test.test));
        if let Some(reason) = &test.skip {
            let _ = writeln!(text, "  skipped by `gatewright test`: {}\n", printable(reason));
        }
        for told in &test.told {
            claim(&mut text, told, files, style);
            text.push('\n');
        }
    }
    text
}

fn claim(text: &mut String, told: &Told, files: Files<'_>, style: Style) {
    match told {
        Told::Decision { span, judged } if judged.holds() => {
            ok(text, &format!("{}: {}", judged.request, judged.answer.verdict.word()), *span, files);
            human::decision(text, judged, files);
        }
        Told::Decision { span, judged } => {
            let kind = FailureKind::Decision(judged.clone());
            text.push_str(&human::failure(&Failure { span: *span, kind }, files, style));
        }
        Told::Step { span, holds: true, kind } => {
            let went = match kind {
                FailureKind::Step { expected, actual } => format!("expected {expected}, got {actual}"),
                FailureKind::Log { actual, .. } => format!("the log: {}", actual.join(", ")),
                FailureKind::Decision(_) | FailureKind::Snapshot(_) => String::new(),
            };
            ok(text, &went, *span, files);
        }
        Told::Step { span, kind, .. } => {
            let failure = Failure { span: *span, kind: kind.clone() };
            text.push_str(&human::failure(&failure, files, style));
        }
        Told::Table { path, text: table } => {
            let _ = writeln!(text, "  {}, as it is now:\n", printable(path));
            human::indented(text, table, "  ");
        }
    }
}

fn ok(text: &mut String, what: &str, span: Span, files: Files<'_>) {
    let at = files.sources.position(span);
    let place = printable(&format!("{}:{}:{}", files.path(span.file), at.line, at.column));
    let _ = writeln!(text, "  ok    {}, {place}", printable(what));
}

/// The claims of some tests as one JSON object.
#[must_use]
pub fn why_json(tests: &[Why], files: Files<'_>) -> String {
    let report = Report {
        format: FORMAT,
        success: tests.iter().all(Why::holds),
        tests: tests.iter().map(|test| Test::new(test, files)).collect(),
    };
    safe::json(&report)
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    success: bool,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Test<'a> {
    suite: &'a str,
    name: &'a str,
    at: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<&'a str>,
    holds: bool,
    claims: Vec<Claim<'a>>,
}

#[derive(Serialize)]
struct Claim<'a> {
    at: Place,
    holds: bool,
    #[serde(flatten)]
    details: Details<'a>,
}

impl<'a> Test<'a> {
    fn new(test: &'a Why, files: Files<'_>) -> Self {
        let claims = test.told.iter().map(|told| {
            let (span, holds, details) = match told {
                Told::Decision { span, judged } => (*span, judged.holds(), Details::decision(judged)),
                Told::Step { span, holds, kind } => (*span, *holds, Details::new(kind)),
                Told::Table { path, text } => (test.span, true, Details::Table { path, text }),
            };
            Claim { at: Place::new(span, files), holds, details }
        });
        Self {
            suite: &test.suite,
            name: &test.test,
            at: Place::new(test.span, files),
            skip: test.skip.as_deref(),
            holds: test.holds(),
            claims: claims.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::scenario::testing;

    const TESTS: &str = "tests:\n  - {name: holds, as: fred, in: calm, can: {approve: p1}}\n  \
                         - {name: holds not, as: fred, in: risky, can: {approve: p1}}\n  \
                         - {name: table, snapshot: {roles: [support], actions: [read], in: calm, to: p1}}\n";

    #[test]
    fn claims_are_shown_as_failures_are_whether_they_hold_or_not() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let tests = scenario::why(&loaded.suites, compiled.policy(), "payouts.yaml", None).unwrap();
        insta::assert_snapshot!(why(&tests, Files::new(&loaded.sources), Style::PLAIN), @"
        payouts: holds

          ok    fred Payout.approve p1 in calm: allow, scenarios/payouts.yaml:16:54
          allow because of finance.Payout.approve

          finance.Payout.approve, policy/market.gate:7:5
            true     role finance
            true     low_risk                       context.risk_score = 10
            true     principal.org == resource.org  principal.org = acme, resource.org = acme; guard isolate.org
            true     step_up                        guard stepped_up
                true     context.mfa  context.mfa = true
                true     fresh_auth   context.now = 2026-03-01T10:00:00Z, context.auth_time = 2026-03-01T09:55:00Z

        payouts: holds not

          error[scenario-failed]: fred Payout.approve p1 in risky: expected allow, got deny
            ╭─[scenarios/payouts.yaml:17:59]
         16 │   - {name: holds, as: fred, in: calm, can: {approve: p1}}
         17 │   - {name: holds not, as: fred, in: risky, can: {approve: p1}}
            ·                                                           ─┬
            ·                                                            ╰── expected here
         18 │   - {name: table, snapshot: {roles: [support], actions: [read], in: calm, to: p1}}
            ╰────
          deny because of no-grant

          closest grant: finance.Payout.approve, policy/market.gate:7:5
            true     role finance
            false    low_risk                       context.risk_score = 80
            true     principal.org == resource.org  principal.org = acme, resource.org = acme; guard isolate.org
            true     step_up                        guard stepped_up
                true     context.mfa  context.mfa = true
                true     fresh_auth   context.now = 2026-03-01T10:00:00Z, context.auth_time = 2026-03-01T09:55:00Z

        payouts: table

          snapshots/payouts__table.snap, as it is now:

          Payout in calm

            support · mia
              read  p1  deny     no-grant
        ");
    }

    #[test]
    fn programs_get_the_truth_of_every_clause() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let tests = scenario::why(&loaded.suites, compiled.policy(), "payouts.yaml", None).unwrap();
        let json: serde_json::Value = serde_json::from_str(&why_json(&tests, Files::new(&loaded.sources))).unwrap();
        assert_eq!(json["success"], false);
        let claim = |test: usize| &json["tests"][test]["claims"][0];
        assert_eq!((&claim(0)["holds"], &claim(0)["kind"]), (&true.into(), &"decision".into()));
        assert_eq!(claim(0)["explanation"]["deciding"][0]["clauses"][0]["truth"], "true");
        assert_eq!(claim(1)["holds"], false);
        assert_eq!(claim(2)["kind"], "table");
    }
}
