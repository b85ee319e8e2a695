//! Requests built from the schema, without a solver: every attribute has some value of its type, and who asks is where a
//! policy's scope wants them. They show at once what most policies do, and stand in for a solver where none takes a policy.

use std::collections::BTreeMap;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PrincipalConstraint, Request,
    ResourceConstraint, Schema, SchemaFragment,
};
use serde_json::{Map, Value, json};

use crate::bundle::ACTION_TYPE;

use super::environment::Environment;
use super::question::Counterexample;

/// A schema, to build requests of.
#[derive(Debug)]
pub struct Samples {
    schema: Schema,
    /// Declarations of entity types by full name, each with the namespace that its names are relative to.
    entities: BTreeMap<String, (String, Value)>,
    common: BTreeMap<String, (String, Value)>,
    contexts: BTreeMap<EntityUid, (String, Value)>,
    /// Each action with the groups that it is in, as entities.
    actions: BTreeMap<EntityUid, Vec<Entity>>,
}

/// A request and its entities, which may be placed in others.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    request: Request,
    entities: Vec<Entity>,
}

/// What attributes are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    /// Required ones, sets empty.
    Sparse,
    /// All, sets with one member.
    Full,
}

/// Which values they are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// True, zero, and one entity of each type.
    Same,
    /// False, a hundred, and entities apart from those of the request.
    Apart,
}

/// All kinds of sample.
pub(super) const KINDS: [(Filling, Values); 4] = [
    (Filling::Sparse, Values::Same),
    (Filling::Full, Values::Same),
    (Filling::Sparse, Values::Apart),
    (Filling::Full, Values::Apart),
];

/// Where a scope wants principal and resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    principal: Option<EntityUid>,
    principal_in: Vec<EntityUid>,
    resource: Option<EntityUid>,
    resource_in: Vec<EntityUid>,
}

impl Scope {
    /// That of a policy.
    pub(super) fn of(policy: &Policy) -> Self {
        let mut scope = Self::default();
        match policy.principal_constraint() {
            PrincipalConstraint::Eq(uid) => scope.principal = Some(uid),
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => scope.principal_in.push(uid),
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => {}
        }
        match policy.resource_constraint() {
            ResourceConstraint::Eq(uid) => scope.resource = Some(uid),
            ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => scope.resource_in.push(uid),
            ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
        }
        scope
    }

    /// A principal in one entity, such as a role.
    pub(super) fn within(container: EntityUid) -> Self {
        Self { principal_in: vec![container], ..Self::default() }
    }

    /// Whether it names principal or resource itself.
    pub(super) fn names_one(&self) -> bool {
        self.principal.is_some() || self.resource.is_some()
    }

    /// Both at once, as far as they do not exclude each other.
    pub(super) fn and(&self, other: &Self) -> Self {
        let joined = |one: &[EntityUid], more: &[EntityUid]| [one, more].concat();
        Self {
            principal: self.principal.clone().or_else(|| other.principal.clone()),
            principal_in: joined(&self.principal_in, &other.principal_in),
            resource: self.resource.clone().or_else(|| other.resource.clone()),
            resource_in: joined(&self.resource_in, &other.resource_in),
        }
    }
}

impl Samples {
    /// Reads a schema's text. One that Cedar refuses gives no samples.
    #[must_use]
    pub fn new(schema: &Schema, text: &str) -> Option<Self> {
        let json = SchemaFragment::from_cedarschema_str(text).ok()?.0.to_json_value().ok()?;
        let contexts = declarations(&json, "actions").filter_map(|(namespace, name, declaration)| {
            let ty = qualified(namespace, ACTION_TYPE).parse().ok()?;
            let uid = EntityUid::from_type_name_and_id(ty, EntityId::new(name));
            let context = declaration.pointer("/appliesTo/context").cloned().unwrap_or_default();
            Some((uid, (namespace.to_owned(), context)))
        });
        let by_name = |kind: &str| {
            declarations(&json, kind)
                .map(|(namespace, name, declared)| {
                    (qualified(namespace, name), (namespace.to_owned(), declared.clone()))
                })
                .collect()
        };
        let declared = schema.action_entities().ok()?;
        let actions = declared.iter().map(|action| {
            let groups = declared.ancestors(&action.uid()).into_iter().flatten();
            let groups = groups.filter_map(|group| declared.get(group)).cloned();
            (action.uid(), std::iter::once(action.clone()).chain(groups).collect())
        });
        Some(Self {
            actions: actions.collect(),
            contexts: contexts.collect(),
            entities: by_name("entityTypes"),
            common: by_name("commonTypes"),
            schema: schema.clone(),
        })
    }

