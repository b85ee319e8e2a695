//! `separate` without `by`: nobody gets both duties by one role, by one raw permit, or by the type alone. Counted is every way to
//! get a duty: grants, inherited ones too, break-glass, and raw permits. A denial without a condition closes a way. Conditions of
//! grants and permits are not looked at: what may hold for somebody counts. Who gets both by what they are assigned is in
//! `assigned`; what cannot be counted is in `uncounted`.

mod assigned;
mod uncounted;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    ActionConstraint, Effect, Entities, EntityId, EntityTypeName, EntityUid, Policy, ResourceConstraint, Schema,
};

use crate::diag::{Diagnostic, Diagnostics};
use crate::graph;
use crate::graph::{ActionId, Deny, Holder, Program, RoleId, Separation, TypeId, TypeKind};
use crate::text::Span;

use super::raw::{Claim, LetsIn, Named, RawPolicy, lets_in};

pub use assigned::{Held, separated_by_assignments};

/// Who may do what, as far as the program tells.
pub(super) struct Duties<'a> {
    program: &'a Program,
    raw: &'a [RawPolicy],
    /// Actions and the groups that they are in; `None` where there is no schema.
    actions: Option<Entities>,
}

/// A way to get a duty: for who is of the type and has a claim out of each demand.
#[derive(Debug, Clone)]
struct Way {
    /// The type, where it is for one.
    ty: Option<TypeId>,
    /// None of them: the way is open to everybody of the type.
    demands: Vec<BTreeSet<Claim>>,
    given: Given,
    /// What gives it.
    at: Span,
}

impl Way {
    fn is_for(&self, ty: TypeId) -> bool {
        self.ty.is_none_or(|only| only == ty)
    }

    /// Whether it is open to who has these claims, whatever else they have.
    fn is_met(&self, has: impl Fn(&Claim) -> bool) -> bool {
        self.demands.iter().all(|claims| claims.iter().any(&has))
    }

    /// The raw policy that gives it.
    fn policy(&self) -> Option<&str> {
        match &self.given {
            Given::Raw(policy) => Some(policy),
            Given::Grant | Given::BreakGlass(_) => None,
        }
    }

    /// The entities that it is for.
    fn named(&self) -> impl Iterator<Item = &Named> {
        entities(&self.demands)
    }
}

/// The entities among what is demanded.
fn entities(demands: &[BTreeSet<Claim>]) -> impl Iterator<Item = &Named> {
    demands.iter().flatten().filter_map(|claim| match claim {
        Claim::Entity(named) => Some(named),
        Claim::Role(_) => None,
    })
}

/// One of the two duties of a separation.
struct Duty<'a> {
    /// Every way to get it: grants first, then break-glass, then raw permits.
    ways: Vec<Way>,
    /// The ways that are open to everybody of a type, and for each claim those whose first demand takes it, by their place in `ways`.
    to_all: Vec<usize>,
    by_claim: BTreeMap<Claim, Vec<usize>>,
    /// The denials without a condition that keep it, wherever it is decided, from whom they name.
    denies: Vec<&'a Deny>,
    /// The types that ask for it: a denial becomes policies for these, and for no others.
    asking: Vec<TypeId>,
}

impl Duty<'_> {
    /// The ways that may be open to who has some claims, in their order.
    fn ways_for<'c>(&self, claims: impl IntoIterator<Item = &'c Claim>) -> impl Iterator<Item = &Way> {
        let by_claim = claims.into_iter().filter_map(|claim| self.by_claim.get(claim)).flatten();
        let at: BTreeSet<usize> = self.to_all.iter().chain(by_claim).copied().collect();
        at.into_iter().filter_map(|at| self.ways.get(at))
    }
}

/// What gives a way.
#[derive(Debug, Clone)]
enum Given {
    Grant,
    BreakGlass(String),
    Raw(String),
}

