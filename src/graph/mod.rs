//! The resolved program: every name is an id, every statement a value, and a petgraph of what leads where.
//! Fed by the syntax tree; nothing here knows Cedar. A part that did not resolve is left out and reported, never half-named.

pub mod codes;
mod elaborate;
mod expansion;
mod external;
mod form;
mod ids;
mod index;
mod model;
mod permitted;
mod query;
mod relations;
mod rename;
mod resolve;
mod settled;
mod tenancy;
mod typed;
mod untested;
mod wildcards;

pub use elaborate::Env;
pub use elaborate::check_condition;
pub use elaborate::elaborate;
pub use expansion::Budget;
pub use external::ExternalAction;
pub use external::ExternalEntity;
pub use external::ExternalPermit;
pub use external::ExternalScope;
pub use external::Externals;
pub use form::Form;
pub use form::NameOf;
pub use ids::ActionId;
pub use ids::ConditionId;
pub use ids::ProfileId;
pub use ids::RoleId;
pub use ids::TypeId;
pub use model::Action;
pub use model::ActionEffects;
pub use model::ActionSet;
pub use model::Assertion;
pub use model::Attribute;
pub use model::Claimed;
pub use model::Condition;
pub use model::ContextAttribute;
pub use model::Deny;
pub use model::EntityType;
pub use model::Grant;
pub use model::Holder;
pub use model::Isolation;
pub use model::ParentLink;
pub use model::Profile;
pub use model::ProfileStep;
pub use model::Program;
pub use model::RelationPath;
pub use model::Require;
pub use model::Role;
pub use model::Separation;
pub use model::Statement;
pub use model::Step;
pub use model::Ty;
pub use model::TypeKind;
pub use model::Until;
pub use model::Waiver;
pub use query::is_a_place;
pub use relations::Cycle;
pub use relations::Edge;
pub use relations::Node;
pub use relations::Relations;
pub use rename::Renames;
pub use resolve::resolve;
pub use settled::TypeOf;
pub use settled::settled;
pub use tenancy::MOST_PATHS;
pub use tenancy::Path;
pub use tenancy::paths;
pub use typed::Operator;
pub use typed::TypedExpr;
pub use typed::TypedKind;
pub use typed::Variable;
pub use untested::place_of_test;
pub use wildcards::Implied;

/// Names that the compiler generates; a program may not declare them.
pub const RESERVED_NAMES: [&str; 18] = [
    "RequestBreakGlass",
    "ApproveBreakGlass",
    "RefuseBreakGlass",
    "RevokeBreakGlass",
    "ReviewBreakGlass",
    "ip",
    "Action",
    "BreakGlassProfile",
    "Role",
    "RoleHolders",
    "Bool",
    "Long",
    "String",
    "Set",
    "decimal",
    "datetime",
    "duration",
    "ipaddr",
];
