//! The evaluator over one bundle. Cedar's `Authorizer` is used here and nowhere else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use cedar_policy::{
    AuthorizationError, Authorizer, Effect, Entities, Entity, EntityUid, EvalResult, Expression, Policy, PolicyId,
    PolicySet, Schema, SchemaFragment,
};
use serde_json::Value;
use thiserror::Error;

use super::check::{Checked, check};
use super::index::{Index, set_of};
use super::model::Model;
use super::{
    Cause, Decision, EntitiesError, EntityParts, Outcome, PolicyError, Request, RequestError, entities, partial,
};
use crate::bundle::{BundleTree, Contract};
use crate::diag::with_causes;

/// What a forbid that errors, and a principal or resource that is not loaded, lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// Deny. The only one that a gateway may use.
    #[default]
    FailClosed,
    /// Plain Cedar: the policy is skipped, the entity has no attributes and no parents. For data sets whose published decisions assume it.
    Cedar,
}

/// Policies, schema and roles, ready to decide.
#[derive(Debug)]
pub struct Engine {
    policies: PolicySet,
    model: Option<Model>,
    base: Entities,
    index: Index,
    strictness: Strictness,
    authorizer: Authorizer,
}

/// What a bundle ships, before it is written to files.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    /// The policies.
    pub policies: PolicySet,
    /// The schema.
    pub schema: &'a Schema,
    /// The same schema in Cedar's JSON form.
    pub schema_json: &'a Value,
    /// The roles, in Cedar's JSON form of entities.
    pub roles: &'a Value,
    /// What Cedar's schema cannot say of entities.
    pub contract: &'a Contract,
}

