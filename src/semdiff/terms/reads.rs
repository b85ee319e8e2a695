//! What policies test that a schema may make possible: whether something is in a group, has an attribute or tags, is another
//! member of an enumeration. Such a test is false for certain while the schema knows no such thing. Once it does, the same policy
//! opens (or closes) more, and no line of it changed. What a schema no longer makes possible is the same the other way round.

pub(super) mod reading;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityTypeName, EntityUid, Policy};

use crate::analysis::{Demands, Environment, Environments};
use crate::bundle::{Contract, EntityRole, relation_attribute};
use crate::lower::{Lowered, RawTemplate};
use crate::semdiff::common_schema;

use reading::{Reading, Sense, is_id, own_name};

use super::things::{Shown, Thing, is_role_type};

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
