//! What policies test that a schema may make possible: whether something is in a group, has an attribute or tags, is another
//! member of an enumeration. Such a test is false for certain while the schema knows no such thing. Once it does, the same policy
//! opens (or closes) more, and no line of it changed. What a schema no longer makes possible is the same the other way round.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, EntityTypeName, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};
use serde_json::Value;

use crate::analysis::{Demands, Environment, Environments};
use crate::bundle::{Contract, EntityRole, ROLES_ATTRIBUTE, ValueType, relation_attribute};
use crate::lower::{Lowered, RawTemplate};
use crate::semdiff::common_schema;

use super::generated::{Shown, Thing, is_role_type};

/// What reads the difference of two sides.
pub(super) struct Readers<'a> {
    /// Policies of the old side, which read what became possible.
    pub(super) gained: Reads<'a>,
    /// Policies of the new side, which read what is no longer possible.
    pub(super) lost: Reads<'a>,
}

impl<'a> Readers<'a> {
    /// `templates` are those of the new side: any change of one is a term already, so that the others are those of the old side.
    pub(super) fn new(old: &'a Lowered, new: &'a Lowered, templates: &BTreeMap<String, RawTemplate>) -> Self {
        Self {
            gained: Reads::new(old, new, Way::Gained, templates.clone()),
            lost: Reads::new(new, old, Way::Lost, templates.clone()),
        }
    }
}

/// Whether something became possible, or no longer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Gained,
    Lost,
}

/// The tests of the policies of one side, and the schema of the other, in which more is possible.
pub(super) struct Reads<'a> {
    policies: &'a Lowered,
    grown: &'a Lowered,
    way: Way,
    templates: BTreeMap<String, RawTemplate>,
    tests: OnceCell<Tests>,
    wide: OnceCell<BTreeSet<Environment>>,
}

/// Types of entities, full Cedar names; `None` where they are not plain.
type Types = Option<BTreeSet<String>>;

/// All tests, each with the statement that holds it.
#[derive(Default)]
struct Tests {
    memberships: Vec<Test<(Types, Group)>>,
    attributes: Vec<Test<(Tested, String)>>,
    /// Whether principals carry the name of a role.
    names: Vec<Test<(Types, RoleName)>>,
    tags: Vec<Test<()>>,
    /// Types of enumerations of which some members are kept out.
    kept_out: BTreeMap<String, BTreeSet<String>>,
}

/// One test, and the statement that holds it.
struct Test<T> {
    of: T,
    sense: Sense,
    by: String,
}

/// The group that a membership leads to.
enum Group {
    /// One of these entities.
    Named(Vec<EntityUid>),
    /// The group of holders that an attribute of some types leads to.
    Holders(BTreeSet<String>, String),
    /// Whatever a link puts there.
    Slot,
    Of(Types),
}

/// The name of a role that a principal must carry.
enum RoleName {
    Named(String),
    /// The one that a generated attribute of some types has.
    Holders(Types, String),
    Any,
}

/// Of what an attribute is tested.
enum Tested {
    /// Of the context of these actions, or of a record in it.
    Context(BTreeSet<EntityUid>),
    Entities(Types),
}

impl<'a> Reads<'a> {
    fn new(policies: &'a Lowered, grown: &'a Lowered, way: Way, templates: BTreeMap<String, RawTemplate>) -> Self {
        Self { policies, grown, way, templates, tests: OnceCell::new(), wide: OnceCell::new() }
    }

    /// Whether a test counts. What became possible counts in whatever sense it is tested; what is gone matters only where the
    /// test closes something.
    fn counts<T>(&self, test: &Test<T>) -> bool {
        self.way == Way::Gained || test.sense != Sense::True
    }

