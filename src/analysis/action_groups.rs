//! Groups of actions in policies, written out as the actions that are in them. What a policy says of a group depends on the
//! schema, and two schemas may put other actions into one group. A policy that names the actions says the same under both.

use cedar_policy::{ActionConstraint, EntityUid, Policy};
use serde_json::{Value, json};

use super::environment::Environments;

/// A policy with the actions of each group that its scope and its conditions name; `None` where it names no group.
#[must_use]
pub fn spelt_out(policy: &Policy, environments: &Environments) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    let mut is_changed = all(conditions(&mut json), environments);
    if let Some(actions) = of_scope(policy, environments) {
        let entities: Vec<Value> = actions.into_iter().map(entity).collect();
        json.as_object_mut()?.insert("action".to_owned(), json!({ "op": "in", "entities": entities }));
        is_changed = true;
    }
    is_changed.then(|| Policy::from_json(Some(policy.id().clone()), json).ok()).flatten()
}

/// Whether what a policy's conditions say depends on the groups of actions, although groups that can be written out are.
#[must_use]
pub fn reads_groups(policy: &Policy, environments: &Environments) -> bool {
    let Ok(mut json) = policy.to_json() else { return true };
    conditions(&mut json).any(|body| {
        spell_out(body, environments);
        is_open(body)
    })
}

/// The bodies of a policy's conditions, in its JSON form.
fn conditions(policy: &mut Value) -> impl Iterator<Item = &mut Value> {
    let all = policy.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten();
    all.filter_map(|condition| condition.get_mut("body"))
}

/// The actions of a scope that names groups.
fn of_scope<'a>(policy: &Policy, environments: &'a Environments) -> Option<Vec<&'a EntityUid>> {
    let named = match policy.action_constraint() {
        ActionConstraint::Any | ActionConstraint::Eq(_) => return None,
        ActionConstraint::In(all) => all,
    };
    let mut actions: Vec<&EntityUid> = named.iter().flat_map(|group| environments.members_of(group)).collect();
    actions.sort();
    actions.dedup();
    (actions.len() != named.len() || !named.iter().all(|uid| actions.contains(&uid))).then_some(actions)
}

/// Writes out the groups in an expression in Cedar's JSON form; whether there were any.
pub(super) fn spell_out(expr: &mut Value, environments: &Environments) -> bool {
    if let Some(written) = written(expr, environments) {
        *expr = written;
        return true;
    }
    match expr {
        Value::Object(fields) => all(fields.values_mut(), environments),
        Value::Array(items) => all(items.iter_mut(), environments),
        _ => false,
    }
}

/// The same of several, each of which is written out.
fn all<'v>(exprs: impl Iterator<Item = &'v mut Value>, environments: &Environments) -> bool {
    let mut any = false;
    for expr in exprs {
        any |= spell_out(expr, environments);
    }
    any
}

/// `action in [A, G]` as `action == A || action == B || …`; `None` of anything else.
fn written(expr: &Value, environments: &Environments) -> Option<Value> {
    let is_action = |left: &Value| left.get("Var").and_then(Value::as_str) == Some("action");
    let in_groups = |groups: &Value| -> Option<Value> {
        let groups: Vec<EntityUid> = match groups.get("Set").and_then(Value::as_array) {
            Some(all) => all.iter().map(literal).collect::<Option<_>>()?,
            None => vec![literal(groups)?],
        };
        let mut actions: Vec<&EntityUid> = groups.iter().flat_map(|group| environments.members_of(group)).collect();
        actions.sort();
        actions.dedup();
        let tests = actions.into_iter().map(
            |uid| json!({ "==": { "left": { "Var": "action" }, "right": { "Value": { "__entity": entity(uid) } } } }),
        );
        let either = tests.reduce(|left, right| json!({ "||": { "left": left, "right": right } }));
        Some(either.unwrap_or(json!({ "Value": false })))
    };
    if let Some(operands) = expr.get("in").filter(|operands| operands.get("left").is_some_and(is_action)) {
        return in_groups(operands.get("right")?);
    }
    let operands = expr.get("is").filter(|operands| operands.get("left").is_some_and(is_action))?;
    let within = in_groups(operands.get("in")?)?;
    let is = json!({ "is": { "left": operands.get("left")?, "entity_type": operands.get("entity_type")? } });
    Some(json!({ "&&": { "left": is, "right": within } }))
}

