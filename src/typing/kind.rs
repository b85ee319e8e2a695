//! Kinds of request, and what is known of each: the types of its variables.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{ActionId, Attribute, ProfileStep, Program, Ty, TypeId};

/// For which requests a condition is typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Requests of a pair of types for any of some actions.
    Requests {
        /// The type of `principal`.
        principal: TypeId,
        /// The type of `resource`.
        resource: TypeId,
        /// The actions.
        actions: Vec<ActionId>,
    },
    /// A step of a break-glass grant. Such a request has no resource of the author's.
    Step(ProfileStep),
    /// The same of a principal of a type that the profile is not for.
    StepOf(ProfileStep, TypeId),
    /// Any request of a principal of a type.
    Of(TypeId),
}

impl Kind {
    /// Requests of a pair of types for any of some actions.
    #[must_use]
    pub fn requests(principal: TypeId, resource: TypeId, actions: &[ActionId]) -> Self {
        Self::Requests { principal, resource, actions: actions.to_vec() }
    }
}

/// What the request variables are for one kind of request.
#[derive(Debug)]
pub(super) struct Env {
    /// The type of `principal`.
    pub(super) principal: Ty,
    /// The type of `resource`.
    pub(super) resource: Ty,
    /// The attributes of `context`; `None`: not known.
    pub(super) context: Option<BTreeMap<String, Attribute>>,
    /// Attributes of the context that some action of the statement does not have.
    pub(super) partial: BTreeSet<String>,
    /// The actions of the statement.
    pub(super) actions: Vec<ActionId>,
}

impl Env {
    /// An environment in which nothing is known of the request: names are checked, types hardly.
    pub(super) fn unknown() -> Self {
        Self {
            principal: Ty::Unknown,
            resource: Ty::Unknown,
            context: None,
            partial: BTreeSet::new(),
            actions: Vec::new(),
        }
    }

    pub(super) fn of(program: &Program, kind: &Kind) -> Self {
        match kind {
            Kind::Requests { principal, resource, actions } => {
                let (context, partial) = context_of(program, actions);
                Self {
                    principal: Ty::Entity(*principal),
                    resource: Ty::Entity(*resource),
                    context: Some(context),
                    partial,
                    actions: actions.clone(),
                }
            }
            Kind::Step(ProfileStep { profile, step }) => match program.profile(*profile) {
                Some(profile) => Self {
                    principal: Ty::Entity(profile.principal),
                    resource: Ty::Record(BTreeMap::new()),
                    context: Some(program.context_of_step(profile, *step)),
                    ..Self::unknown()
                },
                None => Self::unknown(),
            },
            Kind::StepOf(at, principal) => {
                Self { principal: Ty::Entity(*principal), ..Self::of(program, &Kind::Step(*at)) }
            }
            Kind::Of(principal) => {
                Self { principal: Ty::Entity(*principal), context: Some(any_context(program)), ..Self::unknown() }
            }
        }
    }

    /// Whether what is asked for is a grant of a break-glass profile: such requests have no resource of the author's.
    pub(super) fn is_of_grants(&self) -> bool {
        matches!(self.resource, Ty::Record(_))
    }
}

/// The context of some actions together, and the attributes that not all of them have.
fn context_of(program: &Program, actions: &[ActionId]) -> (BTreeMap<String, Attribute>, BTreeSet<String>) {
    let mut all: BTreeMap<String, Attribute> = BTreeMap::new();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for id in actions {
        for (name, attribute) in program.context_of(*id) {
            *count.entry(name.clone()).or_default() += 1;
            all.entry(name).or_insert(attribute);
        }
    }
    let partial = count.into_iter().filter(|(_, count)| *count < actions.len()).map(|(name, _)| name).collect();
    (all, partial)
}

/// Every attribute that the context of some request has.
fn any_context(program: &Program) -> BTreeMap<String, Attribute> {
    let common = program.context.iter().map(|(name, one)| (name, &one.attribute));
    let own = program.actions.iter().flat_map(|action| &action.context);
    let mut all = BTreeMap::new();
    for (name, attribute) in common.chain(own) {
        all.entry(name.clone()).or_insert_with(|| attribute.clone());
    }
    all
}
