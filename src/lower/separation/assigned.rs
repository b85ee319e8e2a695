//! Who gets both duties of a separation by what the package's own assignments give them: two roles, or a role beside a raw permit
//! that names them. What a raw permit gives to single entities of whom the package knows nothing cannot be counted, since only
//! the data knows which roles they hold; that is reported, too.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;

use crate::diag::Diagnostics;
use crate::graph::{Program, RoleId, Separation, TypeId, TypeKind};
use crate::lower::lowered::Lowered;
use crate::lower::raw::{Claim, Named};
use crate::text::Span;

use super::{Duties, Duty, Joined, Pair, Way, few};

/// A role that the package's own assignments give to an entity.
#[derive(Debug, Clone)]
pub struct Held {
    /// To whom, by the program's name of its type: `User::"ann"`.
    pub who: EntityUid,
    /// Of which type, a group's where it is one.
    pub ty: TypeId,
    /// Which role.
    pub role: RoleId,
    /// Where it is assigned.
    pub at: Span,
}

/// Reports to whom assignments give both duties of a separation without `by`, and what cannot be counted. One role or one raw
/// permit that gives both is reported where it is declared.
pub fn separated_by_assignments(program: &Program, lowered: &Lowered, held: &[Held], out: &mut Diagnostics) {
    let duties = Duties::new(program, &lowered.raw, lowered.contract.roles_form, lowered.schema.as_ref());
    let people = People::new(held);
    for separation in program.separations.iter().filter(|one| one.by.is_none()) {
        let pair = duties.pair(separation);
        let mut assigned = duties.assigned(separation, &pair, &people);
        assigned.extend(duties.allowed(separation, &pair, &people, &assigned));
        let mut counted = lowered.joining.get(&separation.statement.id).cloned().unwrap_or_default();
        counted.extend(assigned.iter().flat_map(|joined| joined.policies.iter().cloned()));
        let (first, second) = duties.names(separation);
        let more = |more| format!("{more} more principals are assigned roles that hold both `{first}` and `{second}`");
        few(assigned, separation, &more, out);
        let uncounted = duties.uncounted(&pair).into_iter().filter(|one| !counted.contains(&one.policy));
        let hints = uncounted.map(|one| Joined {
            by: format!("`{}`", one.policy),
            finding: one.hint(separation, [first.clone(), second.clone()]),
            policies: BTreeSet::new(),
        });
        let more = |more| format!("{more} more raw policies are not counted for `{first}` and `{second}`");
        few(hints.collect(), separation, &more, out);
    }
}

/// Those to whom roles are assigned, by type and id.
struct People<'h> {
    all: BTreeMap<TypeId, BTreeMap<&'h str, Vec<&'h Held>>>,
    /// Those with several roles.
    several: BTreeSet<(TypeId, &'h str)>,
}

impl<'h> People<'h> {
    fn new(held: &'h [Held]) -> Self {
        // A role that somebody holds on many entities counts once.
        let mut by_role: BTreeMap<(TypeId, &str), BTreeMap<RoleId, &Held>> = BTreeMap::new();
        for one in held {
            by_role.entry((one.ty, one.who.id().unescaped())).or_default().entry(one.role).or_insert(one);
        }
        let sorted = |roles: BTreeMap<RoleId, &'h Held>| {
            let mut roles: Vec<&Held> = roles.into_values().collect();
            roles.sort_by_key(|one| one.at);
            roles
        };
        let mut all: BTreeMap<TypeId, BTreeMap<&str, Vec<&Held>>> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for ((ty, id), roles) in by_role {
            if roles.len() > 1 {
                several.insert((ty, id));
            }
            all.entry(ty).or_default().insert(id, sorted(roles));
        }
        Self { all, several }
    }

    /// The roles of an entity, in the order of the files.
    fn roles(&self, ty: TypeId, id: &str) -> &[&'h Held] {
        self.all.get(&ty).and_then(|all| all.get(id)).map_or(&[], Vec::as_slice)
    }

    /// The roles of the entity that a claim names.
    fn roles_of(&self, claim: &Claim) -> &[&'h Held] {
        let Claim::Entity(named) = claim else { return &[] };
        named.ty.map_or(&[], |ty| self.roles(ty, &named.id))
    }
}

/// How somebody gets a duty: a way, and what of theirs meets its demands.
#[derive(Clone)]
struct Use<'h, 'w> {
    way: &'w Way,
    /// By assignments, in the order of the files.
    held: Vec<&'h Held>,
    /// That the way names them.
    is_named: bool,
}

impl Use<'_, '_> {
    /// Whether it needs nothing that the other one does not need, too.
    fn is_within(&self, other: &Self) -> bool {
        let needs = |one: &&Held| other.held.iter().any(|held| held.role == one.role);
        self.held.iter().all(needs) && (!self.is_named || other.is_named)
    }

    fn last(&self) -> Option<Span> {
        self.held.last().map(|one| one.at)
    }
}

