//! What policies test that a schema may make possible: whether something is in a group, has an attribute or tags, is another
//! member of an enumeration. Such a test is false for certain while the schema knows no such thing. Once it does, the same policy
//! opens (or closes) more, and no line of it changed.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, EntityTypeName, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};
use serde_json::Value;

use crate::analysis::{Demands, Environment, Environments};
use crate::bundle::{Contract, EntityRole, ValueType};
use crate::lower::{Lowered, RawTemplate};
use crate::semdiff::common_schema;

/// The tests of the old side's policies, and the schema of the new side.
pub(super) struct Reads<'a> {
    policies: &'a Lowered,
    grown: &'a Lowered,
    /// Templates of the new side: any change of one is a term already, so that the others are those of the old side.
    templates: BTreeMap<String, RawTemplate>,
    tests: OnceCell<Tests>,
    wide: OnceCell<BTreeSet<Environment>>,
}

/// Types of entities, full Cedar names; `None` where they are not plain.
type Types = Option<BTreeSet<String>>;

/// All tests, each with the statement that holds it.
#[derive(Default)]
struct Tests {
    memberships: Vec<(Types, Types, String)>,
    attributes: Vec<(Tested, String, String)>,
    tags: BTreeSet<String>,
    /// Types of enumerations of which some members are kept out.
    kept_out: BTreeMap<String, BTreeSet<String>>,
}

/// Of what an attribute is tested.
enum Tested {
    /// Of the context of these actions, or of a record in it.
    Context(BTreeSet<EntityUid>),
    Entities(Types),
}

impl<'a> Reads<'a> {
    pub(super) fn new(policies: &'a Lowered, grown: &'a Lowered, templates: BTreeMap<String, RawTemplate>) -> Self {
        Self { policies, grown, templates, tests: OnceCell::new(), wide: OnceCell::new() }
    }

    /// Who tests a membership to which a new parent of a type leads.
    pub(super) fn through(&self, ty: &str, parent: &str) -> Vec<String> {
        let (ty, parent) = (self.cedar(ty), self.cedar(parent));
        let leads =
            |from: &Types, to: &str| from.as_ref().is_none_or(|all| all.iter().any(|one| self.reaches(one, to)));
        let ends = |to: &Types| to.as_ref().is_none_or(|all| all.iter().any(|one| self.reaches(&parent, one)));
        let tests = self.tests().memberships.iter();
        let tests = tests.filter(|(from, to, _)| leads(from, &ty) && ends(to));
        let roles = self.roles_of(&parent);
        named(tests.map(|(.., by)| by).chain(roles))
    }

    /// The roles that come with a membership where principals show their roles by name: no policy tests for groups there.
    fn roles_of(&self, parent: &str) -> impl Iterator<Item = &String> {
        let contract = &self.grown.contract;
        let mut groups = contract.entities.values().filter(|ty| ty.holds_roles && ty.kind == EntityRole::Group);
        let brings = contract.roles_form.has_attribute() && groups.any(|group| self.reaches(parent, &group.cedar));
        contract.roles.keys().filter(move |_| brings)
    }

    /// Who tests whether something has an attribute. `path` leads to the attribute in the contract.
    pub(super) fn for_attribute(&self, path: &[String], name: &str) -> Vec<String> {
        let of = |tested: &Tested| match (path.first().map(String::as_str), path.get(1), tested) {
            (Some("actions"), Some(action), Tested::Context(actions)) => {
                let known = self.grown.contract.actions.get(action);
                let uid = known.and_then(|known| known.cedar.parse::<EntityUid>().ok());
                uid.is_none_or(|uid| actions.contains(&uid))
            }
            (Some("entities"), Some(ty), Tested::Entities(Some(types))) => types.contains(&self.cedar(ty)),
            (Some("entities"), _, Tested::Context(_)) | (Some("actions"), _, Tested::Entities(Some(_))) => false,
            _ => true,
        };
        let tests = self.tests().attributes.iter();
        named(tests.filter(|(tested, attribute, _)| attribute == name && of(tested)).map(|(.., by)| by))
    }

    /// Who tests for tags.
    pub(super) fn for_tags(&self) -> Vec<String> {
        named(self.tests().tags.iter())
    }

    /// Who keeps out some members of an enumeration, or lets through whatever is not one of some.
    pub(super) fn but_for_members(&self, ty: &str) -> Vec<String> {
        named(self.tests().kept_out.get(&self.cedar(ty)).into_iter().flatten())
    }

