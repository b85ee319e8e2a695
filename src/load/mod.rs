//! A project as [`Sources`](crate::text::Sources), and YAML with positions.
//! Nothing here knows what the files mean: `config`, `syntax` and `scenario` read them.

/// Codes of this room's diagnostics.
pub mod codes;

/// YAML documents with a span on every value.
pub mod yaml;