impl<'a> Duties<'a> {
    /// Who holds both duties by different assignments, or by one and a raw permit for them.
    fn assigned(&self, separation: &Separation, pair: &Pair<'a>, people: &People<'_>) -> Vec<Joined> {
        let [first, second] = pair;
        let named = first.ways.iter().chain(&second.ways).flat_map(Way::named);
        let mut who: BTreeMap<(TypeId, &str), Option<&Named>> =
            named.filter_map(|named| Some(((named.ty?, named.id.as_str()), Some(named)))).collect();
        for several in &people.several {
            who.entry(*several).or_insert(None);
        }
        let pairs =
            who.into_iter().filter_map(|((ty, id), named)| self.joined([first, second], named, people.roles(ty, id)));
        pairs.map(|pair| self.joined_by(separation, &pair)).collect()
    }

    /// Whom a raw permit allows by several claims, of which one is an entity with an assigned role for the other duty: a group, for
    /// example, whose members must also hold some role. What is known already is left out.
    fn allowed(
        &self,
        separation: &Separation,
        duties: &Pair<'a>,
        people: &People<'_>,
        known: &[Joined],
    ) -> Vec<Joined> {
        let asking = self.asking(separation.first);
        let mut found: BTreeMap<&str, Joined> = BTreeMap::new();
        for (at, duty) in duties.iter().enumerate() {
            let Some(other) = duties.get(1 - at) else { continue };
            for way in duty.ways.iter().filter(|way| way.demands.len() > 1) {
                let Some(policy) = way.policy() else { continue };
                if found.contains_key(policy) || known.iter().any(|joined| joined.policies.contains(policy)) {
                    continue;
                }
                let mut types = asking.iter().copied().filter(|ty| way.is_for(*ty));
                let both = types.find_map(|ty| self.opened_by_roles(way, duties, other, people, ty));
                if let Some((opened, held)) = both {
                    let pair =
                        [Use { way, held: Vec::new(), is_named: true }, Use { way: opened, held, is_named: false }];
                    let [one, two] = pair;
                    let pair = if at == 0 { [one, two] } else { [two, one] };
                    found.insert(policy, self.joined_by(separation, &pair));
                }
            }
        }
        found.into_values().collect()
    }

    /// The way to the other duty that is open to whom a way is open, by roles of one of the entities that it names.
    fn opened_by_roles<'h, 'w>(
        &self,
        way: &Way,
        duties: &Pair<'a>,
        other: &'w Duty<'_>,
        people: &People<'h>,
        ty: TypeId,
    ) -> Option<(&'w Way, Vec<&'h Held>)> {
        let held = |claim: &Claim| people.roles_of(claim);
        let shuts = |one: &&Held| self.shuts(duties, &Claim::Role(one.role), ty);
        let met = self.met(way, duties, ty)?;
        let demands = met.iter().map(|claims| claims.iter().copied().filter(|claim| !held(claim).iter().any(shuts)));
        let demands: Vec<Vec<&Claim>> = demands.map(Iterator::collect).collect();
        if demands.iter().any(Vec::is_empty) {
            return None;
        }
        let claims: BTreeSet<&Claim> = demands.into_iter().flatten().collect();
        let entities = claims.iter().copied().filter(|claim| !held(claim).is_empty());
        entities.into_iter().find_map(|entity| {
            let holds = |one: &&&Held| self.may_have(&Claim::Role(one.role), ty);
            let held: Vec<&'h Held> = held(entity).iter().filter(holds).copied().collect();
            let roles: Vec<Claim> = held.iter().map(|one| Claim::Role(one.role)).collect();
            if roles.iter().any(|role| way.is_without(role)) {
                return None;
            }
            let mut ways = other.ways_for(roles.iter().chain(claims.iter().copied()));
            let opened = ways.find(|way| {
                way.is_for(ty)
                    && !roles.iter().any(|role| way.is_without(role))
                    && way.is_met(|claim| claims.contains(claim) || roles.contains(claim))
                    && !way.is_met(|claim| claims.contains(claim))
            })?;
            let is_needed = |one: &&&Held| opened.demands.iter().any(|claims| claims.contains(&Claim::Role(one.role)));
            Some((opened, held.iter().filter(is_needed).take(1).copied().collect()))
        })
    }

    fn joined_by(&self, separation: &Separation, [one, other]: &[Use<'_, '_>; 2]) -> Joined {
        let mut held: Vec<&Held> = one.held.iter().chain(&other.held).copied().collect();
        held.sort_by_key(|one| one.at);
        held.dedup_by_key(|one| one.role);
        let named = [one, other].into_iter().filter(|one| one.is_named);
        let policies: BTreeSet<String> = named.filter_map(|one| one.way.policy()).map(str::to_owned).collect();
        let name = |one: &Held| self.program.role_name(one.role);
        let who = held.first().map_or_else(String::new, |one| one.who.to_string());
        let what = match policies.first() {
            None => format!("`{who}` is assigned roles that hold"),
            Some(policy) => format!("`{who}` is assigned a role, is allowed by `{policy}`, and holds"),
        };
        let (at, before) = match held.split_last() {
            Some((last, before)) => (last.at, before),
            None => (separation.statement.span, held.as_slice()),
        };
        let mut finding = self.both(separation, at, &what, [one.way, other.way]).label("with this role");
        for one in before {
            finding = finding.also(one.at, format!("`{}` is assigned here", name(one)));
        }
        let also = before.last().map(|one| format!("that of `{}`", name(one)));
        let also = also.into_iter().chain(policies.first().map(|policy| format!("the raw policy `{policy}`")));
        let role = held.last().map_or_else(String::new, |one| name(one));
        let help = format!("remove this assignment of `{role}`, or {}", also.collect::<Vec<_>>().join(", or "));
        Joined { by: format!("`{who}`"), finding: finding.help(help), policies }
    }

