//! One policy as it is read: what its scope and conditions test.

use std::collections::BTreeSet;

use cedar_policy::{Effect, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};
use serde_json::Value;

use super::{Group, RoleName, Test, Tested, Tests, Types, cedar};
use crate::analysis::Environment;
use crate::bundle::{Contract, ROLES_ATTRIBUTE, ValueType};
use crate::lower::RawTemplate;

/// Whether what is read makes a policy apply where it is true, where it is false, or it is not plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    True,
    False,
    Either,
}

impl Sense {
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Either => Self::Either,
        }
    }
}

/// One policy as it is read.
pub(super) struct Reading<'a> {
    pub(super) contract: &'a Contract,
    pub(super) environments: Vec<Environment>,
    pub(super) by: String,
    pub(super) tests: &'a mut Tests,
}

impl Reading<'_> {
    pub(super) fn policy(&mut self, policy: &Policy) {
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
                self.member(from, Group::Named(vec![uid]), opens);
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
    pub(super) fn slots(&mut self, template: &RawTemplate) {
        let json = template.template.to_json().unwrap_or_default();
        for var in ["principal", "resource"] {
            let Some(scope) = json.get(var) else { continue };
            let is_slot = |scope: &Value| scope.get("slot").is_some();
            let is_in = scope.get("op").and_then(Value::as_str) == Some("in") && is_slot(scope);
            if is_in || scope.get("in").is_some_and(is_slot) {
                let from = self.of_var(var);
                let opens = match template.effect() {
                    Effect::Permit => Sense::True,
                    Effect::Forbid => Sense::False,
                };
                self.member(from, Group::Slot, opens);
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
            "contains" | "containsAny" | "containsAll" if operand("left").is_some_and(is_role_names) => {
                let subject = operand("left").and_then(|names| names.get(".")?.get("left"));
                self.role_names(subject, operand("right"), sense);
                subject.into_iter().chain(operand("right")).for_each(|operand| self.expr(operand, Sense::Either));
            }
            "." => {
                if is_role_names(expr) {
                    self.role_names(operand("left"), None, Sense::Either);
                }
                self.below(operands, Sense::Either);
            }
            "containsAll" => {
                self.values_compared(operands, sense);
                self.below(operands, Sense::Either);
            }
            "contains" | "containsAny" | "Set" => {
                if operator != "Set" {
                    self.values_compared(operands, sense);
                }
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
                    self.values_compared(operands, sense);
                    self.member(self.types(operand("left")), self.group(operand("right")), sense);
                } else if let ("is", Some(group)) = (operator.as_str(), operand("in")) {
                    self.member(self.types(operand("left")), self.group(Some(group)), sense);
                }
                self.below(operands, sense);
            }
            "has" => {
                self.attribute(operand("left"), operand("attr"), sense);
                self.below(operands, sense);
            }
            "hasTag" => {
                self.tests.tags.push(Test { of: (), sense, by: self.by.clone() });
                self.below(operands, sense);
            }
            _ => self.below(operands, Sense::Either),
        }
    }

    /// The operands of `==`, which is true where it has this sense. Of two truths compared each may be either, but for one that is
    /// compared with `true` or `false`.
    fn compared(&mut self, operands: &Value, sense: Sense) {
        self.values_compared(operands, sense);
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

    /// Values that are compared with each other, of which a new member of an enumeration may be one. Where it is not equal, and
    /// that opens something, it is kept out as if the others were named.
    fn values_compared(&mut self, operands: &Value, sense: Sense) {
        if sense == Sense::True {
            return;
        }
        let mut found = BTreeSet::new();
        for operand in [operands.get("left"), operands.get("right")].into_iter().flatten() {
            self.entity_types(operand, &mut found);
        }
        found.iter().for_each(|ty| self.keeps_out(ty));
    }

    /// The types of the entities that an expression may be or hold; of one that is not plain, those of its operands.
    fn entity_types(&self, expr: &Value, found: &mut BTreeSet<String>) {
        match self.values(expr) {
            Some(types) => types.iter().for_each(|ty| entities_in(self.contract, ty, found)),
            None => match expr.as_object().and_then(|fields| fields.values().next()) {
                Some(Value::Object(operands)) => {
                    operands.values().for_each(|operand| self.entity_types(operand, found));
                }
                Some(Value::Array(operands)) => {
                    operands.iter().for_each(|operand| self.entity_types(operand, found));
                }
                _ => {}
            },
        }
    }

    fn member(&mut self, from: Types, to: Group, sense: Sense) {
        self.tests.memberships.push(Test { of: (from, to), sense, by: self.by.clone() });
    }

    /// The right side of an `in`.
    fn group(&self, expr: Option<&Value>) -> Group {
        let one = |expr: &Value| expr.get("Value").and_then(entity_uid);
        let Some(expr) = expr else {
            return Group::Of(None);
        };
        let all = match expr.get("Set").and_then(Value::as_array) {
            Some(elements) => elements.iter().map(one).collect::<Option<Vec<_>>>(),
            None => one(expr).map(|uid| vec![uid]),
        };
        if let Some(all) = all {
            return Group::Named(all);
        }
        let attribute =
            expr.get(".").and_then(|operands| Some((operands.get("left")?, operands.get("attr")?.as_str()?)));
        let owners = attribute.and_then(|(owner, name)| Some((self.types(Some(owner))?, name)));
        match owners {
            Some((owners, name)) if owners.iter().all(|owner| self.has_relation(owner, name)) => {
                Group::Holders(owners, name.to_owned())
            }
            _ => Group::Of(self.types(Some(expr))),
        }
    }

    fn has_relation(&self, cedar: &str, role: &str) -> bool {
        let mut types = self.contract.entities.values().filter(|ty| ty.cedar == cedar);
        types.any(|ty| ty.relations.iter().any(|relation| relation.role == role))
    }

    /// A test of the names of roles that somebody carries; of any where it is not said which.
    fn role_names(&mut self, subject: Option<&Value>, names: Option<&Value>, sense: Sense) {
        let one = |expr: &Value| match (expr.get("Value"), expr.get(".")) {
            (Some(Value::String(name)), _) => RoleName::Named(name.clone()),
            (_, Some(operands)) => match operands.get("attr").and_then(Value::as_str) {
                Some(name) => RoleName::Holders(self.types(operands.get("left")), name.to_owned()),
                None => RoleName::Any,
            },
            _ => RoleName::Any,
        };
        let all: Vec<RoleName> = match names.map(|names| (names, names.get("Set").and_then(Value::as_array))) {
            Some((_, Some(elements))) => elements.iter().map(one).collect(),
            Some((names, None)) => vec![one(names)],
            None => vec![RoleName::Any],
        };
        let from = self.types(subject);
        for name in all {
            self.tests.names.push(Test { of: (from.clone(), name), sense, by: self.by.clone() });
        }
    }

    /// `has` names one attribute or several, each of the one before it.
    fn attribute(&mut self, left: Option<&Value>, names: Option<&Value>, sense: Sense) {
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
            self.tests.attributes.push(Test { of: (tested, name.to_owned()), sense, by: self.by.clone() });
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
            "getTag" => {
                let owners = self.types(operands.get("left"))?;
                let tags = |owner: &String| {
                    self.contract.entities.values().find(|entity| entity.cedar == *owner)?.tags.clone()
                };
                owners.iter().map(tags).collect()
            }
            "if-then-else" => {
                let ways = [self.values(operands.get("then")?)?, self.values(operands.get("else")?)?];
                Some(ways.into_iter().flatten().collect())
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

fn entity_uid(value: &Value) -> Option<EntityUid> {
    EntityUid::from_json(value.clone()).ok()
}

/// The types of the entities that a value of a type is or holds.
fn entities_in(contract: &Contract, ty: &ValueType, found: &mut BTreeSet<String>) {
    match ty {
        ValueType::Entity(name) => {
            found.insert(cedar(contract, name));
        }
        ValueType::Set(element) => entities_in(contract, element, found),
        ValueType::Record(fields) => fields.values().for_each(|field| entities_in(contract, &field.ty, found)),
        _ => {}
    }
}

/// Whether an expression is the names of the roles that somebody carries.
fn is_role_names(expr: &Value) -> bool {
    expr.get(".").and_then(|operands| operands.get("attr")).and_then(Value::as_str) == Some(ROLES_ATTRIBUTE)
}

/// Whether a text is the name of a role, or of one of its groups of holders: `Org::acme.admin`.
pub(in crate::semdiff::terms) fn is_id(text: &str, role: &str, on: Option<&str>) -> bool {
    match on {
        None => text == role,
        Some(on) => {
            let id = text.strip_suffix(own_name(role)).and_then(|rest| rest.strip_suffix('.'));
            id.is_some_and(|id| id.contains(&format!("{on}::")))
        }
    }
}

/// The own name of a role: `admin` of `Org.admin`.
pub(super) fn own_name(role: &str) -> &str {
    role.rsplit_once('.').map_or(role, |(_, name)| name)
}

/// Whether an expression is the context, or a record in it.
fn is_context(expr: &Value) -> bool {
    match expr.get(".").and_then(|operands| operands.get("left")) {
        Some(left) => is_context(left),
        None => expr.get("Var").and_then(Value::as_str) == Some("context"),
    }
}
