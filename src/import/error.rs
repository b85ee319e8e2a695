//! Why something without faults could not become a package. Each is a fault of ours.

use thiserror::Error;

/// What kept a package from being written.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The importer wrote something that is not Gate.
    #[error("the code generated for `{file}` is not valid Gate: {message}")]
    NotGate {
        /// The file of the package.
        file: String,
        /// What the parser says.
        message: String,
    },
}