    /// Requests of a kind that stand where the scope of a policy wants them.
    pub fn of<'a>(
        &'a self,
        environment: &'a Environment,
        policy: &Policy,
    ) -> impl Iterator<Item = Counterexample> + 'a {
        let scope = Scope::of(policy);
        KINDS.into_iter().filter_map(move |kind| {
            let sample = self.build(environment, &scope, kind)?;
            self.placed(&sample, &scope)
        })
    }

    /// A request of a kind, with entities that fit the schema; `None` where the scope excludes it.
    pub(super) fn build(
        &self,
        environment: &Environment,
        scope: &Scope,
        (filling, values): (Filling, Values),
    ) -> Option<Sample> {
        let mut store = Store { samples: self, filling, values, entities: BTreeMap::new() };
        let Environment { principal, action, resource } = environment;
        let principal = store.party(principal, scope.principal.as_ref(), 0)?;
        let beside = usize::from(principal.type_name() == resource);
        let resource = store.party(resource, scope.resource.as_ref(), beside)?;
        store.add(&principal);
        store.add(&resource);
        let (namespace, context) = self.contexts.get(action)?;
        let context = match context.is_null() {
            true => Value::Object(Map::new()),
            false => store.value(namespace, context),
        };
        let context = Context::from_json_value(context, Some((&self.schema, action))).ok()?;
        let request = Request::new(principal, action.clone(), resource, context, Some(&self.schema)).ok()?;
        let stored = store.entities.into_values().flatten();
        let mut entities: Vec<Entity> =
            stored.map(|entity| Entity::from_json_value(entity, Some(&self.schema)).ok()).collect::<Option<_>>()?;
        entities.extend(self.actions.get(action).into_iter().flatten().cloned());
        Some(Sample { request, entities })
    }

    /// A sample whose principal and resource are where a scope wants them; `None` where they cannot be.
    pub(super) fn placed(&self, sample: &Sample, scope: &Scope) -> Option<Counterexample> {
        let request = &sample.request;
        let mut entities = sample.entities.clone();
        let sides = [(request.principal()?, &scope.principal_in), (request.resource()?, &scope.resource_in)];
        for (uid, containers) in sides.into_iter().filter(|(_, containers)| !containers.is_empty()) {
            let fits = |container: &EntityUid| self.may_lie_in(uid.type_name(), container.type_name());
            if !containers.iter().all(fits) {
                return None;
            }
            if let Some(entity) = entities.iter_mut().find(|entity| entity.uid() == *uid) {
                let (uid, attributes, mut parents) = entity.clone().into_inner();
                parents.extend(containers.iter().cloned());
                *entity = Entity::new(uid, attributes, parents).ok()?;
            }
        }
        Some(Counterexample { request: request.clone(), entities: Entities::from_entities(entities, None).ok()? })
    }

    /// Whether entities of a type may have parents of another.
    fn may_lie_in(&self, ty: &EntityTypeName, container: &EntityTypeName) -> bool {
        let Some((namespace, declared)) = self.entities.get(&ty.to_string()) else {
            return false;
        };
        let containers = declared.get("memberOfTypes").and_then(Value::as_array);
        let mut containers = containers.into_iter().flatten().filter_map(Value::as_str);
        let wanted = container.to_string();
        containers.any(|name| qualified(namespace, name) == wanted || name == wanted)
    }

    /// A request whose principal and resource are also where a scope wants them; `None` where they are others by name.
    pub(super) fn within(&self, found: &Counterexample, scope: &Scope) -> Option<Counterexample> {
        let request = &found.request;
        let sides = [
            (request.principal()?, &scope.principal, &scope.principal_in),
            (request.resource()?, &scope.resource, &scope.resource_in),
        ];
        let mut entities = found.entities.to_json_value().ok()?;
        for (uid, named, containers) in sides {
            if named.as_ref().is_some_and(|named| named != uid) {
                return None;
            }
            let of = bare(uid);
            let mut all = entities.as_array_mut()?.iter_mut();
            let Some(entity) = all.find(|entity| entity.get("uid") == Some(&of)) else {
                continue;
            };
            let parents = entity.get_mut("parents").and_then(Value::as_array_mut)?;
            parents.extend(containers.iter().map(bare));
        }
        Some(Counterexample {
            request: request.clone(),
            entities: Entities::from_json_value(entities, Some(&self.schema)).ok()?,
        })
    }

    /// A type with names of common types replaced, and the namespace it stands in.
    fn resolved<'a>(&'a self, namespace: &'a str, ty: &'a Value) -> (&'a str, &'a Value) {
        let name = name_of(ty);
        let common = self.common.get(&qualified(namespace, name));
        match common.or_else(|| self.common.get(name)) {
            Some((home, ty)) => self.resolved(home, ty),
            None => (namespace, ty),
        }
    }

    /// The members of an enumeration; none of any other type.
    fn members(&self, ty: &EntityTypeName) -> Vec<&str> {
        let declared = self.entities.get(&ty.to_string());
        let members = declared.and_then(|(_, declared)| declared.get("enum")?.as_array());
        members.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// The entities of one sample.
struct Store<'a> {
    samples: &'a Samples,
    filling: Filling,
    values: Values,
    /// `None` while one is being built.
    entities: BTreeMap<EntityUid, Option<Value>>,
}

