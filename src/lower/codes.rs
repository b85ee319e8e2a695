//! The codes of faults that lowering finds. Each has its section in `book/src/language/errors.md`.

use crate::diag::Code;
use crate::graph::codes::SEPARATED_DUTIES;

/// What Cedar's validator refuses in a Gate statement or a raw policy.
pub const CEDAR_VALIDATION: Code = Code::new("cedar-validation");
/// An optional attribute or a tag that is read without a test.
pub const UNTESTED_OPTIONAL: Code = Code::new("untested-optional");
/// A condition that Cedar's validator finds always false, so that the statement never applies.
pub const NEVER_APPLIES: Code = Code::new("never-applies");
/// A name that a reader may take for another one.
pub const CONFUSABLE_IDENTIFIER: Code = Code::new("confusable-identifier");
/// A `.cedar` file that does not parse.
pub const CEDAR_SYNTAX: Code = Code::new("cedar-syntax");
/// A `.cedarschema` file that does not parse or does not hold together.
pub const CEDAR_SCHEMA: Code = Code::new("cedar-schema");
/// A raw policy in a package without `@id`.
pub const RAW_WITHOUT_ID: Code = Code::new("raw-without-id");
/// A raw policy whose `@id` another policy has.
pub const RAW_SAME_ID: Code = Code::new("raw-same-id");
/// A template link that names no template, or does not fit it.
pub const TEMPLATE_LINK: Code = Code::new("template-link");
/// Roles that the form in which the package is compiled cannot tell.
pub const ROLES_FORM: Code = Code::new("roles-form");
/// A fault in the compiler itself.
pub const INTERNAL: Code = Code::new("internal");
/// A `deny … to any` whose condition does not type for some of the actions.
pub const DENY_LEAVES_OUT: Code = Code::new("deny-leaves-out");
/// An assertion whose condition does not type for some of the kinds of request that it speaks of.
pub const ASSERTION_LEAVES_OUT: Code = Code::new("assertion-leaves-out");
/// A guard on a step of break-glass that the profile itself lifts.
pub const GUARD_LEAVES_OUT: Code = Code::new("guard-leaves-out");

/// A raw policy that lets in single entities by a duty that is separated from another.
pub const SEPARATION_UNCOUNTED: Code = Code::new("separation-uncounted");

/// Faults of statements that are there all the same: names and types resolved, and the rest of the program can be judged.
pub const OF_SOUND: [Code; 7] = [
    CEDAR_VALIDATION,
    UNTESTED_OPTIONAL,
    DENY_LEAVES_OUT,
    ASSERTION_LEAVES_OUT,
    CEDAR_SCHEMA,
    RAW_SAME_ID,
    SEPARATED_DUTIES,
];
