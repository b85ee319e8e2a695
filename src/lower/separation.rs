//! `separate` without `by`: nobody gets both duties by one role, by one raw permit, or by the type alone. Counted is every way to
//! get a duty: grants, inherited ones too, break-glass, and raw permits. A denial or a raw forbid without a condition closes a way, and a
//! raw permit is closed to the roles that it excludes. Other conditions of grants and permits are not looked at: what may hold for
//! somebody counts. Who gets both by what they are assigned is in `assigned`; raw permits that demand several claims are in
//! `joining`; what cannot be counted is in `uncounted`.

mod assigned;
mod few;
mod joining;
mod uncounted;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::rc::Rc;

use cedar_policy::{
    ActionConstraint, Effect, Entities, EntityId, EntityTypeName, EntityUid, Policy, PrincipalConstraint,
    ResourceConstraint, Schema,
};

use crate::bundle::RolesForm;
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph;
use crate::graph::{ActionId, Deny, Holder, Program, RoleId, Separation, StatementId, TypeId, TypeKind};
use crate::text::Span;

use super::raw::{Claim, LetsIn, Named, RawPolicy, lets_in, reads_request, role_of};

pub use assigned::{Held, separated_by_assignments};
use few::few;

/// Who may do what, as far as the program tells.
pub(super) struct Duties<'a> {
    program: &'a Program,
    raw: &'a [RawPolicy],
    /// How principals show which roles they hold.
    form: RolesForm,
    /// Actions and the groups that they are in; `None` where there is no schema.
    actions: Option<Entities>,
    /// The duties that were asked for. An action can be separated from many others.
    known: RefCell<BTreeMap<ActionId, Rc<Duty<'a>>>>,
    /// By place: whom raw permits let in that let in the same for each action.
    for_all_actions: RefCell<BTreeMap<usize, Vec<LetsIn>>>,
}

/// A way to get a duty: for who is of the type and has a claim out of each demand.
#[derive(Debug, Clone)]
struct Way {
    /// The type, where it is for one.
    ty: Option<TypeId>,
    /// None of them: the way is open to everybody of the type.
    demands: Vec<BTreeSet<Claim>>,
    /// Roles that close it to whoever holds one of them.
    excludes: BTreeSet<RoleId>,
    given: Given,
    /// What gives it.
    at: Span,
}

impl Way {
    fn is_for(&self, ty: TypeId) -> bool {
        self.ty.is_none_or(|only| only == ty)
    }

    /// Whether it is closed to who has a claim.
    fn is_without(&self, claim: &Claim) -> bool {
        matches!(claim, Claim::Role(role) if self.excludes.contains(role))
    }

    /// Whether it is open to who has these claims, unless something else of theirs closes it.
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
    /// The raw permits that may give it, once for each alternative of whom they let in.
    permits: Vec<(&'a RawPolicy, LetsIn)>,
    /// Every way to get it: grants first, then break-glass, then raw permits.
    ways: Vec<Way>,
    /// The ways that are open to everybody of a type, and for each claim those whose first demand takes it, by their place in `ways`.
    to_all: Vec<usize>,
    by_claim: BTreeMap<Claim, Vec<usize>>,
    /// The denials without a condition that keep it, wherever it is decided, from whom they name.
    denies: Vec<&'a Deny>,
    /// Raw forbids without a condition that keep it, wherever it is decided, from whom they name.
    forbids: Vec<Kept>,
    /// The types that ask for it: a denial becomes policies for these, and for no others.
    asking: Vec<TypeId>,
}

impl Duty<'_> {
    /// The ways that may be open to who has some claims, in their order.
    fn ways_for<'c>(&self, claims: impl IntoIterator<Item = &'c Claim>) -> impl Iterator<Item = &Way> {
        let lists = claims.into_iter().filter_map(|claim| self.by_claim.get(claim)).chain([&self.to_all]);
        // Mostly one of the first is wanted, so that all are not put in order.
        let mut next: BinaryHeap<Reverse<&[usize]>> = lists.map(|list| Reverse(list.as_slice())).collect();
        let mut last = None;
        let ways = std::iter::from_fn(move || {
            loop {
                let Reverse(list) = next.pop()?;
                let Some((at, rest)) = list.split_first() else { continue };
                next.push(Reverse(rest));
                if last.replace(*at) != Some(*at) {
                    return Some(*at);
                }
            }
        });
        ways.filter_map(|at| self.ways.get(at))
    }
}

/// From whom a raw forbid keeps something.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Those of a type; `None`: of any.
    ty: Option<TypeId>,
    /// Those who hold a role as such; `None`: whatever they hold.
    role: Option<RoleId>,
}

/// The two duties of a separation.
type Pair<'a> = [Rc<Duty<'a>>; 2];

/// What gives a way.
#[derive(Debug, Clone)]
enum Given {
    Grant,
    BreakGlass(String),
    Raw(String),
}

/// Both duties brought together, and the raw permits for single entities that have a part in it.
struct Joined {
    /// What brings them together, in backticks.
    by: String,
    finding: Diagnostic,
    policies: BTreeSet<String>,
}

