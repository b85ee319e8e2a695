//! What holds back permits where no request of the schema shows it. Anybody may link a template that permits, at any time and for
//! any type, and clients that decide without the schema let in whatever the scope of a raw permit admits. All that limits these
//! is what forbids. Where the old side forbids something that the new side does not forbid in the same way, or at least as
//! much, more may be done, though no request of today is decided otherwise.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect as Says, EntityTypeName, EntityUid, Policy};

use crate::analysis::{Demands, Environment, Environments, TestedTypes, reads_groups};
use crate::bundle::OriginKind;
use crate::lower::{Draft, Lowered, RawPolicy, raw_templates};
use crate::text::Sources;

use super::difference::Access;
use super::item::Kind;
use super::kinds;
use super::listing::Listing;
use super::terms::{Effect, POLICIES, TermChange, spelt};

/// A side, whose policies have the new side's names.
#[derive(Clone, Copy)]
pub(super) struct Stand<'a> {
    pub(super) sources: &'a Sources,
    pub(super) lowered: &'a Lowered,
    pub(super) listing: &'a Listing<'a>,
}

/// What forbids on a side.
struct Forbid {
    /// `None` where it cannot be read.
    asks: Option<Demands>,
    statement: (Kind, String),
}

/// How many kinds of request are looked at in one comparison. Who writes forbids that name no type for a program of many types
/// gets beyond it; a forbid that was not compared to its end counts as one that is gone.
const MOST_KINDS: usize = 200_000;

/// What is left of them.
struct Budget(Cell<usize>);

impl Budget {
    fn pays(&self) -> bool {
        let left = self.0.get().checked_sub(1);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }
}

/// One side as those meet it who know nothing of its schema.
struct Open<'a> {
    environments: &'a Environments,
    forbids: Vec<Forbid>,
    /// The places of forbids by the only type of principal that each is for.
    by_principal: BTreeMap<Option<EntityTypeName>, Vec<usize>>,
    /// The raw permits by their ids; `None`: cannot be read.
    permits: BTreeMap<String, (&'a RawPolicy, Option<Demands>)>,
}