    /// Whether a type is a group on the new side.
    pub(super) fn is_group(&self, ty: &str) -> bool {
        let ty = self.grown.contract.entities.get(ty);
        ty.is_some_and(|ty| ty.kind != EntityRole::Principal)
    }

    /// The full Cedar name of a type of either side.
    fn cedar(&self, ty: &str) -> String {
        cedar(&self.grown.contract, ty)
    }

    /// Whether an entity of one type may be, or be in, one of another.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let Ok(ty) = from.parse::<EntityTypeName>() else {
            return true;
        };
        let schema = self.grown.schema.as_ref();
        let mut above = schema.and_then(|schema| schema.ancestors(&ty)).into_iter().flatten();
        from == to || above.any(|above| above.to_string() == to)
    }

    /// The kinds of request that a policy may be for, those that nothing joins included: what is in a group, or has an attribute,
    /// may be let in by who decides without the schema.
    fn kinds(&self, policy: &Policy, environments: &Environments) -> Vec<Environment> {
        let mut all: BTreeSet<Environment> = environments.admitting(policy).into_iter().cloned().collect();
        let Some(asks) = Demands::new(policy, environments) else {
            return all.into_iter().collect();
        };
        all.extend(self.wide().iter().filter(|kind| asks.at(kind).is_some()).cloned());
        all.into_iter().collect()
    }

    fn wide(&self) -> &BTreeSet<Environment> {
        self.wide.get_or_init(|| Environment::wide(&[&self.policies.contract, &self.grown.contract]))
    }

    fn tests(&self) -> &Tests {
        self.tests.get_or_init(|| {
            let mut tests = Tests::default();
            let Some(schema) = &self.policies.schema else {
                return tests;
            };
            let environments = Environments::new(schema);
            for policy in common_schema::policies(self.policies) {
                let id = policy.id().to_string();
                let origin = self.policies.origins.policies.get(&id);
                let mut reading = Reading {
                    contract: &self.policies.contract,
                    environments: self.kinds(policy, &environments),
                    by: origin.map_or(id, |origin| origin.statement.clone()),
                    tests: &mut tests,
                };
                reading.policy(policy);
            }
            for (id, template) in &self.templates {
                let Some(any) = template.any_link(id) else { continue };
                let mut reading = Reading {
                    contract: &self.policies.contract,
                    environments: self.kinds(&any.policy, &environments),
                    by: id.clone(),
                    tests: &mut tests,
                };
                reading.policy(&any.policy);
                reading.slots(template);
            }
            tests
        })
    }
}

fn named<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    let names: BTreeSet<&String> = names.collect();
    names.into_iter().cloned().collect()
}

/// Types have Gate names in a contract, generated ones their Cedar names.
fn cedar(contract: &Contract, ty: &str) -> String {
    let known = contract.entities.get(ty);
    known.map_or_else(|| ty.to_owned(), |known| known.cedar.clone())
}

/// Whether what is read makes a policy apply where it is true, where it is false, or it is not plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    True,
    False,
    Either,
}

impl Sense {
    fn flipped(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Either => Self::Either,
        }
    }
}

/// One policy as it is read.
struct Reading<'a> {
    contract: &'a Contract,
    environments: Vec<Environment>,
    by: String,
    tests: &'a mut Tests,
}

