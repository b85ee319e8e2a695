//! Who gains and who loses what: one kind of request after the other, holder by holder. A holder gains where its permits and
//! the forbids of the new side allow what the old side as a whole does not; it loses the other way round. What no change
//! touches is not asked; what is asked is replayed; what is not answered is a doubt.

mod link;
mod told;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use cedar_policy::EntityUid;
use thiserror::Error;

use crate::analysis::{Asking, Counterexample, Environment, Prover, Rule};
use crate::lower::Lowered;
use crate::text::Instant;

use super::align::Aligned;
use super::ask::{Asked, CommonSchemas, Settled};
use super::common_schema::Basis;
use super::contrast::Part;
use super::difference::{Access, Difference, Doubt, Example, Extent, Finding};
use super::direction::Direction;
use super::holder::Holder;
use super::listing::{Half, Listing, set_aside};
use super::replay::{Shown, Stand};
use super::request_kind::{Presence, RequestKind};
use super::times::{Assumes, MOST_BOUNDS, Range};
use super::wild::Wildcards;
use super::{Side, align, breaks, contrast, held_back, kinds, promises, replay, structural, terms};
use told::{Aside, Settlement};

/// How two programs are compared.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Who answers; `None` where there is no solver.
    pub prover: Option<&'a Prover<'a>>,
    /// The time that clocks of examples are set to.
    pub at: Instant,
    /// The old side in its own form of roles, where that is not the form of the new side.
    pub own_form: Option<&'a Lowered>,
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
    #[error("the {0} side has no schema, so its requests are unknown")]
    NoSchema(&'static str),
}

/// Compares two programs without faults.
///
/// # Errors
/// Where a side has no schema.
pub fn compare<'a>(old: Side<'a>, new: Side<'a>, options: &Options<'_>) -> Result<Difference, CompareError> {
    let mut structure = structural::structure(old, new);
    let mut before = match Aligned::renamed(old, &structure.renames) {
        Some(aligned) => aligned,
        None => {
            structure = structural::without_renames(old, new);
            Aligned::as_is(old)
        }
    };
    let mut after = Aligned::as_is(new);
    let groups_differ = spell_out(&mut before, &mut after)?;
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
        wildcards: [&before, &after].map(|side| Wildcards::new(&side.program)),
        schemas: &CommonSchemas::new([&before, &after]),
        groups_differ,
        options,
    };
    let mut accesses = Vec::new();
    let mut extent = comparison.run(&mut accesses);
    comparison.link(&structure, &mut accesses);
    accesses.sort_by(|a, b| (&a.request, &a.holder).cmp(&(&b.request, &b.holder)));
    let wildcards: BTreeSet<String> = [old, new].iter().flat_map(|side| side.program.granted_wildcards()).collect();
    extent.wildcards = wildcards.into_iter().collect();
    if let Some(prover) = options.prover {
        extent.statistics = prover.statistics();
        extent.engine = (extent.statistics.questions > 0).then(|| prover.engine().to_string());
    }
    let mut broken = breaks::breaks(&before.lowered.contract, &after.lowered.contract);
    broken.extend(breaks::renamed(&structure.changes));
    broken.sort();
    let own_form = options.own_form.map(|lowered| {
        let own = Side { lowered, ..old };
        Aligned::renamed(own, &structure.renames).unwrap_or_else(|| Aligned::as_is(own))
    });
    let own_form = own_form.as_ref().map_or(&before, |own| own);
    let mut terms = terms::changes([old, new], &structure, &before.lowered, &own_form.lowered);
    let [before_all, after_all] = &listings;
    let stands = [
        held_back::Stand { sources: old.sources, lowered: &before.lowered, listing: before_all },
        held_back::Stand { sources: new.sources, lowered: &after.lowered, listing: after_all },
    ];
    terms.extend(held_back::weakened(stands, &terms, &accesses));
    terms::add_names([old, new], &structure.renames, &mut terms);
    let (less, kept) = promises::compared(old, new, &before.program, &structure);
    terms.extend(less);
    terms.sort();
    Ok(Difference { terms, breaks: broken, structure, accesses, assignments: Vec::new(), kept, extent })
}

