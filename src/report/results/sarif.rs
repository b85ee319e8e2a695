//! Failures as SARIF 2.1.0, so that code scanning shows them at the claims that do not hold.

use crate::diag::{Diagnostic, Diagnostics};
use crate::report::{Files, sarif};
use crate::scenario::{FailureKind, RunReport, TestOutcome, codes};

use super::human;

/// A result for each failure, for what fails the run beside the tests, and for what suites are warned of.
#[must_use]
pub fn sarif_log(report: &RunReport, warnings: &Diagnostics, files: Files<'_>) -> String {
    let mut found: Vec<Diagnostic> = Vec::new();
    for (suite, test) in report.tests() {
        let TestOutcome::Failed(failures) = &test.outcome else {
            continue;
        };
        for failure in failures {
            let message = format!("{}: {}: {}", suite.name, test.name, failure.kind.headline());
            let mut fault = Diagnostic::error(codes::FAILED, failure.span, message).label("expected here");
            if let FailureKind::Decision(wrong) = &failure.kind {
                fault =
                    wrong.faults().into_iter().chain(wrong.answer.notes.iter().cloned()).fold(fault, Diagnostic::note);
            }
            found.push(fault);
        }
    }
    let beside = report.unreferenced.iter().map(|path| format!("no test writes `{path}`"));
    let nothing = report.decided_nothing().then(|| human::NOTHING_DECIDED.to_owned());
    found.extend(beside.chain(nothing).map(|message| Diagnostic::global_error(codes::FAILED, message)));
    found.extend(report.faults.iter().chain(warnings.iter()).cloned());
    sarif(&found.into_iter().collect(), files)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample;
    use super::*;

    #[test]
    fn each_failure_is_a_result_at_its_claim() {
        let (report, sources) = sample::failed();
        let text = sarif_log(&report, &Diagnostics::new(), Files::new(&sources));
        let log: Value = serde_json::from_str(&text).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 7);
        assert_eq!(results[0]["ruleId"], "scenario-failed");
        assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 18);
        let text = results[0]["message"]["text"].as_str().unwrap();
        assert!(text.starts_with("payouts: denied <by risk> & more: fred Payout.approve p1 in risky: expected allow"));
    }
}
