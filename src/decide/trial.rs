//! Which policies apply to a request, all of them, and which error: for questions about policies. A decision names those only
//! that decide it.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{AuthorizationError, Authorizer, Effect, Entities, Policy, PolicyId, PolicySet};

/// Policies to be tried, each under a number of the caller's.
#[derive(Debug)]
pub struct Trial {
    /// Permits and forbids apart: of one kind, all that apply decide.
    sets: [PolicySet; 2],
    authorizer: Authorizer,
}

/// What policies came to on one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Those that apply.
    pub applied: BTreeSet<usize>,
    /// Those that error, with Cedar's message.
    pub errors: BTreeMap<usize, String>,
}

impl Trial {
    /// Takes policies under their numbers.
    #[must_use]
    pub fn new<'a>(policies: impl IntoIterator<Item = (usize, &'a Policy)>) -> Self {
        let (mut permits, mut forbids) = (Vec::new(), Vec::new());
        for (number, policy) in policies {
            let numbered = policy.new_id(PolicyId::new(number.to_string()));
            match policy.effect() {
                Effect::Permit => permits.push(numbered),
                Effect::Forbid => forbids.push(numbered),
            }
        }
        // Numbers are distinct, which is all that could fail.
        let set = |policies| PolicySet::from_policies(policies).unwrap_or_default();
        Self { sets: [set(permits), set(forbids)], authorizer: Authorizer::new() }
    }

    /// Evaluates all of them on a request.
    #[must_use]
    pub fn run(&self, request: &cedar_policy::Request, entities: &Entities) -> Tried {
        let mut tried = Tried::default();
        let number = |id: &PolicyId| AsRef::<str>::as_ref(id).parse().ok();
        for set in self.sets.iter().filter(|set| !set.is_empty()) {
            let response = self.authorizer.is_authorized(request, set, entities);
            let diagnostics = response.diagnostics();
            tried.applied.extend(diagnostics.reason().filter_map(number));
            tried.errors.extend(diagnostics.errors().filter_map(|error| {
                let AuthorizationError::PolicyEvaluationError(error) = error;
                Some((number(error.policy_id())?, error.inner().to_string()))
            }));
        }
        tried
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::{Context, Request};

    use super::*;

    #[test]
    fn all_that_apply_and_all_that_error_are_told_of_permits_and_forbids_alike() {
        let texts = [
            "permit(principal, action, resource);",
            "forbid(principal, action, resource);",
            "permit(principal, action, resource) when { principal == resource };",
            "permit(principal, action, resource) when { context.absent };",
            "forbid(principal, action, resource) when { 9223372036854775807 + 1 == 0 };",
        ];
        let policies: Vec<Policy> = texts.iter().map(|text| Policy::parse(None, text).unwrap()).collect();
        let trial = Trial::new(policies.iter().enumerate());
        let uid = |text: &str| text.parse().unwrap();
        let request =
            Request::new(uid("U::\"a\""), uid("Action::\"read\""), uid("R::\"b\""), Context::empty(), None).unwrap();
        let tried = trial.run(&request, &Entities::empty());
        assert_eq!(tried.applied, BTreeSet::from([0, 1]));
        assert_eq!(tried.errors.keys().copied().collect::<Vec<_>>(), [3, 4]);
    }
}
