//! Requests whose context is incomplete: what can be decided of them, and what is left of the policies where nothing can.
//!
//! Cedar looks an attribute up in a record with unknowns only if the record holds no call of a function, and a datetime is one.
//! So all attributes of the context are unknowns at first, and those that were given are bound in a second step.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Authorizer, Context, Decision, Entities, PartialResponse, Policy, PolicySet, RestrictedExpression};
use serde_json::{Value, json};

use super::{Request, RequestError, Residual};

/// The attributes of an incomplete context.
#[derive(Debug)]
pub(super) struct Partial {
    /// Required attributes that were left out.
    pub(super) missing: BTreeSet<String>,
    /// The values of the others.
    pub(super) given: BTreeMap<String, RestrictedExpression>,
}

/// What came of it.
pub(super) struct Response {
    /// The decision, where every completion of the context has the same.
    pub(super) decision: Option<Decision>,
    /// The policies that decided, where there is a decision.
    pub(super) reasons: BTreeSet<String>,
    /// Policies that error however the context is completed, with Cedar's message.
    pub(super) errors: BTreeMap<String, String>,
    /// What is left of the others that can still decide, sorted.
    pub(super) residuals: Vec<Residual>,
    /// The left-out attributes that those read.
    pub(super) missing: BTreeSet<String>,
}

impl Partial {
    /// The request with only the attributes that were given; reading another is an error.
    pub(super) fn without_missing(&self, request: &Request) -> Result<cedar_policy::Request, RequestError> {
        unchecked(request, self.given.clone())
    }

    fn with_unknowns(&self, request: &Request) -> Result<cedar_policy::Request, RequestError> {
        let names = self.given.keys().chain(&self.missing);
        unchecked(request, names.map(|name| (name.clone(), RestrictedExpression::new_unknown(unknown_of(name)))))
    }
}

/// Evaluates policies as far as an incomplete context allows.
pub(super) fn evaluate(
    authorizer: &Authorizer,
    policies: &PolicySet,
    entities: &Entities,
    request: &Request,
    partial: &Partial,
) -> Result<Response, RequestError> {
    let open = authorizer.is_authorized_partial(&partial.with_unknowns(request)?, policies, entities);
    let given: Vec<_> = partial.given.iter().map(|(name, value)| (unknown_of(name), value)).collect();
    let bindings = given.iter().map(|(unknown, value)| (unknown.as_str(), *value));
    let bound = open
        .reauthorize_with_bindings(bindings, authorizer, entities)
        .map_err(|error| RequestError::Other(error.to_string()))?;
    // The second step takes what errored in the first for false.
    let mut errors = errors_of(&open);
    errors.extend(errors_of(&bound));
    let (residuals, read): (Vec<_>, Vec<_>) =
        bound.nontrivial_residuals().map(|policy| residual(&policy, &partial.missing)).unzip();
    let mut residuals = residuals;
    residuals.sort();
    Ok(Response {
        decision: bound.decision(),
        reasons: bound.must_be_determining().map(|policy| policy.id().to_string()).collect(),
        errors,
        residuals,
        missing: read.into_iter().flatten().collect(),
    })
}

/// The name of the unknown that stands for an attribute. It is not the attribute's own: by `principal` Cedar means the variable.
fn unknown_of(attribute: &str) -> String {
    format!("context.{attribute}")
}

/// The request has been checked with its complete context; Cedar's check takes an incomplete one for faulty.
fn unchecked(
    request: &Request,
    context: impl IntoIterator<Item = (String, RestrictedExpression)>,
) -> Result<cedar_policy::Request, RequestError> {
    let context = Context::from_pairs(context).map_err(|error| RequestError::Other(error.to_string()))?;
    let (principal, action, resource) = (&request.principal, &request.action, &request.resource);
    cedar_policy::Request::new(principal.clone(), action.clone(), resource.clone(), context, None)
        .map_err(|error| RequestError::Other(error.to_string()))
}

/// The policies that error for certain. Cedar tells the messages only of a concretised response, where residuals are errors too.
fn errors_of(response: &PartialResponse) -> BTreeMap<String, String> {
    let errored: BTreeSet<_> = response.definitely_errored().cloned().collect();
    let concrete = response.clone().concretize();
    let errors = concrete.diagnostics().errors().map(|error| {
        let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
        error
    });
    errors
        .filter(|error| errored.contains(error.policy_id()))
        .map(|error| (error.policy_id().to_string(), error.inner().to_string()))
        .collect()
}

/// What is left of a policy, and which of the left-out attributes that reads.
fn residual(policy: &Policy, missing: &BTreeSet<String>) -> (Residual, BTreeSet<String>) {
    let mut read = BTreeSet::new();
    let cedar = simple(policy, missing, &mut read).unwrap_or_else(|| {
        // Cedar's own text shows whatever is left, if not in words that it reads back.
        read.clone_from(missing);
        policy.to_string()
    });
    let residual = Residual { policy: policy.id().to_string(), effect: policy.effect(), cedar };
    (residual, read)
}

/// The policy as Cedar text: unknowns as the attributes they stand for, and without what has become `true` or `false`.
/// Its scope is open, having become part of the condition; its annotations are left out, as the original has them.
fn simple(policy: &Policy, missing: &BTreeSet<String>, read: &mut BTreeSet<String>) -> Option<String> {
    let mut json = policy.to_json().ok()?;
    let body = json.as_object_mut()?;
    body.remove("annotations");
    for condition in body.get_mut("conditions")?.as_array_mut()? {
        let body = condition.as_object_mut()?.get_mut("body")?;
        *body = simplified(body.take(), missing, read);
    }
    let cedar = Policy::from_json(None, json).ok()?.to_cedar()?;
    Some(cedar.replacen("(\n  principal,\n  action,\n  resource\n)", " (principal, action, resource)", 1))
}

/// An expression in Cedar's JSON form, simplified from the leaves up.
fn simplified(expr: Value, missing: &BTreeSet<String>, read: &mut BTreeSet<String>) -> Value {
    let expr = match expr {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(key, value)| (key, simplified(value, missing, read))).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| simplified(item, missing, read)).collect(),
        other => other,
    };
    let operands = |operator: &str| {
        let operands = expr.get(operator)?;
        Some((operands.get("left")?, operands.get("right")?))
    };
    let is = |operand: &Value, value: bool| operand.get("Value") == Some(&Value::Bool(value));
    for (operator, neutral) in [("&&", true), ("||", false)] {
        match operands(operator) {
            Some((left, right)) if is(left, neutral) => return right.clone(),
            Some((left, right)) if is(right, neutral) || is(left, !neutral) => return left.clone(),
            _ => {}
        }
    }
    let unknown = expr.pointer("/unknown/0/Value").and_then(Value::as_str);
    let attribute = missing.iter().find(|name| unknown == Some(unknown_of(name).as_str()));
    match attribute {
        Some(name) => {
            read.insert(name.clone());
            json!({ ".": { "left": { "Var": "context" }, "attr": name } })
        }
        None => expr,
    }
}