/// Both duties brought together, and the raw permits for single entities that have a part in it.
struct Joined {
    finding: Diagnostic,
    policies: BTreeSet<String>,
}

impl<'a> Duties<'a> {
    pub(super) fn new(program: &'a Program, raw: &'a [RawPolicy], schema: Option<&Schema>) -> Self {
        Self { program, raw, actions: schema.and_then(|schema| schema.action_entities().ok()) }
    }

    /// Reports who holds both duties of a separation without `by`, whatever they are assigned.
    pub(super) fn check(&self, out: &mut Diagnostics) {
        let by_role = self.program.separations.iter().filter(|one| one.by.is_none());
        for separation in by_role {
            self.roles(separation, out);
            self.types(separation, out);
            out.extend(self.permits_for_both(separation).into_iter().map(|joined| joined.finding));
        }
    }

    fn names(&self, separation: &Separation) -> (String, String) {
        let name = |action| self.program.action_name(action);
        (name(separation.first), name(separation.second))
    }

    fn roles(&self, separation: &Separation, out: &mut Diagnostics) {
        let (first, second) = (self.duty(separation.first), self.duty(separation.second));
        for id in self.program.role_ids() {
            let Some(role) = self.program.role(id) else { continue };
            let both = role.holders.iter().find_map(|ty| {
                let way = |duty: &Duty<'_>| self.open(duty, Some(id), *ty).cloned();
                Some((way(&first)?, way(&second)?))
            });
            let Some((one, other)) = both else { continue };
            // What the type alone brings together is reported at the type.
            if one.demands.is_empty() && other.demands.is_empty() {
                continue;
            }
            let granted = |way: &Way| matches!(way.given, Given::Grant);
            let label = match granted(&one) && granted(&other) {
                true => "including the roles it extends",
                false => "including the roles it extends, break-glass and raw policies",
            };
            let named = match (granted(&other), role.on) {
                // A role held per entity is denied where it is held, and the way may be open elsewhere.
                (false, None) => Some(self.program.role_name(id)),
                _ => None,
            };
            let what = format!("the role `{}` holds", self.program.role_name(id));
            let finding = self.both(separation, role.span, &what, [&one, &other]);
            out.push(finding.label(label).help(self.help(separation, named.as_deref())));
        }
    }

    fn types(&self, separation: &Separation, out: &mut Diagnostics) {
        let (first, second) = (self.duty(separation.first), self.duty(separation.second));
        for ty in self.program.type_ids() {
            let (Some(one), Some(other)) = (self.open(&first, None, ty), self.open(&second, None, ty)) else {
                continue;
            };
            let what = format!("every `{}` holds", self.program.type_name(ty));
            let at = self.program.ty(ty).map_or(separation.statement.span, |ty| ty.span);
            let finding = self.both(separation, at, &what, [one, other]);
            out.push(finding.help("give one of the two to a role"));
        }
    }

    /// The raw permits that bring both duties together for whom they let in: they demand several claims, or name an entity, and the
    /// same claims open the other duty. What one role brings together is reported at the role.
    fn permits_for_both(&self, separation: &Separation) -> Vec<Joined> {
        let duties = [self.duty(separation.first), self.duty(separation.second)];
        let mut found: Vec<Joined> = Vec::new();
        let mut seen = BTreeSet::new();
        for (at, duty) in duties.iter().enumerate() {
            let Some(other) = duties.get(1 - at) else { continue };
            for way in &duty.ways {
                let Some(policy) = way.policy() else { continue };
                let is_joining = way.demands.len() > 1 || way.named().next().is_some();
                if !is_joining {
                    continue;
                }
                let types = self.asking(separation.first).into_iter().filter(|ty| way.is_for(*ty));
                let both = types.into_iter().find_map(|ty| self.opened_too(way, &duties, other, ty));
                let Some((opened, chosen)) = both else { continue };
                // Two permits for the same are reported at one of them.
                if !seen.insert([way.at.min(opened.at), way.at.max(opened.at)]) {
                    continue;
                }
                let ways = if at == 0 { [way, opened] } else { [opened, way] };
                let names: BTreeSet<String> = chosen.iter().map(|claim| self.claim_name(claim)).collect();
                let what = match (names.first(), chosen.iter().all(|claim| matches!(claim, Claim::Entity(_)))) {
                    (Some(name), true) if names.len() == 1 => format!("{name} holds"),
                    _ => format!("a principal that `{policy}` allows by {} holds", listed(&names, " and ")),
                };
                let finding = self
                    .both(separation, way.at, &what, ways)
                    .help(format!("let `{policy}` give this duty to nobody who gets the other one"));
                let policies = ways.into_iter().filter(|way| way.named().next().is_some()).filter_map(Way::policy);
                found.push(Joined { finding, policies: policies.map(str::to_owned).collect() });
            }
        }
        found
    }

