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
mod lowered;
mod lowering;
mod names;
mod origins;
mod print;
mod program;
mod pst;
mod raw;
mod roles_form;
mod routes;
mod schema;
mod screen;
mod separation;
mod short;
mod text;
mod unknown_types;
mod validate;
mod wording;

pub use access::{Access, accesses};
pub use break_glass::{StepRequest, step_requests};
pub use claims::{
    Apart, Beyond, Counted, Promise, Property, PropertyKind, Spoken, beyond, is_called, properties, spoken,
};
pub use confusable::confusable;
pub use draft::{Draft, Effect, Entity, Part, Subject};
pub use lowered::Lowered;
pub use program::lower;
pub use raw::{
    RawIds, RawPolicy, RawSchema, RawStatement, RawTemplate, fresh, has_part, raw_permits, raw_statements,
    raw_templates, read_policies, read_schemas,
};
pub use schema::SchemaText;
pub use screen::suspects;
pub use separation::{Held, separated_by_assignments};
pub use text::{draft_text, expression as cedar_text, is_plain_name};
