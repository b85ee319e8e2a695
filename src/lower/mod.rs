//! From the resolved program to Cedar: schema, policies built as PST, the source map and the contract.
//! Raw `.cedar` and `.cedarschema` sources join here. Cedar's validator runs here too, and what it says is
//! carried back to the author's words.

mod access;
mod break_glass;
mod claims;
pub mod codes;
mod confusable;
mod contract;
mod denials;
mod draft;
mod drafts;
mod files;
mod grants;
mod guards;
mod holders;
mod origins;
mod program;
mod pst;
mod raw;
mod roles_form;
mod routes;
mod schema;
mod screen;
mod separation;
mod text;
mod unknown_types;
mod validate;
mod wording;

pub use access::Access;
pub use access::accesses;
pub use claims::Apart;
pub use claims::Beyond;
pub use claims::Counted;
pub use claims::Promise;
pub use claims::Property;
pub use claims::PropertyKind;
pub use claims::beyond;
pub use claims::properties;
pub use confusable::confusable;
pub use draft::Draft;
pub use draft::Effect;
pub use draft::Part;
pub use draft::Subject;
pub use program::Lowered;
pub use program::lower;
pub use raw::RawIds;
pub use raw::RawPolicy;
pub use raw::RawSchema;
pub use raw::RawStatement;
pub use raw::fresh;
pub use raw::raw_permits;
pub use raw::raw_statements;
pub use raw::read_policies;
pub use raw::read_schemas;
pub use schema::SchemaText;
pub use screen::suspects;
