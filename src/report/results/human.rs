//! Test outcomes for people: a line for each test, and for each failure the claim in its YAML, the request, the decision
//! and its cause, and the policy's own words with what each clause came to.

use std::fmt::Write;

use crate::bundle::{GRANTS_ATTRIBUTE, Place};
use crate::clauses::PRESENTED;
use crate::diag::Diagnostic;
use crate::report::{Files, Style, diagnostic, printable};
use crate::scenario::golden::SnapshotVerdict;
use crate::scenario::{
    ClauseResult, Failure, FailureKind, Judged, RunReport, Statement, TestOutcome, TestReport, Truth, codes,
};
use crate::text::counted;

use super::grouped::{Group, grouped, lacks_context};

/// The most lines of a statement that are shown; its clauses follow in any case.
const SOURCE_LINES: usize = 8;
/// The most decisions that are listed beside the one that is explained.
const LISTED: usize = 20;
/// Why a run without a failure is no pass.
pub(super) const NOTHING_DECIDED: &str = "all tests were skipped, so nothing was decided; this does not pass";

/// One test in one line: `ok    NAME`.
#[must_use]
pub fn test_line(test: &TestReport) -> String {
    let name = printable(&test.name);
    match &test.outcome {
        TestOutcome::Passed => format!("  ok    {name}\n"),
        TestOutcome::Failed(_) => format!("  FAIL  {name}\n"),
        TestOutcome::Skipped(reason) => format!("  skip  {name}: {}\n", printable(reason)),
    }
}

/// Everything that does not hold, with its reasons.
#[must_use]
pub fn failures(report: &RunReport, files: Files<'_>, style: Style) -> String {
    let mut text = String::new();
    for suite in &report.suites {
        let failed = suite.tests.iter().flat_map(|test| match &test.outcome {
            TestOutcome::Failed(failures) => failures.iter().map(|failure| (test, failure)).collect(),
            TestOutcome::Passed | TestOutcome::Skipped(_) => Vec::new(),
        });
        for group in grouped(failed) {
            let _ = writeln!(text, "FAIL  {}: {}\n", printable(&suite.name), printable(&group.first.0.name));
            text.push_str(&self::group(&group, files, style));
            text.push('\n');
        }
    }
    for path in &report.unreferenced {
        let _ = writeln!(text, "FAIL  no test writes `{}`\n  remove it, or run with --accept\n", printable(path));
    }
    for fault in &report.faults {
        text.push_str(&diagnostic(fault, files, style));
        text.push('\n');
    }
    text
}

