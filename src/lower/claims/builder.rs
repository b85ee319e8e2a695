//! Expressions of claims, written from what the language says and not from what is emitted: who is in a role, where an entity
//! is found, who is of which tenant. No emitter is called: a fault in one would repeat itself in the claim that is to find it.
//! Claims may be longer than what is emitted. Every attribute on a way is tested, optional or not, so that a way which does
//! not lead anywhere is no way, and no error.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{ROLE_TYPE, ROLES_ATTRIBUTE, RolesForm, relation_attribute};
use crate::clauses::Step;
use crate::graph;
use crate::graph::{ActionId, Path, Profile, ProfileStep, Program, RoleId, Ty, TypeId, When};
use crate::lower::names::qualified;
use crate::lower::short::{At, get};
use crate::syntax::ast::Operator;
use crate::text::Span;
use crate::typing::{Budget, Conditions, Kind, Method, TypedExpr, Variable};

use super::Target;

/// The most ways from one role to another that are followed.
const MOST_WAYS: usize = 64;

/// What claims are made of.
pub(in crate::lower) struct Claims<'a> {
    pub(super) program: &'a Program,
    conditions: &'a Conditions,
    form: RolesForm,
    pub(super) budget: &'a Budget,
}

/// What is asked about a request of one kind.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// On its resource.
    Resource(Target),
    /// At a step of a profile, which has no resource of the author's.
    Step(&'a Profile, Step),
    /// The same for a principal of a type that the profile is not for.
    StepOf(&'a Profile, Step, TypeId),
}

/// Somebody in a role.
pub(super) struct InRole {
    pub(super) role: RoleId,
    pub(super) test: TypedExpr,
}

/// Everybody in a role.
#[derive(Default)]
pub(super) struct Members {
    pub(super) ways: Vec<InRole>,
    /// Whether there are others, for whom no test can be written.
    pub(super) is_partial: bool,
}

/// The entity that carries a role.
enum Carrier {
    /// Where all the tests hold.
    Found(Vec<TypedExpr>, TypedExpr),
    /// Nothing leads to one.
    None,
    /// It is not known which.
    Unclear,
}

impl<'a> Claims<'a> {
    pub(in crate::lower) fn new(conditions: &'a Conditions, form: RolesForm, budget: &'a Budget) -> Self {
        Self { program: conditions.program(), conditions, form, budget }
    }

    /// What a condition means for a kind of request; `None` where it does not type.
    pub(super) fn typed(&self, when: When<'_>, kind: &Kind) -> Option<TypedExpr> {
        self.conditions.within(self.budget, when, kind).ok()
    }

    pub(super) fn kind(&self, place: Place<'_>) -> Kind {
        match place {
            Place::Resource(target) => Kind::requests(target.principal, target.resource, &[target.action]),
            Place::Step(profile, step) => {
                Kind::Step(ProfileStep { profile: self.program.id_of_profile(profile), step })
            }
            Place::StepOf(profile, step, principal) => {
                Kind::StepOf(ProfileStep { profile: self.program.id_of_profile(profile), step }, principal)
            }
        }
    }

    pub(super) fn cedar_type(&self, id: TypeId) -> String {
        self.program.ty(id).map_or_else(String::new, |ty| ty.cedar.clone())
    }

    /// Every kind of request for some actions, where these are named on some types (none: any).
    pub(super) fn targets(&self, actions: &[ActionId], on: &[TypeId]) -> Vec<Target> {
        let mut found = Vec::new();
        for action in actions {
            let resources = self.program.decided_on(*action, on);
            let principals: BTreeSet<TypeId> = self.program.principals_of(*action).into_iter().collect();
            for principal in principals {
                let resources: BTreeSet<TypeId> = resources.iter().copied().collect();
                found.extend(resources.into_iter().map(|resource| Target { principal, action: *action, resource }));
            }
        }
        found
    }

    /// The profiles and steps that a statement names.
    pub(super) fn steps_of(&self, steps: &[ProfileStep]) -> Vec<(&'a Profile, Step)> {
        let known = steps.iter().filter_map(|at| Some((self.program.profile(at.profile)?, at.step)));
        known.collect()
    }

    /// Whether a principal can be in a role, be it by a group that mixes types.
    pub(super) fn can_be_in(&self, principal: TypeId, role: RoleId) -> bool {
        let is_for = self.program.role(role).is_some_and(|role| role.holders.contains(&principal));
        is_for || self.form.has_parents() && self.program.can_be_in(principal, role)
    }

    /// The principals in exactly this role, whether it is in force for them or not.
    pub(super) fn members(&self, subject: &TypedExpr, id: RoleId, place: Place<'_>) -> Members {
        let Some(role) = self.program.role(id) else { return Members::default() };
        let at = At(subject.span);
        let Some(on) = role.on else {
            let group = at.entity(&(qualified(self.program, ROLE_TYPE), role.name.clone()));
            return Members::of(id, self.is_member(subject, group, at.text(&role.name)));
        };
        let (mut tests, carrier) = match self.carrier(place, on, subject.span) {
            Carrier::Found(tests, carrier) => (tests, carrier),
            Carrier::None => return Members::default(),
            Carrier::Unclear => return Members::partial(),
        };
        match &role.by {
            None => {
                let name = get(&carrier, &relation_attribute(&role.name));
                tests.push(self.is_member(subject, get(&carrier, &role.name), name));
            }
            Some((by, _)) => {
                tests.push(at.has(carrier.clone(), &[by]));
                let named = get(&carrier, by);
                let declared = self.program.ty(on).and_then(|ty| ty.attributes.get(by));
                tests.push(match declared.map(|attribute| &attribute.ty) {
                    Some(Ty::Set(_)) => named.method(Method::Contains, vec![subject.clone()], Ty::Bool),
                    _ => named.binary(Operator::Equal, subject.clone()),
                });
            }
        }
        Members::of(id, at.all(tests))
    }

    /// The principals who hold a role, by itself or by one that extends it, and for whom it is in force: the `until` and the
    /// `when` of each role from the one that they are in to the one that is asked about.
    pub(super) fn holders(&self, subject: &TypedExpr, role: RoleId, place: Place<'_>) -> Members {
        let Some(chains) = chains(self.program, role) else { return Members::partial() };
        let mut all = Members::default();
        for (held, chains) in chains {
            let Members { ways, is_partial } = self.members(subject, held, place);
            all.is_partial |= is_partial;
            for way in ways {
                for restricting in &chains {
                    match self.in_force(subject, restricting, place) {
                        Some(tests) => {
                            let tests = std::iter::once(way.test.clone()).chain(tests).collect();
                            all.ways.push(InRole { role: held, test: TypedExpr::all(tests, subject.span) });
                        }
                        None => all.is_partial = true,
                    }
                }
            }
        }
        all
    }

    /// What the `until` and the `when` of some roles ask of somebody; `None` where that does not type.
    fn in_force(&self, subject: &TypedExpr, roles: &BTreeSet<RoleId>, place: Place<'_>) -> Option<Vec<TypedExpr>> {
        let at = At(subject.span);
        let mut tests = Vec::new();
        for role in roles.iter().filter_map(|role| self.program.role(*role)) {
            if let Some(until) = role.until {
                let now = get(&context(subject.span), "now");
                tests.push(now.binary(Operator::Less, at.datetime(&until.at.to_string())));
            }
            if let Some(when) = role.when() {
                tests.push(self.typed(when, &self.kind(place))?.with(Variable::Principal, subject));
            }
        }
        Some(tests)
    }

    /// Whether somebody is in a group of holders, in the form that the package is compiled for.
    fn is_member(&self, subject: &TypedExpr, group: TypedExpr, name: TypedExpr) -> TypedExpr {
        let at = At(subject.span);
        let is_parent = subject.clone().binary(Operator::In, group);
        let is_named = at.all(vec![
            at.has(subject.clone(), &[ROLES_ATTRIBUTE]),
            get(subject, ROLES_ATTRIBUTE).method(Method::Contains, vec![name], Ty::Bool),
        ]);
        match self.form {
            RolesForm::Parents => is_parent,
            RolesForm::Attribute => is_named,
            RolesForm::Both => at.any(vec![is_parent, is_named]),
        }
    }

    /// The entity of a type on which roles are held.
    fn carrier(&self, place: Place<'_>, on: TypeId, span: Span) -> Carrier {
        let (from, ty) = match place {
            Place::Resource(target) => (resource(span), target.resource),
            Place::Step(profile, step) | Place::StepOf(profile, step, _) => {
                let isolations = self.program.tenants_of_profile(profile);
                if let Some(isolation) = isolations.into_iter().find(|isolation| isolation.tenant == on) {
                    return Carrier::Found(Vec::new(), get(&get(&context(span), "tenant"), &isolation.by));
                }
                match (step, place) {
                    (Step::Request, Place::StepOf(.., asking)) => (principal(span), asking),
                    (Step::Request, _) => (principal(span), profile.principal),
                    (Step::Approve | Step::Refuse | Step::Withdraw | Step::Revoke | Step::Review, _) => {
                        (get(&context(span), "requester"), profile.principal)
                    }
                }
            }
        };
        match (graph::paths(self.program, ty, on).as_slice(), place) {
            ([path], _) => {
                let (tests, carrier) = follow(from, path);
                Carrier::Found(tests, carrier)
            }
            // A role that the resource does not lead to is held by nobody there.
            ([], Place::Resource(_)) => Carrier::None,
            _ => Carrier::Unclear,
        }
    }

    /// Whether somebody, or a resource, is of the tenants that a grant or a request for one names.
    pub(super) fn in_tenant(
        &self,
        of: &TypedExpr,
        ty: TypeId,
        profile: &Profile,
        record: &TypedExpr,
    ) -> Vec<TypedExpr> {
        let mut tests = Vec::new();
        let isolations = self.program.tenants_of_profile(profile).into_iter();
        for isolation in isolations.filter(|isolation| !isolation.except.iter().any(|(except, _)| *except == ty)) {
            for path in graph::paths(self.program, ty, isolation.tenant) {
                let (way, tenant) = follow(of.clone(), &path);
                tests.extend(way);
                tests.push(tenant.binary(Operator::Equal, get(&get(record, "tenant"), &isolation.by)));
            }
        }
        tests
    }

    /// Whether a profile's own condition holds.
    pub(super) fn condition_of(&self, profile: &Profile, place: Place<'_>) -> Vec<TypedExpr> {
        // One that does not type holds for nobody.
        let test = |when| self.typed(when, &self.kind(place)).unwrap_or_else(|| TypedExpr::bool(false, profile.span));
        profile.when().map(test).into_iter().collect()
    }

    pub(super) fn told_step(&self, (profile, step): (&Profile, Step), principal: TypeId) -> String {
        format!("{} to {} on {}", self.program.type_name(principal), step.action(), profile.name)
    }

    pub(super) fn told(&self, target: Target) -> String {
        format!(
            "{} to {} on {}",
            self.program.type_name(target.principal),
            self.program.action_name(target.action),
            self.program.type_name(target.resource)
        )
    }
}

impl Members {
    fn of(role: RoleId, test: TypedExpr) -> Self {
        Self { ways: vec![InRole { role, test }], is_partial: false }
    }

    fn partial() -> Self {
        Self { ways: Vec::new(), is_partial: true }
    }

    /// The tests, one of which has to hold. Whoever has no test is none of them.
    pub(super) fn tests(self) -> impl Iterator<Item = TypedExpr> {
        self.ways.into_iter().map(|way| way.test)
    }
}

pub(super) fn principal(span: Span) -> TypedExpr {
    TypedExpr::variable(Variable::Principal, Ty::Unknown, span)
}

pub(super) fn resource(span: Span) -> TypedExpr {
    TypedExpr::variable(Variable::Resource, Ty::Unknown, span)
}

pub(super) fn context(span: Span) -> TypedExpr {
    TypedExpr::variable(Variable::Context, Ty::Unknown, span)
}

/// The entity at the end of a path, and what has to hold for the path to lead there.
pub(super) fn follow(from: TypedExpr, path: &Path) -> (Vec<TypedExpr>, TypedExpr) {
    let mut tests = Vec::new();
    let mut entity = from;
    for (step, _) in &path.steps {
        tests.push(At(entity.span).has(entity.clone(), &[step]));
        entity = get(&entity, step);
    }
    (tests, entity)
}

/// A role and those that extend it, each with its chains of `extends` down to the role: the roles on a chain that have an `until`
/// or a `when`. A chain with all these of another chain adds nobody and is left out. `None`: there are too many.
fn chains(program: &Program, role: RoleId) -> Option<BTreeMap<RoleId, BTreeSet<BTreeSet<RoleId>>>> {
    let extending: BTreeSet<RoleId> = program.extenders(role).into_iter().collect();
    let extended_by = |id: RoleId| {
        let extends = program.role(id).map(|role| role.extends.as_slice()).unwrap_or_default();
        extends.iter().map(|(extended, _)| *extended).filter(|extended| extending.contains(extended))
    };
    let mut above: BTreeMap<RoleId, Vec<RoleId>> = BTreeMap::new();
    let mut missing: BTreeMap<RoleId, usize> = BTreeMap::new();
    for id in extending.iter().filter(|id| **id != role) {
        for extended in extended_by(*id) {
            above.entry(extended).or_default().push(*id);
            *missing.entry(*id).or_default() += 1;
        }
    }
    let mut found: BTreeMap<RoleId, BTreeSet<BTreeSet<RoleId>>> =
        BTreeMap::from([(role, BTreeSet::from([BTreeSet::new()]))]);
    // A role comes once all that it extends are known.
    let mut ready = vec![role];
    while let Some(id) = ready.pop() {
        let restricts = program.role(id).is_some_and(|role| role.until.is_some() || role.when.is_some());
        let mut own = found.remove(&id).unwrap_or_default();
        if restricts {
            own = own.into_iter().map(|chain| chain.into_iter().chain([id]).collect()).collect();
        }
        let is_longer = |chain: &BTreeSet<RoleId>| own.iter().any(|other| other != chain && other.is_subset(chain));
        let own: BTreeSet<_> = own.iter().filter(|chain| !is_longer(chain)).cloned().collect();
        if own.len() > MOST_WAYS {
            return None;
        }
        for next in above.get(&id).into_iter().flatten() {
            found.entry(*next).or_default().extend(own.iter().cloned());
            if let Some(count) = missing.get_mut(next) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(*next);
                }
            }
        }
        found.insert(id, own);
    }
    Some(found)
}

impl FromIterator<Members> for Members {
    fn from_iter<T: IntoIterator<Item = Members>>(all: T) -> Self {
        let mut together = Self::default();
        for members in all {
            together.ways.extend(members.ways);
            together.is_partial |= members.is_partial;
        }
        together
    }
}