impl<'a> Duties<'a> {
    pub(super) fn new(program: &'a Program, raw: &'a [RawPolicy], form: RolesForm, schema: Option<&Schema>) -> Self {
        Self {
            program,
            raw,
            form,
            actions: schema.and_then(|schema| schema.action_entities().ok()),
            known: RefCell::default(),
            for_all_actions: RefCell::default(),
        }
    }

    /// Reports who holds both duties of a separation without `by`, whatever they are assigned. By separation, the raw permits for
    /// single entities that have a part in it.
    pub(super) fn check(&self, out: &mut Diagnostics) -> BTreeMap<StatementId, BTreeSet<String>> {
        let mut joining = BTreeMap::new();
        for separation in self.program.separations.iter().filter(|one| one.by.is_none()) {
            let pair = self.pair(separation);
            let (first, second) = self.names(separation);
            let both = format!("hold both `{first}` and `{second}`");
            few(self.roles(separation, &pair), separation, &|more| format!("{more} more roles {both}"), out);
            let types = self.types(separation, &pair);
            few(types, separation, &|more| format!("all principals of {more} more types {both}"), out);
            let permits = self.permits_for_both(separation, &pair);
            let policies = permits.iter().flat_map(|joined| joined.policies.iter().cloned()).collect();
            joining.insert(separation.statement.id.clone(), policies);
            few(permits, separation, &|more| format!("principals that {more} more raw policies allow {both}"), out);
        }
        joining
    }

    fn names(&self, separation: &Separation) -> (String, String) {
        let name = |action| self.program.action_name(action);
        (name(separation.first), name(separation.second))
    }

    /// The roles that hold both.
    fn roles(&self, separation: &Separation, [first, second]: &Pair<'a>) -> Vec<Joined> {
        let mut found = Vec::new();
        for id in self.program.role_ids() {
            let Some(role) = self.program.role(id) else { continue };
            let both = role.holders.iter().find_map(|ty| {
                let way = |duty| self.open(duty, Some(id), *ty);
                Some((way(first)?, way(second)?))
            });
            let Some((one, other)) = both else { continue };
            // What the type alone brings together is reported at the type.
            if one.demands.is_empty() && other.demands.is_empty() {
                continue;
            }
            let granted = |way: &Way| matches!(way.given, Given::Grant);
            let label = match granted(one) && granted(other) {
                true => "including the roles it extends",
                false => "including the roles it extends, break-glass and raw policies",
            };
            let named = match (granted(other), role.on) {
                // A role held per entity is denied where it is held, and the way may be open elsewhere.
                (false, None) => Some(self.program.role_name(id)),
                _ => None,
            };
            let by = format!("`{}`", self.program.role_name(id));
            let finding = self.both(separation, role.span, &format!("the role {by} holds"), [one, other]);
            let finding = finding.label(label).help(self.help(separation, named.as_deref()));
            found.push(Joined { by, finding, policies: BTreeSet::new() });
        }
        found
    }

    /// The types of which everybody holds both.
    fn types(&self, separation: &Separation, [first, second]: &Pair<'a>) -> Vec<Joined> {
        let both = self.program.type_ids().filter_map(|ty| {
            let (one, other) = (self.open(first, None, ty)?, self.open(second, None, ty)?);
            let by = format!("`{}`", self.program.type_name(ty));
            let at = self.program.ty(ty).map_or(separation.statement.span, |ty| ty.span);
            let finding = self.both(separation, at, &format!("every {by} holds"), [one, other]);
            let finding = finding.help("give one of the two to a role");
            Some(Joined { by, finding, policies: BTreeSet::new() })
        });
        both.collect()
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
        let is_out = |way: &&Way| claim.as_ref().is_some_and(|claim| way.is_without(claim));
        let way = ways.find(|way| way.is_for(ty) && !is_out(way) && way.is_met(|one| Some(one) == claim.as_ref()));
        way.filter(|_| !self.is_closed(duty, role, ty))
    }

    /// Whether a denial or a raw forbid keeps a duty from everybody of a type, or from whoever of it holds a role.
    fn is_closed(&self, duty: &Duty<'_>, role: Option<RoleId>, ty: TypeId) -> bool {
        let meant = |holder: &Holder| match holder {
            Holder::Type(denied) => *denied == ty,
            Holder::Role(denied) => {
                let plain = self.program.role(*denied).is_some_and(|role| role.on.is_none());
                plain && role.is_some_and(|role| self.program.extenders(*denied).contains(&role))
            }
        };
        let closes = |deny: &&Deny| deny.who.is_empty() || deny.who.iter().any(meant);
        let keeps =
            |kept: &Kept| kept.ty.is_none_or(|one| one == ty) && kept.role.is_none_or(|denied| role == Some(denied));
        duty.asking.contains(&ty) && duty.denies.iter().any(closes) || duty.forbids.iter().any(keeps)
    }

