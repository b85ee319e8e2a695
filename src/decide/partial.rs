//! Requests whose context is incomplete: what can be decided of them, and what is left of the policies where nothing can.
//!
//! Cedar looks an attribute up in a record with unknowns only if the record holds no call of a function, and a datetime is one.
//! So all attributes of the context are unknowns at first, and those that were given are bound in a second step.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Effect, Entities, EvaluationError, PartialResponse, Policy,
    PolicySet, RestrictedExpression,
};
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
    let unknown = partial.with_unknowns(request)?;
    let given: Vec<_> = partial.given.iter().map(|(name, value)| (unknown_of(name), value)).collect();
    let bound = |policies: &PolicySet| {
        let open = authorizer.is_authorized_partial(&unknown, policies, entities);
        let bindings = given.iter().map(|(unknown, value)| (unknown.as_str(), *value));
        let bound = open
            .reauthorize_with_bindings(bindings, authorizer, entities)
            .map_err(|error| RequestError::Other(error.to_string()))?;
        // The second step takes what errored in the first for false.
        let mut errors = errors_of(&open);
        errors.extend(errors_of(&bound));
        Ok(Evaluated {
            satisfied: bound.definitely_satisfied().collect(),
            residuals: bound.nontrivial_residuals().collect(),
            errors,
        })
    };
    let mut found = bound(policies)?;
    let mut plain = Vec::new();
    found.residuals.retain(|policy| match with_plain_has(policies, policy) {
        Some(again) => {
            plain.push(again);
            false
        }
        None => true,
    });
    if !plain.is_empty() {
        let plain = PolicySet::from_policies(plain);
        let again = bound(&plain.map_err(|error| RequestError::Other(error.to_string()))?)?;
        found.satisfied.extend(again.satisfied);
        found.residuals.extend(again.residuals);
        found.errors.extend(again.errors);
    }
    found.residuals.retain(|policy| policy.effect() == Effect::Forbid || may_hold(policy));
    // Of `{a: …, b: …}.a` the second step evaluates `a` alone, where Cedar evaluates all. What errors because something is
    // left out reads it.
    let lacking = partial.without_missing(request)?;
    let lacking = authorizer.is_authorized(&lacking, policies, entities);
    for AuthorizationError::PolicyEvaluationError(error) in lacking.diagnostics().errors() {
        if matches!(error.inner(), EvaluationError::RecordAttrDoesNotExist(_)) {
            found.leave_open(policies.policy(error.policy_id()));
        }
    }
    Ok(found.response(&partial.missing))
}

/// What became of policies.
struct Evaluated {
    satisfied: Vec<Policy>,
    /// What is left of those that some completion may satisfy.
    residuals: Vec<Policy>,
    errors: BTreeMap<String, String>,
}

impl Evaluated {
    /// Counts a policy that reads what is left out as one of which something is left. A permit that does not hold is none.
    fn leave_open(&mut self, policy: Option<&Policy>) {
        let Some(policy) = policy else { return };
        let before = self.satisfied.len();
        self.satisfied.retain(|one| one.id() != policy.id());
        let is_known = self.errors.contains_key(&policy.id().to_string())
            || self.residuals.iter().any(|residual| residual.id() == policy.id());
        if self.satisfied.len() < before || (policy.effect() == Effect::Forbid && !is_known) {
            self.residuals.push(policy.clone());
        }
    }

    fn response(self, missing: &BTreeSet<String>) -> Response {
        let satisfied = |effect| self.satisfied.iter().filter(move |policy| policy.effect() == effect);
        let is_left = |effect| self.residuals.iter().any(|policy| policy.effect() == effect);
        let [permits, forbids] = [Effect::Permit, Effect::Forbid]
            .map(|effect| satisfied(effect).map(|policy| policy.id().to_string()).collect::<BTreeSet<_>>());
        let (decision, reasons) = match (permits.is_empty(), forbids.is_empty()) {
            (_, false) => (Some(Decision::Deny), forbids),
            (true, true) if !is_left(Effect::Permit) => (Some(Decision::Deny), forbids),
            (false, true) if !is_left(Effect::Forbid) => (Some(Decision::Allow), permits),
            _ => (None, BTreeSet::new()),
        };
        let (mut residuals, read): (Vec<_>, Vec<_>) =
            self.residuals.iter().map(|policy| residual(policy, missing)).unzip();
        residuals.sort();
        Response { decision, reasons, errors: self.errors, residuals, missing: read.into_iter().flatten().collect() }
    }
}

