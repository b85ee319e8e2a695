//! What keeps `publish`, `pull` and `channel` from being done, each with its hint.

use thiserror::Error;

use crate::cli::error::Hinted;
use crate::registry::RegistryError;

/// What kept a bundle from being published or pulled.
#[derive(Debug, Error)]
pub(super) enum PublishError {
    /// Nowhere to keep what was seen.
    #[error("no state folder for recorded channel pointers")]
    NoState,
    /// Nobody says whose signatures count.
    #[error("no trust policy or key given")]
    NoTrust,
    /// No one release is named.
    #[error("name exactly one release: by channel, by version, or in the location")]
    Which,
    /// A bundle is not signed as the release that it would be.
    #[error("the bundle is not signed as release {sequence}")]
    NotSigned { sequence: u64, parent: Option<String> },
}

impl Hinted for PublishError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoState => "set one with `--state DIR` or `GATEWRIGHT_STATE`".to_owned(),
            Self::NoTrust => "pass a trust policy, `--trust FILE.toml`, or a signing key, `--key FILE.pem`".to_owned(),
            Self::Which => "use `--channel prod` for the current release, or `--release 1.4.0` or `oci://HOST/REPOSITORY:1.4.0` for a version".to_owned(),
            Self::NotSigned { sequence, parent: Some(parent) } => format!(
                "sign it, `gatewright bundle sign FILE.cjar --key FILE.pem --sequence {sequence} --parent {parent}`, or let `publish` sign: `--key FILE.pem`"
            ),
            Self::NotSigned { parent: None, .. } => "sign it, `gatewright bundle sign FILE.cjar --key FILE.pem`, or let `publish` sign: `--key FILE.pem`".to_owned(),
        })
    }
}

impl Hinted for RegistryError {
    fn hint(&self) -> Option<String> {
        hint(self).map(str::to_owned)
    }
}

fn hint(error: &RegistryError) -> Option<&'static str> {
    match error {
        RegistryError::Location { .. } | RegistryError::ReadOnly(_) => None,
        RegistryError::Unreachable { .. } => {
            Some("check the address, and try again when the server responds; nothing is published or written in part")
        }
        RegistryError::Denied { .. } => {
            Some("run `docker login HOST` to store credentials; set `DOCKER_CONFIG` to use another folder")
        }
        RegistryError::Failed { .. } => Some("run the same command again; nothing is published or written in part"),
        RegistryError::InvalidResponse { .. } => Some("the response was discarded"),
        RegistryError::Taken { .. } => Some(
            "a published version cannot change: raise `version` in `gatewright.toml`, or overwrite the tag with `--force-tag`",
        ),
        RegistryError::Stated { .. } => Some("a published statement cannot change: publish a new version"),
        RegistryError::Moved { .. } => Some("check the current pointer with `gatewright channel show`, and try again"),
        RegistryError::Credentials { .. } => {
            Some("run `docker login HOST` again with a user name and a password or token")
        }
        RegistryError::Disk { .. } | RegistryError::Overtaken { .. } | RegistryError::AtOnce { .. } => None,
    }
}
