//! The check of a request against the schema.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Context, RequestValidationError};
use serde_json::{Map, Value};

use super::json::holds_unknown;
use super::model::{Model, Presence};
use super::partial::Partial;
use super::{AttributeFault, Request, RequestError};

/// A request that is as the schema says, as far as it goes.
#[derive(Debug)]
pub(super) enum Checked {
    /// Nothing was left out.
    Complete(Box<cedar_policy::Request>),
    /// Required attributes of the context were.
    Partial(Partial),
}

/// Checks a request, against the schema where there is one.
pub(super) fn check(request: &Request, model: Option<&Model>) -> Result<Checked, RequestError> {
    refuse_unknowns(&request.context)?;
    let samples = match model {
        Some(model) => {
            let declared = model.context_of(&request.action);
            let declared = declared.ok_or_else(|| RequestError::UnknownAction(request.action.to_string()))?;
            left_out(declared, &request.context)
        }
        None => Map::new(),
    };
    let missing: BTreeSet<String> = samples.iter().map(|(name, _)| name.clone()).collect();
    let complete: Map<String, Value> = request.context.clone().into_iter().chain(samples).collect();
    let cedar = build(request, complete, model).map_err(|fault| match fault {
        Fault::Request(fault) => fault,
        Fault::Context(message) => match attribute_faults(request, model) {
            faults if faults.is_empty() => RequestError::Other(message),
            faults => RequestError::Context(faults),
        },
    })?;
    if missing.is_empty() {
        return Ok(Checked::Complete(Box::new(cedar)));
    }
    let context = cedar.context().cloned().unwrap_or_else(Context::empty);
    let given = context.into_iter().filter(|(name, _)| !missing.contains(name)).collect();
    Ok(Checked::Partial(Partial { missing, given }))
}

/// What is wrong with a request: with its context, or else.
enum Fault {
    Context(String),
    Request(RequestError),
}

fn build(
    request: &Request,
    context: Map<String, Value>,
    model: Option<&Model>,
) -> Result<cedar_policy::Request, Fault> {
    let schema = model.map(|model| &model.schema);
    let read = |context: Map<String, Value>| {
        Context::from_json_value(Value::Object(context), schema.map(|schema| (schema, &request.action)))
            .map_err(|error| Fault::Context(error.to_string()))
    };
    let context = match model {
        Some(model) => model.read.get_or_read(&request.action, context, read)?,
        None => read(context)?,
    };
    let (principal, action, resource) = (&request.principal, &request.action, &request.resource);
    cedar_policy::Request::new(principal.clone(), action.clone(), resource.clone(), context, schema)
        .map_err(|error| invalid(request, &error))
}

fn refuse_unknowns(context: &Map<String, Value>) -> Result<(), RequestError> {
    let holding = context.iter().filter(|(_, value)| holds_unknown(value));
    let faults: Vec<_> = holding
        .map(|(attribute, _)| AttributeFault {
            attribute: attribute.clone(),
            message: "a request cannot contain the value `unknown`".to_owned(),
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(RequestError::Context(faults)) }
}

/// Samples of the required attributes that are not given.
fn left_out(declared: &BTreeMap<String, Presence>, given: &Map<String, Value>) -> Map<String, Value> {
    let absent = declared.iter().filter(|(name, _)| !given.contains_key(*name));
    absent
        .filter_map(|(name, presence)| match presence {
            Presence::Required(sample) => Some((name.clone(), sample.clone())),
            Presence::Optional => None,
        })
        .collect()
}

/// Cedar stops at the first fault and does not always name the attribute. With samples for all attributes but one,
/// what is found wrong is that one's own fault.
fn attribute_faults(request: &Request, model: Option<&Model>) -> Vec<AttributeFault> {
    let Some(declared) = model.and_then(|model| model.context_of(&request.action)) else {
        return Vec::new();
    };
    let message = |attribute: &String, value: &Value| {
        if !declared.contains_key(attribute) {
            return Some(format!("the context of `{}` has no attribute with this name", request.action));
        }
        let mut context = Map::from_iter([(attribute.clone(), value.clone())]);
        context.extend(left_out(declared, &context));
        match build(request, context, model) {
            Err(Fault::Context(message)) => Some(message),
            Err(Fault::Request(_)) | Ok(_) => None,
        }
    };
    let given = request.context.iter();
    given
        .filter_map(|(attribute, value)| {
            Some(AttributeFault { attribute: attribute.clone(), message: message(attribute, value)? })
        })
        .collect()
}

fn invalid(request: &Request, error: &RequestValidationError) -> Fault {
    Fault::Request(match error {
        RequestValidationError::UndeclaredAction(_) => RequestError::UnknownAction(request.action.to_string()),
        RequestValidationError::UndeclaredPrincipalType(_) | RequestValidationError::InvalidPrincipalType(_) => {
            RequestError::PrincipalType { principal: request.principal.to_string(), action: request.action.to_string() }
        }
        RequestValidationError::UndeclaredResourceType(_) | RequestValidationError::InvalidResourceType(_) => {
            RequestError::ResourceType { resource: request.resource.to_string(), action: request.action.to_string() }
        }
        RequestValidationError::InvalidContext(_) => {
            // Cedar's message shows the whole context and not what is wrong with it.
            return Fault::Context("not of the declared type".to_owned());
        }
        RequestValidationError::TypeOfContext(error) => return Fault::Context(error.to_string()),
        other => RequestError::Other(other.to_string()),
    })
}
