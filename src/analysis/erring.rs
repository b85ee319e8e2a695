//! Requests on which no forbid errors, said in Cedar: `e || !e` errors where `e` does and holds everywhere else. A permit with
//! that as a condition is skipped wherever the forbid would be.

use cedar_policy::Policy;
use serde_json::{Value, json};

/// The same policy, but of no request on which one of some others errors. `None` where Cedar's JSON form does not say it.
pub(super) fn where_none_errs<'a>(policy: &Policy, others: impl IntoIterator<Item = &'a Policy>) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    for other in others {
        let applies = applies(&other.to_json().ok()?)?;
        let either = json!({ "||": { "left": applies, "right": { "!": { "arg": applies } } } });
        let conditions = json.get_mut("conditions")?.as_array_mut()?;
        // First: what a permit asks besides need not be evaluated to see an error.
        conditions.insert(0, json!({ "kind": "when", "body": either }));
    }
    Policy::from_json(Some(policy.id().clone()), json).ok()
}

/// Whether a policy applies, as one expression in the order in which Cedar evaluates it: scope, then conditions.
fn applies(policy: &Value) -> Option<Value> {
    let mut tests = Vec::new();
    for variable in ["principal", "action", "resource"] {
        tests.extend(scope(policy.get(variable)?, variable)?);
    }
    for condition in policy.get("conditions")?.as_array()? {
        let body = condition.get("body")?.clone();
        tests.push(match condition.get("kind")?.as_str()? {
            "unless" => json!({ "!": { "arg": body } }),
            _ => body,
        });
    }
    let all = tests.into_iter().reduce(|left, right| json!({ "&&": { "left": left, "right": right } }));
    Some(all.unwrap_or_else(|| json!({ "Value": true })))
}

/// What a scope says of a variable; empty where it says nothing.
fn scope(constraint: &Value, variable: &str) -> Option<Vec<Value>> {
    let variable = json!({ "Var": variable });
    let entity = |of: &Value| of.get("entity").map(|uid| json!({ "Value": { "__entity": uid } }));
    let op = constraint.get("op")?.as_str()?;
    Some(match op {
        "All" => Vec::new(),
        "is" => {
            let mut test = json!({ "left": variable, "entity_type": constraint.get("entity_type")? });
            if let (Some(group), Some(fields)) = (constraint.get("in"), test.as_object_mut()) {
                fields.insert("in".to_owned(), entity(group)?);
            }
            vec![json!({ "is": test })]
        }
        "==" | "in" => {
            let right = match constraint.get("entities").and_then(Value::as_array) {
                Some(several) => {
                    let members = several.iter().map(|uid| json!({ "Value": { "__entity": uid } }));
                    json!({ "Set": members.collect::<Vec<_>>() })
                }
                None => entity(constraint)?,
            };
            vec![json!({ op: { "left": variable, "right": right } })]
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_and_conditions_become_one_test_that_holds_or_errs() {
        let permit = Policy::parse(None, "permit(principal, action, resource) when { context.mfa };").unwrap();
        let forbid = Policy::parse(
            None,
            r#"forbid(principal is User in Role::"r", action in [Action::"a", Action::"b"], resource == Doc::"d")
               when { context.n + 1 > 2 } unless { context.mfa };"#,
        );
        let sound = where_none_errs(&permit, [&forbid.unwrap()]).unwrap();
        let expected = r#"permit(principal, action, resource)
            when { (principal is User in Role::"r" && action in [Action::"a", Action::"b"] && resource == Doc::"d"
                    && context.n + 1 > 2 && !context.mfa)
                || !(principal is User in Role::"r" && action in [Action::"a", Action::"b"] && resource == Doc::"d"
                    && context.n + 1 > 2 && !context.mfa) }
            when { context.mfa };"#;
        let expected = Policy::parse(Some(sound.id().clone()), expected).unwrap();
        assert_eq!(sound.to_json().unwrap(), expected.to_json().unwrap());
    }
}
