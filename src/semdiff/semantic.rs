//! Who gains and who loses what: one kind of request after the other, holder by holder. A holder gains where its permits and
//! the forbids of the new side allow what the old side as a whole does not; it loses the other way round. What no change
//! touches is not asked; what is asked is replayed; what is not answered is a doubt.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use cedar_policy::Effect;
use cedar_policy::EntityUid;
use thiserror::Error;

use crate::analysis::Answer;
use crate::analysis::Asking;
use crate::analysis::Claim;
use crate::analysis::Counterexample;
use crate::analysis::Environment;
use crate::analysis::Prover;
use crate::analysis::Question;
use crate::analysis::Rule;
use crate::analysis::Rules;
use crate::analysis::Unknown;
use crate::text::Instant;

use super::Side;
use super::align;
use super::align::Aligned;
use super::breaks;
use super::causes;
use super::causes::Mentions;
use super::difference::Access;
use super::difference::Basis;
use super::difference::Difference;
use super::difference::Doubt;
use super::difference::Example;
use super::difference::Extent;
use super::difference::Finding;
use super::difference::Holder;
use super::difference::Presence;
use super::difference::RequestKind;
use super::errors;
use super::footing::Footing;
use super::kinds;
use super::listing::Half;
use super::listing::Listing;
use super::replay;
use super::replay::Shown;
use super::replay::Stand;
use super::structural;
use super::structural::Structure;

/// How two programs are compared.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Who answers; `None` where there is no solver.
    pub prover: Option<&'a Prover<'a>>,
    /// The time that clocks of examples are set to.
    pub at: Instant,
    /// Which of the kinds of request that changes touch are this run's business, by their number from 0.
    pub is_mine: &'a (dyn Fn(usize) -> bool + Sync),
    /// Hears of each kind of request that is settled: how many are, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// Why two programs cannot be compared at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CompareError {
    /// A side has policies and no schema, so that it is not known which requests there are.
    #[error("the {0} side has no schema, so that it is not known which requests there are")]
    NoSchema(&'static str),
}

/// Compares two programs without faults.
///
/// # Errors
/// Where a side has no schema.
pub fn compare(old: Side<'_>, new: Side<'_>, options: &Options<'_>) -> Result<Difference, CompareError> {
    let mut structure = structural::structure(old, new);
    let mut before = match Aligned::renamed(old, &structure.renames) {
        Some(aligned) => aligned,
        None => {
            structure = structural::without_renames(old, new);
            Aligned::as_is(old)
        }
    };
    let mut after = Aligned::as_is(new);
    spell_out(&mut before, &mut after)?;
    let listings = [
        Listing::new(&before).ok_or(CompareError::NoSchema("old"))?,
        Listing::new(&after).ok_or(CompareError::NoSchema("new"))?,
    ];
    let comparison = Comparison {
        literals: listings
            .iter()
            .flat_map(|listing| &listing.all)
            .flat_map(|listed| listed.policy.entity_literals())
            .collect(),
        sides: [&before, &after],
        listings: &listings,
        footings: Default::default(),
        options,
    };
    let mut accesses = Vec::new();
    let mut extent = comparison.run(&mut accesses);
    comparison.link(&structure, &mut accesses);
    accesses.sort_by(|a, b| (&a.request, &a.holder).cmp(&(&b.request, &b.holder)));
    if let Some(prover) = options.prover {
        extent.statistics = prover.statistics();
        extent.engine = (extent.statistics.questions > 0).then(|| prover.engine().to_string());
    }
    Ok(Difference {
        breaks: breaks::breaks(&before.lowered.contract, &after.lowered.contract),
        structure,
        accesses,
        extent,
    })
}

/// Where the two sides' groups of actions are not the same, raw policies name the actions themselves.
fn spell_out(before: &mut Aligned<'_>, after: &mut Aligned<'_>) -> Result<(), CompareError> {
    let environments = |side: &Aligned<'_>, name| {
        let schema = side.lowered.schema.as_ref().ok_or(CompareError::NoSchema(name))?;
        Ok(crate::analysis::Environments::new(schema))
    };
    let (old, new) = (environments(before, "old")?, environments(after, "new")?);
    if kinds::same_groups(&old, &new) {
        return Ok(());
    }
    align::spell_out(before, &old);
    align::spell_out(after, &new);
    Ok(())
}