/// The templates and raw permits of the new side that are held back by less than before, and raw permits that are for more
/// types, but for those whose own change is known already.
pub(super) fn weakened([old, new]: [Stand<'_>; 2], known: &[TermChange], accesses: &[Access]) -> Vec<TermChange> {
    let templates = raw_templates(new.sources);
    if templates.is_empty() && new.lowered.raw.is_empty() {
        return Vec::new();
    }
    let is_regrouped = !kinds::same_groups(&old.listing.environments, &new.listing.environments);
    let (before, after) = (Open::new(old, is_regrouped), Open::new(new, is_regrouped));
    let budget = Budget(Cell::new(MOST_KINDS));
    let changed: Vec<&Forbid> = before.forbids.iter().filter(|forbid| !after.keeps(forbid)).collect();
    let mut types = BTreeMap::new();
    let mut found = Vec::new();
    for (id, template) in templates {
        let path = spelt(&["templates".to_owned(), id.clone()]);
        if template.effect() != Says::Permit || known.iter().any(|term| term.path == path) {
            continue;
        }
        let links = template.any_link(&id).and_then(|any| Demands::new(&any.policy, after.environments));
        let mut gone = BTreeSet::new();
        for forbid in &changed {
            if !after.holds_back(links.as_ref(), forbid, &mut types, &budget) {
                gone.insert(forbid.statement.clone());
            }
        }
        if !gone.is_empty() {
            found.push(term(path, [Some(template.shown.clone()), Some(template.shown)], gone));
        }
    }
    if after.permits.is_empty() {
        return found;
    }
    let contracts = [&old.lowered.contract, &new.lowered.contract];
    let wide = Environment::wide(&contracts);
    let apart: Vec<&Environment> = wide.iter().filter(|kind| !after.environments.has(kind)).collect();
    for (id, (policy, asks)) in &after.permits {
        let Some(asks) = asks else { continue };
        let was = before.permits.get(id);
        let kinds = apart.iter().copied().filter(|kind| asks.at(kind).is_some());
        let kinds: Vec<&Environment> = kinds.collect();
        let through = match was {
            Some(_) => gone_apart([&before, &after], &changed, &kinds, &budget),
            None => BTreeSet::new(),
        };
        // One that is new may show by what it gives.
        let shows = || {
            let gained = accesses.iter().filter(|access| access.gained.is_found());
            was.is_none() && gained.into_iter().any(|access| asks.at(&access.request.cedar).is_some())
        };
        let is_wider = !before.permits.values().any(|(_, other)| other.as_ref() == Some(asks))
            && kinds.iter().any(|kind| !before.permits_some(kind) && !after.closes(kind))
            && !shows();
        let words = [was.map(|(was, _)| words(old.sources, was)), Some(words(new.sources, policy))];
        if is_wider || !through.is_empty() {
            found.push(term(spelt(&[POLICIES.to_owned(), id.clone()]), words, through));
        }
    }
    found
}

fn term(path: String, [from, to]: [Option<String>; 2], through: BTreeSet<(Kind, String)>) -> TermChange {
    let through = through.into_iter().collect();
    TermChange { path, from, to, effect: Effect::Weakens, readers: Vec::new(), through }
}

/// A statement on one line.
fn words(sources: &Sources, raw: &RawPolicy) -> String {
    sources.slice(raw.span).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What forbade something of some kinds of request that nothing joins, and does not or not as much. What else forbids shows in the
/// requests that the schema has.
fn gone_apart(
    [old, new]: [&Open<'_>; 2],
    changed: &[&Forbid],
    kinds: &[&Environment],
    budget: &Budget,
) -> BTreeSet<(Kind, String)> {
    let mut gone = BTreeSet::new();
    for forbid in changed {
        let is_apart = old.is_apart(forbid);
        let mut concerned = kinds.iter().filter(|kind| is_apart || old.environments.has(kind));
        if concerned.any(|kind| !budget.pays() || !new.forbids_as(forbid, kind)) {
            gone.insert(forbid.statement.clone());
        }
    }
    gone
}

impl<'a> Open<'a> {
    /// Reads a side. Where groups of actions are others on the two sides, a policy that asks for them in a way that cannot be
    /// written out cannot be read.
    fn new(Stand { lowered, listing, .. }: Stand<'a>, is_regrouped: bool) -> Self {
        let environments = &listing.environments;
        let asks = |policy: &Policy| {
            let is_open = is_regrouped && reads_groups(policy, environments);
            (!is_open).then(|| Demands::new(policy, environments)).flatten()
        };
        let forbid = |policy: &Policy, statement| {
            (policy.effect() == Says::Forbid).then(|| Forbid { asks: asks(policy), statement })
        };
        let gate = lowered.drafts.iter().zip(lowered.policies.iter().map(|(policy, _)| policy));
        let gate = gate.chain(lowered.unknown_types.iter().map(|(draft, policy)| (draft, policy)));
        let gate = gate.filter_map(|(draft, policy)| forbid(policy, statement(draft)));
        let raw = lowered.raw.iter().map(|raw| (raw.policy.id().to_string(), raw));
        let forbids = raw.clone().filter_map(|(id, raw)| forbid(&raw.policy, (Kind::RawPolicy, id)));
        let permits = raw.filter(|(_, raw)| raw.policy.effect() == Says::Permit);
        let forbids: Vec<Forbid> = gate.chain(forbids).collect();
        let mut by_principal: BTreeMap<Option<EntityTypeName>, Vec<usize>> = BTreeMap::new();
        for (at, forbid) in forbids.iter().enumerate() {
            let principal = forbid.asks.as_ref().and_then(Demands::principal);
            by_principal.entry(principal.cloned()).or_default().push(at);
        }
        Self {
            forbids,
            by_principal,
            permits: permits.map(|(id, raw)| (id, (raw, asks(&raw.policy)))).collect(),
            environments,
        }
    }

    /// What its forbids ask of a kind of request, each that may apply to it.
    fn asked_of(&self, kind: &Environment) -> impl Iterator<Item = BTreeSet<String>> {
        let places = [None, Some(kind.principal.clone())].into_iter().filter_map(|key| self.by_principal.get(&key));
        let here = places.flatten().filter_map(|at| self.forbids.get(*at));
        here.filter_map(|forbid| forbid.asks.as_ref()?.at(kind))
    }

    /// Whether its forbids forbid all that one of the other side forbids of what a permit may be for, whatever the types. `types`
    /// keeps what its forbids tell apart for each action.
    fn holds_back(
        &self,
        permit: Option<&Demands>,
        forbid: &Forbid,
        types: &mut BTreeMap<EntityUid, TestedTypes>,
        budget: &Budget,
    ) -> bool {
        let both: Vec<&Demands> = permit.into_iter().chain(&forbid.asks).collect();
        let actions = self.environments.actions();
        for action in actions.filter(|action| both.iter().all(|asks| asks.admits(action))) {
            let known = types.entry(action.clone()).or_insert_with(|| {
                let mut types = TestedTypes::default();
                let all = self.forbids.iter().filter_map(|other| other.asks.as_ref());
                all.filter(|asks| asks.admits(action)).for_each(|asks| types.add(asks));
                types
            });
            let mut own = known.clone();
            both.iter().for_each(|asks| own.add(asks));
            for kind in own.kinds(action, &both) {
                let is_met = both.iter().all(|asks| asks.at(&kind).is_some());
                if !budget.pays() || (is_met && !self.forbids_as(forbid, &kind)) {
                    return false;
                }
            }
        }
        true
    }

    /// Whether one of its forbids asks for the very same.
    fn keeps(&self, forbid: &Forbid) -> bool {
        forbid.asks.is_some() && self.forbids.iter().any(|other| other.asks == forbid.asks)
    }

    /// Whether one of its forbids forbids all that another one forbids of a kind.
    fn forbids_as(&self, forbid: &Forbid, kind: &Environment) -> bool {
        let Some(wanted) = forbid.asks.as_ref() else { return false };
        let Some(wanted) = wanted.at(kind) else { return true };
        self.asked_of(kind).any(|asks| asks.is_subset(&wanted))
    }

    /// Whether some raw permit is for a kind.
    fn permits_some(&self, kind: &Environment) -> bool {
        self.permits.values().any(|(_, asks)| asks.as_ref().is_none_or(|asks| asks.at(kind).is_some()))
    }

    /// Whether everything of a kind is forbidden.
    fn closes(&self, kind: &Environment) -> bool {
        self.asked_of(kind).any(|asks| asks.is_empty())
    }

    /// Whether no request that its schema has meets a forbid.
    fn is_apart(&self, forbid: &Forbid) -> bool {
        let Some(asks) = &forbid.asks else { return false };
        self.environments.iter().all(|kind| asks.at(kind).is_none())
    }
}

fn statement(draft: &Draft) -> (Kind, String) {
    let kind = match draft.kind {
        OriginKind::Grant => Kind::Grant,
        OriginKind::Deny => Kind::Deny,
        OriginKind::Require => Kind::Require,
        OriginKind::Isolate => Kind::Isolation,
        OriginKind::Separate => Kind::Separation,
        OriginKind::BreakGlass => Kind::BreakGlass,
        OriginKind::Raw => Kind::RawPolicy,
    };
    let name = match kind {
        // The parts of a profile have its name before their own.
        Kind::BreakGlass => draft.statement.split('.').next().unwrap_or_default(),
        _ => &draft.statement,
    };
    (kind, name.to_owned())
}
