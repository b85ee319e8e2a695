//! The codes of everything that can be wrong with the text of a program before any name is looked up.

use crate::diag::Code;

/// A token stands where it cannot.
pub const SYNTAX: Code = Code::new("syntax");
/// A word that begins no declaration or clause stands where one must begin.
pub const UNKNOWN_KEYWORD: Code = Code::new("unknown-keyword");
/// A `{` without its `}`.
pub const UNCLOSED_BLOCK: Code = Code::new("unclosed-block");
/// A `(` or `[` without its partner.
pub const UNCLOSED_BRACKET: Code = Code::new("unclosed-bracket");
/// A closing bracket that closes nothing.
pub const UNMATCHED_BRACKET: Code = Code::new("unmatched-bracket");
/// A string that does not end on its line.
pub const UNCLOSED_STRING: Code = Code::new("unclosed-string");
/// A character that begins no token.
pub const STRAY_CHARACTER: Code = Code::new("stray-character");
/// A reserved word in the place of a name.
pub const RESERVED_WORD: Code = Code::new("reserved-word");
/// A construct that a later edition of the language will have.
pub const NOT_IN_EDITION: Code = Code::new("not-in-edition");
/// Brackets, operators or accesses nested beyond the limit.
pub const NESTING_TOO_DEEP: Code = Code::new("nesting-too-deep");
/// More operands in one chain of `&&` or `||`, or elements in one list, than the limit.
pub const CHAIN_TOO_LONG: Code = Code::new("chain-too-long");
/// A file beyond the size limit.
pub const FILE_TOO_LARGE: Code = Code::new("file-too-large");
/// More faults in one file than are worth reading.
pub const TOO_MANY_FAULTS: Code = Code::new("too-many-faults");
/// A number or duration that cannot be read, or lies out of range.
pub const BAD_NUMBER: Code = Code::new("bad-number");
/// An instant that is not RFC 3339 with a zone.
pub const BAD_INSTANT: Code = Code::new("bad-instant");
/// A backslash followed by something that is no escape.
pub const BAD_ESCAPE: Code = Code::new("bad-escape");
/// A clause or attribute given twice where one is the most.
pub const DUPLICATE_CLAUSE: Code = Code::new("duplicate-clause");
/// `a < b < c`: relational operators do not chain.
pub const CHAINED_COMPARISON: Code = Code::new("chained-comparison");
/// A doc comment before something that carries none.
pub const MISPLACED_DOC: Code = Code::new("misplaced-doc");
/// An annotation before something that carries none.
pub const MISPLACED_ANNOTATION: Code = Code::new("misplaced-annotation");
/// A label before something that names itself.
pub const MISPLACED_LABEL: Code = Code::new("misplaced-label");
/// A grant in a role that names a holder, or one outside a role that names none.
pub const GRANT_HOLDER: Code = Code::new("grant-holder");
