//! What a policy asks of a request, split by the types of principal and resource. Under a schema a policy concerns the kinds of
//! request that the schema has. Whoever decides without the schema, links a template or adds a grant later may ask of any type,
//! so these kinds are found here from the types that the policies themselves test.

use std::collections::BTreeSet;

use cedar_policy::{
    ActionConstraint, EntityId, EntityTypeName, EntityUid, Policy, PrincipalConstraint, ResourceConstraint,
};
use serde_json::{Map, Value, json};

use super::action_groups::spell_out;
use super::environment::{Environment, Environments};

/// What a policy asks of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demands {
    /// The actions of its scope; `None`: any.
    actions: Option<BTreeSet<EntityUid>>,
    /// What has to hold, or not to hold, of the request: its scope but for the action, and its conditions.
    tests: Vec<Test>,
    /// The only type of principal and of resource for which all of that can hold, where one test says so by itself.
    pinned: [Option<EntityTypeName>; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Test {
    /// In Cedar's JSON form.
    expr: Value,
    holds: bool,
}

impl Test {
    /// The only type of a variable for which it can hold, if it is plain from one of its operands.
    fn pins(&self, var: &str) -> Option<EntityTypeName> {
        fn pinned(expr: &Value, var: &str) -> Option<EntityTypeName> {
            let (operator, operands) = expr.as_object()?.iter().next()?;
            let ty = match operator.as_str() {
                "is" if is_var(operands.get("left"), var) => operands.get("entity_type")?.as_str()?,
                "==" => compared(operands).filter(|(name, _)| *name == var)?.1,
                "&&" => {
                    let operand = |name| operands.get(name).and_then(|operand| pinned(operand, var));
                    return operand("left").or_else(|| operand("right"));
                }
                _ => return None,
            };
            ty.parse().ok()
        }
        self.holds.then(|| pinned(&self.expr, var)).flatten()
    }
}

/// What is known of an expression once the types of principal and resource are.
enum Known {
    Is(bool),
    /// The part of it that is left.
    Open(Value),
}

impl Demands {
    /// What a policy asks; `None` where it cannot be read.
    #[must_use]
    pub fn new(policy: &Policy, environments: &Environments) -> Option<Self> {
        let all = |groups: &[EntityUid]| groups.iter().flat_map(|group| environments.within(group)).cloned().collect();
        let actions = match policy.action_constraint() {
            ActionConstraint::Any => None,
            ActionConstraint::In(groups) => Some(all(&groups)),
            ActionConstraint::Eq(action) => Some(BTreeSet::from([action])),
        };
        let mut tests = Vec::new();
        let mut asks = |expr| tests.push(Test { expr, holds: true });
        match policy.principal_constraint() {
            PrincipalConstraint::Any => {}
            PrincipalConstraint::Is(ty) => asks(is("principal", &ty)),
            PrincipalConstraint::Eq(uid) => asks(binary("==", "principal", &uid)),
            PrincipalConstraint::In(uid) => asks(binary("in", "principal", &uid)),
            PrincipalConstraint::IsIn(ty, uid) => {
                asks(is("principal", &ty));
                asks(binary("in", "principal", &uid));
            }
        }
        match policy.resource_constraint() {
            ResourceConstraint::Any => {}
            ResourceConstraint::Is(ty) => asks(is("resource", &ty)),
            ResourceConstraint::Eq(uid) => asks(binary("==", "resource", &uid)),
            ResourceConstraint::In(uid) => asks(binary("in", "resource", &uid)),
            ResourceConstraint::IsIn(ty, uid) => {
                asks(is("resource", &ty));
                asks(binary("in", "resource", &uid));
            }
        }
        let json = policy.to_json().ok()?;
        for condition in json.get("conditions").and_then(Value::as_array).into_iter().flatten() {
            let holds = condition.get("kind").and_then(Value::as_str)? == "when";
            let mut expr = condition.get("body")?.clone();
            // What a group stands for is the schema's business, and policies of two schemas are compared.
            spell_out(&mut expr, environments);
            tests.push(Test { expr, holds });
        }
        let pinned = ["principal", "resource"].map(|var| tests.iter().find_map(|test| test.pins(var)));
        Some(Self { actions, tests, pinned })
    }

    /// The only type of principal for which it may apply, where it says so plainly.
    #[must_use]
    pub fn principal(&self) -> Option<&EntityTypeName> {
        let [principal, _] = &self.pinned;
        principal.as_ref()
    }

    /// The same of the resource.
    #[must_use]
    pub fn resource(&self) -> Option<&EntityTypeName> {
        let [_, resource] = &self.pinned;
        resource.as_ref()
    }

    /// Whether its scope admits an action.
    #[must_use]
    pub fn admits(&self, action: &EntityUid) -> bool {
        self.actions.as_ref().is_none_or(|actions| actions.contains(action))
    }

    /// What is left to ask of a request of a kind, one entry for each thing that has to hold; `None` where no request of the kind
    /// meets it. Whatever meets all of these meets each of them, so that a policy which asks for less applies to more.
    #[must_use]
    pub fn at(&self, kind: &Environment) -> Option<BTreeSet<String>> {
        let mut left = BTreeSet::new();
        self.admits(&kind.action).then_some(())?;
        let fits = |pinned: &Option<EntityTypeName>, ty| pinned.as_ref().is_none_or(|pinned| pinned == ty);
        let [principal, resource] = &self.pinned;
        (fits(principal, &kind.principal) && fits(resource, &kind.resource)).then_some(())?;
        for test in &self.tests {
            match known(&test.expr, kind) {
                Known::Is(holds) if holds == test.holds => {}
                Known::Is(_) => return None,
                Known::Open(expr) => split(&expr, test.holds, &mut left)?,
            }
        }
        Some(left)
    }

    /// Whether some request may meet both, of whatever types.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.meets_where(other, |_| true)
    }

    /// Whether it applies to every request of some kind that another policy may be for.
    #[must_use]
    pub fn covers_some_of(&self, other: &Self) -> bool {
        self.meets_where(other, BTreeSet::is_empty)
    }

    fn meets_where(&self, other: &Self, left: impl Fn(&BTreeSet<String>) -> bool) -> bool {
        let actions: Option<BTreeSet<&EntityUid>> = match (&self.actions, &other.actions) {
            (Some(one), Some(two)) => Some(one.intersection(two).collect()),
            (Some(all), None) | (None, Some(all)) => Some(all.iter().collect()),
            (None, None) => None,
        };
        // Two that are for any action meet for those that neither tests, or for one that they do test.
        let mut named =
            BTreeSet::from([EntityUid::from_type_name_and_id(untested(&BTreeSet::new()), EntityId::new(""))]);
        for test in self.tests.iter().chain(&other.tests) {
            tested_actions(&test.expr, &mut named);
        }
        let actions = actions.unwrap_or_else(|| named.iter().collect());
        let mut types = TestedTypes::default();
        types.add(self);
        types.add(other);
        let meet = |kind: &Environment| self.at(kind).is_some_and(|asks| left(&asks)) && other.at(kind).is_some();
        actions.into_iter().any(|action| types.kinds(action, &[self, other]).iter().any(meet))
    }
}

