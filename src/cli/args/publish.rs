//! The arguments of `gatewright publish`, `pull` and `channel`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::bundle::ReleaseArgs;
use super::key::SignerArgs;
use super::shared::{AnswerArgs, BudgetArgs};
#[cfg(feature = "registry")]
use crate::registry::Location;

/// A location as it is written, where no verb reads it.
#[cfg(not(feature = "registry"))]
type Location = String;

/// Where bundles are kept.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlaceArgs {
    /// `oci://HOST/REPOSITORY`, `oci-layout:FOLDER`, a folder, or (to pull only) `https://…`
    #[arg(value_name = "LOCATION", value_parser = location)]
    pub(in crate::cli) location: Location,
    /// Trust these certificate authorities (PEM) in addition to those of the system
    #[arg(long, value_name = "FILE.pem")]
    pub(in crate::cli) ca: Option<PathBuf>,
    /// Folder that records the latest pointer seen for each channel, to detect rollbacks
    /// [default: `GATEWRIGHT_STATE`, else the user's state folder]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) state: Option<PathBuf>,
}

/// Publish a bundle with its statements, then move the channel
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright publish marketplace.cjar oci://127.0.0.1:5000/policies/marketplace --channel prod --key keys/private.pem
  gatewright publish marketplace.cjar bundles --trust trust.toml        already signed; moves no channel")]
pub(in crate::cli) struct Publish {
    /// The bundle; statements next to it are published with it
    #[arg(value_name = "FILE.cjar")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// Point this channel to the bundle, with a new signed pointer
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) signer: SignerArgs,
    #[command(flatten)]
    pub(in crate::cli) release: ReleaseArgs,
    /// Trust policy for this release and the previous one [default: the signing key must have signed both]
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) validity: ValidityArgs,
    /// Publish a bundle that was built outside a git repository
    #[arg(long)]
    pub(in crate::cli) allow_no_commit: bool,
    /// Overwrite the tag of a version that points to a different bundle; earlier pulls keep the old bundle
    #[arg(long)]
    pub(in crate::cli) force_tag: bool,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// How long a channel's pointer counts.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ValidityArgs {
    /// Days that the channel's pointer stays valid [default: as many as the bundle allows]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(in crate::cli) valid_days: Option<u32>,
}

/// Download a bundle signed by trusted keys, with its statements
#[derive(Debug, ClapArgs)]
#[command(
    group = clap::ArgGroup::new("which").args(["channel", "release"]).multiple(false),
    after_help = "\
Examples:
  gatewright pull oci://127.0.0.1:5000/policies/marketplace --channel prod --trust trust.toml --out current.cjar
  gatewright pull oci://127.0.0.1:5000/policies/marketplace:1.4.0 --trust trust.toml
  gatewright pull https://policies.example.com/marketplace --channel prod --trust trust.toml"
)]
pub(in crate::cli) struct Pull {
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// Pull the release that this channel points to
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: Option<String>,
    /// Pull this version, without checking that it is the latest
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) release: Option<String>,
    /// Trust policy: whose signatures are accepted
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: PathBuf,
    /// The file to write, with its statements next to it [default: `NAME-VERSION.cjar` in this folder]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Move a channel to another release, or show where it points
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright channel show oci://127.0.0.1:5000/policies/marketplace --channel prod --trust trust.toml
  gatewright channel promote oci://127.0.0.1:5000/policies/marketplace 1.4.0 --channel prod --key keys/private.pem
  gatewright channel rollback oci://127.0.0.1:5000/policies/marketplace --channel prod --key keys/private.pem
  gatewright channel forget oci://127.0.0.1:5000/policies/marketplace --channel prod")]
pub(in crate::cli) struct Channel {
    /// What to do
    #[command(subcommand)]
    pub(in crate::cli) step: ChannelStep,
}

/// What to do with a channel.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ChannelStep {
    Promote(ChannelPromote),
    Rollback(ChannelRollback),
    Show(ChannelShow),
    Forget(ChannelForget),
}

/// Point a channel to a published release, or extend the current pointer
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright channel promote oci://127.0.0.1:5000/policies/marketplace 1.4.0 --channel prod --key keys/private.pem")]
pub(in crate::cli) struct ChannelPromote {
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// The release
    #[arg(value_name = "VERSION")]
    pub(in crate::cli) version: String,
    #[command(flatten)]
    pub(in crate::cli) moving: MovingArgs,
}

/// Point a channel back to an earlier release, with a new pointer
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright channel rollback oci://127.0.0.1:5000/policies/marketplace --channel prod --to 1.3.0 --key keys/private.pem")]
pub(in crate::cli) struct ChannelRollback {
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// The release [default: the one before the channel's current release]
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) to: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) moving: MovingArgs,
}

/// What moving a channel takes.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct MovingArgs {
    /// The channel
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: String,
    #[command(flatten)]
    pub(in crate::cli) signer: SignerArgs,
    /// Trust policy for the release and the previous pointer [default: the signing key must have signed them]
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) validity: ValidityArgs,
}

/// Show where a channel points, and until when
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright channel show oci://127.0.0.1:5000/policies/marketplace --channel prod --trust trust.toml")]
pub(in crate::cli) struct ChannelShow {
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// The channel
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: String,
    /// Trust policy: whose signatures are accepted
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Forget the recorded pointer of a channel, so that the next pointer is accepted with any sequence
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright channel forget oci://127.0.0.1:5000/policies/marketplace --channel prod

Use this only if the channel was reset for a known reason: until the next pull, a replayed old pointer is accepted as the
latest.")]
pub(in crate::cli) struct ChannelForget {
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// The channel
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: String,
}

#[cfg(feature = "registry")]
#[expect(clippy::disallowed_methods, reason = "whether a folder is meant, only the disk tells")]
fn location(text: &str) -> Result<Location, String> {
    Location::parse(text, |path| path.is_dir()).map_err(|error| error.to_string())
}

#[cfg(not(feature = "registry"))]
fn location(text: &str) -> Result<Location, String> {
    Ok(text.to_owned())
}

/// A channel's name becomes part of a tag and of a file's name.
fn channel(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name = text.len() <= 64
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|byte| plain(byte) || byte == b'-');
    match is_name {
        true => Ok(text.to_owned()),
        false => Err("expected lower-case letters, digits and `-`, such as `prod`".to_owned()),
    }
}
