//! A kind of request in Gate's names: a principal's type, an action, a resource's type.

use std::fmt;

use crate::analysis::Environment;
use crate::bundle::PROFILE_TYPE;

/// A kind of request in Gate's names, `User`, `Payout.approve`, `Payout`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKind {
    /// The principal's type.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource's type.
    pub resource: String,
    /// The same for Cedar.
    pub cedar: Environment,
    /// On which side such requests can be made.
    pub presence: Presence,
}

/// On which side a kind of request can be made. Where it cannot, nothing is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// On both.
    Both,
    /// Only on the old one.
    OnlyOld,
    /// Only on the new one.
    OnlyNew,
}

impl Presence {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::OnlyOld => "only-old",
            Self::OnlyNew => "only-new",
        }
    }
}

impl RequestKind {
    /// What people call it, and declarations name: `Bill.read`, `Bill.list on Org`. The resource is left out where the action's
    /// name says it.
    #[must_use]
    pub fn title(&self) -> String {
        title(&self.action, &self.resource)
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} on {}", self.principal, self.action, self.resource)
    }
}

/// What people call an action on a type of resource.
pub(super) fn title(action: &str, resource: &str) -> String {
    // Only Cedar's own actions may be called so, and such a name must not be mistaken for an action and its resource.
    let shown = match action.contains(char::is_whitespace) {
        true => format!("{action:?}"),
        false => action.to_owned(),
    };
    let declared_on = action.split_once('.').map(|(ty, _)| ty);
    match declared_on == Some(resource) || resource == PROFILE_TYPE {
        true => shown,
        false => format!("{shown} on {resource}"),
    }
}
