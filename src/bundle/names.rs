//! Names that Cedar sees beside the author's own: of the types and the attribute that the compiler makes, and all that no
//! package may declare.

use crate::clauses::Step;

/// The type of plain roles.
pub const ROLE_TYPE: &str = "Role";
/// The type of groups of holders: those who hold a role on a resource.
pub const HOLDERS_TYPE: &str = "RoleHolders";
/// The type of break-glass profiles.
pub const PROFILE_TYPE: &str = "BreakGlassProfile";
/// The type of actions, which is Cedar's own.
pub const ACTION_TYPE: &str = "Action";

/// The generated attribute with the names of all roles that a principal holds, through its groups and from above, too:
/// `finance`, `Org::acme.admin`. No attribute of a Gate program can be called so.
pub const ROLES_ATTRIBUTE: &str = "gate:roles";

/// The attribute of the context with the grants of break-glass that the gateway presents, by profile.
pub const GRANTS_ATTRIBUTE: &str = "break_glass";

/// Names that the compiler or Cedar uses itself; a program may not declare them.
pub const RESERVED_NAMES: [&str; 18] = [
    ACTION_TYPE,
    HOLDERS_TYPE,
    PROFILE_TYPE,
    ROLE_TYPE,
    Step::Request.action(),
    Step::Approve.action(),
    Step::Refuse.action(),
    Step::Revoke.action(),
    Step::Review.action(),
    "Bool",
    "Long",
    "Set",
    "String",
    "datetime",
    "decimal",
    "duration",
    "ip",
    "ipaddr",
];
