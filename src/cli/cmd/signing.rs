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
    #[error("`{}` exists, and `key generate` replaces nothing", path.display())]
    KeyExists { path: PathBuf },
    /// Nobody to sign.
    #[error("nobody is named to sign")]
    NoSigner,
    /// What is said of a release does not hold together.
    #[error("{message}")]
    Release { message: &'static str },
}

impl Hinted for SigningError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Key { error: KeyError::Encrypted, .. } => {
                "decrypt it (`openssl pkcs8 -in FILE -out PLAIN`), or let a program sign: `--signer-command`"
            }
            Self::Key { .. } => {
                "name a PEM file as `gatewright key generate` writes it: PKCS#8 for a private key, SubjectPublicKeyInfo for a public one"
            }
            Self::KeyExists { .. } => "name a new folder",
            Self::NoSigner => {
                "name a key, `--key FILE.pem`, or a program, `--signer-command COMMAND --public-key FILE.pem`"
            }
            Self::Release { .. } => {
                "write both `--sequence NUMBER` and `--parent sha256:…`, or neither for the first release"
            }
        };
        Some(hint.to_owned())
    }
}

impl Hinted for SignError {
    fn hint(&self) -> Option<String> {
        Some(
            "the program gets the bytes to sign on standard input and writes the signature alone to standard output"
                .to_owned(),
        )
    }
}