/// Where the two sides' groups of actions are not the same, raw policies name the actions themselves.
/// Whether they are not.
fn spell_out(before: &mut Aligned<'_>, after: &mut Aligned<'_>) -> Result<bool, CompareError> {
    let environments = |side: &Aligned<'_>, name| {
        let schema = side.lowered.schema.as_ref().ok_or(CompareError::NoSchema(name))?;
        Ok(crate::analysis::Environments::new(schema))
    };
    let (old, new) = (environments(before, "old")?, environments(after, "new")?);
    if kinds::same_groups(&old, &new) {
        return Ok(false);
    }
    align::spell_out(before, &old);
    align::spell_out(after, &new);
    Ok(true)
}

/// Where a change concerns more holders than this, requests are built from the schema before the solver is asked.
const MANY_HOLDERS: usize = 16;

struct Comparison<'a> {
    sides: [&'a Aligned<'a>; 2],
    listings: &'a [Listing<'a>; 2],
    wildcards: [Wildcards<'a>; 2],
    schemas: &'a CommonSchemas<'a>,
    /// Whether some action is in other groups on the two sides.
    groups_differ: bool,
    literals: BTreeSet<EntityUid>,
    options: &'a Options<'a>,
}

/// A kind of request that some change touches.
struct Touched<'a> {
    request: RequestKind,
    halves: [Half<'a>; 2],
    /// Those whom a change may concern.
    holders: Vec<Holder>,
}

/// `None` where nothing is gained or lost.
fn access(one: &Touched<'_>, holder: &Holder, gained: Finding, lost: Finding) -> Option<Access> {
    let is_none = matches!((&gained, &lost), (Finding::None, Finding::None));
    (!is_none).then(|| Access {
        request: one.request.clone(),
        holder: holder.clone(),
        gained,
        lost,
        stands_for: 0,
        causes: Vec::new(),
    })
}

impl<'a> Comparison<'a> {
    fn run(&self, accesses: &mut Vec<Access>) -> Extent {
        let mut extent = Extent::default();
        let mut touched = Vec::new();
        let all: BTreeSet<&Environment> =
            self.listings.iter().flat_map(|listing| listing.environments.iter()).collect();
        extent.kinds = all.len();
        for env in all {
            match self.touched(env) {
                Some(one) => touched.push(one),
                None => extent.untouched += 1,
            }
        }
        let count = touched.len();
        let mine: Vec<Touched<'_>> =
            touched.into_iter().enumerate().filter(|(at, _)| (self.options.is_mine)(*at)).map(|(_, one)| one).collect();
        extent.elsewhere = count - mine.len();
        let done = AtomicUsize::new(0);
        (self.options.progress)(0, mine.len());
        let settled = |asking: Option<&mut Asking<'_>>, one: &Touched<'_>| {
            let found = self.settle(asking, one);
            (self.options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, mine.len());
            found
        };
        let mut found: Vec<Settlement> = match self.options.prover {
            Some(prover) => prover.each(&mine, |asking, one| settled(Some(asking), one)),
            None => mine.iter().map(|one| settled(None, one)).collect(),
        };
        self.tell_wildcards(&mine, &mut found);
        for one in found {
            extent.assuming += usize::from(one.assumes == Assumes::Times);
            match one.accesses.is_empty() {
                true => extent.equal += 1,
                false => extent.differing += 1,
            }
            accesses.extend(one.accesses);
        }
        extent
    }