/// Whether an expression still asks for groups of actions.
fn is_open(expr: &Value) -> bool {
    match expr {
        Value::Object(fields) => fields.iter().any(|(operator, operands)| {
            let asks = operator == "in" || (operator == "is" && operands.get("in").is_some());
            (asks && names_action(operands)) || is_open(operands)
        }),
        Value::Array(items) => items.iter().any(is_open),
        _ => false,
    }
}

fn names_action(expr: &Value) -> bool {
    if expr.get("Var").and_then(Value::as_str) == Some("action") {
        return true;
    }
    if literal(expr).is_some_and(|uid| uid.type_name().basename() == "Action") {
        return true;
    }
    match expr {
        Value::Object(fields) => fields.values().any(names_action),
        Value::Array(items) => items.iter().any(names_action),
        _ => false,
    }
}

/// The entity that an expression is.
fn literal(expr: &Value) -> Option<EntityUid> {
    EntityUid::from_json(expr.get("Value")?.get("__entity")?.clone()).ok()
}

fn entity(uid: &EntityUid) -> Value {
    json!({ "type": uid.type_name().to_string(), "id": uid.id().unescaped() })
}

#[cfg(test)]
mod tests {
    use cedar_policy::Schema;

    use super::*;

    fn environments() -> Environments {
        let (schema, _) = Schema::from_cedarschema_str(
            "entity U; entity D; action all; action none in all; action edit in all; \
             action read in edit appliesTo { principal: U, resource: D }; \
             action write in edit appliesTo { principal: U, resource: D };",
        )
        .unwrap();
        Environments::new(&schema)
    }

    fn spelt(condition: &str) -> Option<String> {
        let text = format!("permit(principal, action, resource) when {{ {condition} }};");
        let policy = spelt_out(&Policy::parse(None, text).unwrap(), &environments())?;
        let text = policy.to_cedar().unwrap();
        let (_, body) = text.split_once("when {")?;
        Some(body.trim_end_matches([';', '}', ' ', '\n']).trim().replace("Action::", ""))
    }

    #[test]
    fn groups_in_conditions_become_their_actions() {
        let two = "(action == \"read\") || (action == \"write\")";
        for (condition, said) in [
            ("action in Action::\"edit\"", two),
            ("action in [Action::\"edit\", Action::\"read\"]", two),
            ("action in Action::\"write\"", "action == \"write\""),
            ("action in []", "false"),
        ] {
            assert_eq!(spelt(condition).unwrap(), said, "{condition}");
        }
        assert!(spelt("!context.a || action is Action in Action::\"edit\"").unwrap().contains("action is Action"));
        assert_eq!(spelt("action == Action::\"read\" && principal in U::\"a\""), None);
    }

    #[test]
    fn a_test_of_groups_that_cannot_be_written_out_is_known() {
        let reads = |condition: &str| {
            let text = format!("permit(principal, action, resource) when {{ {condition} }};");
            reads_groups(&Policy::parse(None, text).unwrap(), &environments())
        };
        for open in [
            "action in (if context.a then Action::\"edit\" else Action::\"all\")",
            "(if context.a then action else action) in Action::\"edit\"",
            "Action::\"read\" in Action::\"edit\"",
            "[Action::\"edit\"].contains(action) && Action::\"read\" in action",
        ] {
            assert!(reads(open), "{open}");
        }
        for plain in ["action in Action::\"edit\"", "action == Action::\"read\"", "principal in U::\"a\" && context.a"]
        {
            assert!(!reads(plain), "{plain}");
        }
    }

    #[test]
    fn a_scope_names_the_actions_of_its_groups() {
        let spelt = |scope: &str| {
            let text = format!("permit(principal, action {scope}, resource);");
            let policy = spelt_out(&Policy::parse(None, text).unwrap(), &environments())?;
            Some(policy.action_constraint())
        };
        let uid = |id: &str| format!("Action::\"{id}\"").parse::<EntityUid>().unwrap();
        let edit = ActionConstraint::In(vec![uid("read"), uid("write")]);
        assert_eq!(spelt("in Action::\"edit\""), Some(edit));
        assert_eq!(spelt("in [Action::\"read\"]"), None);
        assert_eq!(spelt("== Action::\"edit\""), None);
    }
}