    /// How somebody gets the one duty and the other, each by something that the other does not need.
    fn joined<'h, 'w>(
        &self,
        duties: [&'w Duty<'_>; 2],
        named: Option<&Named>,
        held: &[&'h Held],
    ) -> Option<[Use<'h, 'w>; 2]> {
        self.types_of(held).into_iter().find_map(|ty| {
            let holds = |one: &Held| self.program.role(one.role).is_some_and(|role| role.holders.contains(&ty));
            let is_group = |one: &Held| one.ty != ty;
            let held: Vec<&'h Held> = held.iter().copied().filter(|one| !is_group(one) || holds(one)).collect();
            let [firsts, seconds] = duties.map(|duty| self.uses(duty, ty, named, &held));
            let pairs = firsts.iter().flat_map(|one| seconds.iter().map(move |other| [one, other]));
            let apart = pairs.filter(|[one, other]| !one.is_within(other) && !other.is_within(one));
            apart.min_by_key(|pair| pair.iter().filter_map(|one| one.last()).max()).map(|pair| pair.map(Use::clone))
        })
    }

    /// How somebody of a type gets a duty: the first way that names them, those by the first two roles alone that give it, and
    /// the one by several roles that are assigned first.
    fn uses<'h, 'w>(
        &self,
        duty: &'w Duty<'_>,
        ty: TypeId,
        named: Option<&Named>,
        held: &[&'h Held],
    ) -> Vec<Use<'h, 'w>> {
        // One role that is denied a duty closes it, whatever the others grant.
        let is_closed = |role| self.is_closed(duty, role, ty);
        if is_closed(None) || held.iter().any(|one| is_closed(Some(one.role))) {
            return Vec::new();
        }
        let name = named.cloned().map(Claim::Entity);
        let is_name = |claim: &Claim| Some(claim) == name.as_ref();
        let ways = |roles: &[Claim]| -> Vec<&'w Way> {
            let ways = duty.ways_for(roles.iter().chain(&name));
            let is_out = |way: &&Way| held.iter().any(|one| way.is_without(&Claim::Role(one.role)));
            ways.filter(|way| way.is_for(ty) && !way.demands.is_empty() && !is_out(way)).collect()
        };
        let by_name = ways(&[]).into_iter().find(|way| way.is_met(is_name));
        let by_name = by_name.map(|way| Use { way, held: Vec::new(), is_named: true });
        let by_one = held.iter().filter_map(|one| {
            let role = Claim::Role(one.role);
            let is_whole = |way: &&Way| way.is_met(|claim| *claim == role || is_name(claim)) && !way.is_met(is_name);
            let way = ways(std::slice::from_ref(&role)).into_iter().find(is_whole)?;
            Some(Use { way, held: vec![*one], is_named: !way.is_met(|claim| *claim == role) })
        });
        let roles: Vec<Claim> = held.iter().map(|one| Claim::Role(one.role)).collect();
        let by_several = ways(&roles).into_iter().filter(|way| way.demands.len() > 1).filter_map(|way| {
            let (by_name, by_role): (Vec<_>, Vec<_>) =
                way.demands.iter().partition(|claims| claims.iter().any(is_name));
            let first = |claims: &BTreeSet<Claim>| roles.iter().position(|role| claims.contains(role));
            let at: Option<BTreeSet<usize>> = by_role.into_iter().map(first).collect();
            let at = at.filter(|at| at.len() > 1)?;
            let held = at.into_iter().filter_map(|at| held.get(at).copied()).collect();
            Some(Use { way, held, is_named: !by_name.is_empty() })
        });
        by_name.into_iter().chain(by_one.take(2)).chain(by_several.min_by_key(Use::last)).collect()
    }

    /// The types of those who hold roles by their assignments: the entity's own, or for a group those that its members can be of.
    fn types_of(&self, held: &[&Held]) -> BTreeSet<TypeId> {
        let of = |one: &Held| match self.program.ty(one.ty).is_some_and(|ty| ty.kind == TypeKind::Group) {
            true => self.program.role(one.role).map_or_else(Vec::new, |role| role.holders.clone()),
            false => vec![one.ty],
        };
        held.iter().flat_map(|one| of(one)).collect()
    }
}
