//! `separate` without `by`: nobody comes by both duties by one role, or by the type alone. Counted is every way to come by a duty:
//! grants, inherited ones too, break-glass, and raw permits. A denial without a condition closes a way. Conditions of grants and
//! permits are not looked at: what may hold for somebody counts. What a raw permit gives to single entities cannot be
//! counted, since only the data knows which roles they hold; that is told.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    ActionConstraint, Effect, Entities, EntityId, EntityTypeName, EntityUid, Policy, ResourceConstraint, Schema,
};

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::graph;
use crate::graph::{ActionId, Deny, Holder, Program, RoleId, Separation, TypeId, TypeKind};
use crate::text::Span;

use super::codes;
use super::program::Lowered;
use super::raw::{LetsIn, RawPolicy, RawTemplate, lets_in};

/// Who may do what, as far as the program tells.
pub(super) struct Duties<'a> {
    program: &'a Program,
    raw: &'a [RawPolicy],
    /// Actions and the groups that they are in; `None` where there is no schema.
    actions: Option<Entities>,
}

/// A way to come by a duty.
#[derive(Debug, Clone)]
struct Way {
    who: Who,
    given: Given,
    /// What gives it.
    at: Span,
}

/// One of the two duties of a separation.
struct Duty<'a> {
    /// Every way to come by it: grants first, then break-glass, then raw permits.
    ways: Vec<Way>,
    /// The denials without a condition that keep it, wherever it is decided, from whom they name.
    denies: Vec<&'a Deny>,
    /// The types that ask for it: a denial becomes policies for these, and for no others.
    asking: Vec<TypeId>,
}

/// To whom a way is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Everybody of a type.
    Type(TypeId),
    /// Holders of a role, of this type where it is named.
    Role(RoleId, Option<TypeId>),
}

/// What gives a way.
#[derive(Debug, Clone)]
enum Given {
    Grant,
    BreakGlass(String),
    Raw(String),
}

/// A role that the package's own assignments give to an entity.
#[derive(Debug, Clone)]
pub struct Held {
    /// To whom, as text: `User::"ann"`.
    pub who: String,
    /// Of which type, a group's where it is one.
    pub ty: TypeId,
    /// Which role.
    pub role: RoleId,
    /// Where it is assigned.
    pub at: Span,
}

/// Reports to whom assignments give both duties of a separation without `by`, by two roles. One role that holds both is reported
/// where it is declared.
pub fn separated_by_assignments(program: &Program, lowered: &Lowered, held: &[Held], out: &mut Diagnostics) {
    let duties = Duties::new(program, &lowered.raw, lowered.schema.as_ref());
    // A role that somebody holds on many entities counts once.
    let mut people: BTreeMap<&str, BTreeMap<RoleId, &Held>> = BTreeMap::new();
    for one in held {
        people.entry(&one.who).or_default().entry(one.role).or_insert(one);
    }
    let people: Vec<Vec<&Held>> = people
        .into_values()
        .filter(|roles| roles.len() > 1)
        .map(|roles| {
            let mut roles: Vec<&Held> = roles.into_values().collect();
            roles.sort_by_key(|one| one.at);
            roles
        })
        .collect();
    for separation in program.separations.iter().filter(|one| one.by.is_none()) {
        duties.assigned(separation, &people, out);
    }
}

/// A raw permit for single entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uncounted {
    /// Its id.
    pub(super) policy: String,
    /// Whom it lets in: `User::"ann"`.
    pub(super) who: String,
    at: Span,
}

impl<'a> Duties<'a> {
    pub(super) fn new(program: &'a Program, raw: &'a [RawPolicy], schema: Option<&Schema>) -> Self {
        Self { program, raw, actions: schema.and_then(|schema| schema.action_entities().ok()) }
    }

    /// Reports who holds both duties of a separation without `by`, and what cannot be counted.
    pub(super) fn check(&self, out: &mut Diagnostics) {
        let by_role = self.program.separations.iter().filter(|one| one.by.is_none());
        for separation in by_role {
            self.roles(separation, out);
            self.types(separation, out);
            for one in self.uncounted(separation) {
                let (first, second) = self.names(separation);
                let (policy, who) = (&one.policy, &one.who);
                out.push(
                    Diagnostic::new(
                        codes::SEPARATION_UNCOUNTED,
                        Severity::Advice,
                        Some(one.at),
                        format!("`{policy}` allows `{who}`, whose roles are not known here"),
                    )
                    .label(format!("not counted for `{first}` and `{second}`"))
                    .also(separation.statement.span, "they are separated here")
                    .help("allow a role, as `principal in Role::\"clerk\"`, or separate per object with `by`"),
                );
            }
        }
    }

    /// Raw permits for one of the duties that are for single entities, sorted.
    pub(super) fn uncounted(&self, separation: &Separation) -> Vec<Uncounted> {
        let mut found = Vec::new();
        for action in [separation.first, separation.second] {
            for raw in self.permits(action) {
                if let LetsIn::Particular(who) = lets_in(self.program, raw) {
                    found.push(Uncounted { policy: raw.policy.id().to_string(), who, at: raw.span });
                }
            }
        }
        found.sort_by(|a, b| a.policy.cmp(&b.policy));
        found.dedup();
        found
    }