impl<'a> Store<'a> {
    /// The entity of a type: the one that the scope names, else the one of that number.
    fn party(&self, ty: &EntityTypeName, named: Option<&EntityUid>, number: usize) -> Option<EntityUid> {
        match named {
            Some(uid) if uid.type_name() != ty => None,
            Some(uid) => Some(uid.clone()),
            None => Some(self.uid(ty, number)),
        }
    }

    fn uid(&self, ty: &EntityTypeName, number: usize) -> EntityUid {
        let members = self.samples.members(ty);
        let id = match members.get(number.min(members.len().saturating_sub(1))) {
            Some(member) => (*member).to_owned(),
            None => format!("{}-{}", ty.basename().to_lowercase(), number + 1),
        };
        EntityUid::from_type_name_and_id(ty.clone(), EntityId::new(id))
    }

    /// Adds an entity and those that its attributes name.
    fn add(&mut self, uid: &EntityUid) {
        let is_member = !self.samples.members(uid.type_name()).is_empty();
        if self.entities.contains_key(uid) || is_member {
            return;
        }
        self.entities.insert(uid.clone(), None);
        let samples = self.samples;
        let declared = samples.entities.get(&uid.type_name().to_string());
        let attributes = match declared.and_then(|(namespace, declared)| Some((namespace, declared.get("shape")?))) {
            Some((namespace, shape)) => self.value(namespace, shape),
            None => Value::Object(Map::new()),
        };
        let entity = json!({ "uid": bare(uid), "attrs": attributes, "parents": [] });
        self.entities.insert(uid.clone(), Some(entity));
    }

    fn value(&mut self, namespace: &'a str, ty: &'a Value) -> Value {
        let (namespace, ty) = self.samples.resolved(namespace, ty);
        let name = name_of(ty);
        let here = qualified(namespace, name);
        let is_entity = |name: &&str| self.samples.entities.contains_key(*name);
        if let Some(full) = [here.as_str(), name].into_iter().find(is_entity) {
            return self.reference(full);
        }
        let same = self.values == Values::Same;
        let pick = |one: &str, other: &str| if same { one.to_owned() } else { other.to_owned() };
        let constructed = |function: &str, argument: String| json!({ "__extn": { "fn": function, "arg": argument } });
        match name.strip_prefix("__cedar::").unwrap_or(name) {
            "Long" => json!(if same { 0 } else { 100 }),
            "String" => json!(pick("a", "b")),
            "decimal" => constructed("decimal", pick("0.0", "100.0")),
            "datetime" => constructed("datetime", pick("2000-01-01", "2100-01-01")),
            "duration" => constructed("duration", pick("0ms", "1d")),
            "ipaddr" => constructed("ip", pick("10.0.0.1", "192.0.2.1")),
            "Set" => match (self.filling, ty.get("element")) {
                (Filling::Full, Some(element)) => json!([self.value(namespace, element)]),
                _ => json!([]),
            },
            "Record" => {
                let attributes = ty.get("attributes").and_then(Value::as_object).into_iter().flatten();
                let filling = self.filling;
                let given = attributes.filter(|(_, ty)| filling == Filling::Full || is_required(ty));
                given.map(|(name, ty)| (name.clone(), self.value(namespace, ty))).collect()
            }
            _ => json!(same),
        }
    }