    /// From whom a raw forbid without a condition keeps an action wherever it is decided; `None` where it does not, or where its
    /// scope names an entity that is no role.
    fn kept(&self, raw: &RawPolicy, action: ActionId) -> Option<Kept> {
        let policy = &raw.policy;
        let is_plain = raw.body.as_ref().is_some_and(|body| body.clauses().is_empty());
        if !is_plain || policy.effect() != Effect::Forbid || !self.is_about(policy, action) {
            return None;
        }
        let named = |ty: &EntityTypeName| {
            let name = ty.to_string();
            self.program.type_ids().find(|id| self.program.ty(*id).is_some_and(|ty| ty.cedar == name))
        };
        match policy.resource_constraint() {
            ResourceConstraint::Any => {}
            ResourceConstraint::Is(ty) => {
                let only = named(&ty)?;
                self.program.action(action)?.decided_on.iter().all(|ty| *ty == only).then_some(())?;
            }
            ResourceConstraint::Eq(_) | ResourceConstraint::In(_) | ResourceConstraint::IsIn(..) => return None,
        }
        // Who holds a role by its name alone is not in its entity.
        let role = |uid: &EntityUid| {
            let role = role_of(self.program, &uid.type_name().to_string(), uid.id().unescaped());
            role.filter(|_| self.form == RolesForm::Parents)
        };
        Some(match policy.principal_constraint() {
            PrincipalConstraint::Any => Kept { ty: None, role: None },
            PrincipalConstraint::Is(ty) => Kept { ty: Some(named(&ty)?), role: None },
            PrincipalConstraint::In(uid) => Kept { ty: None, role: Some(role(&uid)?) },
            PrincipalConstraint::IsIn(ty, uid) => Kept { ty: Some(named(&ty)?), role: Some(role(&uid)?) },
            PrincipalConstraint::Eq(_) => return None,
        })
    }

    fn pair(&self, separation: &Separation) -> Pair<'a> {
        [self.duty(separation.first), self.duty(separation.second)]
    }

    fn duty(&self, action: ActionId) -> Rc<Duty<'a>> {
        if let Some(known) = self.known.borrow().get(&action) {
            return Rc::clone(known);
        }
        let duty = Rc::new(self.new_duty(action));
        self.known.borrow_mut().insert(action, Rc::clone(&duty));
        duty
    }

    fn new_duty(&self, action: ActionId) -> Duty<'a> {
        let whole = self.program.decided_on(action, &[]);
        let denies = self.program.denies.iter().filter(|deny| deny.when.is_none() && deny.actions.contains(&action));
        let permits = self.permits(action);
        let ways = self.ways(action, &permits);
        let to_all = ways.iter().enumerate().filter(|(_, way)| way.demands.is_empty()).map(|(at, _)| at).collect();
        let mut by_claim: BTreeMap<Claim, Vec<usize>> = BTreeMap::new();
        for (at, way) in ways.iter().enumerate() {
            for claim in way.demands.iter().take(1).flatten() {
                by_claim.entry(claim.clone()).or_default().push(at);
            }
        }
        Duty {
            permits,
            ways,
            to_all,
            by_claim,
            denies: denies.filter(|deny| self.program.decided_on(action, &deny.on) == whole).collect(),
            forbids: self.raw.iter().filter_map(|raw| self.kept(raw, action)).collect(),
            asking: self.program.principals_of(action),
        }
    }

    fn ways(&self, action: ActionId, permits: &[(&RawPolicy, LetsIn)]) -> Vec<Way> {
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
            let excludes = BTreeSet::new();
            found.push(Way { ty, demands, excludes, given: Given::Grant, at: grant.statement.span });
        }
        for profile in program.profiles_of(action) {
            let place = profile.actions.iter().find(|(id, _)| *id == action);
            found.push(Way {
                ty: Some(profile.principal),
                demands: vec![self.holding(profile.eligible.iter().map(|(role, _)| *role))],
                excludes: BTreeSet::new(),
                given: Given::BreakGlass(profile.name.clone()),
                at: place.map_or(profile.span, |(_, span)| *span),
            });
        }
        for (raw, LetsIn { ty, demands, excludes, .. }) in permits {
            let types = match (*ty, demands.is_empty()) {
                (None, true) => self.asking(action).into_iter().map(Some).collect(),
                (ty, _) => vec![ty],
            };
            let given = Given::Raw(raw.policy.id().to_string());
            let way = |ty| Way {
                ty,
                demands: demands.clone(),
                excludes: excludes.clone(),
                given: given.clone(),
                at: raw.span,
            };
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
    fn permits(&self, action: ActionId) -> Vec<(&'a RawPolicy, LetsIn)> {
        let groups = self.groups(action);
        let mut found = Vec::new();
        for (at, raw) in self.raw.iter().enumerate() {
            if raw.policy.effect() != Effect::Permit || !self.is_about(&raw.policy, action) {
                continue;
            }
            let read = || lets_in(self.program, action, groups.as_ref(), raw, self.form);
            match reads_request(raw) {
                true => found.extend(read().into_iter().map(|one| (raw, one))),
                false => {
                    let mut known = self.for_all_actions.borrow_mut();
                    found.extend(known.entry(at).or_insert_with(read).iter().map(|one| (raw, one.clone())));
                }
            }
        }
        found
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
