//! The arguments of `gatewright key`, and how verbs that sign are told who signs.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::shared::AnswerArgs;
use crate::config::is_package_name;

/// Generate and inspect keys that sign bundles
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright key generate --out keys
  gatewright key inspect keys/public.pem")]
pub(in crate::cli) struct Key {
    /// What to do
    #[command(subcommand)]
    pub(in crate::cli) step: KeyStep,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeyStep {
    Generate(KeyGenerate),
    Inspect(KeyInspect),
}

/// Write a new key pair, and a trust policy that trusts it
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright key generate --out keys             private.pem, public.pem and trust.toml
  gatewright key generate --out keys --package marketplace
  gatewright key generate --out keys --ed25519")]
pub(in crate::cli) struct KeyGenerate {
    /// The folder to write to; existing files are not changed
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    /// Ed25519 instead of ECDSA over P-256
    #[arg(long)]
    pub(in crate::cli) ed25519: bool,
    /// Name of the key in the trust policy
    #[arg(long, value_name = "NAME", default_value = "release", value_parser = key_name)]
    pub(in crate::cli) name: String,
    /// The only package that the trust policy accepts [default: the package in this folder, if there is one]
    #[arg(long, value_name = "NAME", value_parser = package_name)]
    pub(in crate::cli) package: Option<String>,
}

/// Show the type and id of a private or public key
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright key inspect keys/private.pem --format json")]
pub(in crate::cli) struct KeyInspect {
    /// A PEM file
    #[arg(value_name = "FILE.pem")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// Who signs.
#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct SignerArgs {
    /// Sign with this private key
    #[arg(long, value_name = "FILE.pem", conflicts_with = "signer_command")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Sign with this program, such as a KMS or HSM client: it reads the bytes from standard input and writes the
    /// signature to standard output; the command is split at spaces and not run in a shell
    #[arg(long, value_name = "COMMAND", requires = "public_key")]
    pub(in crate::cli) signer_command: Option<String>,
    /// Public key of the program's signing key
    #[arg(long, value_name = "FILE.pem", requires = "signer_command")]
    pub(in crate::cli) public_key: Option<PathBuf>,
}

fn key_name(text: &str) -> Result<String, String> {
    let is_plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    match is_plain {
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, `-` and `_`, such as `release-2026`".to_owned()),
    }
}

fn package_name(text: &str) -> Result<String, String> {
    match is_package_name(text) {
        true => Ok(text.to_owned()),
        false => Err("expected a package name: lower-case letters, digits and `-`, such as `corner-shop`".to_owned()),
    }
}