    /// `None` where the same policies concern a kind of request on both sides.
    fn touched(&self, env: &Environment) -> Option<Touched<'a>> {
        let [old, new] = self.listings;
        let (before, after) = (old.half(env), new.half(env));
        let holders: BTreeSet<&Holder> = before.permits.keys().chain(after.permits.keys()).collect();
        let is_regrouped = self.is_regrouped(env);
        let concerned = holders.into_iter().filter(|holder| is_regrouped || !before.is_same(holder, &after));
        let holders: Vec<Holder> = concerned.cloned().collect();
        if holders.is_empty() {
            return None;
        }
        let presence = match (old.has(env), new.has(env)) {
            (true, false) => Presence::OnlyOld,
            (false, true) => Presence::OnlyNew,
            _ => Presence::Both,
        };
        Some(Touched { request: kinds::request(env, presence, self.sides), halves: [before, after], holders })
    }

    fn settle(&self, mut asking: Option<&mut Asking<'_>>, one: &Touched<'a>) -> Settlement {
        let mut settlement = Settlement::default();
        let [old_wildcards, new_wildcards] = &self.wildcards;
        for holder in &one.holders {
            let mut finding = |way: Direction| {
                let [old, new] = &one.halves;
                let (allowing, denying) = way.of([(old_wildcards, old), (new_wildcards, new)]);
                let aside = set_aside([allowing, denying], holder, &one.request.cedar);
                let (finding, assumes) = match aside {
                    None => self.finding(asking.as_deref_mut(), one, holder, way, &one.halves),
                    Some((left, wildcards)) => {
                        settlement.asides.push(Aside { holder: holder.clone(), way, wildcards });
                        let halves = match way {
                            Direction::Widened => [old.clone(), left],
                            Direction::Narrowed => [left, new.clone()],
                        };
                        self.finding(asking.as_deref_mut(), one, holder, way, &halves)
                    }
                };
                settlement.assumes = settlement.assumes.max(assumes);
                finding
            };
            let (gained, lost) = (finding(Direction::Widened), finding(Direction::Narrowed));
            settlement.accesses.extend(access(one, holder, gained, lost));
        }
        settlement
    }

    fn finding(
        &self,
        asking: Option<&mut Asking<'_>>,
        one: &Touched<'_>,
        holder: &Holder,
        way: Direction,
        halves: &[Half<'a>; 2],
    ) -> (Finding, Assumes) {
        let plain = |finding| (finding, Assumes::Nothing);
        let [old, new] = halves;
        let (allowing, denying) = way.of([old, new]);
        if self.is_regrouped(&one.request.cedar) {
            let why = "a raw policy tests groups of actions that changed, in a way that cannot be compared";
            return plain(Finding::Unsure(Doubt::Incomparable(why.to_owned())));
        }
        if allowing.is_within(holder, denying) {
            return plain(Finding::None);
        }
        if let Some(doubt) = self.untold() {
            return plain(Finding::Unsure(doubt));
        }
        let asked = Asked {
            schemas: self.schemas,
            listings: self.listings,
            request: &one.request,
            halves,
            holder,
            way,
            assumed: &[],
        };
        let sampled = match one.holders.len() > MANY_HOLDERS {
            true => asked.sample(),
            false => asked.sampled(),
        };
        if let Some((basis, found)) = sampled {
            let shown = self.shown(asked, basis, &found);
            let is_written = |example: &Example| Range::Written.holds(&example.witness);
            if shown.example().is_some_and(is_written) {
                return plain(shown);
            }
        }
        match asking {
            None => plain(Finding::Unsure(Doubt::NoSolver)),
            Some(asking) => self.asked(asking, asked),
        }
    }

    /// A finding with times that people write, where there is one; else one with others; none at all where there are none in
    /// the range in which Cedar's arithmetic is exact.
    fn asked(&self, asking: &mut Asking<'_>, asked: Asked<'_>) -> (Finding, Assumes) {
        let first = self.found(asking, asked);
        let (Finding::Found(example), _) = &first else {
            return first;
        };
        if Range::Written.holds(&example.witness) {
            return first;
        }
        let written = self.inside(asking, asked, Range::Written, example);
        if written.0.is_found() {
            return written;
        }
        match Range::Exact.holds(&example.witness) {
            true => first,
            false => self.inside(asking, asked, Range::Exact, example),
        }
    }

    /// The same question about requests with times in a range, where an example has others.
    fn inside(&self, asking: &mut Asking<'_>, asked: Asked<'_>, range: Range, outside: &Example) -> (Finding, Assumes) {
        let cedar = &asked.request.cedar;
        let mut assumed: Vec<Rule> = range.bounds(&outside.witness, cedar).into_iter().collect();
        let mut ask = |assumed: &[Rule]| self.found(asking, Asked { assumed, ..asked });
        let mut finding = ask(&assumed);
        for _ in 0..MOST_BOUNDS {
            let bounds = match &finding.0 {
                Finding::Found(example) => range.bounds(&example.witness, cedar),
                Finding::None | Finding::Unsure(_) => None,
            };
            match bounds.filter(|rule| !assumed.contains(rule)) {
                Some(rule) => assumed.push(rule),
                None => break,
            }
            finding = ask(&assumed);
        }
        finding
    }

    fn found(&self, asking: &mut Asking<'_>, asked: Asked<'_>) -> (Finding, Assumes) {
        let plain = |finding| (finding, Assumes::Nothing);
        match asked.settle(asking) {
            Settled::Holds(assumes) => (Finding::None, assumes),
            Settled::Unsure(doubt) => plain(Finding::Unsure(doubt)),
            Settled::Fails(basis, found) => plain(self.shown(asked, basis, &found)),
        }
    }

    /// A counterexample made fit to be shown.
    fn shown(&self, asked: Asked<'_>, basis: Basis, found: &Counterexample) -> Finding {
        let Asked { request, halves, holder, way, .. } = asked;
        let common = match self.schemas.get(basis) {
            Ok(common) => common,
            Err(why) => return Finding::Unsure(Doubt::Incomparable(why.clone())),
        };
        let [old_engines, new_engines] = common.engines(request.presence);
        let ([old_listing, new_listing], [old_side, new_side]) = (self.listings, self.sides);
        let old = Stand { listing: old_listing, lowered: &old_side.lowered, engines: old_engines };
        let new = Stand { listing: new_listing, lowered: &new_side.lowered, engines: new_engines };
        let (allowing, denying) = way.of([old, new]);
        let shown = Shown {
            common,
            allowing,
            denying,
            environment: &request.cedar,
            holder,
            literals: &self.literals,
            at: self.options.at,
        };
        let [old_half, new_half] = halves;
        let old_part = Part { half: old_half, origins: &old_side.lowered.origins };
        let new_part = Part { half: new_half, origins: &new_side.lowered.origins };
        let (on_allowing, on_denying) = way.of([old_part, new_part]);
        match replay::example(found, shown) {
            Err(why) => Finding::Unsure(Doubt::NotShown(why.to_string())),
            Ok((witness, allows, denies)) => {
                let (before, after) = match way {
                    Direction::Widened => (denies, allows),
                    Direction::Narrowed => (allows, denies),
                };
                let example = Example {
                    witness,
                    basis,
                    before,
                    after,
                    contrasts: contrast::contrasts(holder, on_allowing, on_denying),
                };
                Finding::Found(Box::new(example))
            }
        }
    }

    /// What keeps every kind of request from being asked about.
    fn untold(&self) -> Option<Doubt> {
        let [old, new] = self.listings;
        let id = old.refused.first().or(new.refused.first())?;
        Some(Doubt::Incomparable(format!("`{id}` is linked to a template")))
    }

    /// Whether what some policy of a kind of request says depends on groups of actions that the two sides do not have alike,
    /// whatever its words.
    fn is_regrouped(&self, env: &Environment) -> bool {
        let mut here = self.listings.iter().flat_map(|listing| listing.slice(env));
        self.groups_differ && here.any(|listed| listed.reads_groups)
    }
}
