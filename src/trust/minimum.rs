//! What a trust policy demands of the evidence of a bundle, by the totals in its manifest.

use std::collections::BTreeSet;

use super::policy::Minimum;
use crate::bundle::EvidenceSummary;
use crate::config::EvidenceKind;
use crate::text::counted;

/// In what the evidence is less than it must be, sorted.
pub(super) fn below(minimum: &Minimum, evidence: &EvidenceSummary) -> BTreeSet<String> {
    let mut low = BTreeSet::new();
    for kind in &minimum.require {
        let there = match kind {
            EvidenceKind::Lint => {
                evidence.lint.map(|lint| lint.errors == 0 && lint.not_run == 0 && lint.unanswered == 0)
            }
            EvidenceKind::Tests => evidence.tests.map(|tests| tests.failed == 0 && tests.passed > 0),
            EvidenceKind::Coverage => evidence.coverage.map(|coverage| coverage.lowest().is_some()),
            EvidenceKind::Proofs => {
                evidence.proofs.map(|proofs| proofs.refuted == 0 && proofs.unknown == 0 && proofs.proved > 0)
            }
            // How strong is strong enough is the package's own to say, and `publish` holds it to that.
            EvidenceKind::Mutation => evidence.mutation.map(|mutation| mutation.killed > 0),
        };
        match there {
            Some(true) => {}
            Some(false) => {
                low.insert(format!("the evidence `{}` did not pass", kind.name()));
            }
            None => {
                low.insert(format!("it has no `{}` evidence", kind.name()));
            }
        }
    }
    if let Some(most) = minimum.max_warnings {
        match evidence.lint {
            // Nobody knows of what these would have warned.
            Some(lint) if lint.not_run > 0 => {
                low.insert(format!("{} that prove did not run", counted(lint.not_run, "lint")));
            }
            Some(lint) if lint.unanswered > 0 => {
                low.insert(format!("{} of lints that prove got no answer", counted(lint.unanswered, "question")));
            }
            Some(lint) if u32::try_from(lint.warnings).is_ok_and(|warnings| warnings <= most) => {}
            Some(lint) => {
                low.insert(format!("it has {}, more than {most}", counted(lint.warnings, "warning")));
            }
            None => {
                low.insert("it has no `lint` evidence".to_owned());
            }
        }
    }
    let passed = evidence.tests.map_or(0, |tests| tests.passed);
    if u64::try_from(passed).is_ok_and(|passed| passed < u64::from(minimum.min_tests)) {
        low.insert(format!("{} passed, fewer than {}", counted(passed, "test"), minimum.min_tests));
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{CoverageTotals, LintTotals, MutationTotals, ProofTotals, Share, TestTotals};

    /// Evidence of each kind that passes, with one reason why it might not for each number in it.
    fn passing() -> EvidenceSummary {
        let share = Share { seen: 1, of: 2 };
        EvidenceSummary {
            lint: Some(LintTotals { errors: 0, warnings: 3, waivers: 1, not_run: 0, unanswered: 0 }),
            tests: Some(TestTotals { passed: 5, failed: 0, skipped: 2, decisions: 9 }),
            coverage: Some(CoverageTotals { grants: share, denials: share, break_glass: share, conditions: share }),
            proofs: Some(ProofTotals { proved: 1, in_part: 0, refuted: 0, unknown: 0, beyond: 4 }),
            mutation: Some(MutationTotals { killed: 1, missed: 9, equivalent: 2, undecided: 3 }),
        }
    }

    fn required(kind: EvidenceKind, evidence: &EvidenceSummary) -> Vec<String> {
        let minimum = Minimum { require: vec![kind], ..Minimum::default() };
        below(&minimum, evidence).into_iter().collect()
    }

    #[test]
    fn what_is_required_must_be_there_and_have_passed() {
        for (_, kind) in EvidenceKind::NAMES {
            assert_eq!(required(kind, &passing()), Vec::<String>::new(), "{kind:?}");
            assert_eq!(required(kind, &EvidenceSummary::default()), [format!("it has no `{}` evidence", kind.name())]);
        }
        type Change = fn(&mut EvidenceSummary);
        let changes: [(EvidenceKind, Change); 11] = [
            (EvidenceKind::Lint, |all| all.lint.as_mut().unwrap().errors = 1),
            (EvidenceKind::Lint, |all| all.lint.as_mut().unwrap().not_run = 1),
            (EvidenceKind::Lint, |all| all.lint.as_mut().unwrap().unanswered = 1),
            (EvidenceKind::Tests, |all| all.tests.as_mut().unwrap().failed = 1),
            (EvidenceKind::Tests, |all| all.tests.as_mut().unwrap().passed = 0),
            (EvidenceKind::Coverage, |all| {
                let none = Share::default();
                all.coverage =
                    Some(CoverageTotals { grants: none, denials: none, break_glass: none, conditions: none });
            }),
            (EvidenceKind::Proofs, |all| all.proofs.as_mut().unwrap().refuted = 1),
            (EvidenceKind::Proofs, |all| all.proofs.as_mut().unwrap().unknown = 1),
            (EvidenceKind::Proofs, |all| all.proofs.as_mut().unwrap().proved = 0),
            (EvidenceKind::Proofs, |all| {
                let proofs = all.proofs.as_mut().unwrap();
                (proofs.proved, proofs.refuted, proofs.unknown) = (7, 1, 1);
            }),
            (EvidenceKind::Mutation, |all| all.mutation.as_mut().unwrap().killed = 0),
        ];
        for (kind, change) in changes {
            let mut evidence = passing();
            change(&mut evidence);
            assert_eq!(
                required(kind, &evidence),
                [format!("the evidence `{}` did not pass", kind.name())],
                "{evidence:?}"
            );
        }
    }

    #[test]
    fn warnings_and_tests_are_held_to_their_bounds() {
        let low =
            |minimum: Minimum, evidence: &EvidenceSummary| below(&minimum, evidence).into_iter().collect::<Vec<_>>();
        let warnings = |most| Minimum { max_warnings: Some(most), ..Minimum::default() };
        let tests = |fewest| Minimum { min_tests: fewest, ..Minimum::default() };
        assert_eq!(low(warnings(3), &passing()), Vec::<String>::new());
        assert_eq!(low(warnings(2), &passing()), ["it has 3 warnings, more than 2"]);
        assert_eq!(low(warnings(2), &EvidenceSummary::default()), ["it has no `lint` evidence"]);
        let mut unproved = passing();
        unproved.lint.as_mut().unwrap().not_run = 2;
        assert_eq!(low(warnings(9), &unproved), ["2 lints that prove did not run"]);
        let mut unanswered = passing();
        unanswered.lint.as_mut().unwrap().unanswered = 1;
        assert_eq!(low(warnings(9), &unanswered), ["1 question of lints that prove got no answer"]);
        assert_eq!(low(tests(5), &unproved), Vec::<String>::new());
        assert_eq!(low(tests(5), &passing()), Vec::<String>::new());
        assert_eq!(low(tests(6), &passing()), ["5 tests passed, fewer than 6"]);
        assert_eq!(low(tests(1), &EvidenceSummary::default()), ["0 tests passed, fewer than 1"]);
        assert_eq!(low(tests(0), &EvidenceSummary::default()), Vec::<String>::new());
        // All that is low, each once.
        let all =
            Minimum { require: vec![EvidenceKind::Lint, EvidenceKind::Proofs], max_warnings: Some(0), min_tests: 1 };
        assert_eq!(
            low(all, &EvidenceSummary::default()),
            ["0 tests passed, fewer than 1", "it has no `lint` evidence", "it has no `proofs` evidence"]
        );
    }
}
