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
    /// `oci://HOST/REPOSITORY`, `oci-layout:FOLDER`, a folder, or to pull from, `https://…`
    #[arg(value_name = "LOCATION", value_parser = location)]
    pub(in crate::cli) location: Location,
    /// Trust these certificate authorities, as PEM, besides those of the system
    #[arg(long, value_name = "FILE.pem")]
    pub(in crate::cli) ca: Option<PathBuf>,
    /// Where the latest pointer that was seen of each channel is kept, so that an older one is known
    /// [default: `GATEWRIGHT_STATE`, else the user's folder for state]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) state: Option<PathBuf>,
}

/// Publish a bundle: its statements, its version, and then the channel
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright publish marketplace.cjar oci://127.0.0.1:5000/policies/marketplace --channel prod --key keys/private.pem
  gatewright publish marketplace.cjar bundles --trust trust.toml        signed before, and no channel is moved")]
pub(in crate::cli) struct Publish {
    /// The bundle; statements beside it are published with it
    #[arg(value_name = "FILE.cjar")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// Let this channel point to it, by a pointer that is signed for it
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) signer: SignerArgs,
    #[command(flatten)]
    pub(in crate::cli) release: ReleaseArgs,
    /// What must be fulfilled by this and was by the release before [default: that the key which signs signed]
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) validity: ValidityArgs,
    /// Publish a bundle that was made outside any git repository
    #[arg(long)]
    pub(in crate::cli) allow_no_commit: bool,
    /// Move the tag of a version that holds another bundle; whoever pulled it keeps what they have
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
    /// How many days the channel's pointer counts [default: as many as the bundle allows]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(in crate::cli) valid_days: Option<u32>,
}

/// Bring a bundle that trusted keys vouch for, and its statements
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
    /// What this channel points to
    #[arg(long, value_name = "NAME", value_parser = channel)]
    pub(in crate::cli) channel: Option<String>,
    /// This version; nothing says then that it is the latest
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) release: Option<String>,
    /// Whose signatures count
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: PathBuf,
    /// The file to write, its statements beside it [default: `NAME-VERSION.cjar` in this folder]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Move a channel to another release, or say where it points
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

/// Let a channel point to a release that was published before, or to the same one for longer
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

/// Let a channel point to an earlier release again, by a new pointer
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright channel rollback oci://127.0.0.1:5000/policies/marketplace --channel prod --to 1.3.0 --key keys/private.pem")]
pub(in crate::cli) struct ChannelRollback {
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
    /// The release [default: the one before that which the channel points to]
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
    /// What the release and the pointer before must fulfil [default: that the key which signs signed]
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) validity: ValidityArgs,
}

/// Say where a channel points, and until when
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
    /// Whose signatures count
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) trust: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Set aside what was seen of a channel, so that its next pointer is taken whatever its sequence is
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright channel forget oci://127.0.0.1:5000/policies/marketplace --channel prod

Do it only where the channel began anew for a reason that you know: until the next pull, an old pointer that somebody kept is
taken for the latest.")]
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
        false => Err("expected lower-case letters, digits and `-`, as `prod`".to_owned()),
    }
}