    /// The way to the other duty that is open to whom a way is open, with the claims of theirs that open both.
    fn opened_too<'w>(
        &self,
        way: &Way,
        duties: &[Duty<'_>; 2],
        other: &'w Duty<'_>,
        ty: TypeId,
    ) -> Option<(&'w Way, BTreeSet<Claim>)> {
        let met = self.met(way, duties, ty)?;
        let all: BTreeSet<&Claim> = met.iter().flatten().copied().collect();
        let mut ways = other.ways_for(all.iter().copied());
        let opened = ways.find(|way| way.is_for(ty) && way.is_met(|claim| all.contains(claim)))?;
        let is_wanted = |claim: &&&Claim| opened.demands.iter().any(|claims| claims.contains(**claim));
        let chosen = met.iter().filter_map(|claims| claims.iter().find(is_wanted).or_else(|| claims.first()));
        Some((opened, chosen.map(|claim| (*claim).clone()).collect()))
    }

    /// The claims that somebody of a type may have out of each demand of a way and that keep neither duty shut; `None` where a demand
    /// has none. Any of them may be what somebody has.
    fn met<'w>(&self, way: &'w Way, duties: &[Duty<'_>; 2], ty: TypeId) -> Option<Vec<BTreeSet<&'w Claim>>> {
        if duties.iter().any(|duty| self.is_closed(duty, None, ty)) {
            return None;
        }
        let has = |claim: &&Claim| self.may_have(claim, ty) && !self.shuts(duties, claim, ty);
        let met = way.demands.iter().map(|claims| claims.iter().filter(has).collect());
        let met: Vec<BTreeSet<&Claim>> = met.collect();
        met.iter().all(|claims| !claims.is_empty()).then_some(met)
    }

    /// Whether somebody of a type may have a claim.
    fn may_have(&self, claim: &Claim, ty: TypeId) -> bool {
        match claim {
            Claim::Role(role) => self.program.can_be_in(ty, *role),
            Claim::Entity(named) => named.ty.is_none_or(|own| own == ty || !self.is_somebody(own)),
        }
    }

    /// Whether a type is one of those who ask, so that nobody lies in its entities but themselves.
    fn is_somebody(&self, ty: TypeId) -> bool {
        self.program.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal)
    }

