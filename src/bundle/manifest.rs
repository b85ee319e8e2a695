//! `bundle.json`: what is in the bundle, by digest, and what made it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The one file that the manifest does not list.
pub const MANIFEST: &str = "bundle.json";

/// Version of the bundle format.
pub const FORMAT: &str = "1";

/// The manifest. Its own digest is not in it; every other file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the bundle format.
    pub format: String,
    /// The package's name.
    pub name: String,
    /// The package's version (semver).
    pub version: String,
    /// What compiled it.
    pub compiler: CompilerVersion,
    /// Which Cedar it is written for.
    pub cedar: CedarVersions,
    /// The least that an engine must be to enforce it.
    pub min_engine: MinEngine,
    /// The commit that it was made from; `None` outside a repository, and for a folder that `build` wrote.
    pub git: Option<GitState>,
    /// The day that everything was judged on, `2026-03-01`; `None` for a folder that `build` wrote.
    pub judged_at: Option<String>,
    /// SHA-256 of `schema.cedarschema`.
    pub schema_digest: String,
    /// SHA-256 of `policies.json`.
    pub policy_set_digest: String,
    /// SHA-256 over the two digests above, a line each: equal where two bundles differ in evidence or sources alone.
    pub compat_digest: String,
    /// What whoever publishes and pulls it must keep to.
    pub limits: BundleLimits,
    /// What the files in `evidence/` come to.
    pub evidence: EvidenceSummary,
    /// Names of the break-glass profiles.
    pub break_glass: Vec<String>,
    /// The command that makes the same bytes from the folder `source/`; empty for a folder that `build` wrote.
    pub reproduce: Vec<String>,
    /// Every other file, sorted by path.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// The name of the archive's file, `payouts-1.4.0.cjar`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}.cjar", self.name, self.version)
    }
}

/// The least that an engine must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinEngine {
    /// The version of Gatewright's gateway.
    pub gateway: String,
    /// The version of the Cedar language.
    pub cedar_language: String,
}

/// The state of the repository that a package lies in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitState {
    /// The commit's whole id.
    pub commit: String,
    /// The id of the package's folder in that commit; `None` where the commit has no such folder.
    pub tree: Option<String>,
    /// Whether anything in the folder is not as committed, be it untracked.
    pub dirty: bool,
}

/// What the package limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleLimits {
    /// Longest validity of a channel pointer to this bundle, in days.
    pub max_validity_days: u32,
}

/// Totals of the evidence, one for each file in `evidence/`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSummary {
    /// `evidence/lint.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lint: Option<LintTotals>,
    /// `evidence/tests.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestTotals>,
    /// `evidence/coverage.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageTotals>,
    /// `evidence/proofs.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofs: Option<ProofTotals>,
    /// `evidence/mutation.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutation: Option<MutationTotals>,
}

/// What checking and linting found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintTotals {
    /// Errors; a package with any is not bundled.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Findings that the sources waive, with a reason each.
    pub waivers: usize,
    /// Lints that prove and were not run: nothing is known of what they would have found.
    pub not_run: usize,
    /// Questions of lints that prove which got no answer; each is a finding `unproved`, too.
    pub unanswered: usize,
}

/// What the scenarios came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestTotals {
    /// Tests all of whose claims hold.
    pub passed: usize,
    /// Tests with a claim that does not; a package with any is not bundled.
    pub failed: usize,
    /// Tests that did not run, each with its reason.
    pub skipped: usize,
    /// Decisions asked for.
    pub decisions: usize,
}

/// What the scenarios showed of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CountedCoverage")]
pub struct CoverageTotals {
    /// Grants that allowed, and that each of their clauses withheld.
    pub grants: Share,
    /// Statements that denied alone.
    pub denials: Share,
    /// Clauses of break-glass profiles that refused.
    pub break_glass: Share,
    /// Atoms of conditions that were true, were false, and decided.
    pub conditions: Share,
}

