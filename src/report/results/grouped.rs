//! Failures that have one reason, so that it is explained once: cells of a matrix that one clause denies, and claims without a
//! context.

use std::collections::BTreeMap;

use crate::scenario::{ClauseResult, Failure, FailureKind, Judged, Statement, TestReport, Truth, Verdict};

/// Failures with one reason.
pub(super) struct Group<'a> {
    /// The first, whose explanation stands for all.
    pub(super) first: (&'a TestReport, &'a Failure),
    /// The others, each with its test.
    pub(super) others: Vec<(&'a TestReport, &'a Failure)>,
}

/// Groups failures in the order of the first of each. Failures of two tests have one reason only if both lack a context.
pub(super) fn grouped<'a>(failures: impl Iterator<Item = (&'a TestReport, &'a Failure)>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (test, failure) in failures {
        let reason = match &failure.kind {
            FailureKind::Decision(wrong) => Some(reason(&test.name, wrong)),
            FailureKind::Step { .. } | FailureKind::Log { .. } | FailureKind::Snapshot(_) => None,
        };
        let at = reason.as_ref().and_then(|reason| known.get(reason)).copied();
        match at.and_then(|at| groups.get_mut(at)) {
            Some(group) => group.others.push((test, failure)),
            None => {
                known.extend(reason.map(|reason| (reason, groups.len())));
                groups.push(Group { first: (test, failure), others: Vec::new() });
            }
        }
    }
    groups
}

/// Whether nothing is known because the claim names no context.
pub(super) fn lacks_context(wrong: &Judged) -> bool {
    wrong.answer.verdict == Verdict::Unknown && !wrong.has_context
}

/// What decisions have in common that fail for one reason: all that the report says of it but the values.
fn reason(test: &str, wrong: &Judged) -> String {
    if lacks_context(wrong) {
        return "no context".to_owned();
    }
    let answer = &wrong.answer;
    let statements: Vec<String> = wrong.explanation.deciding.iter().map(shape).collect();
    let nearest = wrong.explanation.nearest.as_ref().map(shape);
    let causes = wrong.expected_because.as_ref().map(|because| (&because.statements, because.extent));
    format!(
        "{test:?} {:?} {:?} {:?} {causes:?} {:?} {:?} {statements:?} {nearest:?}",
        wrong.expected, answer.verdict, wrong.stated, answer.because, answer.notes
    )
}

/// A statement with what each of its clauses came to.
fn shape(statement: &Statement) -> String {
    format!("{} {:?} {:?}", statement.name, statement.inherited_by, truths(&statement.clauses))
}

fn truths(clauses: &[ClauseResult]) -> Vec<(&str, &Truth, Vec<String>)> {
    let parts = |clause: &ClauseResult| clause.parts.iter().map(|part| format!("{:?}", part.truth)).collect();
    clauses.iter().map(|clause| (clause.gate.as_str(), &clause.truth, parts(clause))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{TestOutcome, testing};

    fn groups_of(tests: &str) -> Vec<Vec<String>> {
        let report = testing::run(&testing::suite(tests), &testing::marketplace());
        let failures = report.tests().flat_map(|(_, test)| match &test.outcome {
            TestOutcome::Failed(failures) => failures.iter().map(|failure| (test, failure)).collect(),
            TestOutcome::Passed | TestOutcome::Skipped(_) => Vec::new(),
        });
        let line = |(test, failure): (&TestReport, &Failure)| match &failure.kind {
            FailureKind::Decision(wrong) => format!("{}: {}", test.name, wrong.request),
            other => format!("{}: {}", test.name, other.headline()),
        };
        let all = grouped(failures).into_iter();
        all.map(|group| std::iter::once(group.first).chain(group.others).map(line).collect()).collect()
    }

    #[test]
    fn cells_that_fail_for_one_reason_are_one_group_and_others_are_not() {
        let groups = groups_of(
            "tests:\n  - name: m\n    matrix: {as: [fred, mia], do: approve, to: [p1, p2], in: [calm, risky]}\n    \
             allow: [{as: mia}, {as: fred, in: risky}]\n    deny: [{as: fred, in: calm}]\n",
        );
        assert_eq!(
            groups,
            [
                vec!["m: fred Payout.approve p1 in calm", "m: fred Payout.approve p2 in calm"],
                vec!["m: fred Payout.approve p1 in risky", "m: fred Payout.approve p2 in risky"],
                vec!["m: mia Payout.approve p1 in calm", "m: mia Payout.approve p2 in calm"],
                vec!["m: mia Payout.approve p1 in risky", "m: mia Payout.approve p2 in risky"],
            ]
        );
    }

    #[test]
    fn claims_without_a_context_are_one_group_whatever_their_test() {
        let groups = groups_of(
            "tests:\n  - {name: a, as: fred, can: {approve: p1}}\n  - {name: b, as: fred, cannot: {approve: [p1, p2]}}\n  \
             - {name: c, as: fred, in: risky, can: {approve: p1}}\n",
        );
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
    }
}