/// The types of principals and of resources that some policies tell apart.
#[derive(Debug, Clone, Default)]
pub struct TestedTypes([BTreeSet<EntityTypeName>; 2]);

impl TestedTypes {
    /// Adds the types that a policy tests.
    pub fn add(&mut self, demands: &Demands) {
        let Self([principals, resources]) = self;
        for test in &demands.tests {
            tested(&test.expr, "principal", principals);
            tested(&test.expr, "resource", resources);
        }
    }

    /// The kinds of request for an action: by each of the types, and by one that is none of them, which stands for all others.
    /// Those are left out that policies all of which have to apply plainly rule out.
    #[must_use]
    pub fn kinds(&self, action: &EntityUid, all: &[&Demands]) -> Vec<Environment> {
        let Self([principals, resources]) = self;
        let of = |types: &BTreeSet<EntityTypeName>, pin: fn(&Demands) -> Option<&EntityTypeName>| {
            let mut pins = all.iter().filter_map(|demands| pin(demands));
            match pins.next() {
                Some(first) => pins.all(|other| other == first).then(|| first.clone()).into_iter().collect(),
                None => types.iter().cloned().chain([untested(types)]).collect::<Vec<_>>(),
            }
        };
        let principals = of(principals, Demands::principal);
        let resources = of(resources, Demands::resource);
        let pairs = principals.iter().flat_map(|principal| resources.iter().map(move |resource| (principal, resource)));
        pairs
            .map(|(principal, resource)| Environment {
                principal: principal.clone(),
                action: action.clone(),
                resource: resource.clone(),
            })
            .collect()
    }
}

