//! The resolved program: every name is an id, every statement a value, and a petgraph of what leads where.
//! Fed by the syntax tree; nothing here knows Cedar. Conditions stay as written: `typing` says what they mean. A part that did not resolve is left out and reported, never half-named.

pub mod codes;
mod external;
mod form;
mod ids;
mod index;
mod model;
mod navigation;
mod permitted;
mod profiles;
mod program;
mod query;
mod references;
mod relations;
mod rename;
mod resolve;
mod tenancy;
mod untested;
mod wildcards;

pub use external::{ExternalAction, ExternalEntity, ExternalPermit, ExternalScope, Externals};
pub use form::{Form, NameOf};
pub use ids::{ActionId, ConditionId, ProfileId, RoleId, TypeId};
pub use model::{
    Action, ActionEffects, ActionSet, Assertion, Attribute, Bounded, Claimed, Condition, ContextAttribute, Deny,
    EntityType, Grant, Holder, Implied, Isolation, ParentLink, Profile, ProfileStep, RelationPath, Require, Role,
    Separation, Statement, StatementId, StatementKind, Ty, TypeKind, Until, Waiver, When,
};
pub use program::Program;
pub use query::is_a_place;
pub use references::{Named, References};
pub use relations::{Cycle, Edge, Node, Relations};
pub use rename::Renames;
pub use resolve::resolve;
pub use tenancy::{MOST_PATHS, Path, paths};
pub use untested::place_of_test;
