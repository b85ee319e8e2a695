//! The arguments of `gatewright bundle` and its steps.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::format::{Format, one_of};
use super::key::SignerArgs;
use super::shared::{AnswerArgs, BudgetArgs};
use crate::config::EvidenceKind;
use crate::text::Instant;

/// Build a package into one file that a gateway can verify, and inspect bundles
#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  gatewright bundle examples/marketplace --out marketplace.cjar
  gatewright bundle . --evidence lint,tests,coverage,proofs,mutation
  gatewright bundle . --evidence lint,tests                            without proofs
  gatewright bundle inspect marketplace.cjar"
)]
pub(in crate::cli) struct Bundle {
    /// What to do with an existing bundle
    #[command(subcommand)]
    pub(in crate::cli) step: Option<BundleStep>,
    #[command(flatten)]
    pub(in crate::cli) make: BundleMake,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// What goes into a bundle.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct BundleMake {
    /// Folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) folder: Option<PathBuf>,
    /// Evaluate as of this date, such as `2026-03-01` [default: from `SOURCE_DATE_EPOCH`, the commit, or today,
    /// UTC]
    #[arg(long, value_name = "DATE", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    /// Read the folder from a git revision, without a checkout
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) at_rev: Option<String>,
    /// The file to write [default: `NAME-VERSION.cjar` in this folder]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Evidence to produce and include; if some cannot be produced, the command fails (exit 2) and writes nothing [default:
    /// lint, tests, and proofs if a solver is installed and there is something to prove; `inspect` and `verify` say if proofs are missing]
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(in crate::cli) evidence: Vec<EvidenceArg>,
    /// Leave the lints that prove out of lint evidence, and proofs out of the default; the bundle says so
    #[arg(long)]
    pub(in crate::cli) no_proofs: bool,
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EvidenceArg {
    /// Lint findings; with a solver also those of the lints that prove, and without one the bundle says that these did not run
    Lint,
    /// Results of the scenarios
    Tests,
    /// Proofs over all requests; needs a solver
    Proofs,
    /// Which parts of the policy the scenarios exercise
    Coverage,
    /// Which mistakes in the policy the scenarios detect; needs a solver
    Mutation,
}

impl EvidenceArg {
    /// The kind.
    pub(in crate::cli) fn kind(self) -> EvidenceKind {
        match self {
            Self::Lint => EvidenceKind::Lint,
            Self::Tests => EvidenceKind::Tests,
            Self::Coverage => EvidenceKind::Coverage,
            Self::Proofs => EvidenceKind::Proofs,
            Self::Mutation => EvidenceKind::Mutation,
        }
    }
}

/// What to do with a bundle.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BundleStep {
    Sign(BundleSign),
    Verify(BundleVerify),
    Inspect(BundleInspect),
    Diff(BundleDiff),
}

/// Rebuild a bundle from its sources, and sign statements about its release, its build and its evidence
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright bundle sign marketplace.cjar --key keys/private.pem
  gatewright bundle sign marketplace.cjar --key keys/private.pem --sequence 2 --parent sha256:9f86d081…")]
pub(in crate::cli) struct BundleSign {
    /// The bundle; statements are written next to it, as `FILE.cjar.release.sigstore.json`
    #[arg(value_name = "FILE.cjar")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) signer: SignerArgs,
    #[command(flatten)]
    pub(in crate::cli) release: ReleaseArgs,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
}

/// What is said of a release besides what its bundle says.
#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct ReleaseArgs {
    /// Release number of the package, counted from 1 [default: the one in a statement next to the bundle, else 1]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) sequence: Option<u64>,
    /// Digest of the previous release's bundle
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(in crate::cli) parent: Option<String>,
    /// Builder as a URI, such as a workflow [default: a build that no service attests]
    #[arg(long, value_name = "URI")]
    pub(in crate::cli) builder: Option<String>,
    /// The builder's identifier for the run
    #[arg(long, value_name = "TEXT", requires = "builder")]
    pub(in crate::cli) invocation: Option<String>,
    /// Compile the sources, but do not gather the evidence again; the release statement then does not claim a rebuild, which a
    /// trust policy may require
    #[arg(long)]
    pub(in crate::cli) no_rebuild: bool,
    /// Statements to sign
    #[arg(
        long = "statement",
        value_name = "KIND",
        value_enum,
        value_delimiter = ',',
        default_value = "release,provenance,evidence"
    )]
    pub(in crate::cli) statements: Vec<StatementArg>,
}

/// A kind of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum StatementArg {
    /// That it is a release, with its number
    Release,
    /// How it was built
    Provenance,
    /// What its evidence is
    Evidence,
}

fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    match hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        true => Ok(text.to_owned()),
        false => Err("expected `sha256:` followed by 64 lower-case hexadecimal digits".to_owned()),
    }
}

/// Show the contents of a bundle; checks that it is intact, not who made it
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright bundle inspect marketplace.cjar
  gatewright bundle inspect marketplace.cjar --print evidence/tests.json")]
pub(in crate::cli) struct BundleInspect {
    /// The bundle
    #[arg(value_name = "FILE.cjar")]
    pub(in crate::cli) file: PathBuf,
    /// Print one file of the bundle instead
    #[arg(long, value_name = "PATH", conflicts_with = "format")]
    pub(in crate::cli) print: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Show who gains and loses access between the policies of two bundles
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright bundle diff marketplace-1.0.0.cjar marketplace-1.1.0.cjar")]
pub(in crate::cli) struct BundleDiff {
    /// The old bundle
    #[arg(value_name = "OLD.cjar")]
    pub(in crate::cli) old: PathBuf,
    /// The new bundle
    #[arg(value_name = "NEW.cjar")]
    pub(in crate::cli) new: PathBuf,
    /// Evaluate as of this date, such as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    /// Output format: for people, for programs, as GitHub workflow commands or as Markdown
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::DIFFS))]
    pub(in crate::cli) format: Format,
}

/// Verify that a bundle is intact, that trusted keys signed it, and that its sources rebuild to the same bytes
#[derive(Debug, ClapArgs)]
#[command(
    group = clap::ArgGroup::new("check").args(["trust", "rebuild"]).required(true).multiple(true),
    after_help = "\
Examples:
  gatewright bundle verify marketplace.cjar --trust trust.toml
  gatewright bundle verify marketplace.cjar --rebuild"
)]
pub(in crate::cli) struct BundleVerify {
    /// The bundle
    #[arg(value_name = "FILE.cjar")]
    pub(in crate::cli) file: PathBuf,
    /// Rebuild the bundle from its sources, including its evidence, and compare the bytes
    #[arg(long)]
    pub(in crate::cli) rebuild: bool,
    /// Check the statements next to the bundle against this trust policy
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: Option<PathBuf>,
    /// Time at which keys must be valid, such as `2026-03-01` [default: now]
    #[arg(long, value_name = "TIME", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}
