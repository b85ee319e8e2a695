//! Why a decision is as it is, in the author's own words: the clauses of a statement with what each came to, and on a
//! denial the grant that came nearest.

use std::str::FromStr as _;

use cedar_policy::pst::Var;
use cedar_policy::{
    ActionConstraint, Effect, EntityUid, EvalResult, Expression, PrincipalConstraint, ResourceConstraint,
};
use serde::Serialize;

use crate::bundle::{Clause, EntityContract, EntityRole, Origin, Place};
use crate::decide;
use crate::decide::{AttributePath, EvaluateError, Evaluator, attributes_read};
use crate::text::{Duration, Instant};

use super::Policy;
use super::answer::{Answer, Verdict};
use super::suite::{Expected, World};

/// What decided, and what nearly did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The statements that decided; where the outcome is unknown, those that could still decide.
    pub deciding: Vec<Statement>,
    /// On an unexpected denial, the grant with the fewest clauses that did not hold.
    pub nearest: Option<Statement>,
}

/// A statement under one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The role it is inherited by, if it is.
    pub inherited_by: Option<String>,
    /// The author's reason.
    pub because: Option<String>,
    /// Its clauses, those of its head first.
    pub clauses: Vec<ClauseResult>,
}

/// A clause under one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClauseResult {
    /// The author's words.
    pub gate: String,
    /// Where they stand.
    pub place: Place,
    /// What it came to.
    pub truth: Truth,
    /// The guard it comes from.
    pub guard: Option<String>,
    /// What the clause reads, each with its value: `context.risk_score = 80`.
    pub values: Vec<String>,
    /// The parts of a named condition.
    pub parts: Vec<ClauseResult>,
}

/// What a clause came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It reads a context attribute that was left out.
    Unknown,
    /// It has no value.
    Error(String),
}

/// Explains an answer.
pub(super) fn explain(
    answer: &Answer,
    expected: Expected,
    request: &decide::Request,
    world: &World,
    policy: Policy<'_>,
) -> Explanation {
    let evaluator = policy.engine.evaluator(request, &world.entities);
    let scene = Scene { request, world, policy, evaluator };
    let deciding = answer.policies.iter().filter_map(|id| scene.statement(id)).collect();
    let nearest = match (answer.verdict, expected) {
        (Verdict::Deny, Expected::Allow) | (Verdict::Error, _) => scene.nearest(),
        _ => None,
    };
    Explanation { deciding, nearest }
}

/// One request under one policy.
struct Scene<'a> {
    request: &'a decide::Request,
    world: &'a World,
    policy: Policy<'a>,
    evaluator: Result<Evaluator<'a>, EvaluateError>,
}