    fn reference(&mut self, full: &str) -> Value {
        let Ok(ty) = full.parse::<EntityTypeName>() else {
            return Value::Null;
        };
        let uid = self.uid(&ty, if self.values == Values::Same { 0 } else { 2 });
        self.add(&uid);
        json!({ "__entity": { "type": full, "id": uid.id().unescaped() } })
    }
}

fn bare(uid: &EntityUid) -> Value {
    json!({ "type": uid.type_name().to_string(), "id": uid.id().unescaped() })
}

/// The declarations of one kind in every namespace of a schema in Cedar's JSON form.
fn declarations<'a>(json: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let namespaces = json.as_object().into_iter().flatten();
    namespaces.flat_map(move |(namespace, body)| {
        let declared = body.get(kind).and_then(Value::as_object).into_iter().flatten();
        declared.map(move |(name, declaration)| (namespace.as_str(), name.as_str(), declaration))
    })
}

fn qualified(namespace: &str, name: &str) -> String {
    match namespace.is_empty() {
        true => name.to_owned(),
        false => format!("{namespace}::{name}"),
    }
}

/// Cedar writes `required` only where it is false.
fn is_required(ty: &Value) -> bool {
    ty.get("required") != Some(&Value::Bool(false))
}

fn name_of(ty: &Value) -> &str {
    let name = ty.get("name").or_else(|| ty.get("type"));
    name.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"
        type Base = { now: datetime, tags: Set<String>, place?: { level: Level, by: User } };
        entity Level enum ["low", "high"];
        entity Team;
        entity User in [Team, Team] { boss: User, level: Level, nick?: String };
        namespace N {
            entity Doc { owner: User, price: decimal, from?: ipaddr };
            action read appliesTo { principal: User, resource: [Doc, User], context: Base };
            action list appliesTo { principal: User, resource: Doc };
        }
    "#;

    #[test]
    fn every_kind_of_request_has_samples_that_the_schema_accepts() {
        let schema = Schema::from_cedarschema_str(SCHEMA).unwrap().0;
        let samples = Samples::new(&schema, SCHEMA).unwrap();
        let mut seen = 0;
        for environment in Environment::all(&schema) {
            for kind in KINDS {
                let scope = Scope::within("Team::\"t\"".parse().unwrap());
                let sample = samples.build(&environment, &scope, kind);
                let sample = sample.and_then(|sample| samples.placed(&sample, &scope));
                let sample = sample.unwrap_or_else(|| panic!("{environment} {kind:?}"));
                let principal = sample.request.principal().unwrap();
                assert!(sample.entities.get(principal).is_some());
                assert_eq!(sample.entities.ancestors(principal).unwrap().count(), 1);
                Entities::from_entities(sample.entities.iter().cloned(), Some(&schema)).unwrap();
                seen += 1;
            }
        }
        assert_eq!(seen, 12);
        let nowhere = Scope::within("N::Doc::\"d\"".parse().unwrap());
        let environment = Environment::all(&schema).into_iter().next().unwrap();
        let sample = samples.build(&environment, &nowhere, KINDS[0]).unwrap();
        assert!(samples.placed(&sample, &nowhere).is_none());
        let other = Scope { principal: Some("Team::\"t\"".parse().unwrap()), ..Scope::default() };
        assert!(samples.build(&environment, &other, KINDS[0]).is_none());
    }
}
