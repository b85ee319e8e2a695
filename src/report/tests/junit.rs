//! Test outcomes as JUnit XML, the form that build servers read. Without times: a report of the same run is the same text.

use std::fmt::Write;

use crate::report::Files;
use crate::report::Style;
use crate::scenario::RunReport;
use crate::scenario::TestOutcome;
use crate::scenario::TestReport;

use super::human;

/// A `testsuite` for each suite, and one for snapshots that no test writes, if there are any.
#[must_use]
pub fn junit(report: &RunReport, files: Files<'_>) -> String {
    let totals = report.totals();
    let left_over = report.unreferenced.len();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        totals.passed + totals.failed + totals.skipped + left_over,
        totals.failed + left_over,
        totals.skipped
    );
    for suite in &report.suites {
        let count = |is: fn(&TestOutcome) -> bool| suite.tests.iter().filter(|test| is(&test.outcome)).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            escape(&suite.name),
            escape(&suite.file_name),
            suite.tests.len(),
            count(|outcome| matches!(outcome, TestOutcome::Failed(_))),
            count(|outcome| matches!(outcome, TestOutcome::Skipped(_))),
        );
        for test in &suite.tests {
            case(&mut xml, &suite.name, test, files);
        }
        xml.push_str("  </testsuite>\n");
    }
    if left_over > 0 {
        let _ = writeln!(
            xml,
            "  <testsuite name=\"snapshots\" tests=\"{left_over}\" failures=\"{left_over}\" skipped=\"0\">"
        );
        for path in &report.unreferenced {
            let _ = writeln!(
                xml,
                "    <testcase classname=\"snapshots\" name=\"{0}\">\n      <failure message=\"no test writes {0}\"/>\n    </testcase>",
                escape(path)
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
        escape(suite),
        escape(&test.name),
        escape(&files.path(test.span.file)),
        files.sources.position(test.span).line
    );
    match &test.outcome {
        TestOutcome::Passed => xml.push_str("/>\n"),
        TestOutcome::Skipped(reason) => {
            let _ = writeln!(
                xml,
                ">\n      <skipped message=\"{}\"/>\n    </testcase>",
                escape(reason)
            );
        }
        TestOutcome::Failed(failures) => {
            xml.push_str(">\n");
            for failure in failures {
                let _ = writeln!(
                    xml,
                    "      <failure message=\"{}\">{}</failure>",
                    escape(&failure.kind.headline()),
                    escape(&human::failure(failure, files, Style::PLAIN))
                );
            }
            xml.push_str("    </testcase>\n");
        }
    }
}

/// Text for an element or a quoted attribute. What XML cannot hold at all becomes a replacement character; line breaks
/// are written as references, since parsers turn bare ones in attributes into spaces.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
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
        let case = suites
            .descendants()
            .find(|node| node.attribute("name") == Some("denied <by risk> & more"))
            .unwrap();
        assert_eq!(case.attribute("line"), Some("18"));
        let failure = case.first_element_child().unwrap();
        assert!(
            failure
                .attribute("message")
                .unwrap()
                .contains("expected allow, got deny")
        );
        assert!(failure.text().unwrap().contains("false    low_risk"));
    }

    proptest! {
        #[test]
        fn any_text_survives_but_for_what_xml_cannot_hold(text in any::<String>()) {
            let xml = format!("<a b=\"{0}\">{0}</a>", escape(&text));
            let document = Document::parse(&xml).unwrap();
            let held: String = text
                .chars()
                .map(|c| match c {
                    '\t' | '\n' | '\r' => c,
                    '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                    _ => c,
                })
                .collect();
            prop_assert_eq!(document.root_element().attribute("b"), Some(held.as_str()));
            prop_assert_eq!(document.root_element().text().unwrap_or(""), held.as_str());
        }
    }
}