    /// Whether a claim keeps somebody from one of some duties.
    fn shuts(&self, duties: &[Duty<'_>; 2], claim: &Claim, ty: TypeId) -> bool {
        match claim {
            Claim::Role(role) => duties.iter().any(|duty| self.is_closed(duty, Some(*role), ty)),
            Claim::Entity(_) => false,
        }
    }

    /// A claim for messages: the role `clerk`, or the entity.
    fn claim_name(&self, claim: &Claim) -> String {
        match claim {
            Claim::Role(role) => format!("the role `{}`", self.program.role_name(*role)),
            Claim::Entity(named) => format!("`{named}`"),
        }
    }

    fn both(&self, separation: &Separation, at: Span, what: &str, ways: [&Way; 2]) -> Diagnostic {
        let (first, second) = self.names(separation);
        let message = format!("{what} both `{first}` and `{second}`");
        let mut finding = Diagnostic::error(graph::codes::SEPARATED_DUTIES, at, message);
        for (way, duty) in ways.into_iter().zip(["first", "second"]) {
            finding = finding.also(
                way.at,
                match &way.given {
                    Given::Grant => format!("the {duty} duty is granted here"),
                    Given::BreakGlass(profile) => {
                        format!("the {duty} duty is opened here, by the break-glass profile `{profile}`")
                    }
                    Given::Raw(policy) => format!("the {duty} duty is allowed here, by the raw policy `{policy}`"),
                },
            );
        }
        finding.also(separation.statement.span, "they are separated here")
    }

    fn help(&self, separation: &Separation, role: Option<&str>) -> String {
        let second = self.program.action(separation.second);
        let denial = role.zip(second).and_then(|(role, action)| {
            let on = self.program.type_name(action.declared_on?);
            Some(format!(", or deny it: `deny {role} to {} on {on};`", action.name))
        });
        format!("grant one of the two to another role{}", denial.unwrap_or_default())
    }

    /// The first way that is open to somebody of a type, by a role or without one.
    fn open<'w>(&self, duty: &'w Duty<'_>, role: Option<RoleId>, ty: TypeId) -> Option<&'w Way> {
        let claim = role.map(Claim::Role);
        let mut ways = duty.ways_for(&claim);
        let way = ways.find(|way| way.is_for(ty) && way.is_met(|one| Some(one) == claim.as_ref()));
        way.filter(|_| !self.is_closed(duty, role, ty))
    }

    /// Whether a denial keeps a duty from everybody of a type, or from whoever of it holds a role.
    fn is_closed(&self, duty: &Duty<'_>, role: Option<RoleId>, ty: TypeId) -> bool {
        let meant = |holder: &Holder| match holder {
            Holder::Type(denied) => *denied == ty,
            Holder::Role(denied) => {
                let plain = self.program.role(*denied).is_some_and(|role| role.on.is_none());
                plain && role.is_some_and(|role| self.program.extenders(*denied).contains(&role))
            }
        };
        let closes = |deny: &&Deny| deny.who.is_empty() || deny.who.iter().any(meant);
        duty.asking.contains(&ty) && duty.denies.iter().any(closes)
    }

    fn duty(&self, action: ActionId) -> Duty<'a> {
        let whole = self.program.decided_on(action, &[]);
        let denies = self.program.denies.iter().filter(|deny| deny.when.is_none() && deny.actions.contains(&action));
        let ways = self.ways(action);
        let to_all = ways.iter().enumerate().filter(|(_, way)| way.demands.is_empty()).map(|(at, _)| at).collect();
        let mut by_claim: BTreeMap<Claim, Vec<usize>> = BTreeMap::new();
        for (at, way) in ways.iter().enumerate() {
            for claim in way.demands.iter().take(1).flatten() {
                by_claim.entry(claim.clone()).or_default().push(at);
            }
        }
        Duty {
            ways,
            to_all,
            by_claim,
            denies: denies.filter(|deny| self.program.decided_on(action, &deny.on) == whole).collect(),
            asking: self.program.principals_of(action),
        }
    }

