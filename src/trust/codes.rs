//! Codes of this room's diagnostics; those of refusals stand where they are given, and in the book's page of them.

use crate::diag::Code;

/// A key in a trust policy that cannot count.
pub const TRUST_KEY: Code = Code::new("trust-key");
