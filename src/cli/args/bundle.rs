//! The arguments of `gatewright bundle` and its steps.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::diff::DiffFormat;
use super::key::SignerArgs;
use super::shared::{AnswerArgs, BudgetArgs};
use crate::config::EvidenceKind;
use crate::text::Instant;

/// Put a package into one file that a gateway can trust, and look into such files
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
    /// What to do with a bundle that there is
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
    /// The date for what depends on today's, as `2026-03-01` [default: that of `SOURCE_DATE_EPOCH`, of the commit, or today,
    /// UTC]
    #[arg(long, value_name = "DATE", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    /// Read the folder as it is in a git revision, without a checkout
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) at_rev: Option<String>,
    /// The file to write [default: `NAME-VERSION.cjar` in this folder]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// What is run and carried; what cannot run fails (exit 2), and nothing is written [default: lint, tests, and proofs
    /// where there is a solver and something to prove; without proofs `inspect` and `verify` say so]
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(in crate::cli) evidence: Vec<EvidenceArg>,
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EvidenceArg {
    /// Faults and findings of lints
    Lint,
    /// Results of the scenarios
    Tests,
    /// What is proved over all requests; needs a solver
    Proofs,
    /// What the scenarios saw of the policy
    Coverage,
    /// Which mistakes in the policy the scenarios notice; needs a solver
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

/// Rebuild a bundle from the sources that it carries, and sign it: that it is a release, how it was built, and what its evidence is
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright bundle sign marketplace.cjar --key keys/private.pem
  gatewright bundle sign marketplace.cjar --key keys/private.pem --sequence 2 --parent sha256:9f86d081…")]
pub(in crate::cli) struct BundleSign {
    /// The bundle; the statements are written beside it, as `FILE.cjar.release.sigstore.json`
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
    /// Which release of the package it is, counted from 1 [default: that of a statement beside it, else 1]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) sequence: Option<u64>,
    /// The digest of the bundle of the release before
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(in crate::cli) parent: Option<String>,
    /// Who built it, as a URI, such as that of a workflow [default: a build that no service vouches for]
    #[arg(long, value_name = "URI")]
    pub(in crate::cli) builder: Option<String>,
    /// The builder's own name for the run
    #[arg(long, value_name = "TEXT", requires = "builder")]
    pub(in crate::cli) invocation: Option<String>,
    /// Sign without making the bundle again of its sources; the release then does not say that it was rebuilt, and a trust policy
    /// may demand that
    #[arg(long)]
    pub(in crate::cli) no_rebuild: bool,
    /// What to say
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
    /// That it is a release, and which
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
        false => Err("expected `sha256:` and 64 lower-case hexadecimal digits".to_owned()),
    }
}

/// Say what a bundle holds; that it is whole, not who made it
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright bundle inspect marketplace.cjar
  gatewright bundle inspect marketplace.cjar --print evidence/tests.json")]
pub(in crate::cli) struct BundleInspect {
    /// The bundle
    #[arg(value_name = "FILE.cjar")]
    pub(in crate::cli) file: PathBuf,
    /// Print one of its files instead
    #[arg(long, value_name = "PATH", conflicts_with = "format")]
    pub(in crate::cli) print: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Say who gains and who loses which access between two bundles, by the policies that they ship
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright bundle diff marketplace-1.0.0.cjar marketplace-1.1.0.cjar")]
pub(in crate::cli) struct BundleDiff {
    /// The bundle before
    #[arg(value_name = "OLD.cjar")]
    pub(in crate::cli) old: PathBuf,
    /// The bundle after
    #[arg(value_name = "NEW.cjar")]
    pub(in crate::cli) new: PathBuf,
    /// The date for what depends on today's, as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    /// For people, for programs, as GitHub workflow commands or as Markdown
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(in crate::cli) format: DiffFormat,
}

/// Check a bundle: that it is whole, that trusted keys signed it, and that its sources give the same bytes again
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
    /// Compile the sources that it carries, gather its evidence again, and compare the bytes
    #[arg(long)]
    pub(in crate::cli) rebuild: bool,
    /// Check the statements beside it against this trust policy
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: Option<PathBuf>,
    /// The time at which keys must count, as `2026-03-01` [default: now]
    #[arg(long, value_name = "TIME", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}
