//! Random entity stores and requests, as the reference evaluator reads them and as Cedar's JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::random::Random;

/// An entity's type and id.
pub(super) type Uid = (String, String);

/// A value of the reference evaluator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Bool(bool),
    Long(i64),
    Text(String),
    /// Ten-thousandths.
    Decimal(i64),
    /// Milliseconds.
    Instant(i64),
    /// Milliseconds.
    Duration(i64),
    Entity(Uid),
    Set(BTreeSet<Value>),
}

impl Value {
    fn json(&self) -> Json {
        match self {
            Self::Bool(value) => json!(value),
            Self::Long(value) => json!(value),
            Self::Text(value) => json!(value),
            Self::Decimal(value) => {
                let sign = if *value < 0 { "-" } else { "" };
                let text = format!("{sign}{}.{:04}", value.abs() / 10_000, value.abs() % 10_000);
                json!({ "__extn": { "fn": "decimal", "arg": text } })
            }
            Self::Instant(value) => json!({ "__extn": { "fn": "offset", "args": [
                { "__extn": { "fn": "datetime", "arg": "1970-01-01" } },
                { "__extn": { "fn": "duration", "arg": format!("{value}ms") } },
            ] } }),
            Self::Duration(value) => json!({ "__extn": { "fn": "duration", "arg": format!("{value}ms") } }),
            Self::Entity((ty, id)) => json!({ "__entity": { "type": ty, "id": id } }),
            Self::Set(values) => Json::Array(values.iter().map(Self::json).collect()),
        }
    }
}

/// An entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Entity {
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) parents: BTreeSet<Uid>,
    /// Roles it is given: plain ones, and those held on an entity.
    pub(super) roles: BTreeSet<String>,
    pub(super) held: BTreeSet<(Uid, String)>,
}

/// A store and a request.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) entities: BTreeMap<Uid, Entity>,
    pub(super) context: BTreeMap<String, Value>,
}

pub(super) fn uid(ty: &str, id: impl std::fmt::Display) -> Uid {
    (ty.to_owned(), id.to_string())
}

/// Numbers around every bound that programs use, and the ends of the range.
pub(super) const LONGS: [i64; 7] = [-1, 0, 1, 5, 30, i64::MAX, i64::MIN];
const INSTANTS: [i64; 6] = [0, 900_000, 900_001, 1_800_000_000_000, i64::MAX, i64::MIN];
pub(super) const TEXTS: [&str; 4] = ["", "a", "alpha", "b*c"];