impl Scene<'_> {
    fn statement(&self, id: &str) -> Option<Statement> {
        let origin = self.policy.origins.policies.get(id)?;
        let mut clauses = self.head(id, origin);
        clauses.extend(origin.clauses.iter().map(|clause| self.clause(clause)));
        Some(Statement {
            name: origin.statement.clone(),
            place: origin.place.clone(),
            inherited_by: origin.inherited_by.clone(),
            because: origin.because.clone(),
            clauses,
        })
    }

    /// The permit for this action and these types with the fewest clauses that do not hold.
    fn nearest(&self) -> Option<Statement> {
        let permits = self.policy.engine.policies().policies().filter(|policy| policy.effect() == Effect::Permit);
        let concerned = permits.filter(|policy| self.concerns(policy));
        let statements = concerned.filter_map(|policy| self.statement(policy.id().as_ref()));
        statements.min_by_key(|statement| (failing(statement), statement.name.clone()))
    }

    /// Whether the action and both types are those of the policy.
    fn concerns(&self, policy: &cedar_policy::Policy) -> bool {
        let action = match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(action) => action == self.request.action,
            ActionConstraint::In(actions) => actions.iter().any(|action| self.holds(&format!("action in {action}"))),
        };
        let principal = match policy.principal_constraint() {
            PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => ty == *self.request.principal.type_name(),
            PrincipalConstraint::Any | PrincipalConstraint::In(_) | PrincipalConstraint::Eq(_) => true,
        };
        let resource = match policy.resource_constraint() {
            ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => ty == *self.request.resource.type_name(),
            ResourceConstraint::Any | ResourceConstraint::In(_) | ResourceConstraint::Eq(_) => true,
        };
        action && principal && resource
    }

    /// What a policy's head demands of this principal and this resource, as clauses.
    fn head(&self, id: &str, origin: &Origin) -> Vec<ClauseResult> {
        let policies = self.policy.engine.policies();
        let Some(policy) = id.parse().ok().and_then(|id| policies.policy(&id)) else {
            return Vec::new();
        };
        let principal = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => Some(("principal in", uid)),
            PrincipalConstraint::Eq(uid) => Some(("principal ==", uid)),
        };
        let resource = match policy.resource_constraint() {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
            ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => Some(("resource in", uid)),
            ResourceConstraint::Eq(uid) => Some(("resource ==", uid)),
        };
        let demands = [principal, resource].into_iter().flatten();
        demands
            .map(|(test, uid)| ClauseResult {
                gate: self.demand(test, &uid),
                place: origin.place.clone(),
                truth: self.truth(&format!("{test} {uid}")),
                guard: None,
                values: Vec::new(),
                parts: Vec::new(),
            })
            .collect()
    }

    /// `role finance` for a role, the Cedar test for anything else.
    fn demand(&self, test: &str, uid: &EntityUid) -> String {
        let ty = uid.type_name().to_string();
        if self.policy.contract.role_type.as_deref() == Some(&ty) {
            return format!("role {}", uid.id().unescaped());
        }
        format!("{test} {uid}")
    }

    fn clause(&self, clause: &Clause) -> ClauseResult {
        ClauseResult {
            gate: clause.gate.clone(),
            place: clause.place.clone(),
            truth: self.truth(&clause.cedar),
            guard: clause.guard.clone(),
            values: if clause.parts.is_empty() { self.values(&clause.cedar) } else { Vec::new() },
            parts: clause.parts.iter().map(|part| self.clause(part)).collect(),
        }
    }

    fn evaluate(&self, cedar: &str) -> Result<EvalResult, EvaluateError> {
        let evaluator = self.evaluator.as_ref().map_err(Clone::clone)?;
        let expression = Expression::from_str(cedar).map_err(|error| EvaluateError::Syntax(error.to_string()))?;
        evaluator.value(&expression)
    }

    fn holds(&self, cedar: &str) -> bool {
        self.evaluate(cedar) == Ok(EvalResult::Bool(true))
    }

    fn truth(&self, cedar: &str) -> Truth {
        match self.evaluate(cedar) {
            Ok(EvalResult::Bool(true)) => Truth::True,
            Ok(EvalResult::Bool(false)) => Truth::False,
            Ok(other) => Truth::Error(format!("not a boolean but {other}")),
            Err(_) if self.reads_left_out(cedar) => Truth::Unknown,
            Err(error) => Truth::Error(error.to_string()),
        }
    }

    /// Whether an expression reads an attribute of the context that the action requires and the request leaves out.
    fn reads_left_out(&self, cedar: &str) -> bool {
        let action = self.request.action.to_string();
        let declared = self.policy.contract.actions.values().find(|known| known.cedar == action);
        let required =
            declared.into_iter().flat_map(|action| &action.context).filter(|(_, attribute)| attribute.required);
        let left_out = required.map(|(name, _)| name).filter(|name| !self.request.context.contains_key(*name));
        let read = attributes_read(cedar);
        let reads =
            |name: &String| read.iter().any(|path| path.variable == Var::Context && path.names.first() == Some(name));
        left_out.into_iter().any(reads)
    }

    /// The attributes an expression reads and their values.
    fn values(&self, cedar: &str) -> Vec<String> {
        let value = |path: AttributePath| self.evaluate(&path.to_string()).ok().map(|value| (path, value));
        let read = attributes_read(cedar).into_iter().filter_map(value);
        read.map(|(path, value)| format!("{path} = {}", self.shown(&value))).collect()
    }

    /// A value as the suite writes it.
    fn shown(&self, value: &EvalResult) -> String {
        match value {
            EvalResult::EntityUid(uid) => self.entity_shown(uid),
            EvalResult::ExtensionValue(call) => extension_shown(call),
            other => other.to_string(),
        }
    }

    /// A fixture by its name; members of enumerations and holder groups by their id.
    fn entity_shown(&self, uid: &EntityUid) -> String {
        let fixture = self.world.fixtures.iter().find(|(_, fixture)| fixture.named.uid == *uid);
        if let Some((name, _)) = fixture {
            return name.clone();
        }
        let ty = uid.type_name().to_string();
        let contract = self.policy.contract;
        let is_enum = |declared: &EntityContract| declared.kind == EntityRole::Enum && declared.cedar == ty;
        let generated = contract.holders_type.as_deref() == Some(&ty);
        if generated || contract.entities.values().any(is_enum) {
            return uid.id().unescaped().to_owned();
        }
        uid.to_string()
    }
}

/// A value of an extension type without its constructor: the type is plain from the text. Cedar gives a point in time as an
/// offset from another one.
fn extension_shown(call: &str) -> String {
    let mut texts = call.split('"').skip(1).step_by(2);
    match (texts.next(), texts.next()) {
        (Some(argument), None) => argument.to_owned(),
        (Some(from), Some(by)) => {
            let at = Instant::parse_either(from).zip(Duration::parse(by));
            let at = at.and_then(|(from, by)| from.checked_add(by));
            at.map_or_else(|| call.to_owned(), |at| at.to_string())
        }
        _ => call.to_owned(),
    }
}

/// How many clauses keep a statement from deciding.
fn failing(statement: &Statement) -> usize {
    statement.clauses.iter().filter(|clause| clause.truth != Truth::True).count()
}
