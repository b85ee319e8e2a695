//! `[bundle]`: what a package demands of its own bundles before `publish` lets one go.

use crate::config::codes::CONFIG;
use crate::diag::Diagnostics;
use crate::load::document::Fields;

/// What a bundle can carry to show how its policy was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// Faults and findings of lints that need no proof.
    Lint,
    /// Results of the scenarios.
    Tests,
    /// What the scenarios saw of the policy.
    Coverage,
    /// What is proved over all requests.
    Proofs,
    /// How many mistakes in the policy the scenarios notice.
    Mutation,
}

impl EvidenceKind {
    /// Each with its name.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("lint", Self::Lint),
        ("tests", Self::Tests),
        ("coverage", Self::Coverage),
        ("proofs", Self::Proofs),
        ("mutation", Self::Mutation),
    ];

    /// The kind with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::NAMES.into_iter();
        all.find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Tests => "tests",
            Self::Coverage => "coverage",
            Self::Proofs => "proofs",
            Self::Mutation => "mutation",
        }
    }
}

/// What `publish` demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleDemands {
    /// Evidence that must be there.
    pub evidence: Vec<EvidenceKind>,
    /// Most warnings of the lints; `None`: any number.
    pub max_warnings: Option<u32>,
    /// Most tests that did not run; `None`: any number.
    pub max_skipped: Option<u32>,
    /// Fewest tests that passed.
    pub min_tests: u32,
    /// Lowest share of the policy that the scenarios saw, in percent, where coverage is demanded.
    pub min_coverage: u32,
    /// Lowest mutation score, in percent, where mutation is demanded.
    pub min_mutation_score: u32,
    /// Longest validity of a channel pointer, in days.
    pub max_validity_days: u32,
}

impl Default for BundleDemands {
    fn default() -> Self {
        Self {
            evidence: vec![EvidenceKind::Lint, EvidenceKind::Tests],
            max_warnings: None,
            max_skipped: None,
            min_tests: 1,
            min_coverage: 0,
            min_mutation_score: 0,
            max_validity_days: 30,
        }
    }
}

pub(super) const KEYS: [&str; 7] =
    ["evidence", "max_warnings", "max_skipped", "min_tests", "min_coverage", "min_mutation_score", "max_validity_days"];
const MAX_COUNT: u32 = 1_000_000;
const MAX_PERCENT: u32 = 100;
const MAX_VALIDITY_DAYS: u32 = 366;
const EXAMPLE: &str = "[\"lint\", \"tests\", \"proofs\"]";

/// Reads `[bundle]`.
pub(super) fn read(section: &Fields<'_>, demands: &mut BundleDemands, out: &mut Diagnostics) {
    section.only(&KEYS, out);
    if let Some(kinds) = evidence(section, "evidence", out) {
        demands.evidence = kinds;
    }
    if let Some(most) = section.number("max_warnings", 0..=MAX_COUNT, out) {
        demands.max_warnings = Some(most);
    }
    if let Some(most) = section.number("max_skipped", 0..=MAX_COUNT, out) {
        demands.max_skipped = Some(most);
    }
    if let Some(fewest) = section.number("min_tests", 0..=MAX_COUNT, out) {
        demands.min_tests = fewest;
    }
    if let Some(lowest) = section.number("min_coverage", 0..=MAX_PERCENT, out) {
        demands.min_coverage = lowest;
    }
    if let Some(lowest) = section.number("min_mutation_score", 0..=MAX_PERCENT, out) {
        demands.min_mutation_score = lowest;
    }
    if let Some(days) = section.number("max_validity_days", 1..=MAX_VALIDITY_DAYS, out) {
        demands.max_validity_days = days;
    }
}

/// The kinds that a list under a key names.
pub(super) fn evidence(section: &Fields<'_>, key: &str, out: &mut Diagnostics) -> Option<Vec<EvidenceKind>> {
    let faults = out.len();
    let names = section.at(key)?.help(format!("write a list, as in {EXAMPLE}")).texts(out)?;
    let mut kinds = Vec::new();
    for (name, span) in names {
        match EvidenceKind::parse(name) {
            Some(kind) => kinds.push(kind),
            None => out.push(CONFIG.invalid(span, format!("`{name}` is not a kind of evidence")).meant_quoted(
                span,
                name,
                EvidenceKind::NAMES.map(|(name, _)| name),
            )),
        }
    }
    kinds.sort();
    kinds.dedup();
    (out.len() == faults).then_some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Project;
    use crate::text::Sources;

    const PACKAGE: &str = "[package]\nname = \"a\"\nedition = \"2026\"\nversion = \"1.4.0\"\n";

    fn read(text: &str) -> (Project, Sources, Diagnostics) {
        let mut sources = Sources::default();
        let file = sources.add("gatewright.toml", format!("{PACKAGE}{text}"));
        let mut out = Diagnostics::new();
        let project = Project::parse(&sources, file, &mut out);
        (project, sources, out)
    }

    #[test]
    fn each_demand_is_read() {
        let (project, _, out) = read(
            "[bundle]\nevidence = [\"proofs\", \"lint\", \"lint\"]\nmax_warnings = 0\nmax_skipped = 2\nmin_tests = 40\nmin_coverage = 70\nmin_mutation_score = 80\nmax_validity_days = 7\n",
        );
        assert!(out.is_empty(), "{out:?}");
        assert_eq!(
            project.bundle,
            BundleDemands {
                evidence: vec![EvidenceKind::Lint, EvidenceKind::Proofs],
                max_warnings: Some(0),
                max_skipped: Some(2),
                min_tests: 40,
                min_coverage: 70,
                min_mutation_score: 80,
                max_validity_days: 7,
            }
        );
    }

    #[test]
    fn all_faults_are_found_at_their_places() {
        let (project, sources, out) =
            read("[bundle]\nevidence = [\"lint\", 3]\nmax_warning = 1\nmin_tests = \"4\"\nmax_validity_days = 0\n");
        let faults = out.sorted();
        let shown = faults.iter().map(|fault| {
            let span = fault.primary().unwrap();
            let help = fault.help.as_deref().unwrap_or("-");
            format!("{} `{}`: {}; {help}", fault.code, sources.slice(span), fault.message)
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
        config-type `3`: an entry of `bundle.evidence` must be text, found a whole number; write a list, as in ["lint", "tests", "proofs"]
        config-unknown-key `max_warning`: unknown key `max_warning` in `[bundle]`; did you mean `max_warnings`?
        config-type `"4"`: `bundle.min_tests` must be a whole number, found text; write digits only, without quotes
        config-value `0`: `bundle.max_validity_days` is out of range; write a number from 1 to 366
        "#);
        assert_eq!(project.bundle, BundleDemands::default());
    }
}
