//! The policy index: which policies can apply to a request at all, by what their scopes ask of action, principal and resource: a
//! type, or an entity that the one of the request is or is within. Cedar evaluates every policy it is handed, so handing it only
//! these is what makes a decision fast.
//!
//! INVARIANT: a policy is left out only if its scope is false for the request. A scope never errors and is evaluated before the
//! conditions, so decision, reasons and errors are those of the whole set.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use cedar_policy::{
    ActionConstraint, Entities, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint,
    ResourceConstraint,
};

use super::Request;

/// What a scope asks of one variable of a request. Where it asks for a type and for an entity, only the entity is looked at.
#[derive(Debug, Clone)]
enum Asked {
    Nothing,
    Type(EntityTypeName),
    /// To be this entity, or within it.
    Entity(EntityUid),
}

/// A policy set in parts, each of the policies whose scopes ask the same.
#[derive(Debug, Default)]
pub(super) struct Index(Layer<Layer<Layer<Part>>>);

/// Policies whose scopes ask the same: which they are, and the set of them, made when first needed.
#[derive(Debug, Default)]
struct Part {
    ids: Vec<PolicyId>,
    set: OnceLock<PolicySet>,
}

impl Part {
    fn set(&self, whole: &PolicySet) -> &PolicySet {
        self.set.get_or_init(|| set_of(self.ids.iter().filter_map(|id| whole.policy(id)), whole))
    }
}

impl Index {
    pub(super) fn new(policies: &PolicySet) -> Self {
        Self::of(policies.policies())
    }

    fn of<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        let mut index = Self::default();
        for policy in policies {
            let (principal, resource) = (principal(policy), resource(policy));
            for action in actions(policy) {
                let of_principal = index.0.entry(action).entry(principal.clone());
                of_principal.entry(resource.clone()).ids.push(policy.id().clone());
            }
        }
        index
    }

    /// The same policies, all in one part.
    #[cfg(test)]
    pub(super) fn of_one_part(policies: &PolicySet) -> Self {
        let mut index = Self::default();
        let all = index.0.entry(Asked::Nothing).entry(Asked::Nothing).entry(Asked::Nothing);
        all.ids.extend(policies.policies().map(|policy| policy.id().clone()));
        index
    }

    /// The parts of the policies that can apply, in no order. A policy for several actions may be in more than one.
    pub(super) fn candidates<'a>(
        &'a self,
        whole: &PolicySet,
        asked: [&EntityUid; 3],
        entities: &Entities,
    ) -> Vec<&'a PolicySet> {
        let mut found = Vec::new();
        self.matching(asked, entities, &mut |part| found.push(part.set(whole)));
        found
    }

    fn matching<'a>(&'a self, asked: [&EntityUid; 3], entities: &Entities, found: &mut dyn FnMut(&'a Part)) {
        let [action, principal, resource] = asked.map(|uid| Within::new(uid, entities));
        self.0.matching(&action, &mut |of_action| {
            of_action.matching(&principal, &mut |of_principal| of_principal.matching(&resource, found));
        });
    }
}

/// The scopes of some policies.
#[derive(Debug)]
pub struct Scopes(Index);

impl Scopes {
    /// Those of some policies, which may be versions of the same one.
    pub fn of<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        Self(Index::of(policies))
    }

    /// Whether one of the policies can apply to a request: its scope is not false for it.
    #[must_use]
    pub fn can_apply(&self, request: &Request, entities: &Entities) -> bool {
        let mut any = false;
        self.0.matching([&request.action, &request.principal, &request.resource], entities, &mut |_| any = true);
        any
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
    any: Option<Box<T>>,
    types: HashMap<EntityTypeName, Box<T>>,
    entities: HashMap<EntityUid, Box<T>>,
}

impl<T> Default for Layer<T> {
    fn default() -> Self {
        Self { any: None, types: HashMap::new(), entities: HashMap::new() }
    }
}

impl<T: Default> Layer<T> {
    fn entry(&mut self, asked: Asked) -> &mut T {
        match asked {
            Asked::Nothing => self.any.get_or_insert_default(),
            Asked::Type(ty) => self.types.entry(ty).or_default(),
            Asked::Entity(uid) => self.entities.entry(uid).or_default(),
        }
    }

    /// Hands over all that is kept for what an entity fulfils.
    fn matching<'a>(&'a self, is: &Within<'_>, found: &mut dyn FnMut(&'a T)) {
        let of_type = self.types.get(is.uid.type_name());
        let of_itself = self.entities.get(is.uid);
        self.any.iter().chain(of_type).chain(of_itself).for_each(|kept| found(kept));
        if !self.entities.is_empty() {
            is.ancestors.iter().filter_map(|ancestor| self.entities.get(*ancestor)).for_each(|kept| found(kept));
        }
    }
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
