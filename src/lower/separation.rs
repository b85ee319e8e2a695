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
    for separation in program.separations.iter().filter(|one| one.by.is_none()) {
        duties.assigned(separation, held, out);
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
                        format!("`{policy}` lets in `{who}`, and nothing here tells which roles that brings together"),
                    )
                    .label(format!("not counted for `{first}` and `{second}`"))
                    .also(separation.statement.span, "they are separated here")
                    .help("let in a role, as `principal in Role::\"clerk\"`, or separate per object with `by`"),
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
        let (first, second) = (self.ways(separation.first), self.ways(separation.second));
        for id in self.program.role_ids() {
            let Some(role) = self.program.role(id) else { continue };
            let both = role.holders.iter().find_map(|ty| {
                let way = |action, ways: &[Way]| self.open(action, ways, Some(id), *ty).cloned();
                Some((way(separation.first, &first)?, way(separation.second, &second)?))
            });
            let Some((one, other)) = both else { continue };
            // What the type alone brings together is told of the type.
            if matches!((one.who, other.who), (Who::Type(_), Who::Type(_))) {
                continue;
            }
            let granted = |way: &Way| matches!(way.given, Given::Grant);
            let label = match granted(&one) && granted(&other) {
                true => "with all it extends",
                false => "with all it extends, may ask for and is let in by",
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
        let (first, second) = (self.ways(separation.first), self.ways(separation.second));
        for ty in self.program.type_ids() {
            let one = self.open(separation.first, &first, None, ty);
            let (Some(one), Some(other)) = (one, self.open(separation.second, &second, None, ty)) else {
                continue;
            };
            let what = format!("every `{}` holds", self.program.type_name(ty));
            let at = self.program.ty(ty).map_or(separation.statement.span, |ty| ty.span);
            let finding = self.both(separation, at, &what, [one, other]);
            out.push(finding.help("give one of the two to a role"));
        }
    }

    fn assigned(&self, separation: &Separation, held: &[Held], out: &mut Diagnostics) {
        let (first, second) = (self.ways(separation.first), self.ways(separation.second));
        let by = |[role, other]: [&Held; 2], ty: TypeId| {
            let roles = [role.role, other.role];
            let one = self.open_to(separation.first, &first, roles, role.role, ty)?;
            Some([one, self.open_to(separation.second, &second, roles, other.role, ty)?])
        };
        // A role that somebody holds on many entities counts once, and whoever holds three roles is reported once.
        let mut roles: BTreeMap<&str, BTreeMap<RoleId, &Held>> = BTreeMap::new();
        let mut reported = BTreeSet::new();
        for other in held {
            let before = roles.entry(&other.who).or_default();
            let both = before.values().filter(|one| one.role != other.role).find_map(|one| {
                let mut types = self.held_by(one, other).into_iter();
                let ways = types.find_map(|ty| by([one, other], ty).or_else(|| by([other, one], ty)))?;
                Some((*one, ways))
            });
            before.entry(other.role).or_insert(other);
            let Some((one, ways)) = both.filter(|_| reported.insert(&other.who)) else { continue };
            let (name, role) = (self.program.role_name(one.role), self.program.role_name(other.role));
            let finding = self.both(separation, other.at, &format!("`{}` is assigned roles that hold", one.who), ways);
            out.push(
                finding
                    .label("with this role")
                    .also(one.at, format!("`{name}` is assigned here"))
                    .help(format!("remove this assignment of `{role}`, or that of `{name}`")),
            );
        }
    }

    /// The types of those who hold two roles by their assignment: the entity's own, or for a group those of its members that can.
    fn held_by(&self, one: &Held, other: &Held) -> Vec<TypeId> {
        let holders = |held: &Held| self.program.role(held.role).map_or_else(Vec::new, |role| role.holders.clone());
        match self.program.ty(one.ty).is_some_and(|ty| ty.kind == TypeKind::Group) {
            true => holders(one).into_iter().filter(|ty| holders(other).contains(ty)).collect(),
            false => vec![one.ty],
        }
    }

    /// The first way by which one of the roles that somebody holds opens an action.
    fn open_to<'w>(
        &self,
        action: ActionId,
        ways: &'w [Way],
        roles: [RoleId; 2],
        by: RoleId,
        ty: TypeId,
    ) -> Option<&'w Way> {
        if roles.iter().any(|role| self.is_closed(action, Some(*role), ty)) {
            return None;
        }
        let is_by =
            |way: &&Way| matches!(way.who, Who::Role(role, only) if role == by && only.is_none_or(|only| only == ty));
        ways.iter().find(is_by)
    }

    /// Whether a denial keeps an action from everybody of a type, or from whoever of it holds a role.
    fn is_closed(&self, action: ActionId, role: Option<RoleId>, ty: TypeId) -> bool {
        self.program.denies.iter().any(|deny| self.closes(deny, action, role, ty))
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
                    Given::BreakGlass(profile) => format!("the {duty} duty is opened here, by break-glass `{profile}`"),
                    Given::Raw(policy) => format!("the {duty} duty is opened here, by the raw policy `{policy}`"),
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
    fn open<'w>(&self, action: ActionId, ways: &'w [Way], role: Option<RoleId>, ty: TypeId) -> Option<&'w Way> {
        let is_closed = self.is_closed(action, role, ty);
        ways.iter().filter(|_| !is_closed).find(|way| match way.who {
            Who::Type(open) => open == ty,
            Who::Role(holder, only) => Some(holder) == role && only.is_none_or(|only| only == ty),
        })
    }

    /// Whether this denial does.
    fn closes(&self, deny: &Deny, action: ActionId, role: Option<RoleId>, ty: TypeId) -> bool {
        let whole = self.program.decided_on(action, &[]);
        let covered = deny.actions.contains(&action) && self.program.decided_on(action, &deny.on) == whole;
        // A denial becomes policies for the types that ask for the action, and for no others.
        let reached = self.program.principals_of(action).contains(&ty);
        let meant = |holder: &Holder| match holder {
            Holder::Type(denied) => *denied == ty,
            Holder::Role(denied) => {
                let plain = self.program.role(*denied).is_some_and(|role| role.on.is_none());
                plain && role.is_some_and(|role| self.program.extenders(*denied).contains(&role))
            }
        };
        deny.when.is_none() && covered && reached && (deny.who.is_empty() || deny.who.iter().any(meant))
    }

    /// Every way to come by an action: grants first, then break-glass, then raw permits.
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
