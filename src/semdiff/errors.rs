//! Forbids that may error. Cedar skips what errors; a gateway denies where a forbid does. A question asked of Cedar's decision
//! says nothing of such requests, so that it must be known that there are none.

use cedar_policy::Policy;
use serde_json::{Value, json};

use crate::analysis::{Environment, Rule};
use crate::bundle::{OriginKind, Origins};

use super::holder::Holder;
use super::listing::Listed;

/// What the permits of the side that is said to allow may lack.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Permits {
    /// Some are raw: they carry no guards.
    raw: bool,
    /// Some are of grants that lift guards.
    lifting: bool,
}

impl Permits {
    /// Of some permits.
    pub(super) fn of<'a>(permits: impl Iterator<Item = &'a Listed<'a>>) -> Self {
        permits.fold(Self::default(), |so_far, listed| Self {
            raw: so_far.raw || listed.draft.is_none(),
            lifting: so_far.lifting || matches!(listed.holder, Holder::BreakGlass(_)),
        })
    }
}

/// Rules that must never error for the forbid to deny no more than Cedar says. What guards require is a condition of every
/// permit of Gate's that they concern, too, so that such a permit errors with the guard; only raw permits, and those of a
/// grant that lifts a guard, stand without its condition.
pub(super) fn risky(listed: &Listed<'_>, origins: &Origins, env: &Environment, permits: Permits) -> Vec<Rule> {
    let Some(draft) = listed.draft else {
        return vec![listed.rule.clone()];
    };
    match draft.kind {
        OriginKind::Deny | OriginKind::Raw | OriginKind::BreakGlass => vec![listed.rule.clone()],
        OriginKind::Grant => Vec::new(),
        OriginKind::Isolate | OriginKind::Separate | OriginKind::Require if permits.raw => vec![listed.rule.clone()],
        OriginKind::Isolate | OriginKind::Separate => Vec::new(),
        OriginKind::Require if draft.lifted_by.is_empty() || !permits.lifting => Vec::new(),
        OriginKind::Require => {
            let clauses = origins.policies.get(&listed.id).map(|origin| origin.clauses.as_slice());
            let required = clauses.unwrap_or_default().iter().map(|clause| clause.cedar.as_str());
            vec![alone(&required.collect::<Vec<_>>(), env).unwrap_or_else(|| listed.rule.clone())]
        }
    }
}

/// A permit of exactly those requests on which a rule's conditions do not error, whatever they come to.
pub(super) fn sound(rule: &Rule, env: &Environment) -> Option<Rule> {
    let json = rule.policy().to_json().ok()?;
    let conditions = json.get("conditions")?.as_array()?;
    let all = conditions.iter().filter_map(|condition| {
        let body = condition.get("body")?;
        Some(match condition.get("kind")?.as_str()? {
            "unless" => json!({ "!": { "arg": body } }),
            _ => body.clone(),
        })
    });
    let all: Vec<Value> = all.collect();
    if all.len() != conditions.len() {
        return None;
    }
    let asked = all.into_iter().reduce(|left, right| json!({ "&&": { "left": left, "right": right } }));
    let whole = json!({ "Value": true });
    let json = json!({
        "effect": "permit",
        "principal": { "op": "is", "entity_type": env.principal.to_string() },
        "action": { "op": "==", "entity": { "type": env.action.type_name().to_string(), "id": env.action.id().unescaped() } },
        "resource": { "op": "is", "entity_type": env.resource.to_string() },
        "conditions": [{
            "kind": "when",
            "body": { "if-then-else": { "if": asked.unwrap_or_else(|| whole.clone()), "then": whole, "else": whole } },
        }],
    });
    Rule::new(&Policy::from_json(None, json).ok()?)
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
