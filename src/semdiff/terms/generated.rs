//! What Gate puts into schema and entities beside what is declared: how principals show their roles, attributes that hold
//! groups of holders, break-glass grants in the context, the context of its steps, profiles. Raw policies can read all of it.
//! What is generated is what the schema has and the contract does not declare, so that nothing can be missing here. Roles are
//! no part of the schema: who may hold each is added from the contract.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;
use serde_json::{Map, Value};

use crate::bundle::{
    AttributeContract, Contract, EntityRole, GRANTS_ATTRIBUTE, ROLES_ATTRIBUTE, ValueType, relation_attribute,
};
use crate::lower::Lowered;

use super::reads::Reads;
use super::things::{Shown, Thing, is_role_type};
use super::{Effect, TermChange, spelt};

/// What is generated on one side.
pub(super) fn things(side: &Lowered) -> BTreeSet<Thing> {
    let contract = &side.contract;
    let mut all = of_schema(&side.schema_json);
    all.retain(|thing| !is_declared(contract, thing));
    let form = contract.roles_form;
    let shown = [(form.has_parents(), Shown::AsParent), (form.has_attribute(), Shown::ByName)];
    for (name, role) in contract.roles.iter().filter(|(_, role)| role.by.is_none()) {
        for ty in &role.holders {
            for (_, shown) in shown.into_iter().filter(|(is, _)| *is) {
                all.insert(Thing::Held { ty: ty.clone(), role: name.clone(), shown });
            }
        }
    }
    let groups = contract.entities.values().filter(|ty| ty.holds_roles && ty.kind == EntityRole::Group);
    all.extend(groups.filter(|_| form.has_attribute()).map(|ty| Thing::Group { ty: ty.cedar.clone() }));
    all
}

/// The terms by which generated things weaken that one side alone has: those that are new, if a policy of the old side opens
/// more where it finds them, and those that are gone, if a policy of the new side closes less where it does not.
pub(super) fn changes(sides: [&Lowered; 2], gained: &Reads<'_>, lost: &Reads<'_>) -> Vec<TermChange> {
    let [old, new] = sides;
    let (before, after) = (things(old), things(new));
    // What was declared and is generated now was possible before.
    let (had, has) = (of_schema(&old.schema_json), of_schema(&new.schema_json));
    let [was, is] = [old, new].map(|side| stated(&side.contract));
    let differs = |path: &Vec<String>| said(&was, path) != said(&is, path);
    let mut readers: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    let fresh = after.iter().filter(|thing| !before.contains(*thing) && !had.contains(*thing));
    let gone = before.iter().filter(|thing| !after.contains(*thing) && !has.contains(*thing));
    for (things, reads, [small, big]) in [
        (fresh.collect::<Vec<_>>(), gained, [&old.contract, &new.contract]),
        (gone.collect::<Vec<_>>(), lost, [&new.contract, &old.contract]),
    ] {
        for thing in things {
            let found = reads.of(thing);
            if found.is_empty() {
                continue;
            }
            let is_of_form = small.roles_form != big.roles_form && is_of_roles(big, thing);
            let mut causes = causes(thing, small, big);
            // Gate's own statements are compiled in the form of their side, and each profile has its own.
            let found = match is_of_form || matches!(thing, Thing::Member { .. }) {
                true => reads.raw(found),
                false => found,
            };
            if is_of_form {
                causes.retain(differs);
                causes.push(path(&["roles_form"]));
            }
            for cause in causes.into_iter().filter(|_| !found.is_empty()) {
                readers.entry(cause).or_default().extend(found.iter().cloned());
            }
        }
    }
    let terms = readers.into_iter().map(|(path, readers)| TermChange {
        from: said(&was, &path),
        to: said(&is, &path),
        path: spelt(&path),
        effect: Effect::Weakens,
        readers: readers.into_iter().collect(),
        through: Vec::new(),
    });
    terms.collect()
}

/// A contract in its JSON form, the form of roles included, which it leaves out where it is the usual one.
fn stated(contract: &Contract) -> Value {
    let mut json = serde_json::to_value(contract).unwrap_or_default();
    if let Some(fields) = json.as_object_mut() {
        fields.insert("roles_form".to_owned(), Value::from(contract.roles_form.name()));
    }
    json
}