/// `12 passed, 1 failed, 1 skipped; 214 decisions`.
#[must_use]
pub fn summary(report: &RunReport) -> String {
    let totals = report.totals();
    let mut parts = vec![format!("{} passed", totals.passed)];
    for (count, word) in [(totals.failed, "failed"), (totals.skipped, "skipped")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    match report.unreferenced.len() {
        0 => {}
        1 => parts.push("1 unused snapshot".to_owned()),
        count => parts.push(format!("{count} unused snapshots")),
    }
    match report.faults.len() {
        0 => {}
        1 => parts.push("1 error outside the tests".to_owned()),
        count => parts.push(format!("{count} errors outside the tests")),
    }
    let decisions = match totals.decisions {
        1 => "1 decision".to_owned(),
        count => format!("{count} decisions"),
    };
    let nothing = match report.decided_nothing() {
        true => format!("; {NOTHING_DECIDED}"),
        false => String::new(),
    };
    format!("{}; {decisions}{nothing}", parts.join(", "))
}

/// Failures with one reason, without the name of their test: the first in full, the others in a line each.
pub(super) fn group(group: &Group<'_>, files: Files<'_>, style: Style) -> String {
    let (test, first) = group.first;
    let mut text = failure(first, files, style);
    if group.others.is_empty() {
        return text;
    }
    let decisions = if group.others.len() == 1 { "decision" } else { "decisions" };
    let _ = writeln!(text, "\n  for the same reason, {} more {decisions}:", group.others.len());
    for (other, failure) in group.others.iter().take(LISTED) {
        let FailureKind::Decision(wrong) = &failure.kind else { continue };
        let of = if other.name == test.name { String::new() } else { format!("{}: ", other.name) };
        let at = files.sources.position(failure.span);
        let line = format!("{of}{}, {}:{}:{}", wrong.request, files.path(failure.span.file), at.line, at.column);
        let _ = writeln!(text, "    {}", printable(&line));
    }
    if group.others.len() > LISTED {
        let _ = writeln!(text, "    … and {} more; `--report json=PATH` has all", group.others.len() - LISTED);
    }
    text
}

/// A failure without the name of its test: what the other formats put into their details.
pub(super) fn failure(failure: &Failure, files: Files<'_>, style: Style) -> String {
    let mut fault = Diagnostic::error(codes::FAILED, failure.place(), failure.kind.headline()).label("expected here");
    if let FailureKind::Decision(wrong) = &failure.kind {
        let remark = wrong.wrong_name().map(|fault| fault.message.as_str()).or_else(|| wrong.remark());
        fault = remark.into_iter().fold(fault, Diagnostic::label);
    }
    if let FailureKind::Decision(wrong) = &failure.kind
        && lacks_context(wrong)
    {
        fault = fault.help("the claim names no context: add `in:` with a context of the suite");
    }
    let mut text = diagnostic(&fault, files, style);
    if let FailureKind::Decision(wrong) = &failure.kind {
        for fault in wrong.faults() {
            let _ = writeln!(text, "  note: {}", printable(&fault));
        }
    }
    match &failure.kind {
        FailureKind::Decision(wrong) => decision(&mut text, wrong, files),
        FailureKind::Step { .. } => {}
        FailureKind::Log { expected, actual } => {
            let _ = writeln!(text, "  expected  {}", printable(&expected.join(", ")));
            let _ = writeln!(text, "  actual    {}", printable(&actual.join(", ")));
        }
        FailureKind::Snapshot(SnapshotVerdict::Missing { text: new, .. }) => {
            indented(&mut text, new, "  + ");
            text.push_str("  review it, then accept it with --accept\n");
        }
        FailureKind::Snapshot(SnapshotVerdict::Changed { diff, .. }) => {
            indented(&mut text, diff, "  ");
            text.push_str("  if this is intended, accept it with --accept\n");
        }
        FailureKind::Snapshot(SnapshotVerdict::Matches) => {}
    }
    text
}

/// A decision's cause, and the statements that decided or nearly did.
pub(super) fn decision(text: &mut String, wrong: &Judged, files: Files<'_>) {
    let answer = &wrong.answer;
    if !answer.because.is_empty() {
        let causes: Vec<&str> = answer.because.iter().map(String::as_str).collect();
        let _ = writeln!(text, "  {} because of {}", answer.verdict.word(), printable(&causes.join(", ")));
    }
    for note in &answer.notes {
        let _ = writeln!(text, "  {}", printable(note));
    }
    for deciding in &wrong.explanation.deciding {
        text.push('\n');
        statement(text, "", deciding, files);
    }
    if let Some(nearest) = &wrong.explanation.nearest {
        text.push('\n');
        statement(text, "closest grant: ", nearest, files);
    }
}

fn statement(text: &mut String, prefix: &str, statement: &Statement, files: Files<'_>) {
    let inherited = statement.inherited_by.as_ref().map(|role| format!(" (inherited by {role})")).unwrap_or_default();
    let place = &statement.place;
    let _ = writeln!(
        text,
        "  {prefix}{}",
        printable(&format!("{}{inherited}, {}:{}:{}", statement.name, place.file, place.line, place.column))
    );
    for (line, words) in source(place, files) {
        let _ = writeln!(text, "  {line:>4} │ {words}");
    }
    clauses(text, &statement.clauses, None, 4);
}

/// The lines of the author's text that a statement covers.
fn source(place: &Place, files: Files<'_>) -> Vec<(u32, String)> {
    let found = files.sources.iter().find(|(_, source)| source.name() == place.file);
    let covered = found.and_then(|(_, source)| source.text().get(place.start as usize..place.end as usize));
    let lines = covered.into_iter().flat_map(str::lines).zip(place.line..);
    // The first line of a statement lacks its indentation, so the others lose theirs.
    lines.take(SOURCE_LINES).map(|(words, line)| (line, printable(words.trim()))).collect()
}

fn clauses(text: &mut String, clauses: &[ClauseResult], above: Option<&str>, indent: usize) {
    // Without a grant, the clauses that read one have no value, which says nothing of the request.
    let has_no_grant = clauses.iter().any(|clause| clause.gate == PRESENTED && clause.truth == Truth::False);
    let reads_grant = |clause: &ClauseResult| match &clause.truth {
        Truth::Error(message) => has_no_grant && message.contains(&format!("`{GRANTS_ATTRIBUTE}`")),
        Truth::True | Truth::False | Truth::Unknown => false,
    };
    let (folded, clauses): (Vec<_>, Vec<_>) = clauses.iter().partition(|clause| reads_grant(clause));
    let width = clauses.iter().map(|clause| clause.gate.chars().count()).max().unwrap_or(0).min(60);
    for clause in clauses {
        let (mark, fault) = match &clause.truth {
            Truth::True => ("true", None),
            Truth::False => ("false", None),
            Truth::Unknown => ("unknown", None),
            Truth::Error(message) => ("error", Some(message)),
        };
        let mut remarks: Vec<String> = Vec::new();
        if !clause.values.is_empty() {
            remarks.push(clause.values.join(", "));
        }
        // The parts of a guard's clause are of the same guard.
        if let Some(guard) = clause.guard.as_deref().filter(|guard| above != Some(guard)) {
            remarks.push(format!("guard {guard}"));
        }
        remarks.extend(fault.cloned());
        if clause.gate == PRESENTED && !folded.is_empty() {
            remarks.push(format!("{} of the grant left out", counted(folded.len(), "clause")));
        }
        let line =
            format!("{:indent$}{mark:7}  {:width$}  {}", "", printable(&clause.gate), printable(&remarks.join("; ")));
        let _ = writeln!(text, "{}", line.trim_end());
        self::clauses(text, &clause.parts, clause.guard.as_deref(), indent + 4);
    }
}

/// A block of text, each line after a prefix.
pub(super) fn indented(text: &mut String, block: &str, prefix: &str) {
    for line in block.trim_end().lines() {
        let _ = writeln!(text, "{}", format!("{prefix}{}", printable(line)).trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_failure_shows_the_claim_the_cause_and_the_clause_that_failed() {
        let (report, sources) = sample::failed();
        insta::assert_snapshot!(failures(&report, Files::new(&sources), Style::PLAIN), @r#"
        FAIL  payouts: denied <by risk> & more

          error[scenario-failed]: fred Payout.approve p1 in risky: expected allow, got deny
            ╭─[scenarios/payouts.yaml:18:75]
         17 │   - {name: later, skip: "FIN-9: not decided", as: fred, in: calm, can: {read: p1}}
         18 │   - {name: "denied <by risk> & more", as: fred, in: risky, can: {approve: p1}, because: finance.Payout.approve}
            ·                                                                           ─┬
            ·                                                                            ╰── expected here
         19 │   - {name: allowed too far, as: fred, in: calm, cannot: {approve: p1}}
            ╰────
          deny because of no-grant

          closest grant: finance.Payout.approve, policy/market.gate:7:5
            true     role finance
            false    low_risk                       context.risk_score = 80
            true     principal.org == resource.org  principal.org = acme, resource.org = acme; guard isolate.org
            true     step_up                        guard stepped_up
                true     context.mfa  context.mfa = true
                true     fresh_auth   context.now = 2026-03-01T10:00:00Z, context.auth_time = 2026-03-01T09:55:00Z

        FAIL  payouts: allowed too far

          error[scenario-failed]: fred Payout.approve p1 in calm: expected deny, got allow
            ╭─[scenarios/payouts.yaml:19:67]
         18 │   - {name: "denied <by risk> & more", as: fred, in: risky, can: {approve: p1}, because: finance.Payout.approve}
         19 │   - {name: allowed too far, as: fred, in: calm, cannot: {approve: p1}}
            ·                                                                   ─┬
            ·                                                                    ╰── expected here
         20 │   - {name: other cause, as: shopify, in: calm, cannot: {read: p1}, because: no-grant}
            ╰────
          allow because of finance.Payout.approve

          finance.Payout.approve, policy/market.gate:7:5
            true     role finance
            true     low_risk                       context.risk_score = 10
            true     principal.org == resource.org  principal.org = acme, resource.org = acme; guard isolate.org
            true     step_up                        guard stepped_up
                true     context.mfa  context.mfa = true
                true     fresh_auth   context.now = 2026-03-01T10:00:00Z, context.auth_time = 2026-03-01T09:55:00Z

        FAIL  payouts: other cause

          error[scenario-failed]: shopify Payout.read p1 in calm: denied as expected, but by `partners`
          │ instead of `no-grant`
            ╭─[scenarios/payouts.yaml:20:63]
         19 │   - {name: allowed too far, as: fred, in: calm, cannot: {approve: p1}}
         20 │   - {name: other cause, as: shopify, in: calm, cannot: {read: p1}, because: no-grant}
            ·                                                               ─┬
            ·                                                                ╰── expected here
         21 │   - {name: exact set, who-can: {approve: p1, in: calm}, is: []}
            ╰────
          deny because of partners

          partners, policy/market.gate:7:5
            true     resource.classification == restricted  resource.classification = restricted

        FAIL  payouts: exact set

          error[scenario-failed]: fred Payout.approve p1 in calm: expected deny, got allow
            ╭─[scenarios/payouts.yaml:21:61]
         20 │   - {name: other cause, as: shopify, in: calm, cannot: {read: p1}, because: no-grant}
         21 │   - {name: exact set, who-can: {approve: p1, in: calm}, is: []}
            ·                                                             ─┬
            ·                                                              ╰── the expected set is exact and does not name it
         22 │   - {name: left out, as: fred, can: {approve: p1}}
            ╰────
          allow because of finance.Payout.approve

          finance.Payout.approve, policy/market.gate:7:5
            true     role finance
            true     low_risk                       context.risk_score = 10
            true     principal.org == resource.org  principal.org = acme, resource.org = acme; guard isolate.org
            true     step_up                        guard stepped_up
                true     context.mfa  context.mfa = true
                true     fresh_auth   context.now = 2026-03-01T10:00:00Z, context.auth_time = 2026-03-01T09:55:00Z

        FAIL  payouts: left out

          error[scenario-failed]: fred Payout.approve p1: expected allow, got unknown
            ╭─[scenarios/payouts.yaml:22:47]
         21 │   - {name: exact set, who-can: {approve: p1, in: calm}, is: []}
         22 │   - {name: left out, as: fred, can: {approve: p1}}
            ·                                               ─┬
            ·                                                ╰── expected here
         23 │   - {name: table, snapshot: {roles: [support], actions: [read], in: calm, to: [p1, p2]}}
            ╰────
          help: the claim names no context: add `in:` with a context of the suite
          missing from the context: `auth_time`, `mfa`, `risk_score`

          finance.Payout.approve, policy/market.gate:7:5
            true     role finance
            unknown  low_risk
            true     principal.org == resource.org  principal.org = acme, resource.org = acme; guard isolate.org
            unknown  step_up                        guard stepped_up
                unknown  context.mfa
                unknown  fresh_auth   context.now = 2026-03-01T10:00:00Z

          stepped_up, policy/market.gate:7:5
            unknown  step_up
                unknown  context.mfa
                unknown  fresh_auth   context.now = 2026-03-01T10:00:00Z

        FAIL  payouts: table

          error[scenario-failed]: `snapshots/payouts__table.snap` differs from the accepted snapshot
            ╭─[scenarios/payouts.yaml:23:12]
         22 │   - {name: left out, as: fred, can: {approve: p1}}
         23 │   - {name: table, snapshot: {roles: [support], actions: [read], in: calm, to: [p1, p2]}}
            ·            ──┬──
            ·              ╰── expected here
         24 │
            ╰────

              support · mia
                read  p1  deny     no-grant
          -     read  p2  deny     no-grant
          +     read  p2  allow    support.Payout.read
          if this is intended, accept it with --accept

        FAIL  no test writes `snapshots/payouts__gone.snap`
          remove it, or run with --accept
        "#);
    }

    #[test]
    fn tests_are_a_line_each_and_the_summary_counts_them() {
        let (report, _) = sample::failed();
        let lines: String = report.tests().map(|(_, test)| test_line(test)).collect();
        insta::assert_snapshot!(format!("{lines}{}", summary(&report)), @"
          ok    holds
          skip  later: FIN-9: not decided
          FAIL  denied <by risk> & more
          FAIL  allowed too far
          FAIL  other cause
          FAIL  exact set
          FAIL  left out
          FAIL  table
        1 passed, 6 failed, 1 skipped, 1 unused snapshot; 11 decisions
        ");
    }
}
