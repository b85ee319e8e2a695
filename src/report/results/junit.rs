//! Test outcomes as JUnit XML, the form that build servers read. Without times: a report of the same run is the same text.

use std::fmt::Write;

use crate::report::{Files, Style};
use crate::scenario::{RunReport, TestOutcome, TestReport};
use crate::text::safe;

use super::human;

/// A `testsuite` for each suite, and further ones for what fails the run beside the tests: snapshots that no test writes, a run
/// that decides nothing, faults.
#[must_use]
pub fn junit(report: &RunReport, files: Files<'_>) -> String {
    let totals = report.totals();
    let mut beside: Vec<(&str, String, String)> = Vec::new();
    for path in &report.unreferenced {
        beside.push(("snapshots", path.clone(), format!("no test writes {path}")));
    }
    if report.decided_nothing() {
        beside.push(("run", "something is decided".to_owned(), human::NOTHING_DECIDED.to_owned()));
    }
    for fault in &report.faults {
        let place =
            fault.primary().map(|span| format!("{}:{}", files.path(span.file), files.sources.position(span).line));
        beside.push(("faults", place.unwrap_or_else(|| fault.code.to_string()), fault.message.clone()));
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        totals.passed + totals.failed + totals.skipped + beside.len(),
        totals.failed + beside.len(),
        totals.skipped
    );
    for suite in &report.suites {
        let count = |is: fn(&TestOutcome) -> bool| suite.tests.iter().filter(|test| is(&test.outcome)).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            safe::xml(&suite.name),
            safe::xml(&suite.file_name),
            suite.tests.len(),
            count(|outcome| matches!(outcome, TestOutcome::Failed(_))),
            count(|outcome| matches!(outcome, TestOutcome::Skipped(_))),
        );
        for test in &suite.tests {
            case(&mut xml, &suite.name, test, files);
        }
        xml.push_str("  </testsuite>\n");
    }
    for suite in ["snapshots", "run", "faults"] {
        let cases: Vec<_> = beside.iter().filter(|(of, ..)| *of == suite).collect();
        if cases.is_empty() {
            continue;
        }
        let count = cases.len();
        let _ = writeln!(xml, "  <testsuite name=\"{suite}\" tests=\"{count}\" failures=\"{count}\" skipped=\"0\">");
        for (_, name, message) in cases {
            let _ = writeln!(
                xml,
                "    <testcase classname=\"{suite}\" name=\"{}\">\n      <failure message=\"{}\"/>\n    </testcase>",
                safe::xml(name),
                safe::xml(message)
            );
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, suite: &str, test: &TestReport, files: Files<'_>) {
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
        safe::xml(suite),
        safe::xml(&test.name),
        safe::xml(&files.path(test.span.file)),
        files.sources.position(test.span).line
    );
    match &test.outcome {
        TestOutcome::Passed => xml.push_str("/>\n"),
        TestOutcome::Skipped(reason) => {
            let _ = writeln!(xml, ">\n      <skipped message=\"{}\"/>\n    </testcase>", safe::xml(reason));
        }
        TestOutcome::Failed(failures) => {
            xml.push_str(">\n");
            for failure in failures {
                let _ = writeln!(
                    xml,
                    "      <failure message=\"{}\">{}</failure>",
                    safe::xml(&failure.kind.headline()),
                    safe::xml(&human::failure(failure, files, Style::PLAIN))
                );
            }
            xml.push_str("    </testcase>\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::super::sample;
    use super::*;

    #[test]
    fn the_report_is_xml_that_says_what_failed_and_why() {
        let (report, sources) = sample::failed();
        let xml = junit(&report, Files::new(&sources));
        let document = Document::parse(&xml).unwrap();
        let suites = document.root_element();
        assert_eq!(suites.attribute("tests"), Some("9"));
        assert_eq!(suites.attribute("failures"), Some("7"));
        assert_eq!(suites.attribute("skipped"), Some("1"));
        let case = suites.descendants().find(|node| node.attribute("name") == Some("denied <by risk> & more")).unwrap();
        assert_eq!(case.attribute("line"), Some("18"));
        let failure = case.first_element_child().unwrap();
        assert!(failure.attribute("message").unwrap().contains("expected allow, got deny"));
        assert!(failure.text().unwrap().contains("false    low_risk"));
    }
}
