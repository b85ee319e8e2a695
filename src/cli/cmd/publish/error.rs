//! What keeps `publish`, `pull` and `channel` from being done, each with its hint.

use thiserror::Error;

use crate::cli::error::Hinted;
use crate::registry::RegistryError;

/// What kept a bundle from being published or pulled.
#[derive(Debug, Error)]
pub(super) enum PublishError {
    /// Nowhere to keep what was seen.
    #[error("there is no folder to keep what was seen of channels")]
    NoState,
    /// Nobody says whose signatures count.
    #[error("nothing says whose signatures count")]
    NoTrust,
    /// No one release is named.
    #[error("name one release: by a channel, by its version, or in the location")]
    Which,
    /// A bundle is not signed as the release that it would be.
    #[error("the bundle is not signed as release {sequence}")]
    NotSigned { sequence: u64, parent: Option<String> },
}

impl Hinted for PublishError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoState => "name one: `--state DIR`, or `GATEWRIGHT_STATE`".to_owned(),
            Self::NoTrust => "name a trust policy, `--trust FILE.toml`, or who signs, `--key FILE.pem`".to_owned(),
            Self::Which => "`--channel prod` for what is to run now; `--release 1.4.0` or `oci://HOST/REPOSITORY:1.4.0` for that version".to_owned(),
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
            Some("nothing that is half written can be seen; try again when it answers")
        }
        RegistryError::Denied { .. } => Some(
            "`docker login HOST` keeps credentials where this tool finds them; `DOCKER_CONFIG` names another folder",
        ),
        RegistryError::Failed { .. } => Some("nothing that is half written can be seen; the same command finishes it"),
        RegistryError::Lied { .. } => Some("nothing of it was used"),
        RegistryError::Taken { .. } => Some(
            "a version stays what it was: raise `version` in `gatewright.toml`, or move the tag with `--force-tag`",
        ),
        RegistryError::Stated { .. } => Some("a statement stays what it was; publish a new version"),
        RegistryError::Moved { .. } => Some("look at what it points to now, `gatewright channel show`, and try again"),
        RegistryError::Credentials { .. } => {
            Some("`docker login HOST` with a name and a password or token keeps them anew")
        }
        RegistryError::Disk { .. } => None,
    }
}