/// Coverage as some version counted it.
#[derive(Deserialize)]
#[serde(untagged)]
enum CountedCoverage {
    Now(CoverageNow),
    /// Only its parts have other names.
    Earlier(BTreeMap<EarlierPart, Share>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverageNow {
    grants: Share,
    denials: Share,
    break_glass: Share,
    conditions: Share,
}

/// What the first versions counted.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EarlierPart {
    Granting,
    Withholding,
    Biting,
    Clauses,
}

impl TryFrom<CountedCoverage> for CoverageTotals {
    type Error = &'static str;

    fn try_from(counted: CountedCoverage) -> Result<Self, Self::Error> {
        match counted {
            CountedCoverage::Now(CoverageNow { grants, denials, break_glass, conditions }) => {
                Ok(Self { grants, denials, break_glass, conditions })
            }
            CountedCoverage::Earlier(parts) if parts.is_empty() => Err("its coverage has no parts"),
            CountedCoverage::Earlier(_) => {
                Err("its coverage was counted by an earlier version, in other parts; build the bundle again")
            }
        }
    }
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// What was seen.
    pub seen: usize,
    /// Of how many.
    pub of: usize,
}

impl CoverageTotals {
    /// The lowest of the four, in percent, rounded down; `None` where there is nothing to see.
    #[must_use]
    pub fn lowest(&self) -> Option<usize> {
        let all = [self.grants, self.denials, self.break_glass, self.conditions];
        all.iter().filter_map(|share| share.seen.saturating_mul(100).checked_div(share.of)).min()
    }
}

/// What was proved over all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofTotals {
    /// Claims that hold of all requests; those in part are among them.
    pub proved: usize,
    /// Claims that are proved, but not of everything that their words cover; `evidence/proofs.json` says of what not.
    pub in_part: usize,
    /// Claims that some request breaks; a package with any is not bundled.
    pub refuted: usize,
    /// Claims that are neither; a package with any is not bundled.
    pub unknown: usize,
    /// What is promised and held by something else than policies.
    pub beyond: usize,
}

/// How many mistakes in the policy the scenarios notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutationTotals {
    /// Mutants on which a test fails.
    pub killed: usize,
    /// Mutants that are another policy and on which all tests pass.
    pub missed: usize,
    /// Mutants that are proved to be the same policy; they do not count.
    pub equivalent: usize,
    /// Mutants on which all tests pass, and nobody knows whether they are another policy.
    pub undecided: usize,
}

impl MutationTotals {
    /// Killed mutants among those that count, in whole percent, rounded down; `None` where none counts.
    #[must_use]
    pub fn score(self) -> Option<usize> {
        let counted = self.killed.saturating_add(self.missed).saturating_add(self.undecided);
        self.killed.saturating_mul(100).checked_div(counted)
    }
}

/// The compiler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompilerVersion {
    /// `gatewright`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The edition of the language.
    pub edition: String,
}

/// The Cedar versions the bundle is written for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CedarVersions {
    /// Version of the Cedar language.
    pub language: String,
    /// Version of the SDK that validated it.
    pub sdk: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path from the bundle's root, with `/`.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_of_earlier_versions_is_refused_for_what_it_is() {
        let share = serde_json::json!({ "seen": 1, "of": 2 });
        let read = |parts: &[&str]| {
            let totals: serde_json::Map<_, _> = parts.iter().map(|part| ((*part).to_owned(), share.clone())).collect();
            serde_json::from_value::<CoverageTotals>(totals.into()).map_err(|error| error.to_string())
        };
        assert!(read(&["grants", "denials", "break_glass", "conditions"]).is_ok());
        let earlier = read(&["granting", "withholding", "biting", "clauses"]).unwrap_err();
        assert!(earlier.contains("counted by an earlier version, in other parts; build the bundle again"), "{earlier}");
        for wrong in [&[] as &[&str], &["grants"], &["grants", "denials", "break_glass", "conditions", "more"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
