//! Codes of the faults of `gatewright.toml` and the other TOML files.

use crate::diag::Code;
use crate::load::document::{Format, Language, Nulls};

/// The TOML files. Faults of their syntax have a code of `load`.
pub static CONFIG: Format = Format {
    language: Language::Toml,
    nulls: Nulls::Values,
    unknown_key: CONFIG_UNKNOWN_KEY,
    missing_key: CONFIG_MISSING_KEY,
    wrong_type: CONFIG_TYPE,
    bad_value: CONFIG_VALUE,
};

/// Files of assignments.
pub static ASSIGNMENTS: Format = Format {
    language: Language::Yaml,
    nulls: Nulls::Values,
    unknown_key: ASSIGNMENT_SHAPE,
    missing_key: ASSIGNMENT_SHAPE,
    wrong_type: ASSIGNMENT_SHAPE,
    bad_value: ASSIGNMENT_SHAPE,
};

/// A section or key that does not exist.
pub const CONFIG_UNKNOWN_KEY: Code = Code::new("config-unknown-key");
/// A key that must be there is not.
pub const CONFIG_MISSING_KEY: Code = Code::new("config-missing-key");
/// A value of the wrong type.
pub const CONFIG_TYPE: Code = Code::new("config-type");
/// A value of the right type that is out of range or malformed.
pub const CONFIG_VALUE: Code = Code::new("config-value");
/// A section that a later version of Gatewright reads.
pub const CONFIG_LATER: Code = Code::new("config-later");
/// An entry of a file of assignments that is not made as it should be.
pub const ASSIGNMENT_SHAPE: Code = Code::new("assignment-shape");
/// Two entries of `gateway.toml` that one request, one name or one token may mean.
pub const GATEWAY_AMBIGUOUS: Code = Code::new("gateway-ambiguous");
