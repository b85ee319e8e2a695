//! The one evaluator: the artifacts of a bundle, entities and a request in; a decision with its reasons out. Scenario tests,
//! witnesses and the gateway all decide here. It adds two things to Cedar: it fails closed where Cedar skips (a `forbid` that
//! errors, a principal or resource that is not loaded), and it tells `unknown` from `deny` when the context is incomplete.

mod decision;
mod engine;
mod entities;
mod index;
mod lineage;
mod model;
mod partial;
mod request;
#[cfg(test)]
mod tests;
mod trial;

pub use decision::Cause;
pub use decision::Decision;
pub use decision::Outcome;
pub use decision::PolicyError;
pub use decision::Residual;
pub use engine::Engine;
pub use engine::EngineError;
pub use engine::EvaluateError;
pub use engine::Strictness;
pub use entities::EntitiesError;
pub use entities::EntityFault;
pub use request::AttributeFault;
pub use request::Request;
pub use request::RequestError;
pub use trial::Trial;
pub use trial::Tried;
