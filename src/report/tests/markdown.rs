//! Test outcomes as Markdown, for a pull request or a job summary: a table of suites, then each failure in full.

use std::fmt::Write;

use crate::report::Files;
use crate::report::Style;
use crate::scenario::RunReport;
use crate::scenario::TestOutcome;

use super::human;

/// The whole run.
#[must_use]
pub fn markdown(report: &RunReport, files: Files<'_>) -> String {
    let verdict = if report.is_success() { "passed" } else { "failed" };
    let mut text = format!("## Scenarios {verdict}\n\n{}\n\n", human::summary(report));
    text.push_str("| suite | passed | failed | skipped |\n| --- | ---: | ---: | ---: |\n");
    for suite in &report.suites {
        let count = |is: fn(&TestOutcome) -> bool| suite.tests.iter().filter(|test| is(&test.outcome)).count();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            escape(&suite.name),
            count(|outcome| matches!(outcome, TestOutcome::Passed)),
            count(|outcome| matches!(outcome, TestOutcome::Failed(_))),
            count(|outcome| matches!(outcome, TestOutcome::Skipped(_))),
        );
    }
    for (suite, test) in report.tests() {
        let TestOutcome::Failed(failures) = &test.outcome else {
            continue;
        };
        let _ = writeln!(text, "\n### {}: {}", escape(&suite.name), escape(&test.name));
        for failure in failures {
            let details = human::failure(failure, files, Style::PLAIN);
            let fence = fence(&details);
            let _ = writeln!(text, "\n{fence}text\n{}\n{fence}", details.trim_end());
        }
    }
    if !report.unreferenced.is_empty() {
        text.push_str("\n### Snapshots that no test writes\n\n");
        for path in &report.unreferenced {
            let _ = writeln!(text, "- {}", escape(path));
        }
    }
    text
}

/// A fence longer than any run of backticks in a text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Names as they are: nothing in them starts markup, a table cell or an element.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_summary_comes_first_and_names_start_no_markup() {
        let (report, sources) = sample::failed();
        let text = markdown(&report, Files::new(&sources));
        let head: Vec<&str> = text.lines().take(12).collect();
        insta::assert_snapshot!(head.join("\n"), @"
        ## Scenarios failed

        1 passed, 6 failed, 1 skipped, 1 snapshot that no test writes; 11 decisions

        | suite | passed | failed | skipped |
        | --- | ---: | ---: | ---: |
        | payouts | 1 | 6 | 1 |

        ### payouts: denied &lt;by risk> &amp; more

        ```text
          error[scenario-failed]: fred Payout.approve p1 in risky: expected allow, got deny
        ");
    }

    #[test]
    fn a_fence_cannot_be_closed_from_inside() {
        assert_eq!(fence("a ``` b"), "````");
        assert_eq!(fence("plain"), "```");
    }
}
