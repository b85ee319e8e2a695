//! The data of a resolved program: what it declares and states.

mod identity;
mod statements;
mod step;
mod types;
mod when;

pub use identity::{StatementId, StatementKind};
pub use statements::{
    ActionSet, Assertion, Bounded, Claimed, Condition, Deny, Grant, Holder, Implied, Isolation, Profile, RelationPath,
    Require, Role, Separation, Statement, Until, Waiver,
};
pub use step::ProfileStep;
pub use types::{Action, ActionEffects, Attribute, ContextAttribute, EntityType, ParentLink, Ty, TypeKind};
pub use when::When;
