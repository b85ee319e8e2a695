//! What a bundle must come up to before it is published: as committed, tried as the package demands, and with a version
//! that says what changed.

use std::cmp::Ordering;

use crate::bundle::{Bundle, EvidenceSummary, MANIFEST, Refusal};
use crate::cli::args::{BudgetArgs, Format};
use crate::cli::cmd::bundle::shipped::Unlike;
use crate::cli::cmd::bundle::{opened, shipped};
use crate::cli::cmd::compared;
use crate::cli::cmd::compared::{Labels, With};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::config::{BundleDemands, EvidenceKind, Version};
use crate::pipeline;
use crate::pipeline::Shard;
use crate::text::{Instant, counted};

/// Whether a bundle that was made outside any repository passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    Needed,
    Waived,
}

/// What is wrong with the state that a bundle was made from.
pub(super) fn state(bundle: &Bundle, commit: Commit) -> Vec<Refusal> {
    let message = match (&bundle.manifest.git, commit) {
        (Some(git), _) if git.dirty => format!("its sources differ from commit {}", git.commit),
        (None, Commit::Needed) => {
            "it was built outside a git repository, so its origin is unknown; use `--allow-no-commit` to publish it \
             anyway"
                .to_owned()
        }
        _ => return Vec::new(),
    };
    vec![Refusal::new("not-committed", message)]
}

/// What of the evidence is less than the package demands.
pub(super) fn evidence(evidence: &EvidenceSummary, demands: &BundleDemands) -> Vec<Refusal> {
    let mut low = Vec::new();
    let wants = |kind| demands.evidence.contains(&kind);
    for kind in &demands.evidence {
        let there = match kind {
            EvidenceKind::Lint => evidence.lint.is_some(),
            EvidenceKind::Tests => evidence.tests.is_some(),
            EvidenceKind::Coverage => evidence.coverage.is_some(),
            EvidenceKind::Proofs => evidence.proofs.is_some(),
            EvidenceKind::Mutation => evidence.mutation.is_some(),
        };
        if !there {
            low.push(format!("it has no `{0}` evidence; build it with `--evidence …,{0}`", kind.name()));
        }
    }
    let above =
        |count: usize, most: Option<u32>| most.filter(|most| usize::try_from(*most).is_ok_and(|most| count > most));
    if let Some(lint) = evidence.lint
        && lint.not_run > 0
        && demands.max_warnings.is_some()
    {
        let not_run = counted(lint.not_run, "lint");
        low.push(format!("{not_run} that prove did not run; build it where there is a solver, without `--no-proofs`"));
    }
    if let Some(lint) = evidence.lint
        && lint.unanswered > 0
        && demands.max_warnings.is_some()
    {
        let unanswered = counted(lint.unanswered, "question");
        low.push(format!(
            "{unanswered} of lints that prove got no answer; build it with a higher `--rlimit-per` or `--time`"
        ));
    }
    if let Some(lint) = evidence.lint
        && let Some(most) = above(lint.warnings, demands.max_warnings)
    {
        low.push(format!("it has {}, more than {most}", counted(lint.warnings, "warning")));
    }
    if let Some(tests) = evidence.tests {
        if let Some(most) = above(tests.skipped, demands.max_skipped) {
            low.push(format!("{} did not run, more than {most}", counted(tests.skipped, "test")));
        }
        if wants(EvidenceKind::Tests) && usize::try_from(demands.min_tests).is_ok_and(|fewest| tests.passed < fewest) {
            low.push(format!("{} passed, fewer than {}", counted(tests.passed, "test"), demands.min_tests));
        }
    }
    if let Some(coverage) = evidence.coverage
        && wants(EvidenceKind::Coverage)
    {
        let least = demands.min_coverage;
        match coverage.lowest() {
            Some(lowest) if usize::try_from(least).is_ok_and(|least| lowest >= least) => {}
            Some(lowest) => low.push(format!("its scenarios cover {lowest}% of the policy, less than {least}%")),
            None => low.push("it has no coverage, since there is nothing to cover".to_owned()),
        }
    }
    if let Some(mutation) = evidence.mutation
        && wants(EvidenceKind::Mutation)
    {
        let lowest = demands.min_mutation_score;
        match mutation.score() {
            Some(score) if usize::try_from(lowest).is_ok_and(|lowest| score >= lowest) => {}
            Some(score) => low.push(format!("its mutation score is {score}%, lower than {lowest}%")),
            None => low.push("it has no mutation score, since no mutant counts".to_owned()),
        }
    }
    let refusals = low.into_iter().map(|message| Refusal::new("evidence-below-demand", message));
    refusals.collect()
}

/// What the step of a version from the release before is judged by.
pub(super) struct Step<'a> {
    pub(super) before: &'a Bundle,
    pub(super) after: &'a Bundle,
    /// What of them their sources do not give.
    pub(super) unlike: &'a Unlike,
    pub(super) budget: &'a BudgetArgs,
    pub(super) at: Instant,
}

