//! What a request came to, and why. Policies are named by their Cedar ids; `bundle::Origins` leads from those to the author's words.

use std::collections::BTreeSet;
use std::fmt;

use cedar_policy::Effect;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Allow, deny, or not to be told from what was given.
    pub outcome: Outcome,
    /// What decided it.
    pub cause: Cause,
    /// The policies that decided it: the permits of an allow, the forbids (or the errored forbids) of a deny.
    pub reasons: BTreeSet<String>,
    /// Policies that Cedar skipped because they errored, sorted by id, deciding or not.
    pub errors: Vec<PolicyError>,
    /// Where an entity is not loaded: what Cedar says, which takes it for one without attributes and parents.
    pub otherwise: Option<Box<Decision>>,
}

/// The three outcomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Some permit holds and no forbid does.
    Allow,
    /// Everything else, when the request was complete.
    Deny,
    /// Required context attributes were left out, and the decision depends on them.
    Unknown {
        /// What is left of each policy that could still decide, sorted by id.
        residuals: Vec<Residual>,
        /// The left-out attributes that those residuals read.
        missing: BTreeSet<String>,
    },
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Permits hold, no forbid does.
    Granted,
    /// No permit holds, and none errored.
    NoGrant,
    /// A forbid holds.
    Forbidden,
    /// Permits hold, but a forbid errored: whether it holds cannot be known, so it does.
    ForbidErrored,
    /// No permit holds, and at least one errored.
    PermitErrored,
    /// The principal is no loaded entity.
    PrincipalNotLoaded,
    /// The resource is no loaded entity.
    ResourceNotLoaded,
    /// The outcome is unknown.
    Undetermined,
}

/// A policy that errored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyError {
    /// Its id.
    pub policy: String,
    /// Permit or forbid.
    pub effect: Effect,
    /// Cedar's message.
    pub message: String,
}

/// What is left of a policy once everything known is put in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Residual {
    /// Its id.
    pub policy: String,
    /// Permit or forbid.
    pub effect: Effect,
    /// The policy as Cedar text, its condition cut down to what is left.
    pub cedar: String,
}

impl Decision {
    /// Whether the request may go ahead. `Unknown` may not.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        self.outcome == Outcome::Allow
    }

    pub(super) fn deny(cause: Cause) -> Self {
        Self { outcome: Outcome::Deny, cause, reasons: BTreeSet::new(), errors: Vec::new(), otherwise: None }
    }
}

impl Cause {
    /// Its stable name, as reports and scenarios write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::NoGrant => "no-grant",
            Self::Forbidden => "forbidden",
            Self::ForbidErrored => "forbid-errored",
            Self::PermitErrored => "permit-errored",
            Self::PrincipalNotLoaded => "principal-not-loaded",
            Self::ResourceNotLoaded => "resource-not-loaded",
            Self::Undetermined => "undetermined",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
