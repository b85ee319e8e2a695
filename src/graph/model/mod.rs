//! The data of a resolved program.

mod program;
mod statements;
mod step;
mod types;

pub use program::Program;
pub use statements::ActionSet;
pub use statements::Assertion;
pub use statements::Claimed;
pub use statements::Condition;
pub use statements::Deny;
pub use statements::Grant;
pub use statements::Holder;
pub use statements::Isolation;
pub use statements::Profile;
pub use statements::RelationPath;
pub use statements::Require;
pub use statements::Role;
pub use statements::Separation;
pub use statements::Statement;
pub use statements::Until;
pub use statements::Waiver;
pub use step::ProfileStep;
pub use step::Step;
pub use types::Action;
pub use types::ActionEffects;
pub use types::Attribute;
pub use types::ContextAttribute;
pub use types::EntityType;
pub use types::ParentLink;
pub use types::Ty;
pub use types::TypeKind;