/// What is wrong with the version, by what changed since the release before: in the sources, and in what is shipped wherever
/// that is not what the sources give. Where the solver did not answer, what is not known counts as the highest that it could be,
/// and that is said.
pub(super) fn version(step: &Step<'_>, console: &mut Console) -> Result<Vec<Refusal>, CliError> {
    let named = |bundle: &Bundle| format!("{} {}", bundle.manifest.name, bundle.manifest.version);
    let (old, new) = (named(step.before), named(step.after));
    let before = opened::package(step.before, &old, step.at)?;
    let after = opened::package(step.after, &new, step.at)?;
    let with = With { at: step.at, budget: step.budget, shard: Shard::WHOLE, output: Format::Markdown.into() };
    let labels = || Labels { title: new.clone(), old: old.clone(), new: new.clone() };
    let unknown = |what: &str| {
        let message = format!("the {what} of {old} or {new} have errors, so the changes are unknown");
        Ok(vec![Refusal::new("version-unknown", message)])
    };
    let Some(compared) = compared::packages(before, after, labels(), &with, console)? else {
        return unknown("sources");
    };
    let (was, is) = (&compared.before.checked, &compared.after.checked);
    let mut all =
        vec![pipeline::bump((&compared.before.loaded, was), (&compared.after.loaded, is), &compared.difference)?];
    if !step.unlike.is_empty() {
        let sides = ((old.as_str(), step.before), (new.as_str(), step.after));
        let Some(mut shipped) = shipped::compare(sides.0, sides.1, step.unlike, labels(), &with, console)? else {
            return unknown("shipped policies");
        };
        // The sources are compared by themselves. Of the other files a gateway only reads the terms in the manifest.
        shipped.difference.extent.uncompared.retain(|path| path == MANIFEST);
        all.push(pipeline::bump_of_shipped(was, is, &shipped.difference)?);
    }
    let Some(bumped) = all
        .into_iter()
        .filter(|bumped| !bumped.reaches(bumped.required.step))
        .max_by(|one, other| one.next.cmp(&other.next))
    else {
        return Ok(Vec::new());
    };
    let doubt = match bumped.required.is_certain() {
        true => "",
        false => "; some changes are unknown and count as the highest possible",
    };
    let seen = match step.unlike.is_empty() {
        true => "run `gatewright bump`",
        false => "run `gatewright bump` for the sources and `gatewright bundle diff` for what is shipped",
    };
    let message = format!(
        "version {} is lower than {}, which the changes since {} require{doubt}; {seen} to see them",
        step.after.manifest.version, bumped.next, step.before.manifest.version
    );
    Ok(vec![Refusal::new("version-too-low", message)])
}

/// The version of a bundle; `None` where it is none, which no package has.
pub(super) fn parsed(version: &str) -> Option<Version> {
    Version::parse(version)
}

/// Why a version is not higher than another one, by precedence: build metadata does not count. `None` if it is.
pub(super) fn not_above(version: &str, other: &str) -> Option<&'static str> {
    match parsed(version).cmp(&parsed(other)) {
        Ordering::Greater => None,
        Ordering::Equal => Some("not higher (build metadata after `+` does not count) than"),
        Ordering::Less => Some("lower than"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{CoverageTotals, MutationTotals, Share};

    #[test]
    fn coverage_below_the_demand_is_refused_by_its_lowest_part_and_so_is_none() {
        let demands =
            BundleDemands { evidence: vec![EvidenceKind::Coverage], min_coverage: 80, ..BundleDemands::default() };
        let low = |denials: Share| {
            let carried = EvidenceSummary {
                coverage: Some(CoverageTotals {
                    grants: Share { seen: 9, of: 10 },
                    denials,
                    break_glass: Share { seen: 10, of: 10 },
                    conditions: Share { seen: 16, of: 20 },
                }),
                ..EvidenceSummary::default()
            };
            let refusals = evidence(&carried, &demands);
            refusals.iter().map(|refusal| refusal.message.clone()).collect::<Vec<_>>()
        };
        assert!(low(Share { seen: 4, of: 5 }).is_empty());
        assert!(low(Share { seen: 0, of: 0 }).is_empty(), "nothing denies");
        assert_eq!(low(Share { seen: 3, of: 4 }), ["its scenarios cover 75% of the policy, less than 80%"]);
        assert_eq!(evidence(&EvidenceSummary::default(), &demands).len(), 1, "it is not carried");
    }

    #[test]
    fn a_mutation_score_below_the_demand_is_refused_and_so_is_none() {
        let demands = BundleDemands {
            evidence: vec![EvidenceKind::Mutation],
            min_mutation_score: 80,
            ..BundleDemands::default()
        };
        let low = |killed, missed, undecided| {
            let mutation = Some(MutationTotals { killed, missed, equivalent: 7, undecided });
            let carried = EvidenceSummary { mutation, ..EvidenceSummary::default() };
            let refusals = evidence(&carried, &demands);
            refusals.iter().map(|refusal| refusal.message.clone()).collect::<Vec<_>>()
        };
        assert!(low(8, 2, 0).is_empty());
        assert_eq!(low(8, 1, 2), ["its mutation score is 72%, lower than 80%"]);
        assert_eq!(low(0, 0, 0), ["it has no mutation score, since no mutant counts"]);
        assert_eq!(evidence(&EvidenceSummary::default(), &demands).len(), 1, "it is not carried");
    }
}