    fn ways(&self, action: ActionId) -> Vec<Way> {
        let program = self.program;
        let mut found = Vec::new();
        for grant in &program.grants {
            if !grant.opens(action) {
                continue;
            }
            let (ty, demands) = match grant.holder {
                Holder::Type(ty) => (Some(ty), Vec::new()),
                Holder::Role(role) => (None, vec![self.holding([role])]),
            };
            found.push(Way { ty, demands, given: Given::Grant, at: grant.statement.span });
        }
        for profile in program.profiles_of(action) {
            let place = profile.actions.iter().find(|(id, _)| *id == action);
            found.push(Way {
                ty: Some(profile.principal),
                demands: vec![self.holding(profile.eligible.iter().map(|(role, _)| *role))],
                given: Given::BreakGlass(profile.name.clone()),
                at: place.map_or(profile.span, |(_, span)| *span),
            });
        }
        for (raw, LetsIn { ty, demands, .. }) in self.permits(action) {
            let types = match (ty, demands.is_empty()) {
                (None, true) => self.asking(action).into_iter().map(Some).collect(),
                (ty, _) => vec![ty],
            };
            let given = Given::Raw(raw.policy.id().to_string());
            let way = |ty| Way { ty, demands: demands.clone(), given: given.clone(), at: raw.span };
            found.extend(types.into_iter().map(way));
        }
        found
    }

    /// The demand that somebody hold one of some roles, or a role that extends one.
    fn holding(&self, roles: impl IntoIterator<Item = RoleId>) -> BTreeSet<Claim> {
        roles.into_iter().flat_map(|role| self.program.extenders(role)).map(Claim::Role).collect()
    }

    /// The types that may ask for an action: those of the program that ask at all, and those of its own schema.
    fn asking(&self, action: ActionId) -> Vec<TypeId> {
        let mut types: Vec<TypeId> = self.program.types_of(|kind| *kind == TypeKind::Principal).collect();
        types.extend(self.program.principals_of(action));
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The raw permits whose scope takes in an action, on a type that it is decided on, once for each alternative of whom they let
    /// in.
    fn permits(&self, action: ActionId) -> impl Iterator<Item = (&'a RawPolicy, LetsIn)> + use<'_, 'a> {
        let permits = self.raw.iter().filter(|raw| raw.policy.effect() == Effect::Permit);
        let groups = self.groups(action);
        permits.filter(move |raw| self.is_about(&raw.policy, action)).flat_map(move |raw| {
            lets_in(self.program, action, groups.as_ref(), raw).into_iter().map(move |one| (raw, one))
        })
    }

    /// The actions that an action lies in, itself included, as Cedar writes them; `None` where there is no schema.
    fn groups(&self, action: ActionId) -> Option<BTreeSet<String>> {
        let own = self.cedar(action)?;
        let above = self.actions.as_ref()?.ancestors(&own)?.map(ToString::to_string).collect::<Vec<_>>();
        Some(above.into_iter().chain([own.to_string()]).collect())
    }

    fn cedar(&self, action: ActionId) -> Option<EntityUid> {
        let (ty, id) = &self.program.action(action)?.cedar;
        Some(EntityUid::from_type_name_and_id(ty.parse::<EntityTypeName>().ok()?, EntityId::new(id)))
    }

    fn is_about(&self, policy: &Policy, action: ActionId) -> bool {
        let (Some(found), Some(own)) = (self.program.action(action), self.cedar(action)) else {
            return false;
        };
        let groups = self.actions.as_ref().and_then(|actions| actions.ancestors(&own));
        let groups: Vec<&EntityUid> = groups.into_iter().flatten().collect();
        let takes = |named: &EntityUid| *named == own || groups.contains(&named);
        let resource = match policy.resource_constraint() {
            ResourceConstraint::Any | ResourceConstraint::In(_) => None,
            ResourceConstraint::Eq(uid) => Some(uid.type_name().to_string()),
            ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => Some(ty.to_string()),
        };
        let decided_here = resource.is_none_or(|named| {
            let mut types = found.decided_on.iter().filter_map(|id| self.program.ty(*id));
            types.any(|ty| ty.cedar == named)
        });
        decided_here
            && match policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(named) => takes(&named),
                ActionConstraint::In(all) => all.iter().any(takes),
            }
    }
}

/// Names in one line: the first few, and how many more there are.
fn listed(names: &BTreeSet<String>, between: &str) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(between))
}