/// A type that is none of some.
fn untested(types: &BTreeSet<EntityTypeName>) -> EntityTypeName {
    let mut name = "Untested".to_owned();
    loop {
        match name.parse::<EntityTypeName>() {
            Ok(ty) if !types.contains(&ty) => return ty,
            _ => name.push('_'),
        }
    }
}

/// The types of which an expression tests whether a variable is one.
fn tested(expr: &Value, var: &str, found: &mut BTreeSet<EntityTypeName>) {
    match expr {
        Value::Object(fields) => {
            for (operator, operands) in fields {
                let ty = match operator.as_str() {
                    "is" if is_var(operands.get("left"), var) => operands.get("entity_type").and_then(Value::as_str),
                    "==" => compared(operands).filter(|(name, _)| *name == var).map(|(_, ty)| ty),
                    _ => None,
                };
                found.extend(ty.and_then(|ty| ty.parse::<EntityTypeName>().ok()));
                tested(operands, var, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| tested(item, var, found)),
        _ => {}
    }
}

/// The actions of which an expression tests whether the action is one.
fn tested_actions(expr: &Value, found: &mut BTreeSet<EntityUid>) {
    match expr {
        Value::Object(fields) => {
            for (operator, operands) in fields {
                if let ("==", Some(("action", _))) = (operator.as_str(), compared(operands)) {
                    let mut sides = ["left", "right"].into_iter().filter_map(|side| operands.get(side));
                    let entity = sides.find_map(|side| side.pointer("/Value/__entity"));
                    found.extend(entity.and_then(|entity| EntityUid::from_json(entity.clone()).ok()));
                }
                tested_actions(operands, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| tested_actions(item, found)),
        _ => {}
    }
}

/// The variable and the entity's type, where a variable is compared with an entity.
fn compared(operands: &Value) -> Option<(&str, &str)> {
    let (left, right) = (operands.get("left")?, operands.get("right")?);
    let (var, entity) = if left.get("Var").is_some() { (left, right) } else { (right, left) };
    Some((var.get("Var")?.as_str()?, entity.pointer("/Value/__entity/type")?.as_str()?))
}

/// The id of the entity that a variable is compared with.
fn compared_id(operands: &Value) -> Option<&str> {
    let mut sides = ["left", "right"].into_iter().filter_map(|side| operands.get(side));
    sides.find_map(|side| side.pointer("/Value/__entity/id")?.as_str())
}

fn is_var(expr: Option<&Value>, var: &str) -> bool {
    expr.and_then(|expr| expr.get("Var")).and_then(Value::as_str) == Some(var)
}

/// What the types of principal and resource say of an expression. Where an operand may err before another is looked at, it is
/// kept.
fn known(expr: &Value, kind: &Environment) -> Known {
    let open = || Known::Open(expr.clone());
    let Some((operator, operands)) = expr.as_object().and_then(|fields| fields.iter().next()) else {
        return open();
    };
    let is_type = |var: &str, ty: &str| match var {
        "principal" => Some(kind.principal.to_string() == ty),
        "resource" => Some(kind.resource.to_string() == ty),
        _ => None,
    };
    match operator.as_str() {
        "Value" => operands.as_bool().map_or_else(open, Known::Is),
        "is" => {
            let var = operands.pointer("/left/Var").and_then(Value::as_str);
            let ty = operands.get("entity_type").and_then(Value::as_str);
            match (var.zip(ty).and_then(|(var, ty)| is_type(var, ty)), operands.get("in")) {
                (Some(false), _) => Known::Is(false),
                (Some(true), None) => Known::Is(true),
                (Some(true), Some(group)) => Known::Open(json!({ "in": { "left": { "Var": var }, "right": group } })),
                (None, _) => open(),
            }
        }
        "==" => match compared(operands) {
            Some(("action", ty)) => match compared_id(operands) {
                Some(id) => {
                    let action = &kind.action;
                    Known::Is(action.type_name().to_string() == ty && action.id().unescaped() == id)
                }
                None => open(),
            },
            Some((var, ty)) if is_type(var, ty) == Some(false) => Known::Is(false),
            _ => open(),
        },
        "!" => match operands.get("arg").map(|arg| known(arg, kind)) {
            Some(Known::Is(holds)) => Known::Is(!holds),
            Some(Known::Open(arg)) => Known::Open(json!({ "!": { "arg": arg } })),
            None => open(),
        },
        "&&" | "||" => {
            let (Some(left), Some(right)) = (operands.get("left"), operands.get("right")) else { return open() };
            // What decides the whole, whatever the other operand is.
            let decides = operator == "||";
            match (known(left, kind), right) {
                (Known::Is(is), _) if is == decides => Known::Is(is),
                (Known::Is(_), right) => known(right, kind),
                (Known::Open(left), right) => match known(right, kind) {
                    Known::Is(is) if is != decides => Known::Open(left),
                    Known::Is(is) => Known::Open(both(operator, left, json!({ "Value": is }))),
                    Known::Open(right) => Known::Open(both(operator, left, right)),
                },
            }
        }
        "if-then-else" => match operands.get("if").map(|test| known(test, kind)) {
            Some(Known::Is(is)) => {
                operands.get(if is { "then" } else { "else" }).map_or_else(open, |one| known(one, kind))
            }
            _ => open(),
        },
        _ => open(),
    }
}

fn both(operator: &str, left: Value, right: Value) -> Value {
    let operands = json!({ "left": left, "right": right });
    Value::Object(Map::from_iter([(operator.to_owned(), operands)]))
}

/// The parts of an expression all of which have to hold, or not to hold; `None` where that cannot be.
fn split(expr: &Value, holds: bool, found: &mut BTreeSet<String>) -> Option<()> {
    let operands = |operator: &str| {
        let operands = expr.get(operator)?;
        Some((operands.get("left")?, operands.get("right")?))
    };
    if let Some(arg) = expr.pointer("/!/arg") {
        return split(arg, !holds, found);
    }
    if let Some((left, right)) = operands(if holds { "&&" } else { "||" }) {
        split(left, holds, found)?;
        return split(right, holds, found);
    }
    match expr.get("Value").and_then(Value::as_bool) {
        Some(is) => (is == holds).then_some(()),
        None => {
            let sign = if holds { "" } else { "!" };
            found.insert(format!("{sign}{expr}"));
            Some(())
        }
    }
}

fn is(var: &str, ty: &EntityTypeName) -> Value {
    json!({ "is": { "left": { "Var": var }, "entity_type": ty.to_string() } })
}

fn binary(operator: &str, var: &str, uid: &EntityUid) -> Value {
    let entity = json!({ "type": uid.type_name().to_string(), "id": uid.id().unescaped() });
    both(operator, json!({ "Var": var }), json!({ "Value": { "__entity": entity } }))
}

#[cfg(test)]
mod tests {
    use cedar_policy::Schema;

    use super::*;

    fn environments() -> Environments {
        let (schema, _) = Schema::from_cedarschema_str(
            "entity U; entity B; entity D; action all; action read in all appliesTo { principal: U, resource: D }; \
             action write in all appliesTo { principal: U, resource: D };",
        )
        .unwrap();
        Environments::new(&schema)
    }

    fn demands(text: &str) -> Demands {
        Demands::new(&Policy::parse(None, text).unwrap(), &environments()).unwrap()
    }

    fn at(text: &str, principal: &str) -> Option<usize> {
        let kind = Environment {
            principal: principal.parse().unwrap(),
            action: "Action::\"read\"".parse().unwrap(),
            resource: "D".parse().unwrap(),
        };
        demands(text).at(&kind).map(|left| left.len())
    }

    #[test]
    fn a_type_is_tested_alike_in_the_scope_and_in_a_condition() {
        let scope = "forbid(principal is B, action == Action::\"read\", resource is D) when { context.a };";
        for same in [
            "forbid(principal, action == Action::\"read\", resource is D) when { principal is B && context.a };",
            "forbid(principal, action in Action::\"all\", resource) when { principal is B } when { context.a };",
            "forbid(principal, action, resource) when { context.a } unless { !(principal is B) || !(resource is D) };",
        ] {
            let kind = |ty: &str| Environment {
                principal: ty.parse().unwrap(),
                action: "Action::\"read\"".parse().unwrap(),
                resource: "D".parse().unwrap(),
            };
            for ty in ["U", "B", "Other"] {
                assert_eq!(demands(scope).at(&kind(ty)), demands(same).at(&kind(ty)), "{same} {ty}");
            }
        }
        assert_eq!((at(scope, "B"), at(scope, "U")), (Some(1), None));
    }

    #[test]
    fn an_action_is_tested_alike_in_the_scope_and_in_a_condition() {
        let forbid = |condition: &str| format!("forbid(principal, action, resource) when {{ {condition} }};");
        for (condition, left) in [
            ("action == Action::\"read\" && context.a", Some(1)),
            ("action in Action::\"all\" && context.a", Some(1)),
            ("action in [Action::\"write\"] && context.a", None),
            ("action != Action::\"read\" || context.a", Some(1)),
        ] {
            assert_eq!(at(&forbid(condition), "U"), left, "{condition}");
        }
        // Two that are for any action meet for an action that one of them tests.
        let (read, write) =
            (demands(&forbid("action == Action::\"read\"")), demands(&forbid("action in Action::\"all\"")));
        assert!(read.meets(&write) && read.meets(&demands("permit(principal, action, resource);")));
        assert!(!read.meets(&demands(&forbid("action == Action::\"write\""))));
    }

    #[test]
    fn a_policy_that_names_its_types_is_looked_at_in_one_kind_of_request() {
        let mut types = TestedTypes::default();
        for ty in ["U", "B", "C", "E"] {
            types.add(&demands(&format!("forbid(principal is {ty}, action, resource is {ty});")));
        }
        let kinds = |text: &str| types.kinds(&"Action::\"read\"".parse().unwrap(), &[&demands(text)]).len();
        assert_eq!(kinds("forbid(principal is B, action, resource == D::\"x\");"), 1);
        assert_eq!(
            kinds("forbid(principal, action, resource) when { context.a && (principal is B && resource is D) };"),
            1
        );
        assert_eq!(kinds("forbid(principal is B, action, resource);"), 5);
        assert_eq!(kinds("forbid(principal, action, resource) unless { principal is B && resource is D };"), 25);
    }

    #[test]
    fn what_may_err_first_is_kept() {
        let policy = "forbid(principal, action, resource) when { context.a < 1 && principal is B };";
        assert_eq!((at(policy, "B"), at(policy, "U")), (Some(1), None));
        let negated = "forbid(principal, action, resource) unless { context.a < 1 && principal is B };";
        assert_eq!((at(negated, "B"), at(negated, "U")), (Some(1), Some(1)));
        let first = "forbid(principal, action, resource) unless { principal is B && context.a < 1 };";
        assert_eq!((at(first, "B"), at(first, "U")), (Some(1), Some(0)));
    }

    #[test]
    fn two_policies_meet_where_some_type_and_some_action_meets_both() {
        let read = "permit(principal is B, action == Action::\"read\", resource);";
        for (other, meet) in [
            ("forbid(principal, action, resource);", true),
            ("forbid(principal is B, action in Action::\"all\", resource);", true),
            ("forbid(principal == B::\"x\", action, resource);", true),
            ("forbid(principal == U::\"x\", action, resource);", false),
            ("forbid(principal, action == Action::\"write\", resource);", false),
            ("forbid(principal, action, resource) unless { principal is B };", false),
            ("forbid(principal, action, resource) unless { principal is U };", true),
            ("forbid(principal, action, resource) when { principal is U && context.a };", false),
        ] {
            assert_eq!(demands(read).meets(&demands(other)), meet, "{other}");
            assert_eq!(demands(other).meets(&demands(read)), meet, "{other}");
        }
        let everything = demands("permit(principal, action, resource);");
        let known = demands("forbid(principal, action, resource) when { context.a } unless { principal is B };");
        assert!(known.meets(&everything) && !known.covers_some_of(&everything));
        assert!(demands("forbid(principal is B, action, resource);").covers_some_of(&everything));
        assert!(everything.meets(&everything));
        assert!(!everything.meets(&demands("forbid(principal, action in [], resource);")));
    }
}