    /// Who finds something that Gate generates, and then opens more (or closes less, where it is gone).
    pub(super) fn of(&self, thing: &Thing) -> Vec<String> {
        let opens = |sense: Sense| match self.way {
            Way::Gained => sense != Sense::False,
            Way::Lost => sense != Sense::True,
        };
        let contract = &self.grown.contract;
        match thing {
            // What must be there is no news where it could be there; else it is an attribute, too.
            Thing::Always { .. } if self.way == Way::Gained => Vec::new(),
            Thing::Attribute { ty, name } | Thing::Always { ty, name } => {
                self.attributes(name, opens, |tested| match tested {
                    Tested::Context(_) => false,
                    Tested::Entities(types) => types.as_ref().is_none_or(|types| types.contains(ty)),
                })
            }
            Thing::Context { action, path } => {
                let uid = action.parse::<EntityUid>().ok();
                let of = |tested: &Tested| match (tested, &uid) {
                    (Tested::Context(actions), Some(uid)) => actions.contains(uid),
                    (Tested::Entities(Some(_)), _) => false,
                    _ => true,
                };
                path.last().map(|name| self.attributes(name, opens, of)).unwrap_or_default()
            }
            // What is in a group of holders from above holds the role; see there.
            Thing::Parent { ty, .. } if is_role_type(contract, ty) => Vec::new(),
            Thing::Parent { ty, parent } => {
                // Which role a principal may hold is told role by role.
                let by_role = is_role_type(contract, parent) && !self.is_group_type(ty);
                self.memberships(ty, opens, |group| match group {
                    Group::Slot => true,
                    _ if by_role => false,
                    _ => self.ends(group, parent),
                })
            }
            Thing::Member { ty, .. } => match self.way {
                Way::Gained => named(self.tests().kept_out.get(ty).into_iter().flatten()),
                // Requests about it are refused.
                Way::Lost => Vec::new(),
            },
            Thing::Held { ty, role, shown: Shown::AsParent } => {
                let ty = self.cedar(ty);
                self.memberships(&ty, opens, |group| self.is_role(group, role))
            }
            Thing::Held { ty, role, shown: Shown::ByName } => {
                let ty = self.cedar(ty);
                self.names(&ty, opens, |name| self.is_called(name, role))
            }
            Thing::Group { ty } => self.names(ty, opens, |_| true),
        }
    }

    /// Who closes something for the holders of a role, by its group of holders or by its name.
    pub(super) fn of_role(&self, role: &str) -> Vec<String> {
        let memberships = self.tests().memberships.iter();
        let memberships = memberships.filter(|test| self.counts(test) && self.is_role(&test.of.1, role));
        let names = self.tests().names.iter();
        let names = names.filter(|test| self.counts(test) && self.is_called(&test.of.1, role));
        named(memberships.map(|test| &test.by).chain(names.map(|test| &test.by)))
    }

    /// Those of some statements that are raw policies or templates.
    pub(super) fn raw(&self, statements: Vec<String>) -> Vec<String> {
        let raw: BTreeSet<String> = self.policies.raw.iter().map(|raw| raw.policy.id().to_string()).collect();
        statements.into_iter().filter(|name| raw.contains(name) || self.templates.contains_key(name)).collect()
    }

    fn attributes(&self, name: &str, opens: impl Fn(Sense) -> bool, of: impl Fn(&Tested) -> bool) -> Vec<String> {
        let tests = self.tests().attributes.iter();
        let tests = tests.filter(|test| test.of.1 == name && opens(test.sense) && of(&test.of.0));
        named(tests.map(|test| &test.by))
    }

    fn memberships(&self, ty: &str, opens: impl Fn(Sense) -> bool, to: impl Fn(&Group) -> bool) -> Vec<String> {
        let tests = self.tests().memberships.iter();
        let tests = tests.filter(|test| opens(test.sense) && self.leads(&test.of.0, ty) && to(&test.of.1));
        named(tests.map(|test| &test.by))
    }

    fn names(&self, ty: &str, opens: impl Fn(Sense) -> bool, called: impl Fn(&RoleName) -> bool) -> Vec<String> {
        let tests = self.tests().names.iter();
        let tests = tests.filter(|test| opens(test.sense) && self.leads(&test.of.0, ty) && called(&test.of.1));
        named(tests.map(|test| &test.by))
    }

    /// Whether something of some types may be, or be in, one of a type.
    fn leads(&self, from: &Types, to: &str) -> bool {
        from.as_ref().is_none_or(|all| all.iter().any(|one| self.reaches(one, to)))
    }

