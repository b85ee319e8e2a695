//! Failures as GitHub workflow commands, which GitHub shows beside the changed lines of the YAML.

use crate::report::Files;
use crate::report::github::{annotation, command};
use crate::scenario::{FailureKind, RunReport, TestOutcome, codes};

use super::human;

/// A command for each failure.
#[must_use]
pub fn annotations(report: &RunReport, files: Files<'_>) -> String {
    let mut text = String::new();
    for (suite, test) in report.tests() {
        let TestOutcome::Failed(failures) = &test.outcome else {
            continue;
        };
        for failure in failures {
            let mut message = format!("{}: {}\n{}", suite.name, test.name, failure.kind.headline());
            if let FailureKind::Decision(wrong) = &failure.kind {
                wrong.faults().iter().for_each(|fault| message.push_str(&format!("\n{fault}")));
            }
            text.push_str(&command("error", Some(failure.place()), codes::FAILED.as_str(), &message, files));
        }
    }
    for path in &report.unreferenced {
        text.push_str(&command("error", None, codes::FAILED.as_str(), &format!("no test writes {path}"), files));
    }
    if report.decided_nothing() {
        text.push_str(&command("error", None, codes::FAILED.as_str(), human::NOTHING_DECIDED, files));
    }
    for fault in &report.faults {
        text.push_str(&annotation(fault, files));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn each_failure_is_one_command_at_its_claim() {
        let (report, sources) = sample::failed();
        insta::assert_snapshot!(annotations(&report, Files::new(&sources)), @"
        ::error file=scenarios/payouts.yaml,line=18,endLine=18,col=75,endColumn=77,title=scenario-failed::payouts: denied <by risk> & more%0Afred Payout.approve p1 in risky: expected allow, got deny
        ::error file=scenarios/payouts.yaml,line=19,endLine=19,col=67,endColumn=69,title=scenario-failed::payouts: allowed too far%0Afred Payout.approve p1 in calm: expected deny, got allow
        ::error file=scenarios/payouts.yaml,line=20,endLine=20,col=63,endColumn=65,title=scenario-failed::payouts: other cause%0Ashopify Payout.read p1 in calm: denied as expected, but by `partners` instead of `no-grant`
        ::error file=scenarios/payouts.yaml,line=21,endLine=21,col=61,endColumn=63,title=scenario-failed::payouts: exact set%0Afred Payout.approve p1 in calm: expected deny, got allow
        ::error file=scenarios/payouts.yaml,line=22,endLine=22,col=47,endColumn=49,title=scenario-failed::payouts: left out%0Afred Payout.approve p1: expected allow, got unknown
        ::error file=scenarios/payouts.yaml,line=23,endLine=23,col=12,endColumn=17,title=scenario-failed::payouts: table%0A`snapshots/payouts__table.snap` differs from the accepted snapshot
        ::error title=scenario-failed::no test writes snapshots/payouts__gone.snap
        ");
    }
}