/// Why artifacts make no engine.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The bundle lacks a file.
    #[error("the bundle has no `{0}`")]
    Absent(&'static str),
    /// A file is not what it should be.
    #[error("cannot read `{file}` of the bundle: {message}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The policies are not a set.
    #[error("the policies do not form a set: {0}")]
    Policies(String),
    /// The schema does not hold together.
    #[error("the schema is not valid")]
    Schema(#[source] Box<cedar_policy::SchemaError>),
    /// The roles are not as the schema declares them.
    #[error("the roles do not conform to the schema")]
    Roles(#[source] Box<cedar_policy::entities_errors::EntitiesError>),
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvaluateError {
    /// It is no Cedar expression.
    #[error("not a Cedar expression: {0}")]
    Syntax(String),
    /// The request cannot be decided at all.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// It errors under this request, or reads an attribute that was left out.
    #[error("{0}")]
    Evaluation(String),
}

/// Evaluates expressions under one request.
#[derive(Debug)]
pub struct Evaluator<'a> {
    request: cedar_policy::Request,
    is_complete: bool,
    entities: &'a Entities,
}

impl Evaluator<'_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// Where it errors, or reads an attribute that was left out.
    pub fn value(&self, expression: &Expression) -> Result<EvalResult, EvaluateError> {
        cedar_policy::eval_expression(&self.request, self.entities, expression)
            .map_err(|error| EvaluateError::Evaluation(error.to_string()))
    }

    /// Whether the request leaves nothing out, so that an expression without a value errs.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether an expression is true or false; `None` where it has no such value.
    #[must_use]
    pub fn truth(&self, expression: &Expression) -> Option<bool> {
        match self.value(expression) {
            Ok(EvalResult::Bool(value)) => Some(value),
            _ => None,
        }
    }
}

const POLICIES: &str = "policies.json";
const SCHEMA: &str = "schema.cedarschema";
const ROLES: &str = "entities/roles.json";
const CONTRACT: &str = "contract.json";

impl Engine {
    /// An engine that fails closed. `roles` are present in every decision.
    ///
    /// # Errors
    /// Where the schema does not hold together, or the roles do not fit it.
    pub fn new(
        policies: PolicySet,
        schema: Option<SchemaFragment>,
        roles: impl IntoIterator<Item = Entity>,
    ) -> Result<Self, EngineError> {
        let model = schema.map(Model::new).transpose();
        let model = model.map_err(EngineError::Schema)?;
        let base = Entities::from_entities(roles, model.as_ref().map(|model| &model.schema))
            .map_err(|error| EngineError::Roles(Box::new(error)))?;
        Ok(Self {
            index: Index::new(&policies),
            policies,
            model,
            base,
            strictness: Strictness::default(),
            authorizer: Authorizer::new(),
        })
    }

    /// The engine of what a bundle would ship. It decides as that of the bundle's files does.
    ///
    /// # Errors
    /// Where the roles are not as the schema declares them.
    pub fn of(parts: Parts<'_>) -> Result<Self, EngineError> {
        let Parts { policies, schema, schema_json, roles, contract } = parts;
        let model = Model::of(schema.clone(), schema_json).with_contract(contract);
        let base =
            Entities::from_entities([], Some(&model.schema)).map_err(|error| EngineError::Roles(Box::new(error)))?;
        let engine = Self {
            index: Index::new(&policies),
            policies,
            model: Some(model),
            base,
            strictness: Strictness::default(),
            authorizer: Authorizer::new(),
        };
        let base = engine.entities(roles).map_err(unreadable(ROLES))?;
        Ok(Self { base, ..engine })
    }

    /// The engine of a bundle: `policies.json`, `schema.cedarschema` and `entities/roles.json`. Where there is a `contract.json`
    /// too, entities are checked against what it says of their parents and holder groups.
    ///
    /// # Errors
    /// Where one of the first three is absent, or any is not what it should be.
    pub fn from_tree(tree: &BundleTree) -> Result<Self, EngineError> {
        let policies = PolicySet::from_json_str(text(tree, POLICIES)?).map_err(unreadable(POLICIES))?;
        let (schema, _warnings) =
            SchemaFragment::from_cedarschema_str(text(tree, SCHEMA)?).map_err(unreadable(SCHEMA))?;
        let roles: Value = serde_json::from_str(text(tree, ROLES)?).map_err(unreadable(ROLES))?;
        let mut engine = Self::new(policies, Some(schema), [])?;
        if let Some(bytes) = tree.get(CONTRACT) {
            let contract = Contract::read(bytes).map_err(unreadable(CONTRACT))?;
            engine.model = engine.model.map(|model| model.with_contract(&contract));
        }
        let base = engine.entities(&roles).map_err(unreadable(ROLES))?;
        Ok(Self { base, ..engine })
    }

    /// The same engine, at another strictness.
    #[must_use]
    pub fn with_strictness(self, strictness: Strictness) -> Self {
        Self { strictness, ..self }
    }

    /// The same engine, evaluating every policy in every decision.
    #[cfg(test)]
    pub(super) fn without_index(self) -> Self {
        Self { index: Index::of_one_part(&self.policies), ..self }
    }

    /// An action by its name as Cedar writes it; `None` where that is no name. Those of the schema need no parsing.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<EntityUid> {
        let declared = self.model.as_ref().and_then(|model| model.action(name));
        declared.cloned().or_else(|| name.parse().ok())
    }

    /// The policies it decides by.
    #[must_use]
    pub fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// Entities from a JSON list in Cedar's form, checked against the schema and the contract, with the roles and actions of
    /// the bundle.
    ///
    /// # Errors
    /// Where entities are not as these declare them: all of them, by name.
    pub fn entities(&self, json: &Value) -> Result<Entities, EntitiesError> {
        entities::load(json, &self.base, self.model.as_ref())
    }

    /// As [`Engine::entities`], of entities that are there as values, which takes less time; `None` is one that only JSON can say.
    /// `json` gives the same ones in Cedar's JSON form; it is only asked where something is wrong with them.
    ///
    /// # Errors
    /// As there.
    pub fn typed_entities(
        &self,
        values: impl IntoIterator<Item = Option<EntityParts>>,
        json: impl FnOnce() -> Value,
    ) -> Result<Entities, EntitiesError> {
        entities::take(values, json, &self.base, self.model.as_ref())
    }

    /// As [`Engine::entities`], for data that breaks its own schema or contract.
    ///
    /// # Errors
    /// Where the JSON is not Cedar's form of entities, or contradicts the roles or actions of the bundle.
    pub fn unchecked_entities(&self, json: &Value) -> Result<Entities, EntitiesError> {
        entities::load(json, &self.base, None)
    }

    /// Decides a request. `entities` come from [`Engine::entities`].
    ///
    /// # Errors
    /// Where the request is not as the schema says. Nothing may be allowed then.
    pub fn decide(&self, request: &Request, entities: &Entities) -> Result<Decision, RequestError> {
        let decision = self.evaluated(request, entities)?;
        let absent = [(&request.principal, Cause::PrincipalNotLoaded), (&request.resource, Cause::ResourceNotLoaded)];
        let absent = absent.into_iter().find(|(uid, _)| !self.is_loaded(uid, entities));
        Ok(match absent {
            Some((_, cause)) if self.strictness == Strictness::FailClosed => {
                Decision { otherwise: Some(Box::new(decision)), ..Decision::deny(cause) }
            }
            _ => decision,
        })
    }

    /// What the policies say, whether or not principal and resource are loaded.
    fn evaluated(&self, request: &Request, entities: &Entities) -> Result<Decision, RequestError> {
        let checked = check(request, self.model.as_ref())?;
        let parts =
            self.index.candidates(&self.policies, [&request.action, &request.principal, &request.resource], entities);
        match checked {
            Checked::Complete(cedar) => Ok(self.decided(&cedar, &parts, entities)),
            Checked::Partial(attributes) => {
                let policies = match parts.as_slice() {
                    [only] => Cow::Borrowed(*only),
                    parts => Cow::Owned(set_of(parts.iter().flat_map(|part| part.policies()), &self.policies)),
                };
                let response = partial::evaluate(&self.authorizer, &policies, entities, request, &attributes)?;
                Ok(self.concluded_partially(response))
            }
        }
    }

    /// What parts of the policies come to together: a `forbid` of one overrides a `permit` of another.
    fn decided(&self, request: &cedar_policy::Request, parts: &[&PolicySet], entities: &Entities) -> Decision {
        let (mut permits, mut forbids, mut errors) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for part in parts {
            let response = self.authorizer.is_authorized(request, part, entities);
            let diagnostics = response.diagnostics();
            errors.extend(diagnostics.errors().map(|error| {
                let AuthorizationError::PolicyEvaluationError(error) = error;
                (error.policy_id().to_string(), error.inner().to_string())
            }));
            let reasons = match response.decision() {
                cedar_policy::Decision::Allow => &mut permits,
                cedar_policy::Decision::Deny => &mut forbids,
            };
            reasons.extend(diagnostics.reason().map(ToString::to_string));
        }
        let errors = self.errors(errors);
        match (forbids.is_empty(), permits.is_empty()) {
            (true, false) => self.concluded(cedar_policy::Decision::Allow, permits, errors),
            _ => self.concluded(cedar_policy::Decision::Deny, forbids, errors),
        }
    }

    /// The required attributes that a request leaves out of its context, or what else keeps the schema from taking it.
    ///
    /// # Errors
    /// Where a value is not as the schema declares it.
    pub fn missing(&self, request: &Request) -> Result<BTreeSet<String>, RequestError> {
        Ok(match check(request, self.model.as_ref())? {
            Checked::Complete(_) => BTreeSet::new(),
            Checked::Partial(partial) => partial.missing,
        })
    }

    /// The value of a Cedar expression under a request.
    ///
    /// # Errors
    /// Where it is no expression, errors, or reads an attribute that was left out.
    pub fn evaluate(
        &self,
        expression: &str,
        request: &Request,
        entities: &Entities,
    ) -> Result<EvalResult, EvaluateError> {
        let expression = Expression::from_str(expression).map_err(|error| EvaluateError::Syntax(error.to_string()))?;
        self.evaluator(request, entities)?.value(&expression)
    }

    /// What evaluates many expressions under one request, which is checked once.
    ///
    /// # Errors
    /// Where the request cannot be decided at all.
    pub fn evaluator<'a>(&self, request: &Request, entities: &'a Entities) -> Result<Evaluator<'a>, EvaluateError> {
        let (request, is_complete) = match check(request, self.model.as_ref())? {
            Checked::Complete(cedar) => (*cedar, true),
            Checked::Partial(attributes) => (attributes.without_missing(request)?, false),
        };
        Ok(Evaluator { request, is_complete, entities })
    }

    /// Whether an entity is there: loaded, or existing by declaration.
    fn is_loaded(&self, uid: &EntityUid, entities: &Entities) -> bool {
        entities.get(uid).is_some() || self.model.as_ref().is_some_and(|model| model.declares(uid))
    }

    /// A definite Cedar decision, made fail-closed.
    fn concluded(
        &self,
        decision: cedar_policy::Decision,
        reasons: BTreeSet<String>,
        errors: Vec<PolicyError>,
    ) -> Decision {
        let errored_forbids = self.errored_forbids(&errors);
        let (outcome, cause, reasons) = match decision {
            cedar_policy::Decision::Allow if !errored_forbids.is_empty() => {
                (Outcome::Deny, Cause::ForbidErrored, errored_forbids)
            }
            cedar_policy::Decision::Allow => (Outcome::Allow, Cause::Granted, reasons),
            cedar_policy::Decision::Deny if !reasons.is_empty() => (Outcome::Deny, Cause::Forbidden, reasons),
            cedar_policy::Decision::Deny => {
                let permit_errored = errors.iter().any(|error| error.effect == Effect::Permit);
                let cause = if permit_errored { Cause::PermitErrored } else { Cause::NoGrant };
                (Outcome::Deny, cause, reasons)
            }
        };
        Decision { outcome, cause, reasons, errors, otherwise: None }
    }

    fn concluded_partially(&self, response: partial::Response) -> Decision {
        let errors = self.errors(response.errors);
        if let Some(decision) = response.decision {
            return self.concluded(decision, response.reasons, errors);
        }
        let errored_forbids = self.errored_forbids(&errors);
        if !errored_forbids.is_empty() {
            return Decision { reasons: errored_forbids, errors, ..Decision::deny(Cause::ForbidErrored) };
        }
        Decision {
            outcome: Outcome::Unknown { residuals: response.residuals, missing: response.missing },
            cause: Cause::Undetermined,
            reasons: BTreeSet::new(),
            errors,
            otherwise: None,
        }
    }

    fn errored_forbids(&self, errors: &[PolicyError]) -> BTreeSet<String> {
        let forbids = errors.iter().filter(|error| error.effect == Effect::Forbid);
        match self.strictness {
            Strictness::FailClosed => forbids.map(|error| error.policy.clone()).collect(),
            Strictness::Cedar => BTreeSet::new(),
        }
    }

    /// Errors by policy, with each policy's effect.
    fn errors(&self, messages: BTreeMap<String, String>) -> Vec<PolicyError> {
        let errors = messages.into_iter().map(|(policy, message)| PolicyError {
            effect: self.policies.policy(&PolicyId::new(&policy)).map_or(Effect::Forbid, Policy::effect),
            policy,
            message,
        });
        errors.collect()
    }
}

fn text<'a>(tree: &'a BundleTree, file: &'static str) -> Result<&'a str, EngineError> {
    let bytes = tree.get(file).ok_or(EngineError::Absent(file))?;
    std::str::from_utf8(bytes).map_err(unreadable(file))
}

fn unreadable<E: std::error::Error + 'static>(file: &'static str) -> impl Fn(E) -> EngineError {
    move |error| EngineError::Unreadable { file, message: with_causes(&error) }
}