    /// Whether what is in a parent may be in a group.
    fn ends(&self, group: &Group, parent: &str) -> bool {
        let types: Types = match group {
            Group::Named(all) => Some(all.iter().map(|uid| uid.type_name().to_string()).collect()),
            Group::Holders(..) => self.grown.contract.holders_type.clone().map(|ty| BTreeSet::from([ty])),
            Group::Slot => None,
            Group::Of(types) => types.clone(),
        };
        types.is_none_or(|all| all.iter().any(|one| self.reaches(parent, one)))
    }

    /// Whether a group may be the one of a role.
    fn is_role(&self, group: &Group, role: &str) -> bool {
        let contract = &self.grown.contract;
        let known = contract.roles.get(role);
        let on = known.and_then(|role| role.on.as_deref());
        let ty = match on {
            Some(_) => &contract.holders_type,
            None => &contract.role_type,
        };
        match group {
            Group::Named(all) => {
                all.iter().any(|uid| Some(uid.type_name().to_string()) == *ty && is_id(uid.id().unescaped(), role, on))
            }
            Group::Holders(owners, attribute) => {
                on.is_some_and(|on| owners.contains(&self.cedar(on)) && own_name(role) == attribute)
            }
            // Who links a template names the role.
            Group::Slot => false,
            Group::Of(None) => true,
            Group::Of(Some(types)) => ty.as_ref().is_some_and(|ty| types.contains(ty)),
        }
    }

    /// Whether a name that principals carry may be the one of a role.
    fn is_called(&self, name: &RoleName, role: &str) -> bool {
        let known = self.grown.contract.roles.get(role);
        let on = known.and_then(|role| role.on.as_deref());
        match name {
            RoleName::Named(name) => is_id(name, role, on),
            RoleName::Holders(owners, attribute) => on.is_some_and(|on| {
                let is_owner = owners.as_ref().is_none_or(|owners| owners.contains(&self.cedar(on)));
                is_owner && relation_attribute(own_name(role)) == *attribute
            }),
            RoleName::Any => true,
        }
    }

    fn is_group_type(&self, cedar: &str) -> bool {
        let mut types = self.grown.contract.entities.values();
        types.any(|ty| ty.cedar == cedar && ty.kind != EntityRole::Principal)
    }

    /// Who tests a membership to which a parent of a type leads.
    pub(super) fn through(&self, ty: &str, parent: &str) -> Vec<String> {
        let (ty, parent) = (self.cedar(ty), self.cedar(parent));
        // By another attribute it is still there.
        let still = self.way == Way::Lost
            && self.policies.contract.entities.values().any(|known| {
                let mut parents = known.parents.iter();
                known.cedar == ty && parents.any(|link| cedar(&self.policies.contract, &link.ty) == parent)
            });
        if still {
            return Vec::new();
        }
        let tests = self.tests().memberships.iter();
        let tests = tests.filter(|test| self.counts(test));
        let tests = tests.filter(|test| self.leads(&test.of.0, &ty) && self.ends(&test.of.1, &parent));
        let roles = self.roles_of(&parent).filter(|_| self.way == Way::Gained);
        named(tests.map(|test| &test.by).chain(roles))
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
        let tests = self.tests().attributes.iter().filter(|test| self.counts(test));
        named(tests.filter(|test| test.of.1 == name && of(&test.of.0)).map(|test| &test.by))
    }

    /// Who tests for tags.
    pub(super) fn for_tags(&self) -> Vec<String> {
        named(self.tests().tags.iter().filter(|test| self.counts(test)).map(|test| &test.by))
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
    fn slots(&mut self, template: &RawTemplate) {
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
pub(super) fn is_id(text: &str, role: &str, on: Option<&str>) -> bool {
    match on {
        None => text == role,
        Some(on) => {
            let id = text.strip_suffix(own_name(role)).and_then(|rest| rest.strip_suffix('.'));
            id.is_some_and(|id| id.contains(&format!("{on}::")))
        }
    }
}

/// The own name of a role: `admin` of `Org.admin`.
fn own_name(role: &str) -> &str {
    role.rsplit_once('.').map_or(role, |(_, name)| name)
}

/// Whether an expression is the context, or a record in it.
fn is_context(expr: &Value) -> bool {
    match expr.get(".").and_then(|operands| operands.get("left")) {
        Some(left) => is_context(left),
        None => expr.get("Var").and_then(Value::as_str) == Some("context"),
    }
}