impl Reading<'_> {
    fn policy(&mut self, policy: &Policy) {
        let opens = match policy.effect() {
            Effect::Permit => Sense::True,
            Effect::Forbid => Sense::False,
        };
        let principal = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
            PrincipalConstraint::Eq(uid) => Some((uid, false)),
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => Some((uid, true)),
        };
        let resource = match policy.resource_constraint() {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
            ResourceConstraint::Eq(uid) => Some((uid, false)),
            ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => Some((uid, true)),
        };
        for (var, scope) in [("principal", principal), ("resource", resource)] {
            let Some((uid, within)) = scope else { continue };
            let ty = uid.type_name().to_string();
            if opens == Sense::False {
                self.keeps_out(&ty);
            }
            if within {
                let from = self.of_var(var);
                self.member(from, Some(BTreeSet::from([ty])));
            }
        }
        let json = policy.to_json().unwrap_or_default();
        for condition in json.get("conditions").and_then(Value::as_array).into_iter().flatten() {
            let sense = match condition.get("kind").and_then(Value::as_str) {
                Some("when") => opens,
                _ => opens.flipped(),
            };
            if let Some(body) = condition.get("body") {
                self.expr(body, sense);
            }
        }
    }

    /// What links put in the place of a slot after `in` may be any group.
    fn slots(&mut self, template: &RawTemplate) {
        let json = template.template.to_json().unwrap_or_default();
        for var in ["principal", "resource"] {
            let Some(scope) = json.get(var) else { continue };
            let is_slot = |scope: &Value| scope.get("slot").is_some();
            let is_in = scope.get("op").and_then(Value::as_str) == Some("in") && is_slot(scope);
            if is_in || scope.get("in").is_some_and(is_slot) {
                let from = self.of_var(var);
                self.member(from, None);
            }
        }
    }

    fn expr(&mut self, expr: &Value, sense: Sense) {
        let Some((operator, operands)) = expr.as_object().and_then(|fields| fields.iter().next()) else {
            return;
        };
        let operand = |name: &str| operands.get(name);
        match operator.as_str() {
            "Value" => {
                if let Some(ty) = entity_type(operands)
                    && sense != Sense::True
                {
                    self.keeps_out(ty);
                }
            }
            "!" => self.below(operands, sense.flipped()),
            "==" | "!=" => self.compared(operands, if operator == "==" { sense } else { sense.flipped() }),
            "contains" | "containsAny" | "Set" => {
                // Whether it is true decides nothing by itself where both truths may be among the elements.
                let sense = if holds_boolean(operands) { Sense::Either } else { sense };
                self.below(operands, sense);
            }
            "if-then-else" => {
                for (part, sense) in [("if", Sense::Either), ("then", sense), ("else", sense)] {
                    operand(part).into_iter().for_each(|operand| self.expr(operand, sense));
                }
            }
            "&&" | "||" | "in" | "is" => {
                if operator == "in" {
                    self.member(self.types(operand("left")), self.types(operand("right")));
                } else if let ("is", Some(group)) = (operator.as_str(), operand("in")) {
                    self.member(self.types(operand("left")), self.types(Some(group)));
                }
                self.below(operands, sense);
            }
            "has" => {
                self.attribute(operand("left"), operand("attr"));
                self.below(operands, sense);
            }
            "hasTag" => {
                self.tests.tags.insert(self.by.clone());
                self.below(operands, sense);
            }
            _ => self.below(operands, Sense::Either),
        }
    }

    /// The operands of `==`, which is true where it has this sense. Of two truths compared each may be either, but for one that is
    /// compared with `true` or `false`.
    fn compared(&mut self, operands: &Value, sense: Sense) {
        let all = [operands.get("left"), operands.get("right")];
        let constant = all.iter().flatten().find_map(|operand| operand.get("Value")?.as_bool());
        let sense = match constant {
            Some(true) => sense,
            Some(false) => sense.flipped(),
            None if all.iter().flatten().any(|operand| is_boolean(operand)) => Sense::Either,
            None => sense,
        };
        self.below(operands, sense);
    }

    /// The operands of an operator, whatever they are called.
    fn below(&mut self, operands: &Value, sense: Sense) {
        match operands {
            Value::Object(all) => all.values().for_each(|operand| self.expr(operand, sense)),
            Value::Array(all) => all.iter().for_each(|operand| self.expr(operand, sense)),
            _ => {}
        }
    }

    fn keeps_out(&mut self, ty: &str) {
        let by = self.tests.kept_out.entry(ty.to_owned()).or_default();
        by.insert(self.by.clone());
    }

    fn member(&mut self, from: Types, to: Types) {
        self.tests.memberships.push((from, to, self.by.clone()));
    }

    /// `has` names one attribute or several, each of the one before it.
    fn attribute(&mut self, left: Option<&Value>, names: Option<&Value>) {
        let names: Vec<&str> = match names {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let in_context = left.is_some_and(is_context);
        for (at, name) in names.into_iter().enumerate() {
            let tested = match (in_context, at) {
                (true, _) => Tested::Context(self.environments.iter().map(|env| env.action.clone()).collect()),
                (false, 0) => Tested::Entities(self.types(left)),
                (false, _) => Tested::Entities(None),
            };
            self.tests.attributes.push((tested, name.to_owned(), self.by.clone()));
        }
    }

    fn of_var(&self, var: &str) -> Types {
        let of = |env: &Environment| match var {
            "principal" => env.principal.to_string(),
            _ => env.resource.to_string(),
        };
        Some(self.environments.iter().map(of).collect())
    }

    /// The types of the entities that an expression stands for, or a set of it holds.
    fn types(&self, expr: Option<&Value>) -> Types {
        let mut types = BTreeSet::new();
        for ty in self.values(expr?)? {
            let mut ty = &ty;
            while let ValueType::Set(element) = ty {
                ty = element;
            }
            match ty {
                ValueType::Entity(name) => types.insert(cedar(self.contract, name)),
                _ => return None,
            };
        }
        Some(types)
    }

    /// The types that an expression may have; `None` where it is not plain.
    fn values(&self, expr: &Value) -> Option<Vec<ValueType>> {
        let (operator, operands) = expr.as_object()?.iter().next()?;
        match operator.as_str() {
            "Value" => Some(vec![ValueType::Entity(entity_type(operands)?.to_owned())]),
            "Var" => match operands.as_str()? {
                "context" => {
                    let actions = self.contract.actions.values();
                    let asked = actions.filter(|action| {
                        let uid = action.cedar.parse::<EntityUid>();
                        uid.is_ok_and(|uid| self.environments.iter().any(|env| env.action == uid))
                    });
                    Some(asked.map(|action| ValueType::Record(action.context.clone())).collect())
                }
                "action" => None,
                var => Some(self.of_var(var)?.into_iter().map(ValueType::Entity).collect()),
            },
            "Set" => {
                let elements = operands.as_array()?.iter().map(|element| self.values(element));
                Some(elements.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
            }
            "." => {
                let name = operands.get("attr")?.as_str()?;
                let owners = self.values(operands.get("left")?)?;
                owners.into_iter().map(|owner| self.attribute_of(&owner, name)).collect()
            }
            _ => None,
        }
    }

    fn attribute_of(&self, owner: &ValueType, name: &str) -> Option<ValueType> {
        match owner {
            ValueType::Record(fields) => Some(fields.get(name)?.ty.clone()),
            ValueType::Entity(ty) => {
                let ty = cedar(self.contract, ty);
                let entity = self.contract.entities.values().find(|entity| entity.cedar == ty)?;
                match entity.attributes.get(name) {
                    Some(attribute) => Some(attribute.ty.clone()),
                    None if entity.relations.iter().any(|relation| relation.role == name) => {
                        Some(ValueType::Entity(self.contract.holders_type.clone()?))
                    }
                    None => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether an expression is true or false, as far as its operator tells: what is no operand of another type.
fn is_boolean(expr: &Value) -> bool {
    let Some((operator, operands)) = expr.as_object().and_then(|fields| fields.iter().next()) else {
        return false;
    };
    match operator.as_str() {
        "Value" => operands.is_boolean(),
        "if-then-else" => ["then", "else"].iter().any(|part| operands.get(part).is_some_and(is_boolean)),
        "!" | "&&" | "||" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "is" | "has" | "hasTag" | "like"
        | "isEmpty" | "contains" | "containsAll" | "containsAny" => true,
        // An attribute may be anything, and what is compared with it is then told by the other operand.
        "." | "Var" | "Set" | "Record" | "+" | "-" | "*" | "neg" | "getTag" | "Slot" | "Unknown" => false,
        // Functions of Cedar's extensions may be.
        _ => true,
    }
}

/// Whether a truth is an operand, or an element of a set that is written out.
fn holds_boolean(operands: &Value) -> bool {
    let elements: Vec<&Value> = match operands {
        Value::Array(elements) => elements.iter().collect(),
        _ => ["left", "right"].iter().filter_map(|side| operands.get(side)).collect(),
    };
    elements.into_iter().any(|element| is_boolean(element) || element.get("Set").is_some_and(holds_boolean))
}

fn entity_type(value: &Value) -> Option<&str> {
    value.get("__entity")?.get("type")?.as_str()
}

/// Whether an expression is the context, or a record in it.
fn is_context(expr: &Value) -> bool {
    match expr.get(".").and_then(|operands| operands.get("left")) {
        Some(left) => is_context(left),
        None => expr.get("Var").and_then(Value::as_str) == Some("context"),
    }
}
