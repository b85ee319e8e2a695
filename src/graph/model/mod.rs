//! The data of a resolved program.

mod identity;
mod program;
mod statements;
mod step;
mod types;

pub use identity::{StatementId, StatementKind, When};
pub use program::Program;
pub use statements::{
    ActionSet, Assertion, Bounded, Claimed, Condition, Deny, Grant, Holder, Isolation, Profile, RelationPath, Require,
    Role, Separation, Statement, Until, Waiver,
};
pub use step::ProfileStep;
pub use types::{Action, ActionEffects, Attribute, ContextAttribute, EntityType, ParentLink, Ty, TypeKind};
