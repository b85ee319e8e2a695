//! Entities as the contract declares them. The solver knows Cedar's schema only: it may put an entity under a parent that its
//! attribute does not name, and give two organisations one group of admins. What memberships it needs are kept.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityId, EntityTypeName, EntityUid};
use serde_json::{Map, Value};

use super::{Witness, data};
use crate::bundle::{Contract, EntityContract, EntityRole, ROLES_ATTRIBUTE, relation_attribute};

/// Which is kept where an entity is under a parent that its attribute does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// The attribute, and the parent goes.
    Attribute,
    /// The parent, and the attribute names it.
    Parent,
}

/// The same request with entities that keep the contract.
pub(super) fn conform(raw: &Witness, contract: &Contract, lead: Lead) -> Witness {
    let kinds = Kinds::new(contract);
    let loaded: BTreeMap<EntityUid, &Value> =
        data::entities(&raw.entities).filter_map(|entity| Some((data::uid_of(entity)?, entity))).collect();
    let holders = holder_groups(&loaded, &kinds);
    let mut entities: BTreeMap<EntityUid, Value> = BTreeMap::new();
    for (uid, entity) in &loaded {
        if kinds.is_generated(uid) || kinds.is_enumeration(uid) {
            continue;
        }
        entities.insert(uid.clone(), conforming(uid, entity, &kinds, &holders, lead));
    }
    for uid in [&raw.request.principal, &raw.request.resource] {
        if !entities.contains_key(uid) && !kinds.is_enumeration(uid) {
            let empty = Value::Object(Map::new());
            entities.insert(uid.clone(), conforming(uid, &empty, &kinds, &holders, lead));
        }
    }
    let edges = inherited(&entities, &kinds);
    if contract.roles_form.has_attribute() {
        let named = named_holders(&loaded, &kinds);
        for (uid, entity) in &mut entities {
            name_roles(uid, entity, &kinds, &named, &edges);
        }
    }
    if contract.roles_form.has_parents() {
        let groups = edges.into_iter().map(|(group, parents)| {
            let parents = parents.into_iter().filter_map(|id| kinds.group(id)).collect();
            let group = kinds.group(group)?;
            let entity = data::entity(&group, Value::Object(Map::new()), parents, None);
            Some((group, entity))
        });
        entities.extend(groups.flatten());
    }
    Witness { request: raw.request.clone(), entities: entities.into_values().collect() }
}

/// What the contract says of each Cedar type.
struct Kinds<'a> {
    types: BTreeMap<&'a str, (&'a str, &'a EntityContract)>,
    contract: &'a Contract,
}

impl<'a> Kinds<'a> {
    fn new(contract: &'a Contract) -> Self {
        let types = contract.entities.iter();
        Self { types: types.map(|(name, ty)| (ty.cedar.as_str(), (name.as_str(), ty))).collect(), contract }
    }

    fn of(&self, uid: &EntityUid) -> Option<(&'a str, &'a EntityContract)> {
        self.types.get(uid.type_name().to_string().as_str()).copied()
    }

    fn is_generated(&self, uid: &EntityUid) -> bool {
        self.is(uid, self.contract.role_type.as_deref()) || self.is_holders(uid)
    }

    fn is_holders(&self, uid: &EntityUid) -> bool {
        self.is(uid, self.contract.holders_type.as_deref())
    }

    fn is(&self, uid: &EntityUid, ty: Option<&str>) -> bool {
        ty.is_some_and(|ty| uid.type_name().to_string() == ty)
    }

    fn is_enumeration(&self, uid: &EntityUid) -> bool {
        self.of(uid).is_some_and(|(_, ty)| ty.kind == EntityRole::Enum)
    }

    fn is_role(&self, uid: &EntityUid) -> bool {
        let known = || {
            let role = self.contract.roles.get(AsRef::<str>::as_ref(uid.id().unescaped()));
            role.is_some_and(|role| role.on.is_none())
        };
        self.is(uid, self.contract.role_type.as_deref()) && known()
    }

    /// The one holder group of an entity's role.
    fn own_group(&self, name: &str, uid: &EntityUid, role: &str) -> Option<EntityUid> {
        self.group(own_name(name, uid, role))
    }

    /// A holder group by its id.
    fn group(&self, id: String) -> Option<EntityUid> {
        let ty: EntityTypeName = self.contract.holders_type.as_ref()?.parse().ok()?;
        Some(EntityUid::from_type_name_and_id(ty, EntityId::new(id)))
    }
}

/// The id of the one holder group of an entity's role.
fn own_name(ty: &str, uid: &EntityUid, role: &str) -> String {
    format!("{ty}::{}.{role}", uid.id().unescaped())
}

/// For each name that the solver gave the holders of a role on an entity, the names that stand for it.
fn named_holders<'a>(
    loaded: &BTreeMap<EntityUid, &'a Value>,
    kinds: &Kinds<'_>,
) -> BTreeMap<&'a str, BTreeSet<String>> {
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (uid, entity) in loaded {
        let Some((ty, declared)) = kinds.of(uid) else { continue };
        for relation in &declared.relations {
            let attributes = data::attributes(entity);
            let held = attributes.and_then(|all| all.get(&relation_attribute(&relation.role))?.as_str());
            if let Some(held) = held {
                names.entry(held).or_default().insert(own_name(ty, uid, &relation.role));
            }
        }
    }
    names
}

