//! A request as it arrives, and what can be wrong with it. Values are JSON in Cedar's entity form: with a schema, datetimes,
//! durations, decimals, addresses and entities may be written without their `__extn` and `__entity` wrappers.

use cedar_policy::EntityUid;
use serde_json::{Map, Value};
use thiserror::Error;

/// Who wants to do what to what, and under which circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: EntityUid,
    /// The Cedar action.
    pub action: EntityUid,
    /// What it is done to.
    pub resource: EntityUid,
    /// The context. Required attributes may be left out: the decision is then `unknown` where it depends on them.
    pub context: Map<String, Value>,
}

/// Why a request cannot be decided at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The schema has no such action.
    #[error("the schema has no action `{0}`")]
    UnknownAction(String),
    /// The action is not for principals of this type.
    #[error("`{principal}` is of a type that `{action}` does not apply to")]
    PrincipalType {
        /// Who asks.
        principal: String,
        /// The action.
        action: String,
    },
    /// The action is not for resources of this type.
    #[error("`{resource}` is of a type that `{action}` does not apply to")]
    ResourceType {
        /// What it would be done to.
        resource: String,
        /// The action.
        action: String,
    },
    /// Attributes of the context are not as declared: all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Context(Vec<AttributeFault>),
    /// Anything else that Cedar finds wrong with it, such as a value that is no member of its enumeration.
    #[error("{0}")]
    Other(String),
}

/// An attribute of the context that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("context attribute `{attribute}`: {message}")]
pub struct AttributeFault {
    /// The attribute.
    pub attribute: String,
    /// What is wrong with it.
    pub message: String,
}
