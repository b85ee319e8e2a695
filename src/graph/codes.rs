//! The codes of faults that resolving finds. Each has its section in `book/src/language/errors.md`.

use crate::diag::Code;

/// A name that nothing declares.
pub const UNKNOWN_NAME: Code = Code::new("unknown-name");
/// A name declared twice.
pub const DUPLICATE_NAME: Code = Code::new("duplicate-name");
/// A name that the compiler generates.
pub const RESERVED_NAME: Code = Code::new("reserved-name");
/// A name of another kind than the place needs.
pub const WRONG_KIND: Code = Code::new("wrong-kind");
/// Roles that extend each other.
pub const ROLE_CYCLE: Code = Code::new("role-cycle");
/// Conditions that use each other.
pub const CONDITION_CYCLE: Code = Code::new("condition-cycle");
/// A condition whose expansion is beyond the limit.
pub const EXPANSION_LIMIT: Code = Code::new("expansion-limit");
/// An action of another type.
pub const WRONG_ACTION: Code = Code::new("wrong-action");
/// An expression of the wrong type.
pub const TYPE_MISMATCH: Code = Code::new("type-mismatch");
/// An attribute that the type does not have.
pub const UNKNOWN_ATTRIBUTE: Code = Code::new("unknown-attribute");
/// An attribute of the context that some action of the statement does not have.
pub const PARTIAL_CONTEXT: Code = Code::new("partial-context");
/// An enum member where no operand says which enum.
pub const AMBIGUOUS_MEMBER: Code = Code::new("ambiguous-member");
/// An order comparison on an enum without order.
pub const UNORDERED_ENUM: Code = Code::new("unordered-enum");
/// A grant to everybody, to everything or on everything.
pub const ALLOW_ANY: Code = Code::new("allow-any");
/// A grant to a whole principal type without a condition.
pub const UNCONDITIONAL_TYPE_GRANT: Code = Code::new("unconditional-type-grant");
/// A role without the principal types that may hold it.
pub const ROLE_WITHOUT_HOLDER: Code = Code::new("role-without-holder");
/// A role that extends one of another kind.
pub const EXTENDS_OTHER_KIND: Code = Code::new("extends-other-kind");
/// A per-resource role that a grant's resource does not reach, or reaches by several paths.
pub const RELATION_PATH: Code = Code::new("relation-path");
/// A type that does not reach the tenant.
pub const TENANT_UNREACHABLE: Code = Code::new("tenant-unreachable");
/// A separation by an attribute that cannot tell who did the first duty.
pub const SEPARATION_ATTRIBUTE: Code = Code::new("separation-attribute");
/// A role that holds both of two separated duties.
pub const SEPARATED_DUTIES: Code = Code::new("separated-duties");
/// A clause that a break-glass profile needs.
pub const BREAK_GLASS_CLAUSE: Code = Code::new("break-glass-clause");
/// A bound of a break-glass profile beyond what is allowed.
pub const BREAK_GLASS_BOUND: Code = Code::new("break-glass-bound");
/// A guard that is not `liftable`.
pub const NOT_LIFTABLE: Code = Code::new("not-liftable");
/// A break-glass profile whose roles are held by different principal types, or cannot be tested without a resource.
pub const BREAK_GLASS_ROLES: Code = Code::new("break-glass-roles");
/// An end in time, but no clock in the context.
pub const CLOCK_MISSING: Code = Code::new("clock-missing");
/// An annotation outside the closed set, or with the wrong arguments.
pub const BAD_ANNOTATION: Code = Code::new("bad-annotation");
/// Two statements whose default names are equal.
pub const SAME_STATEMENT_NAME: Code = Code::new("same-statement-name");
/// A program that declares its namespace twice, or two namespaces.
pub const NAMESPACE_TWICE: Code = Code::new("namespace-twice");
/// Required parents that lead back to their type.
pub const ENDLESS_PARENTS: Code = Code::new("endless-parents");
/// A call with the wrong number of arguments.
pub const WRONG_ARGUMENTS: Code = Code::new("wrong-arguments");

/// Faults that say something is not there. Where part of a program did not parse, that part may well be it.
pub const OF_ABSENCE: [Code; 9] = [
    UNKNOWN_NAME,
    UNKNOWN_ATTRIBUTE,
    WRONG_ACTION,
    ROLE_WITHOUT_HOLDER,
    TENANT_UNREACHABLE,
    CLOCK_MISSING,
    BREAK_GLASS_CLAUSE,
    RELATION_PATH,
    AMBIGUOUS_MEMBER,
];