/// The policy of which something is left, with each `has` of several steps as one `has` for each step: Cedar decides the long form
/// only of what is known whole, and the first step often tells. `None` where there is none.
fn with_plain_has(policies: &PolicySet, residual: &Policy) -> Option<Policy> {
    let mut json = policies.policy(residual.id())?.to_json().ok()?;
    let mut is_changed = false;
    for condition in json.as_object_mut()?.get_mut("conditions")?.as_array_mut()? {
        let body = condition.as_object_mut()?.get_mut("body")?;
        *body = step_by_step(body.take(), &mut is_changed);
    }
    Policy::from_json(Some(residual.id().clone()), json).ok().filter(|_| is_changed)
}

/// An expression in Cedar's JSON form, without `has` of several steps.
fn step_by_step(expr: Value, is_changed: &mut bool) -> Value {
    let expr = match expr {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(key, value)| (key, step_by_step(value, is_changed))).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| step_by_step(item, is_changed)).collect(),
        other => other,
    };
    let has = expr.get("has").filter(|_| expr.as_object().is_some_and(|fields| fields.len() == 1));
    let steps = has.and_then(|has| Some((has.get("left")?, has.get("attr")?.as_array()?)));
    let Some((left, steps)) = steps else { return expr };
    *is_changed = true;
    let mut at = left.clone();
    let mut tests = Vec::new();
    for step in steps {
        tests.push(json!({ "has": { "left": at, "attr": step } }));
        at = json!({ ".": { "left": at, "attr": step } });
    }
    let all = tests.into_iter().reduce(|all, test| json!({ "&&": { "left": all, "right": test } }));
    all.unwrap_or(expr)
}

/// Whether what is left of a policy may hold for some completion. What errors does not hold, so that this is enough for a `permit`.
fn may_hold(policy: &Policy) -> bool {
    let Ok(json) = policy.to_json() else { return true };
    let conditions = json.get("conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().all(|condition| {
        let wanted = condition.get("kind").and_then(Value::as_str) != Some("unless");
        condition.get("body").is_none_or(|body| may_be(body, wanted))
    })
}

/// Whether an expression in Cedar's JSON form may come out as a truth value.
fn may_be(expr: &Value, wanted: bool) -> bool {
    let Some((operator, operands)) = expr.as_object().and_then(|fields| fields.iter().next()) else { return true };
    let of = |operand: &str, wanted| operands.get(operand).is_none_or(|operand| may_be(operand, wanted));
    match (operator.as_str(), wanted) {
        ("Value", _) => operands.as_bool().is_none_or(|value| value == wanted),
        ("&&", true) | ("||", false) => of("left", wanted) && of("right", wanted),
        ("&&", false) | ("||", true) => of("left", wanted) || of("right", wanted),
        ("!", _) => of("arg", !wanted),
        ("if-then-else", _) => of("if", true) && of("then", wanted) || of("if", false) && of("else", wanted),
        _ => true,
    }
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
        let AuthorizationError::PolicyEvaluationError(error) = error;
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
    if read.is_empty() {
        read.clone_from(missing);
    }
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
        None => {
            let accessed = expr.get(".").filter(|access| access.pointer("/left/Var") == Some(&json!("context")));
            let name = accessed.and_then(|access| access.get("attr")?.as_str());
            read.extend(name.and_then(|name| missing.get(name)).cloned());
            expr
        }
    }
}
