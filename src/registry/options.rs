//! How places are reached.

/// How places are reached.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Certificates of authorities that are trusted besides those of the system, as PEM. With it, this machine is asked
    /// over TLS, too.
    pub authorities: Option<Vec<u8>>,
    /// Docker's `config.json`, which holds credentials or names the program that keeps them; `None`: asked without any.
    pub credentials: Option<Vec<u8>>,
}