/// What a contract says at a path.
fn said(contract: &Value, path: &[String]) -> Option<String> {
    let mut value = contract;
    for name in path {
        value = value.get(name)?;
    }
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Whether a thing follows from roles.
fn is_of_roles(contract: &Contract, thing: &Thing) -> bool {
    match thing {
        Thing::Attribute { ty, name } | Thing::Always { ty, name } => {
            name == ROLES_ATTRIBUTE || relation(contract, ty, name).is_some()
        }
        Thing::Parent { parent, .. } => is_role_type(contract, parent),
        Thing::Held { .. } | Thing::Group { .. } => true,
        Thing::Context { .. } | Thing::Member { .. } => false,
    }
}

/// The role for which a type has a generated attribute.
fn relation(contract: &Contract, ty: &str, attribute: &str) -> Option<String> {
    let (name, entity) = contract.entities.iter().find(|(_, entity)| entity.cedar == ty)?;
    let mut roles = entity.relations.iter().map(|relation| &relation.role);
    let role = roles.find(|role| *role == attribute || relation_attribute(role) == attribute)?;
    Some(format!("{name}.{role}"))
}

/// The paths in the contract from which a thing follows that `big` has and `small` does not.
fn causes(thing: &Thing, small: &Contract, big: &Contract) -> Vec<Vec<String>> {
    let known = || match thing {
        Thing::Attribute { ty, name } | Thing::Always { ty, name } => match relation(big, ty, name) {
            Some(role) => vec![path(&["roles", &role, "on"])],
            None if name == ROLES_ATTRIBUTE => newly_held(ty, small, big),
            None => Vec::new(),
        },
        Thing::Parent { ty, parent } if is_role_type(big, parent) => newly_held(ty, small, big),
        Thing::Held { role, .. } => vec![path(&["roles", role, "holders"])],
        Thing::Group { ty } => newly_held(ty, small, big),
        Thing::Context { action, path: at } if at.first().is_some_and(|name| name == GRANTS_ATTRIBUTE) => {
            let action = name_of_action(big, action);
            let covers = |contract: &Contract, profile: &String| {
                contract.break_glass.get(profile).is_some_and(|profile| profile.actions.contains(&action))
            };
            let named = big.break_glass.keys().filter(|profile| at.get(1).is_none_or(|name| name == *profile));
            let new = named.filter(|profile| covers(big, profile) && !covers(small, profile));
            new.map(|profile| path(&["break_glass", profile, "actions"])).collect()
        }
        Thing::Context { path: at, .. } if at.first().is_some_and(|name| big.provenance.contains_key(name)) => {
            at.first().map(|name| path(&["provenance", name])).into_iter().collect()
        }
        Thing::Context { action, .. } => step_of(big, action).into_iter().collect(),
        Thing::Member { member, .. } if big.break_glass.contains_key(member) => {
            vec![path(&["break_glass", member, "cedar"])]
        }
        Thing::Parent { .. } | Thing::Member { .. } => Vec::new(),
    };
    let found = known();
    match found.is_empty() {
        true => vec![place(thing, big)],
        false => found,
    }
}

/// The field of a profile that names an action as a step of it.
fn step_of(contract: &Contract, action: &str) -> Option<Vec<String>> {
    let uid = action.parse::<EntityUid>().ok()?;
    contract.break_glass.iter().find_map(|(name, profile)| {
        let steps = [
            ("request_action", &profile.request_action),
            ("approve_action", &profile.approve_action),
            ("refuse_action", &profile.refuse_action),
            ("revoke_action", &profile.revoke_action),
            ("review_action", &profile.review_action),
        ];
        let (field, _) = steps.into_iter().find(|(_, step)| step.parse::<EntityUid>().ok().as_ref() == Some(&uid))?;
        Some(path(&["break_glass", name, field]))
    })
}

/// Why entities of a type may be given roles: the type is a group that holds them, or roles are for it that were not.
fn newly_held(ty: &str, small: &Contract, big: &Contract) -> Vec<Vec<String>> {
    let name = name_of_type(big, ty);
    if big.entities.get(&name).is_some_and(|entity| entity.kind == EntityRole::Group) {
        return vec![path(&["entities", &name, "holds_roles"])];
    }
    let holds = |contract: &Contract, role: &String| {
        contract.roles.get(role).is_some_and(|role| role.by.is_none() && role.holders.contains(&name))
    };
    let new = big.roles.keys().filter(|role| holds(big, role) && !holds(small, role));
    new.map(|role| path(&["roles", role, "holders"])).collect()
}

/// Where a thing would stand if it were declared.
fn place(thing: &Thing, contract: &Contract) -> Vec<String> {
    let ty = |ty: &str| name_of_type(contract, ty);
    match thing {
        Thing::Attribute { ty: owner, name } | Thing::Always { ty: owner, name } => {
            path(&["entities", &ty(owner), "attributes", name])
        }
        Thing::Context { action, path: at } => {
            let mut whole = path(&["actions", &name_of_action(contract, action), "context"]);
            whole.extend(at.iter().cloned());
            whole
        }
        Thing::Parent { ty: child, parent } => path(&["entities", &ty(child), "parents", &ty(parent)]),
        Thing::Member { ty: owner, member } => path(&["entities", &ty(owner), "members", member]),
        Thing::Held { role, .. } => path(&["roles", role, "holders"]),
        Thing::Group { ty: group } => path(&["entities", &ty(group), "holds_roles"]),
    }
}

fn name_of_type(contract: &Contract, cedar: &str) -> String {
    let found = contract.entities.iter().find(|(_, entity)| entity.cedar == cedar);
    found.map_or_else(|| cedar.to_owned(), |(name, _)| name.clone())
}

fn name_of_action(contract: &Contract, cedar: &str) -> String {
    let uid = cedar.parse::<EntityUid>().ok();
    let mut actions = contract.actions.iter();
    let found = actions.find(|(_, action)| uid.is_some() && action.cedar.parse::<EntityUid>().ok() == uid);
    let id = || uid.as_ref().map_or_else(|| cedar.to_owned(), |uid| uid.id().unescaped().to_owned());
    found.map_or_else(id, |(name, _)| name.clone())
}

/// Whether the contract states a thing, so that its fields are compared.
fn is_declared(contract: &Contract, thing: &Thing) -> bool {
    let entity = |cedar: &str| contract.entities.values().find(|entity| entity.cedar == cedar);
    match thing {
        Thing::Attribute { ty, name } | Thing::Always { ty, name } => {
            entity(ty).is_some_and(|entity| entity.attributes.contains_key(name))
        }
        Thing::Context { action, path } => {
            let known = contract.actions.get(&name_of_action(contract, action));
            let is_grant = path.first().is_some_and(|name| name == GRANTS_ATTRIBUTE);
            known.is_some_and(|known| has_field(&known.context, path)) && !is_grant
        }
        Thing::Parent { ty, parent } => entity(ty).is_some_and(|entity| {
            let mut parents = entity.parents.iter().filter_map(|parent| contract.entities.get(&parent.ty));
            parents.any(|known| known.cedar == *parent)
        }),
        Thing::Member { ty, .. } => entity(ty).is_some(),
        Thing::Held { .. } | Thing::Group { .. } => false,
    }
}

fn has_field(fields: &BTreeMap<String, AttributeContract>, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    fields.get(first).is_some_and(|field| match (&field.ty, rest) {
        (_, []) => true,
        (ValueType::Record(fields), _) => has_field(fields, rest),
        _ => false,
    })
}

/// All that a schema says may be found, in Cedar's JSON form of it.
fn of_schema(schema: &Value) -> BTreeSet<Thing> {
    let mut all = BTreeSet::new();
    for (space, body) in schema.as_object().into_iter().flatten() {
        let section = |name: &str| body.get(name).and_then(Value::as_object).into_iter().flatten();
        let types = Types { schema, space };
        for (name, ty) in section("entityTypes") {
            let ty_name = qualified(space, name);
            let listed = |field: &str| ty.get(field).and_then(Value::as_array).into_iter().flatten();
            for parent in listed("memberOfTypes").filter_map(Value::as_str) {
                all.insert(Thing::Parent { ty: ty_name.clone(), parent: types.entity(parent) });
            }
            for member in listed("enum").filter_map(Value::as_str) {
                all.insert(Thing::Member { ty: ty_name.clone(), member: member.to_owned() });
            }
            for (name, attribute) in ty.get("shape").and_then(|shape| types.fields(shape)).into_iter().flatten() {
                all.insert(Thing::Attribute { ty: ty_name.clone(), name: name.clone() });
                if attribute.get("required") != Some(&Value::Bool(false)) {
                    all.insert(Thing::Always { ty: ty_name.clone(), name: name.clone() });
                }
            }
        }
        for (id, action) in section("actions") {
            let context = action.get("appliesTo").and_then(|applies| applies.get("context"));
            let action = format!("{}::\"{}\"", qualified(space, "Action"), id.escape_debug());
            if let Some(context) = context {
                types.below(&action, &mut Vec::new(), context, &mut all);
            }
        }
    }
    all
}

fn qualified(space: &str, name: &str) -> String {
    match space {
        "" => name.to_owned(),
        space => format!("{space}::{name}"),
    }
}

/// Names as a namespace of a schema reads them.
struct Types<'a> {
    schema: &'a Value,
    space: &'a str,
}

