//! Why bytes from elsewhere are not taken for a bundle: a stable code and the exact words.

use std::fmt;

/// One reason to refuse a bundle, an archive or a file beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Kebab-case, stable: `file-digest`.
    pub code: &'static str,
    /// What is wrong, and where.
    pub message: String,
}

impl Refusal {
    /// A reason.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}
