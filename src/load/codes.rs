//! Codes of the faults that loading finds, in YAML and TOML first, then in the files of a package.

use crate::diag::Code;

/// The text is not YAML.
pub const YAML_SYNTAX: Code = Code::new("yaml-syntax");
/// A mapping has the same key twice.
pub const YAML_DUPLICATE_KEY: Code = Code::new("yaml-duplicate-key");
/// A key of a mapping is not text.
pub const YAML_KEY: Code = Code::new("yaml-key");
/// A YAML feature that Gatewright leaves out: tags, merge keys, several documents where one belongs.
pub const YAML_UNSUPPORTED: Code = Code::new("yaml-unsupported");
/// The YAML nests too deeply, or its aliases expand to too much.
pub const YAML_LIMIT: Code = Code::new("yaml-limit");
/// A whole number that no `Long` can hold.
pub const YAML_NUMBER: Code = Code::new("yaml-number");
/// YAML that different parsers read differently.
pub const YAML_AMBIGUOUS: Code = Code::new("yaml-ambiguous");
/// The text is not TOML.
pub const TOML_SYNTAX: Code = Code::new("config-syntax");
/// A file or folder that cannot be read: forbidden, far too large, or neither a file nor a folder.
pub const UNREADABLE_FILE: Code = Code::new("unreadable-file");
/// A symbolic link inside a package.
pub const SYMBOLIC_LINK: Code = Code::new("symbolic-link");
/// A file that is not UTF-8.
pub const NOT_UTF8: Code = Code::new("not-utf8");
/// A file with the marks of a merge that was not finished.
pub const MERGE_CONFLICT: Code = Code::new("merge-conflict");
/// A file whose name is not UTF-8.
pub const FILE_NAME: Code = Code::new("file-name");
/// A file that lies where sources lie and that nothing reads.
pub const UNUSED_FILE: Code = Code::new("unused-file");
/// A package without a policy file.
pub const EMPTY_PACKAGE: Code = Code::new("empty-package");
