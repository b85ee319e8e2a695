//! Forbids that may error. Cedar skips what errors; a gateway denies where a forbid does. A question asked of Cedar's decision
//! says nothing of such requests, so that it must be known that there are none.

use cedar_policy::Policy;

use crate::analysis::Environment;
use crate::analysis::Rule;
use crate::bundle::OriginKind;
use crate::bundle::Origins;

use super::listing::Listed;

/// Rules that must never error for the forbid to deny no more than Cedar says. What guards require is a condition of every
/// permit they concern, too, so that such a permit errors with the guard; only the permits of a grant that lifts a guard
/// stand without its condition.
pub(super) fn risky(listed: &Listed<'_>, origins: &Origins, env: &Environment, of_grant: bool) -> Vec<Rule> {
    let Some(draft) = listed.draft else {
        return vec![listed.rule.clone()];
    };
    match draft.kind {
        OriginKind::Deny | OriginKind::Raw | OriginKind::BreakGlass => vec![listed.rule.clone()],
        OriginKind::Grant | OriginKind::Isolate | OriginKind::Separate => Vec::new(),
        OriginKind::Require if draft.lifted_by.is_empty() || !of_grant => Vec::new(),
        OriginKind::Require => {
            let clauses = origins.policies.get(&listed.id).map(|origin| origin.clauses.as_slice());
            let required = clauses.unwrap_or_default().iter().map(|clause| clause.cedar.as_str());
            vec![alone(&required.collect::<Vec<_>>(), env).unwrap_or_else(|| listed.rule.clone())]
        }
    }
}

/// A rule that is nothing but some conditions.
fn alone(conditions: &[&str], env: &Environment) -> Option<Rule> {
    let all: Vec<String> = conditions.iter().map(|condition| format!("({condition})")).collect();
    let text = format!(
        "permit(principal is {}, action == {}, resource is {}) when {{ {} }};",
        env.principal,
        env.action,
        env.resource,
        all.join(" && "),
    );
    Rule::new(&Policy::parse(None, text).ok()?)
}