/// How deep records stand in one another at most. Named types of a schema that holds together end before.
const DEPTH: usize = 64;

impl<'a> Types<'a> {
    fn in_section(&self, section: &str, name: &str) -> Option<(String, &'a Value)> {
        let own = (self.space, name);
        let apart = name.rsplit_once("::").unwrap_or(("", name));
        [own, apart].into_iter().find_map(|(space, name)| {
            let found = self.schema.get(space)?.get(section)?.get(name)?;
            Some((qualified(space, name), found))
        })
    }

    fn entity(&self, name: &str) -> String {
        self.in_section("entityTypes", name).map_or_else(|| name.to_owned(), |(name, _)| name)
    }

    /// The fields of a record, which may be a named type.
    fn fields(&self, ty: &'a Value) -> Option<&'a Map<String, Value>> {
        let mut ty = ty;
        for _ in 0..DEPTH {
            if let Some(fields) = ty.get("attributes") {
                return fields.as_object();
            }
            let name = ty.get("name").or_else(|| ty.get("type"))?.as_str()?;
            ty = self.in_section("commonTypes", name)?.1;
        }
        None
    }

    fn below(&self, action: &str, path: &mut Vec<String>, ty: &'a Value, all: &mut BTreeSet<Thing>) {
        if path.len() >= DEPTH {
            return;
        }
        for (name, field) in self.fields(ty).into_iter().flatten() {
            path.push(name.clone());
            all.insert(Thing::Context { action: action.to_owned(), path: path.clone() });
            self.below(action, path, field, all);
            path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bundle::RolesForm;
    use crate::diag::Diagnostics;
    use crate::graph::{Externals, resolve};
    use crate::lower::{RawSchema, lower};
    use crate::syntax;
    use crate::text::{Duration, Sources};
    use crate::typing::Conditions;

    const EVERYTHING: &str = r#"
        principal User in Team, Org as org { b: Bool }
        principal Bot in Org as org { b: Bool }
        group Team holds roles;
        resource Org { action look; }
        resource Folder in Org as org, Folder as parent? { action open; }
        enum Kind { note, plan }
        resource Doc in Org as org { kind: Kind, action read, write; }
        isolate by org;
        context { from gateway { now: datetime } from token { mfa: Bool, note?: String } }
        role clerk for User { allow read on Doc; }
        role boss for User { allow write on Doc; }
        role robot for Bot { allow read on Doc; }
        role admin on Folder for User { allow open on Folder; }
        rq: liftable require context.mfa for Doc.write;
        break-glass g { for clerk; grants write on Doc; resources at most 1; requires reason, ticket; approved by 1 of boss; revoked by boss; expires within 1h; uses at most 1; review within 1h by boss; lifts rq; alerts on use to "x"; }
    "#;

    fn lowered(text: &str, form: RolesForm) -> Lowered {
        let mut out = Diagnostics::default();
        let mut sources = Sources::default();
        let file = sources.add("a.gate", text);
        let tree = syntax::parse(&sources, file, &syntax::Limits::default(), &mut out);
        let program = resolve(&[tree], &Externals::default(), Duration::HOUR, &mut out);
        let conditions = Conditions::new(Arc::new(program));
        let lowered = lower(&conditions, &RawSchema::default(), Vec::new(), form, &sources, &mut out);
        assert!(!out.has_errors(), "{out:?}");
        lowered
    }

    /// What is new in the schema and has no cause here would stand under a path that no contract has.
    #[test]
    fn everything_that_is_generated_follows_from_something_in_the_contract() {
        let nothing = Contract::default();
        for form in [RolesForm::Parents, RolesForm::Attribute, RolesForm::Both] {
            let side = lowered(EVERYTHING, form);
            let contract = stated(&side.contract);
            let all = things(&side);
            assert!(all.len() > 40, "{all:?}");
            for thing in &all {
                // Who is in a group of holders by another one holds the role.
                if matches!(thing, Thing::Parent { ty, .. } if is_role_type(&side.contract, ty)) {
                    continue;
                }
                let causes = causes(thing, &nothing, &side.contract);
                assert!(!causes.is_empty(), "{thing:?}");
                for cause in causes {
                    assert!(said(&contract, &cause).is_some(), "{thing:?} follows from {cause:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_generated_is_what_the_schema_has_and_the_contract_does_not_declare() {
        let text = |text: &str| text.to_owned();
        let attribute = |ty: &str, name: &str| Thing::Attribute { ty: text(ty), name: text(name) };
        let parent = |ty: &str, of: &str| Thing::Parent { ty: text(ty), parent: text(of) };
        let context = |action: &str, names: &[&str]| Thing::Context {
            action: format!("Action::\"{action}\""),
            path: path(names),
        };
        let held = |ty: &str, role: &str, shown| Thing::Held { ty: text(ty), role: text(role), shown };
        let all = things(&lowered(EVERYTHING, RolesForm::Both));
        for thing in [
            attribute("User", "gate:roles"),
            attribute("Folder", "admin"),
            attribute("Folder", "gate:admin"),
            parent("Bot", "Role"),
            parent("Team", "RoleHolders"),
            context("Doc.write", &["break_glass", "g", "requester"]),
            context("RequestBreakGlass.g", &["reason"]),
            Thing::Member { ty: text("BreakGlassProfile"), member: text("g") },
            held("Bot", "robot", Shown::ByName),
            held("User", "Folder.admin", Shown::AsParent),
            Thing::Group { ty: text("Team") },
        ] {
            assert!(all.contains(&thing), "{thing:?}");
        }
        for thing in [
            attribute("User", "b"),
            attribute("Folder", "parent"),
            parent("User", "Team"),
            context("Doc.write", &["mfa"]),
            Thing::Member { ty: text("Kind"), member: text("note") },
        ] {
            assert!(!all.contains(&thing), "{thing:?}");
        }
        let never = [attribute("Org", "gate:roles"), attribute("Folder", "gate:roles"), parent("Bot", "RoleHolders")];
        assert!(!never.iter().any(|thing| all.contains(thing)), "{all:?}");
    }

    #[test]
    fn the_id_of_a_group_of_holders_ends_with_its_role() {
        use crate::semdiff::terms::reads::reading::is_id;
        for (id, role, on, is) in [
            ("clerk", "clerk", None, true),
            ("clerks", "clerk", None, false),
            ("Org::acme.admin", "Org.admin", Some("Org"), true),
            ("Org::acme.badmin", "Org.admin", Some("Org"), false),
            ("Folder::acme.admin", "Org.admin", Some("Org"), false),
        ] {
            assert_eq!(is_id(id, role, on), is, "{id}");
        }
    }
}
