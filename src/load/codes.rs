//! Codes of the faults that loading finds: in the files of a package, and in the YAML they hold.

use crate::diag::Code;

/// The text is not YAML.
pub const YAML_SYNTAX: Code = Code::new("yaml-syntax");
/// A mapping has the same key twice.
pub const YAML_DUPLICATE_KEY: Code = Code::new("yaml-duplicate-key");
/// A key of a mapping is not text.
pub const YAML_KEY: Code = Code::new("yaml-key");
/// A YAML feature that Gatewright leaves out: tags, merge keys, several documents in one file.
pub const YAML_UNSUPPORTED: Code = Code::new("yaml-unsupported");
/// The YAML nests too deeply, or its aliases expand to too much.
pub const YAML_LIMIT: Code = Code::new("yaml-limit");
/// A whole number that no `Long` can hold.
pub const YAML_NUMBER: Code = Code::new("yaml-number");
/// YAML that different parsers read differently.
pub const YAML_AMBIGUOUS: Code = Code::new("yaml-ambiguous");
