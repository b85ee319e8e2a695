//! What a request came to in the suite's own words: statements, never policy ids.

use std::collections::BTreeSet;

use crate::decide::{Cause, Decision, Outcome, RequestError};

use super::Policy;
use super::read::a;
use super::read::names::{NO_GRANT, PERMIT_ERRORED};
use super::suite::{Expected, Request};

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The outcome.
    pub verdict: Verdict,
    /// The statements that decided, `no-grant` among them where none did; empty for `unknown`.
    pub because: BTreeSet<String>,
    /// The Cedar policies that decided; for `unknown`, those that could still decide.
    pub policies: BTreeSet<String>,
    /// What else there is to say, a line each: errors with their policies, left-out attributes.
    pub notes: Vec<String>,
}

/// The outcome of a request. An error is no denial: a test that wants a denial is not met by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
    /// Required context attributes were left out, and the decision depends on them.
    Unknown,
    /// Denied, but only because a policy errored or the request could not be decided.
    Error,
}

impl Verdict {
    /// `allow`, `deny`, `unknown`, `error`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }

    /// Whether this is what a test expects. An error never is.
    #[must_use]
    pub fn is(self, expected: Expected) -> bool {
        matches!(
            (self, expected),
            (Self::Allow, Expected::Allow) | (Self::Deny, Expected::Deny) | (Self::Unknown, Expected::Unknown)
        )
    }
}

impl Answer {
    /// The answer to a request that the contract gives no Cedar action for.
    pub(super) fn unprepared(request: &Request) -> Self {
        Self::error(format!("the contract has no Cedar action for `{}`", request.action))
    }

    /// The answer to a request that the schema does not admit.
    pub(super) fn undecidable(error: &RequestError, request: &Request) -> Self {
        match error {
            // The schema lists the principal types of an action by the statements that concern them.
            RequestError::PrincipalType { .. } => Self {
                verdict: Verdict::Deny,
                because: BTreeSet::from([NO_GRANT.to_owned()]),
                policies: BTreeSet::new(),
                notes: vec![format!("no statement allows {} to do `{}`", a(&request.principal.ty), request.action)],
            },
            other => Self::error(other.to_string()),
        }
    }

    /// A decision in the suite's words.
    pub(super) fn of(decision: &Decision, policy: Policy<'_>) -> Self {
        let statement = |id: &str| match policy.origins.policies.get(id) {
            Some(origin) => origin.statement.clone(),
            None => id.to_owned(),
        };
        let mut notes: Vec<String> = decision
            .errors
            .iter()
            .map(|error| format!("`{}` errored: {}", statement(&error.policy), error.message))
            .collect();
        let has_clauses = |id: &str| policy.origins.policies.get(id).is_some_and(|origin| !origin.clauses.is_empty());
        let mut policies = decision.reasons.clone();
        let mut because: BTreeSet<String> = decision.reasons.iter().map(|id| statement(id)).collect();
        let verdict = match (&decision.outcome, decision.cause) {
            (Outcome::Allow, _) => Verdict::Allow,
            (Outcome::Unknown { residuals, missing }, _) => {
                let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
                notes.push(format!("missing from the context: {}", names.join(", ")));
                // Clauses say it in the author's words; a policy without any is shown as Cedar leaves it.
                notes.extend(residuals.iter().filter(|residual| !has_clauses(&residual.policy)).map(|residual| {
                    let cedar: Vec<&str> = residual.cedar.split_whitespace().collect();
                    format!("the remaining condition of `{}`: {}", statement(&residual.policy), cedar.join(" "))
                }));
                policies = residuals.iter().map(|residual| residual.policy.clone()).collect();
                because.clear();
                Verdict::Unknown
            }
            (Outcome::Deny, Cause::ForbidErrored) => Verdict::Error,
            (Outcome::Deny, Cause::PermitErrored) => {
                because.insert(PERMIT_ERRORED.to_owned());
                Verdict::Error
            }
            (Outcome::Deny, Cause::Forbidden) => Verdict::Deny,
            (Outcome::Deny, cause) => {
                because.insert(cause.name().to_owned());
                Verdict::Deny
            }
        };
        if let Some(otherwise) = &decision.otherwise {
            let otherwise = Self::of(otherwise, policy);
            let named = otherwise.because.iter().map(|name| format!("`{name}`"));
            let named: Vec<String> = named.collect();
            let because = match named.is_empty() {
                true => String::new(),
                false => format!(" because of {}", named.join(", ")),
            };
            notes.push(format!(
                "not loaded, so denied; for an entity without attributes and parents, the policy decides {}{because}",
                otherwise.verdict.word()
            ));
            notes.extend(otherwise.notes);
        }
        Self { verdict, because, policies, notes }
    }

    fn error(message: String) -> Self {
        Self { verdict: Verdict::Error, because: BTreeSet::new(), policies: BTreeSet::new(), notes: vec![message] }
    }
}