    /// Whether links of a template may give one of the duties.
    pub(super) fn may_link(&self, separation: &Separation, id: &str, template: &RawTemplate) -> bool {
        let mut duties = [separation.first, separation.second].into_iter();
        template.effect() == Effect::Permit
            && match template.any_link(id) {
                Some(any) => duties.any(|action| self.is_about(&any.policy, action)),
                None => true,
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
            // What the type alone brings together is told of the type.
            if matches!((one.who, other.who), (Who::Type(_), Who::Type(_))) {
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

    /// Reports who holds both duties by two of their roles, at the second assignment of the first such pair.
    fn assigned(&self, separation: &Separation, people: &[Vec<&Held>], out: &mut Diagnostics) {
        let (first, second) = (self.duty(separation.first), self.duty(separation.second));
        for held in people {
            let Some([(one, way), (other, second_way)]) = self.joined(&first, &second, held) else { continue };
            let later = one.at.max(other.at);
            let before = one.at.min(other.at);
            let named = |at| if at == one.at { one.role } else { other.role };
            let [role, name] = [later, before].map(|at| self.program.role_name(named(at)));
            let what = format!("`{}` is assigned roles that hold", one.who);
            let finding = self.both(separation, later, &what, [way, second_way]);
            out.push(
                finding
                    .label("with this role")
                    .also(before, format!("`{name}` is assigned here"))
                    .help(format!("remove this assignment of `{role}`, or that of `{name}`")),
            );
        }
    }

    /// Two roles of somebody's, each with the way by which it brings one of the duties.
    fn joined<'h, 'w>(
        &self,
        first: &'w Duty<'_>,
        second: &'w Duty<'_>,
        held: &[&'h Held],
    ) -> Option<[(&'h Held, &'w Way); 2]> {
        self.types_of(held).into_iter().find_map(|ty| {
            let holds = |one: &Held| self.program.role(one.role).is_some_and(|role| role.holders.contains(&ty));
            let is_group = |one: &Held| one.ty != ty;
            let held: Vec<&'h Held> = held.iter().copied().filter(|one| !is_group(one) || holds(one)).collect();
            let ways = |duty: &'w Duty<'_>| -> Vec<(&'h Held, &'w Way)> {
                // One role that is denied a duty closes it, whatever the others grant.
                if held.iter().any(|one| self.is_closed(duty, Some(one.role), ty)) {
                    return Vec::new();
                }
                let is_by = |way: &Way, role| matches!(way.who, Who::Role(by, only) if by == role && only.is_none_or(|only| only == ty));
                let way = |one: &'h Held| Some((one, duty.ways.iter().find(|way| is_by(way, one.role))?));
                held.iter().filter_map(|one| way(one)).take(2).collect()
            };
            let (firsts, seconds) = (ways(first), ways(second));
            let pairs = firsts.iter().flat_map(|one| seconds.iter().map(move |other| [*one, *other]));
            pairs.filter(|[(one, _), (other, _)]| one.role != other.role).min_by_key(|[(one, _), (other, _)]| one.at.max(other.at))
        })
    }

    /// The types of those who hold roles by their assignments: the entity's own, or for a group those that its members can be of.
    fn types_of(&self, held: &[&Held]) -> BTreeSet<TypeId> {
        let of = |one: &Held| match self.program.ty(one.ty).is_some_and(|ty| ty.kind == TypeKind::Group) {
            true => self.program.role(one.role).map_or_else(Vec::new, |role| role.holders.clone()),
            false => vec![one.ty],
        };
        held.iter().flat_map(|one| of(one)).collect()
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
        let way = duty.ways.iter().find(|way| match way.who {
            Who::Type(open) => open == ty,
            Who::Role(holder, only) => Some(holder) == role && only.is_none_or(|only| only == ty),
        });
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
        Duty {
            ways: self.ways(action),
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
            let mut add = |who| {
                found.push(Way { who, given: Given::Grant, at: grant.statement.span });
            };
            match grant.holder {
                Holder::Type(ty) => add(Who::Type(ty)),
                Holder::Role(role) => {
                    let extenders = program.extenders(role).into_iter();
                    extenders.for_each(|role| add(Who::Role(role, None)));
                }
            }
        }
        for profile in program.profiles_of(action) {
            let place = profile.actions.iter().find(|(id, _)| *id == action);
            let may_ask = profile.eligible.iter().flat_map(|(role, _)| program.extenders(*role));
            found.extend(may_ask.map(|role| Way {
                who: Who::Role(role, Some(profile.principal)),
                given: Given::BreakGlass(profile.name.clone()),
                at: place.map_or(profile.span, |(_, span)| *span),
            }));
        }
        for raw in self.permits(action) {
            let mut add = |who| {
                found.push(Way { who, given: Given::Raw(raw.policy.id().to_string()), at: raw.span });
            };
            match lets_in(program, raw) {
                LetsIn::Everybody => self.asking(action).into_iter().for_each(|ty| add(Who::Type(ty))),
                LetsIn::Type(ty) => add(Who::Type(ty)),
                LetsIn::Roles(roles, ty) => roles.into_iter().for_each(|role| add(Who::Role(role, ty))),
                LetsIn::Particular(_) | LetsIn::Nobody => {}
            }
        }
        found
    }

    /// The types that may ask for an action: those of the program that ask at all, and those of its own schema.
    fn asking(&self, action: ActionId) -> Vec<TypeId> {
        let mut types: Vec<TypeId> = self.program.types_of(|kind| *kind == TypeKind::Principal).collect();
        types.extend(self.program.principals_of(action));
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The raw permits whose scope takes in an action, on a type that it is decided on.
    fn permits(&self, action: ActionId) -> impl Iterator<Item = &'a RawPolicy> + use<'_, 'a> {
        let permits = self.raw.iter().filter(|raw| raw.policy.effect() == Effect::Permit);
        permits.filter(move |raw| self.is_about(&raw.policy, action))
    }

    fn is_about(&self, policy: &Policy, action: ActionId) -> bool {
        let Some(found) = self.program.action(action) else {
            return false;
        };
        let (ty, id) = &found.cedar;
        let Ok(ty) = ty.parse::<EntityTypeName>() else {
            return false;
        };
        let own = EntityUid::from_type_name_and_id(ty, EntityId::new(id));
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