/// Makes the generated attributes say what they must: the names of an entity's own holders, and those of known roles, with
/// those that are held from above.
fn name_roles(
    uid: &EntityUid,
    entity: &mut Value,
    kinds: &Kinds<'_>,
    named: &BTreeMap<&str, BTreeSet<String>>,
    edges: &BTreeMap<String, Vec<String>>,
) {
    let (Some((ty, declared)), Some(attributes)) =
        (kinds.of(uid), entity.get_mut("attrs").and_then(Value::as_object_mut))
    else {
        return;
    };
    for relation in &declared.relations {
        let own = own_name(ty, uid, &relation.role);
        attributes.insert(relation_attribute(&relation.role), Value::from(own));
    }
    if !declared.carries_roles {
        return;
    }
    let held = attributes.get(ROLES_ATTRIBUTE).and_then(Value::as_array);
    if held.is_none() && kinds.contract.roles_form.has_parents() {
        return;
    }
    let held = held.into_iter().flatten().filter_map(Value::as_str);
    let plain = |name: &str| kinds.contract.roles.get(name).is_some_and(|role| role.on.is_none());
    let mut open: Vec<String> = held
        .flat_map(|name| {
            let role = plain(name).then(|| name.to_owned());
            role.into_iter().chain(named.get(name).into_iter().flatten().cloned())
        })
        .collect();
    let mut all = BTreeSet::new();
    while let Some(next) = open.pop() {
        open.extend(edges.get(&next).into_iter().flatten().filter(|name| !all.contains(*name)).cloned());
        all.insert(next);
    }
    attributes.insert(ROLES_ATTRIBUTE.to_owned(), all.into_iter().collect());
}

/// For each holder group of the solver's the groups that stand for it: one for each entity and role that carried it.
fn holder_groups(loaded: &BTreeMap<EntityUid, &Value>, kinds: &Kinds<'_>) -> BTreeMap<EntityUid, BTreeSet<EntityUid>> {
    let mut groups: BTreeMap<EntityUid, BTreeSet<EntityUid>> = BTreeMap::new();
    for (uid, entity) in loaded {
        let Some((name, ty)) = kinds.of(uid) else { continue };
        for relation in &ty.relations {
            let held = data::attributes(entity).and_then(|attributes| attributes.get(&relation.role));
            if let (Some(group), Some(own)) = (held.and_then(data::read), kinds.own_group(name, uid, &relation.role)) {
                groups.entry(group).or_default().insert(own);
            }
        }
    }
    groups
}

fn conforming(
    uid: &EntityUid,
    entity: &Value,
    kinds: &Kinds<'_>,
    holders: &BTreeMap<EntityUid, BTreeSet<EntityUid>>,
    lead: Lead,
) -> Value {
    let mut attributes = data::attributes(entity).cloned().unwrap_or_default();
    let mut parents: Vec<EntityUid> = Vec::new();
    let declared = kinds.of(uid);
    if let (Lead::Parent, Some((_, ty))) = (lead, declared) {
        name_parents(&mut attributes, entity, ty, kinds);
    }
    for parent in data::parents(entity) {
        if kinds.is_role(&parent) {
            parents.push(parent);
        } else if kinds.is_holders(&parent) {
            parents.extend(holders.get(&parent).into_iter().flatten().cloned());
        } else if !kinds.is_generated(&parent) && is_membership(&parent, declared, kinds) {
            parents.push(parent);
        }
    }
    if let Some((name, ty)) = declared {
        for relation in &ty.relations {
            if let Some(own) = kinds.own_group(name, uid, &relation.role) {
                attributes.insert(relation.role.clone(), data::wrapped(&own));
            }
        }
        let named = ty.parents.iter().filter_map(|parent| attributes.get(parent.attribute.as_ref()?));
        parents.extend(named.filter_map(data::read));
    }
    // An entity of a type that can contain itself is not its own parent.
    parents.retain(|parent| parent != uid);
    data::entity(uid, Value::Object(attributes), parents, entity.get("tags"))
}

/// Makes attributes name the parents that an entity has: each of its type, the first that is named by none before.
fn name_parents(attributes: &mut Map<String, Value>, entity: &Value, ty: &EntityContract, kinds: &Kinds<'_>) {
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for parent in data::parents(entity) {
        let Some((name, _)) = kinds.of(&parent) else { continue };
        let of_this_type = ty.parents.iter().filter(|known| known.ty == name);
        let names: Vec<&str> = of_this_type.filter_map(|known| known.attribute.as_deref()).collect();
        let is_named = names.iter().any(|name| attributes.get(*name).and_then(data::read).as_ref() == Some(&parent));
        let free = names.into_iter().find(|name| !named.contains(name));
        if let (false, Some(free)) = (is_named, free) {
            attributes.insert(free.to_owned(), data::wrapped(&parent));
            named.insert(free);
        }
    }
}

/// Whether a parent of this type may be there without an attribute that names it.
fn is_membership(parent: &EntityUid, of: Option<(&str, &EntityContract)>, kinds: &Kinds<'_>) -> bool {
    let (Some((_, of)), Some((name, _))) = (of, kinds.of(parent)) else {
        return true;
    };
    let of_this_type = || of.parents.iter().filter(|known| known.ty == name);
    of_this_type().next().is_none() || of_this_type().any(|known| known.attribute.is_none())
}

/// Rights on a folder reach into the folders inside: the holder group of the outer one is a member of the inner one's.
fn inherited(entities: &BTreeMap<EntityUid, Value>, kinds: &Kinds<'_>) -> BTreeMap<String, Vec<String>> {
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (uid, entity) in entities {
        let Some((name, ty)) = kinds.of(uid) else { continue };
        for relation in &ty.relations {
            for attribute in &relation.inherits_through {
                let outer = data::attributes(entity).and_then(|attributes| attributes.get(attribute));
                if let Some(outer) = outer.and_then(data::read) {
                    let group = |of: &EntityUid| own_name(name, of, &relation.role);
                    edges.entry(group(&outer)).or_default().push(group(uid));
                }
            }
        }
    }
    edges
}