struct Comparison<'a> {
    sides: [&'a Aligned<'a>; 2],
    listings: &'a [Listing<'a>; 2],
    literals: BTreeSet<EntityUid>,
    footings: [OnceLock<Result<Footing, String>>; 3],
    options: &'a Options<'a>,
}

/// A kind of request that some change touches.
struct Touched {
    request: RequestKind,
    halves: [Half; 2],
    /// Those whom a change may concern.
    holders: Vec<Holder>,
}

/// Which way is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Gain,
    Loss,
}

impl Way {
    /// The sides that allow and that deny, as indices.
    fn sides(self) -> (usize, usize) {
        match self {
            Self::Gain => (1, 0),
            Self::Loss => (0, 1),
        }
    }
}

/// What a question came to.
enum Settled {
    Holds,
    Fails(Basis, Box<Counterexample>),
    Unsure(Doubt),
}

impl<'a> Comparison<'a> {
    fn run(&self, accesses: &mut Vec<Access>) -> Extent {
        let mut extent = Extent::default();
        let mut touched = Vec::new();
        let all: BTreeSet<&Environment> = self
            .listings
            .iter()
            .flat_map(|listing| listing.environments.iter())
            .collect();
        extent.kinds = all.len();
        for env in all {
            match self.touched(env) {
                Some(one) => touched.push(one),
                None => extent.untouched += 1,
            }
        }
        let count = touched.len();
        let mine: Vec<Touched> = touched
            .into_iter()
            .enumerate()
            .filter(|(at, _)| (self.options.is_mine)(*at))
            .map(|(_, one)| one)
            .collect();
        extent.elsewhere = count - mine.len();
        let done = AtomicUsize::new(0);
        (self.options.progress)(0, mine.len());
        let settled = |asking: Option<&mut Asking<'_>>, one: &Touched| {
            let found = self.settle(asking, one);
            (self.options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, mine.len());
            found
        };
        let found: Vec<Vec<Access>> = match self.options.prover {
            Some(prover) => prover.each(&mine, |asking, one| settled(Some(asking), one)),
            None => mine.iter().map(|one| settled(None, one)).collect(),
        };
        for one in found {
            match one.is_empty() {
                true => extent.equal += 1,
                false => extent.differing += 1,
            }
            accesses.extend(one);
        }
        extent
    }

    /// `None` where the same policies concern a kind of request on both sides.
    fn touched(&self, env: &Environment) -> Option<Touched> {
        let [old, new] = self.listings;
        let halves = [old.half(env), new.half(env)];
        let [before, after] = &halves;
        let concerned = |holder: &&Holder| {
            before.permits.get(holder) != after.permits.get(holder) || before.forbids != after.forbids
        };
        let holders: BTreeSet<&Holder> = before.permits.keys().chain(after.permits.keys()).collect();
        let holders: Vec<Holder> = holders.into_iter().filter(concerned).cloned().collect();
        if holders.is_empty() {
            return None;
        }
        let presence = match (old.has(env), new.has(env)) {
            (true, false) => Presence::OnlyOld,
            (false, true) => Presence::OnlyNew,
            _ => Presence::Both,
        };
        Some(Touched {
            request: kinds::request(env, presence, self.sides),
            halves,
            holders,
        })
    }

    fn settle(&self, mut asking: Option<&mut Asking<'_>>, one: &Touched) -> Vec<Access> {
        let mut findings: BTreeMap<&Holder, [Finding; 2]> = one
            .holders
            .iter()
            .map(|holder| (holder, [Finding::None, Finding::None]))
            .collect();
        for (at, way) in [Way::Gain, Way::Loss].into_iter().enumerate() {
            let (from, to) = way.sides();
            let (Some(allowing), Some(denying)) = (one.halves.get(from), one.halves.get(to)) else {
                continue;
            };
            let open: Vec<&Holder> = one
                .holders
                .iter()
                .filter(|holder| !allowing.is_within(holder, denying))
                .collect();
            let found = self.way(asking.as_deref_mut(), one, way, &open);
            for (holder, finding) in open.into_iter().zip(found) {
                if let Some(slot) = findings.get_mut(holder).and_then(|both| both.get_mut(at)) {
                    *slot = finding;
                }
            }
        }
        let changed = findings
            .into_iter()
            .filter(|(_, both)| !both.iter().all(|finding| matches!(finding, Finding::None)));
        changed
            .map(|(holder, [gained, lost])| Access {
                request: one.request.clone(),
                holder: holder.clone(),
                gained,
                lost,
                causes: Vec::new(),
            })
            .collect()
    }

    /// What some holders gain or lose, in their order.
    fn way(&self, asking: Option<&mut Asking<'_>>, one: &Touched, way: Way, open: &[&Holder]) -> Vec<Finding> {
        let all = |finding: Finding| open.iter().map(|_| finding.clone()).collect();
        let (from, to) = way.sides();
        let (Some(allowing), Some(denying)) = (one.halves.get(from), one.halves.get(to)) else {
            return all(Finding::None);
        };
        if open.is_empty() {
            return Vec::new();
        }
        if let Some(doubt) = self.untold(&one.request.cedar) {
            return all(Finding::Unsure(doubt));
        }
        let Some(asking) = asking else {
            return all(Finding::Unsure(Doubt::NoSolver));
        };
        // Mostly nothing changes for anybody, which one question tells.
        let whole = denying.whole();
        let nothing = open.len() > 1 && matches!(self.ask(asking, one, &allowing.whole(), &whole), Settled::Holds);
        let mut found = Vec::with_capacity(open.len());
        for holder in open {
            let settled = match nothing {
                true => Settled::Holds,
                false => self.ask(asking, one, &allowing.of(holder), &whole),
            };
            found.push(match settled {
                Settled::Holds => self.if_nothing(asking, one, way, holder),
                Settled::Unsure(doubt) => Finding::Unsure(doubt),
                Settled::Fails(basis, counterexample) => self.shown(one, way, holder, basis, &counterexample),
            });
        }
        found
    }

    /// Asks under the first schema that both sides' policies type under.
    fn ask(&self, asking: &mut Asking<'_>, one: &Touched, from: &Rules, to: &Rules) -> Settled {
        let question = Question {
            environment: one.request.cedar.clone(),
            claim: Claim::Implies(from.clone(), to.clone()),
        };
        let bases: &[Basis] = match one.request.presence {
            Presence::OnlyOld => &[Basis::Old],
            Presence::OnlyNew => &[Basis::New],
            Presence::Both => &[Basis::New, Basis::Old, Basis::Merged],
        };
        let mut refused = None;
        for basis in bases {
            let footing = match self.footing(*basis) {
                Ok(footing) => footing,
                Err(why) => {
                    refused.get_or_insert_with(|| why.clone());
                    continue;
                }
            };
            match asking.answer(&footing.ground, &question) {
                Answer::Holds => return Settled::Holds,
                Answer::Fails(found) => return Settled::Fails(*basis, found),
                Answer::Unknown(Unknown::Refused(why)) => {
                    refused.get_or_insert(why);
                }
                Answer::Unknown(why) => return Settled::Unsure(Doubt::Unanswered(why.to_string())),
            }
        }
        Settled::Unsure(Doubt::Incomparable(refused.unwrap_or_default()))
    }

    fn footing(&self, basis: Basis) -> Result<&Footing, &String> {
        let [old, new] = self.sides;
        let made = || Footing::new(basis, &old.lowered, &new.lowered);
        let [for_new, for_old, merged] = &self.footings;
        let slot = match basis {
            Basis::New => for_new,
            Basis::Old => for_old,
            Basis::Merged => merged,
        };
        slot.get_or_init(made).as_ref()
    }

    /// A counterexample as a finding.
    fn shown(&self, one: &Touched, way: Way, holder: &Holder, basis: Basis, found: &Counterexample) -> Finding {
        let footing = match self.footing(basis) {
            Ok(footing) => footing,
            Err(why) => return Finding::Unsure(Doubt::Incomparable(why.clone())),
        };
        let [old, new] = self.listings;
        let [before, after] = self.sides;
        let presence = one.request.presence;
        let old = Stand {
            listing: old,
            lowered: &before.lowered,
            engines: (presence != Presence::OnlyNew).then_some(&footing.old),
        };
        let new = Stand {
            listing: new,
            lowered: &after.lowered,
            engines: (presence != Presence::OnlyOld).then_some(&footing.new),
        };
        let (allowing, denying) = match way {
            Way::Gain => (new, old),
            Way::Loss => (old, new),
        };
        let shown = Shown {
            footing,
            allowing,
            denying,
            environment: &one.request.cedar,
            holder,
            literals: &self.literals,
            at: self.options.at,
        };
        match replay::example(found, shown) {
            Err(why) => Finding::Unsure(Doubt::NotShown(why.to_string())),
            Ok((witness, allows, denies)) => {
                let (before, after) = match way {
                    Way::Gain => (denies, allows),
                    Way::Loss => (allows, denies),
                };
                Finding::Found(Box::new(Example {
                    witness,
                    basis,
                    before,
                    after,
                }))
            }
        }
    }

    /// What is known where Cedar's decisions are the same: gateways deny where a forbid errors, which Cedar does not. It
    /// matters where only the denying side has that forbid.
    fn if_nothing(&self, asking: &mut Asking<'_>, one: &Touched, way: Way, holder: &Holder) -> Finding {
        let (from, to) = way.sides();
        let (Some(allowing), Some(listing), Some(side)) =
            (one.halves.get(from), self.listings.get(to), self.sides.get(to))
        else {
            return Finding::None;
        };
        let of_grant = matches!(holder, Holder::BreakGlass(_));
        for listed in listing.slice(&one.request.cedar) {
            if listed.effect == Effect::Permit || allowing.forbids.contains(&listed.rule) {
                continue;
            }
            let risky = errors::risky(listed, &side.lowered.origins, &one.request.cedar, of_grant);
            for rule in risky {
                let question = Question {
                    environment: one.request.cedar.clone(),
                    claim: Claim::NeverErrors(rule),
                };
                let never = [Basis::New, Basis::Old, Basis::Merged].into_iter().any(|basis| {
                    let footing = self.footing(basis);
                    footing.is_ok_and(|footing| asking.answer(&footing.ground, &question).holds())
                });
                if !never {
                    let why = format!("`{}` may error there, and a gateway denies then", listed.id);
                    return Finding::Unsure(Doubt::Unanswered(why));
                }
            }
        }
        Finding::None
    }

    /// What keeps a kind of request from being asked about at all.
    fn untold(&self, env: &Environment) -> Option<Doubt> {
        let [old, new] = self.listings;
        if let Some(id) = old.refused.first().or(new.refused.first()) {
            return Some(Doubt::Incomparable(format!("`{id}` is linked to a template")));
        }
        let reads_action = |listing: &Listing<'_>| {
            let mut slice = listing.slice(env);
            slice.any(|listed| listed.draft.is_none() && kinds::reads_action(listed.policy))
        };
        let groups_differ = || old.groups(&env.action) != new.groups(&env.action);
        (self.listings.iter().any(reads_action) && groups_differ()).then(|| {
            Doubt::Incomparable("its groups changed, and a raw policy tests `action` in its condition".to_owned())
        })
    }

    /// Names the changes behind each access.
    fn link(&self, structure: &Structure, accesses: &mut [Access]) {
        let mut known: BTreeMap<Environment, [Half; 2]> = BTreeMap::new();
        let [old, new] = self.listings;
        for access in accesses {
            let env = &access.request.cedar;
            let halves = known
                .entry(env.clone())
                .or_insert_with(|| [old.half(env), new.half(env)]);
            let mut mentions = Mentions::default();
            for (at, (listing, side)) in self.listings.iter().zip(self.sides).enumerate() {
                let Some(other) = halves.get(1 - at) else { continue };
                let differs = |rule: &Rule, is_permit: bool| match is_permit {
                    true => !other
                        .permits
                        .get(&access.holder)
                        .is_some_and(|rules| rules.contains(rule)),
                    false => !other.forbids.contains(rule),
                };
                for listed in listing.slice(env) {
                    let is_permit = listed.effect == Effect::Permit;
                    let counts = !is_permit || listed.holder == access.holder;
                    if counts && differs(&listed.rule, is_permit) {
                        mentions.add(&side.program, listed);
                    }
                }
            }
            access.causes = causes::causes(&structure.changes, &mentions, &access.request);
        }
    }
}
