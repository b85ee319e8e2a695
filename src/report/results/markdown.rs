//! Test outcomes as Markdown, for a pull request or a job summary: a table of suites, then each failure in full.

use std::fmt::Write;

use crate::report::{Files, Style, diagnostic};
use crate::scenario::{RunReport, TestOutcome};
use crate::text::safe;

use super::grouped::grouped;
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
            safe::markdown(&suite.name),
            count(|outcome| matches!(outcome, TestOutcome::Passed)),
            count(|outcome| matches!(outcome, TestOutcome::Failed(_))),
            count(|outcome| matches!(outcome, TestOutcome::Skipped(_))),
        );
    }
    for (suite, test) in report.tests() {
        let TestOutcome::Failed(failures) = &test.outcome else {
            continue;
        };
        let _ = writeln!(text, "\n### {}: {}", safe::markdown(&suite.name), safe::markdown(&test.name));
        for group in grouped(failures.iter().map(|failure| (test, failure))) {
            let details = human::group(&group, files, Style::PLAIN);
            let _ = writeln!(text, "\n{}", safe::markdown_block(&details));
        }
    }
    if !report.unreferenced.is_empty() {
        text.push_str("\n### Unused snapshots\n\n");
        for path in &report.unreferenced {
            let _ = writeln!(text, "- {}", safe::markdown_code(path));
        }
    }
    for fault in &report.faults {
        let drawn = diagnostic(fault, files, Style::PLAIN);
        let _ = writeln!(text, "\n### Outside the tests\n\n{}", safe::markdown_block(&drawn));
    }
    text
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

        1 passed, 6 failed, 1 skipped, 1 unused snapshot; 11 decisions

        | suite | passed | failed | skipped |
        | --- | ---: | ---: | ---: |
        | payouts | 1 | 6 | 1 |

        ### payouts: denied &lt;by risk&gt; &amp; more

        ```text
          error[scenario-failed]: fred Payout.approve p1 in risky: expected allow, got deny
        ");
    }
}