/// A random store: two organisations, folders in folders, documents, people, bots and teams.
pub(super) fn world(random: &mut Random, roles: &[String], relations: &[(String, String)]) -> World {
    let mut entities: BTreeMap<Uid, Entity> = BTreeMap::new();
    let orgs = [uid("Org", 0), uid("Org", 1)];
    for org in &orgs {
        entities.insert(org.clone(), Entity::default());
    }
    let teams: Vec<Uid> = (0..2).map(|n| uid("Team", n)).collect();
    for team in &teams {
        let org = random.pick(&orgs).clone();
        let mut entity = Entity::default();
        parent(&mut entity, "org", &org);
        entities.insert(team.clone(), entity);
    }
    let users: Vec<Uid> = (0..4).map(|n| uid("User", n)).collect();
    for user in &users {
        let mut entity = Entity::default();
        let org = random.pick(&orgs).clone();
        parent(&mut entity, "org", &org);
        if random.one_in(3) {
            entity.parents.insert(random.pick(&teams).clone());
        }
        entity.attributes.insert("level".into(), level(random));
        entity.attributes.insert("age".into(), Value::Long(*random.pick(&LONGS)));
        if random.one_in(2) {
            entity.attributes.insert("nick".into(), Value::Text((*random.pick(&TEXTS)).to_owned()));
        }
        entities.insert(user.clone(), entity);
    }
    let bots: Vec<Uid> = (0..2).map(|n| uid("Bot", n)).collect();
    for bot in &bots {
        let mut entity = Entity::default();
        let org = random.pick(&orgs).clone();
        parent(&mut entity, "org", &org);
        let scopes = TEXTS.iter().filter(|_| random.one_in(2)).map(|text| Value::Text((*text).to_owned())).collect();
        entity.attributes.insert("scopes".into(), Value::Set(scopes));
        entity.attributes.insert("level".into(), level(random));
        entities.insert(bot.clone(), entity);
    }
    let folders: Vec<Uid> = (0..3).map(|n| uid("Folder", n)).collect();
    for (at, folder) in folders.iter().enumerate() {
        let mut entity = Entity::default();
        let org = random.pick(&orgs).clone();
        parent(&mut entity, "org", &org);
        if at > 0 && random.one_in(2) {
            parent(&mut entity, "parent", &folders[random.below(at)]);
        }
        entity.attributes.insert("owner".into(), Value::Entity(random.pick(&users).clone()));
        entities.insert(folder.clone(), entity);
    }
    for n in 0..4 {
        let mut entity = Entity::default();
        let org = random.pick(&orgs).clone();
        parent(&mut entity, "org", &org);
        let folder = match random.one_in(8) {
            // A folder that is not loaded: reading through it errors.
            true => uid("Folder", "gone"),
            false => random.pick(&folders).clone(),
        };
        parent(&mut entity, "folder", &folder);
        entity.attributes.insert("level".into(), level(random));
        entity.attributes.insert("colour".into(), Value::Entity(uid("Colour", random.pick(&["red", "green"]))));
        entity.attributes.insert("owner".into(), Value::Entity(random.pick(&users).clone()));
        entity.attributes.insert("price".into(), Value::Decimal(*random.pick(&[0, 99_999, 100_000, 100_001, -1])));
        entity.attributes.insert("count".into(), Value::Long(*random.pick(&LONGS)));
        let editors = users.iter().filter(|_| random.one_in(3)).cloned().map(Value::Entity).collect();
        entity.attributes.insert("editors".into(), Value::Set(editors));
        if random.one_in(2) {
            entity.attributes.insert("note".into(), Value::Text((*random.pick(&TEXTS)).to_owned()));
        }
        entities.insert(uid("Doc", n), entity);
    }
    for holder in users.iter().chain(&bots).chain(&teams) {
        let Some(entity) = entities.get_mut(holder) else {
            continue;
        };
        entity.roles = roles.iter().filter(|_| random.one_in(3)).cloned().collect();
        for (ty, role) in relations {
            let carriers = if ty == "Org" { &orgs[..] } else { &folders[..] };
            if random.one_in(2) {
                entity.held.insert((random.pick(carriers).clone(), role.clone()));
            }
        }
    }
    let instant = |random: &mut Random| Value::Instant(*random.pick(&INSTANTS));
    let mut context = BTreeMap::from([
        ("now".to_owned(), instant(random)),
        ("since".to_owned(), instant(random)),
        ("mfa".to_owned(), Value::Bool(random.one_in(2))),
        ("risk".to_owned(), Value::Long(*random.pick(&LONGS))),
    ]);
    if random.one_in(2) {
        context.insert("hint".to_owned(), Value::Text((*random.pick(&TEXTS)).to_owned()));
    }
    World { entities, context }
}

fn level(random: &mut Random) -> Value {
    Value::Entity(uid("Level", random.pick(&["low", "mid", "high"])))
}

fn parent(entity: &mut Entity, attribute: &str, to: &Uid) {
    entity.attributes.insert(attribute.to_owned(), Value::Entity(to.clone()));
    entity.parents.insert(to.clone());
}

impl World {
    /// The store in Cedar's JSON form. `holds` says which types roles may be given to, so that nobody is given one
    /// that the schema does not know; `relations` are the generated holder groups.
    pub(super) fn entities_json(&self, plain: &BTreeSet<String>, relations: &[(String, String)]) -> Json {
        let mut all: Vec<Json> = Vec::new();
        for ((ty, id), entity) in &self.entities {
            let mut attributes: serde_json::Map<String, Json> =
                entity.attributes.iter().map(|(name, value)| (name.clone(), value.json())).collect();
            for (on, role) in relations.iter().filter(|(on, _)| on == ty) {
                attributes.insert(role.clone(), Value::Entity(holders(on, id, role)).json());
                let mut parents = Vec::new();
                // Holders of a folder hold the same in every folder inside it.
                for ((other, inner), child) in &self.entities {
                    let inside = child.attributes.get("parent") == Some(&Value::Entity(uid(ty, id)));
                    if other == ty && inside {
                        parents.push(reference(&holders(on, inner, role)));
                    }
                }
                all.push(json!({ "uid": reference(&holders(on, id, role)), "attrs": {}, "parents": parents }));
            }
            let mut parents: Vec<Json> = entity.parents.iter().map(reference).collect();
            if plain.contains(ty) {
                parents.extend(entity.roles.iter().map(|role| reference(&uid("Role", role))));
            }
            for ((on, carrier), role) in &entity.held {
                parents.push(reference(&holders(on, carrier, role)));
            }
            all.push(json!({ "uid": reference(&uid(ty, id)), "attrs": attributes, "parents": parents }));
        }
        Json::Array(all)
    }

    /// The context in Cedar's JSON form.
    pub(super) fn context_json(&self) -> serde_json::Map<String, Json> {
        self.context.iter().map(|(name, value)| (name.clone(), value.json())).collect()
    }
}

fn holders(ty: &str, id: &str, role: &str) -> Uid {
    uid("RoleHolders", format!("{ty}::{id}.{role}"))
}

fn reference((ty, id): &Uid) -> Json {
    json!({ "type": ty, "id": id })
}
