//! What is answered for a verb whose cargo feature is not in this build. Its arguments are parsed, and its help is shown, all the
//! same.

use thiserror::Error;

use super::error::Hinted;

/// A verb that this build lacks.
#[derive(Debug, Error)]
#[error("this build has no `gatewright {verb}`: it was built without the cargo feature `{feature}`")]
pub(super) struct LeftOut {
    /// The verb, with its step where it is one of several.
    pub(super) verb: &'static str,
    /// The feature.
    pub(super) feature: &'static str,
}

impl Hinted for LeftOut {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "build with `--features {}`, or with all features: `cargo install --locked --path .`, without `--no-default-features`",
            self.feature
        ))
    }
}
