//! Codes of what is wrong with declared changes of access: the files of `changes/`, then what they say of a difference.

use crate::diag::Code;
use crate::load::document::{Format, Language, Nulls};

/// Files of declared changes.
pub static CHANGE: Format = Format {
    language: Language::Yaml,
    nulls: Nulls::Values,
    unknown_key: UNKNOWN_KEY,
    missing_key: MISSING_KEY,
    wrong_type: WRONG_SHAPE,
    bad_value: WRONG_VALUE,
};

/// A value of another shape than is due.
pub const WRONG_SHAPE: Code = Code::new("change-wrong-shape");
/// A key that a declaration does not have.
pub const UNKNOWN_KEY: Code = Code::new("change-unknown-key");
/// A key that must be there is not.
pub const MISSING_KEY: Code = Code::new("change-missing-key");
/// A value that means nothing, or the same name twice.
pub const WRONG_VALUE: Code = Code::new("change-wrong-value");
/// Nobody says why, or nobody answers for it.
pub const UNEXPLAINED: Code = Code::new("change-unexplained");
/// Something named in a declaration matches nothing in the difference.
pub const STALE: Code = Code::new("change-stale");
/// The end of a declaration has come.
pub const EXPIRED: Code = Code::new("change-expired");
