//! What trusted keys say of a bundle.

use super::told::Source;

/// What trusted keys say of a bundle; by default nothing.
#[derive(Default)]
pub(super) struct Vouched {
    /// Whether they say that it was rebuilt from its sources.
    pub(super) rebuilt: bool,
    /// Who says where it comes from.
    pub(super) source: Source,
    /// For people, a line each.
    pub(super) said: Vec<String>,
    /// For programs.
    pub(super) json: Option<serde_json::Value>,
}
