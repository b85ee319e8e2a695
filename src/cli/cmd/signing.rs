//! What keeps verbs that sign from being done, each with its hint.

use std::path::PathBuf;

use thiserror::Error;

use crate::cli::error::Hinted;
use crate::trust::{KeyError, SignError};

/// What kept something from being signed.
#[derive(Debug, Error)]
pub(super) enum SigningError {
    /// A key cannot be read or made.
    #[error("`{}`: {error}", path.display())]
    Key { path: PathBuf, error: KeyError },
    /// `key generate` would replace a file.
    #[error("`{}` already exists, and `key generate` overwrites nothing", path.display())]
    KeyExists { path: PathBuf },
    /// `key generate` has a file in the place of a folder.
    #[error("`{}` is a file, not a folder", path.display())]
    NotAFolder { path: PathBuf },
    /// Nobody to sign.
    #[error("no signing key given")]
    NoSigner,
    /// What is said of a release does not hold together.
    #[error("{message}")]
    Release { message: &'static str },
}

impl Hinted for SigningError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Key { error: KeyError::Encrypted, .. } => {
                "decrypt it (`openssl pkcs8 -in FILE -out PLAIN`), or sign with a program: `--signer-command`"
            }
            Self::Key { .. } => {
                "use a PEM file as written by `gatewright key generate`: PKCS#8 for a private key, SubjectPublicKeyInfo for a public key"
            }
            Self::KeyExists { .. } | Self::NotAFolder { .. } => "choose a new folder",
            Self::NoSigner => {
                "pass a key, `--key FILE.pem`, or a program, `--signer-command COMMAND --public-key FILE.pem`"
            }
            Self::Release { .. } => {
                "pass both `--sequence NUMBER` and `--parent sha256:…`, or neither for the first release"
            }
        };
        Some(hint.to_owned())
    }
}

impl Hinted for SignError {
    fn hint(&self) -> Option<String> {
        Some(
            "the program must read the bytes to sign from standard input and write only the signature to standard output"
                .to_owned(),
        )
    }
}
