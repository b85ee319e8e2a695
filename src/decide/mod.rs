//! The one evaluator: the artifacts of a bundle, entities and a request in; a decision with its reasons out. Scenario tests,
//! witnesses and the gateway all decide here. It adds two things to Cedar: it fails closed where Cedar skips (a `forbid` that
//! errors, a principal or resource that is not loaded), and it tells `unknown` from `deny` when the context is incomplete.

mod check;
mod decision;
mod engine;
mod entities;
mod index;
mod json;
mod lineage;
mod model;
mod partial;
mod read_contexts;
mod reads;
mod request;
#[cfg(test)]
mod tests;
mod trial;

pub use decision::{Cause, Decision, Outcome, PolicyError, Residual};
pub use engine::{Engine, EngineError, EvaluateError, Evaluator, Parts, Strictness};
pub use entities::{EntitiesError, EntityFault, EntityParts};
pub use index::Scopes;
pub use reads::{AttributePath, attributes_read};
pub use request::{AttributeFault, Request, RequestError};
pub use trial::{Trial, Tried};
