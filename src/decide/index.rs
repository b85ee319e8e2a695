//! The policy index: which policies can apply to a request at all, by what their scopes ask of action, principal and resource: a
//! type, or an entity that the one of the request is or is within. Cedar evaluates every policy it is handed, so handing it only
//! these is what makes a decision fast.
//!
//! INVARIANT: a policy is left out only if its scope is false for the request. A scope never errors and is evaluated before the
//! conditions, so decision, reasons and errors are those of the whole set.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use cedar_policy::{
    ActionConstraint, Entities, EntityTypeName, EntityUid, Policy, PolicySet, PrincipalConstraint, ResourceConstraint,
};

/// What a scope asks of one variable of a request. Where it asks for a type and for an entity, only the entity is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asked {
    Nothing,
    Type(EntityTypeName),
    /// To be this entity, or within it.
    Entity(EntityUid),
}

/// What a scope asks of action, principal and resource.
type Key = [Asked; 3];

/// A policy set in parts, each of the policies whose scopes ask the same.
#[derive(Debug, Default)]
pub(super) struct Index(Layer<Layer<Layer<PolicySet>>>);

impl Index {
    pub(super) fn new(policies: &PolicySet) -> Self {
        let mut parts: HashMap<Key, Vec<&Policy>> = HashMap::new();
        for policy in policies.policies() {
            let (principal, resource) = (principal(policy), resource(policy));
            for action in actions(policy) {
                parts.entry([action, principal.clone(), resource.clone()]).or_default().push(policy);
            }
        }
        let mut index = Self::default();
        for ([action, principal, resource], part) in parts {
            let of_action = index.0.entry(action).get_or_insert_default();
            let of_principal = of_action.entry(principal).get_or_insert_default();
            *of_principal.entry(resource) = Some(set_of(part, policies));
        }
        index
    }

    /// The same policies, all in one part.
    #[cfg(test)]
    pub(super) fn of_one_part(policies: &PolicySet) -> Self {
        let mut index = Self::default();
        let all = index.0.any.get_or_insert_default().any.get_or_insert_default();
        all.any = Some(policies.clone());
        index
    }

    /// The parts of the policies that can apply, in no order. A policy for several actions may be in more than one.
    pub(super) fn candidates(
        &self,
        [action, principal, resource]: [&EntityUid; 3],
        entities: &Entities,
    ) -> Vec<&PolicySet> {
        let [action, principal, resource] = [action, principal, resource].map(|uid| Within::new(uid, entities));
        let mut found = Vec::new();
        self.0.matching(&action, &mut |of_action| {
            of_action.matching(&principal, &mut |of_principal| {
                of_principal.matching(&resource, &mut |part| found.push(part));
            });
        });
        found
    }
}

/// An entity of a request and what it is within.
struct Within<'a> {
    uid: &'a EntityUid,
    ancestors: Vec<&'a EntityUid>,
}

impl<'a> Within<'a> {
    fn new(uid: &'a EntityUid, entities: &'a Entities) -> Self {
        Self { uid, ancestors: entities.ancestors(uid).into_iter().flatten().collect() }
    }
}

/// What is kept for each thing that a scope can ask of one variable.
#[derive(Debug)]
struct Layer<T> {
    any: Option<T>,
    types: HashMap<EntityTypeName, Option<T>>,
    entities: HashMap<EntityUid, Option<T>>,
}

impl<T> Default for Layer<T> {
    fn default() -> Self {
        Self { any: None, types: HashMap::new(), entities: HashMap::new() }
    }
}

impl<T> Layer<T> {
    fn entry(&mut self, asked: Asked) -> &mut Option<T> {
        match asked {
            Asked::Nothing => &mut self.any,
            Asked::Type(ty) => self.types.entry(ty).or_default(),
            Asked::Entity(uid) => self.entities.entry(uid).or_default(),
        }
    }

    /// Hands over all that is kept for what an entity fulfils.
    fn matching<'a>(&'a self, is: &Within<'_>, found: &mut dyn FnMut(&'a T)) {
        let of_type = get(&self.types, is.uid.type_name());
        self.any.iter().chain(of_type).chain(get(&self.entities, is.uid)).for_each(&mut *found);
        if !self.entities.is_empty() {
            is.ancestors.iter().filter_map(|ancestor| get(&self.entities, *ancestor)).for_each(found);
        }
    }
}

fn get<'a, K: Eq + Hash, T>(of: &'a HashMap<K, Option<T>>, key: &K) -> Option<&'a T> {
    of.get(key)?.as_ref()
}

fn principal(policy: &Policy) -> Asked {
    match policy.principal_constraint() {
        PrincipalConstraint::Any => Asked::Nothing,
        PrincipalConstraint::Is(ty) => Asked::Type(ty),
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) | PrincipalConstraint::IsIn(_, uid) => {
            Asked::Entity(uid)
        }
    }
}

fn resource(policy: &Policy) -> Asked {
    match policy.resource_constraint() {
        ResourceConstraint::Any => Asked::Nothing,
        ResourceConstraint::Is(ty) => Asked::Type(ty),
        ResourceConstraint::In(uid) | ResourceConstraint::Eq(uid) | ResourceConstraint::IsIn(_, uid) => {
            Asked::Entity(uid)
        }
    }
}

/// Each action or group that a scope names; none, where no action is in what it names.
fn actions(policy: &Policy) -> Vec<Asked> {
    match policy.action_constraint() {
        ActionConstraint::Any => vec![Asked::Nothing],
        ActionConstraint::Eq(action) => vec![Asked::Entity(action)],
        ActionConstraint::In(several) => several.into_iter().map(Asked::Entity).collect(),
    }
}

/// Policies of a set as a set of their own.
pub(super) fn set_of<'a>(policies: impl IntoIterator<Item = &'a Policy>, whole: &PolicySet) -> PolicySet {
    // A policy may be given twice.
    let distinct: BTreeMap<_, _> = policies.into_iter().map(|policy| (policy.id(), policy)).collect();
    let mut set = PolicySet::new();
    for policy in distinct.into_values() {
        // Ids are those of a set, hence distinct, which is all that could fail.
        if !add(policy, &mut set, whole) {
            return whole.clone();
        }
    }
    set
}

/// Adds a policy of a set to another, with its template where it is a link. Whether that is possible.
fn add(policy: &Policy, set: &mut PolicySet, whole: &PolicySet) -> bool {
    let (Some(id), Some(values)) = (policy.template_id(), policy.template_links()) else {
        return set.add(policy.clone()).is_ok();
    };
    if set.template(id).is_none()
        && let Some(template) = whole.template(id)
        && set.add_template(template.clone()).is_err()
    {
        return false;
    }
    set.link(id.clone(), policy.id().clone(), values).is_ok()
}
