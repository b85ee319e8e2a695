//! Why a test comes to what it does: every claim of it decided and explained, whether it holds or not.

use crate::text::Span;

use super::ask::Asked;
use super::outcome::{FailureKind, Judged};
use super::question::QuestionError;
use super::suite::{Body, Expected, Suite, Test};
use super::timeline::Happening;
use super::{Policy, ask, explain, table, timeline};

/// A test with the reasons of all it claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Its suite.
    pub suite: String,
    /// Its name.
    pub test: String,
    /// Where its name stands.
    pub span: Span,
    /// Why `gatewright test` does not run it.
    pub skip: Option<String>,
    /// All it claims, in its order.
    pub told: Vec<Told>,
}

/// One thing that a test claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A decision.
    Decision {
        /// The words of the suite that claim it.
        span: Span,
        /// The decision beside the claim, explained.
        judged: Box<Judged>,
    },
    /// A step of a timeline.
    Step {
        /// The step in the suite.
        span: Span,
        /// Whether it went as claimed.
        holds: bool,
        /// What was claimed and what happened.
        kind: FailureKind,
    },
    /// A snapshot: the table as it is now.
    Table {
        /// Its file.
        path: String,
        /// The table, each decision with its statement.
        text: String,
    },
}

impl Why {
    /// Whether everything but snapshots is as claimed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.told.iter().all(|told| match told {
            Told::Decision { judged, .. } => judged.holds(),
            Told::Step { holds, .. } => *holds,
            Told::Table { .. } => true,
        })
    }
}

/// Explains the tests of a suite file: the one of a name, else those whose names hold it, else, without a name, all.
/// The file is named from the package's folder, or as `scenarios/` lists it.
///
/// # Errors
/// Where there is no such suite or test.
pub fn why(suites: &[Suite], policy: Policy<'_>, file: &str, test: Option<&str>) -> Result<Vec<Why>, QuestionError> {
    let suite = suite_in(suites, file).ok_or_else(|| {
        let names = suites.iter().map(|suite| match file.starts_with("scenarios/") {
            true => suite.file_name.as_str(),
            false => suite.file_name.trim_start_matches("scenarios/"),
        });
        QuestionError::unknown("suite file", file, names)
    })?;
    let chosen = chosen(suite, test)?;
    Ok(chosen.into_iter().map(|test| explained(test, suite, policy)).collect())
}

/// The suite of a file, named from the package's folder or from its `scenarios`.
#[must_use]
pub fn suite_in<'a>(suites: &'a [Suite], file: &str) -> Option<&'a Suite> {
    let inside = format!("scenarios/{file}");
    suites.iter().find(|suite| suite.file_name == file || suite.file_name == inside)
}

fn chosen<'a>(suite: &'a Suite, name: Option<&str>) -> Result<Vec<&'a Test>, QuestionError> {
    let Some(name) = name else {
        return Ok(suite.tests.iter().collect());
    };
    let exact = suite.tests.iter().filter(|test| test.name == name);
    let holding = suite.tests.iter().filter(|test| test.name.contains(name));
    let found = [exact.collect(), holding.collect::<Vec<_>>()];
    found.into_iter().find(|tests| !tests.is_empty()).ok_or_else(|| {
        let names = suite.tests.iter().map(|test| test.name.as_str());
        QuestionError::absent(format!("{} has no test", suite.file_name), name, names)
    })
}

fn explained(test: &Test, suite: &Suite, policy: Policy<'_>) -> Why {
    let told = match &test.body {
        Body::Claims(claims) => claims
            .iter()
            .map(|claim| decision(&ask::put(claim, &suite.world, policy, suite.at), suite, policy))
            .collect(),
        Body::Steps(steps) => timeline::play(steps, suite, policy)
            .into_iter()
            .filter_map(|it| match it {
                Happening::Asked(asked) => Some(decision(&asked, suite, policy)),
                Happening::Step(step) => Some(Told::Step { span: step.span, holds: step.holds, kind: step.kind }),
                Happening::Refused(_) => None,
            })
            .collect(),
        Body::Snapshot(spec) => {
            vec![Told::Table { path: spec.path.clone(), text: table::render(spec, &suite.world, policy, suite.at).0 }]
        }
    };
    Why { suite: suite.name.clone(), test: test.name.clone(), span: test.span, skip: test.skip.clone(), told }
}

fn decision(asked: &Asked<'_>, suite: &Suite, policy: Policy<'_>) -> Told {
    let mut judged = asked.judged();
    if let Some(prepared) = &asked.prepared {
        // Where no statement decided, what there is to see is the grant that came nearest.
        let expected = match asked.answer.policies.is_empty() {
            true => Expected::Allow,
            false => asked.claim.expected,
        };
        judged.explanation = explain::explain(&asked.answer, expected, prepared, &suite.world, policy);
    }
    Told::Decision { span: asked.claim.span, judged: Box::new(judged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Truth, testing};

    const TESTS: &str = "tests:\n  - {name: holds, as: fred, in: calm, can: {approve: p1}}\n  \
                         - {name: holds not, as: mia, in: calm, can: {approve: p1}}\n  \
                         - {name: denied, as: mia, in: calm, cannot: {approve: p1}}\n";

    fn judged(why: &Why) -> &Judged {
        match &why.told[0] {
            Told::Decision { judged, .. } => judged,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_claim_that_holds_is_explained_like_one_that_does_not() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let all = why(&loaded.suites, compiled.policy(), "payouts.yaml", None).unwrap();
        assert_eq!(all.iter().map(Why::holds).collect::<Vec<_>>(), [true, false, true]);
        let deciding = &judged(&all[0]).explanation.deciding[0];
        assert_eq!(deciding.name, "finance.Payout.approve");
        assert!(deciding.clauses.iter().all(|clause| clause.truth == Truth::True));
        for denied in &all[1..] {
            let nearest = judged(denied).explanation.nearest.as_ref().unwrap();
            assert_eq!(nearest.name, "finance.Payout.approve");
            assert_eq!(nearest.clauses[0].truth, Truth::False, "mia has not the role");
        }
    }

    #[test]
    fn a_test_is_found_by_its_name_or_by_a_part_of_it() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let names = |file: &str, test: &str| -> Result<Vec<String>, QuestionError> {
            let found = why(&loaded.suites, compiled.policy(), file, Some(test))?;
            Ok(found.into_iter().map(|why| why.test).collect())
        };
        assert_eq!(names("scenarios/payouts.yaml", "holds").unwrap(), ["holds"]);
        assert_eq!(names("payouts.yaml", "hold").unwrap(), ["holds", "holds not"]);
        let error = names("payouts.yaml", "dneied").unwrap_err();
        assert_eq!(error.help().unwrap(), "did you mean `denied`?");
        let error = names("payout.yaml", "denied").unwrap_err();
        assert_eq!(error.to_string(), "unknown suite file `payout.yaml`");
    }
}
