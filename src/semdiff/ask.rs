//! Whether a holder is allowed something on one side that the other side denies, asked in the smallest words that decide it:
//! first of the holder's own permits and what changed beside them; what a counterexample runs into besides is added, until
//! it replays on the whole of both sides or the claim is proved.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cedar_policy::Effect;

use crate::analysis::{Answer, Asking, Claim, Counterexample, Environment, Question, Rule, Rules, Unknown, Witness};
use crate::decide::{Decision, Outcome};

use super::align::Aligned;
use super::common_schema::{Basis, CommonSchema, Engines};
use super::difference::Doubt;
use super::direction::Direction;
use super::errors::Permits;
use super::holder::Holder;
use super::listing::{Half, Listed, Listing, Says, carries};
use super::request_kind::{Presence, RequestKind};
use super::times::{Assumes, MOST_BOUNDS, Range};
use super::{errors, parted};

/// What a question came to.
pub(super) enum Settled {
    /// Nothing, as far as something is taken for granted.
    Holds(Assumes),
    /// A request that the whole of both sides decide so, under a schema.
    Fails(Basis, Box<Counterexample>),
    /// It is not known.
    Unsure(Doubt),
}

/// The schemas under which is asked, each made when first needed.
pub(super) struct CommonSchemas<'a> {
    sides: [&'a Aligned<'a>; 2],
    made: [OnceLock<Result<CommonSchema, String>>; 3],
    parted: OnceLock<bool>,
}

impl<'a> CommonSchemas<'a> {
    pub(super) fn new(sides: [&'a Aligned<'a>; 2]) -> Self {
        Self { sides, made: Default::default(), parted: OnceLock::new() }
    }

    /// Whether a test may be false for certain under one side's schema and open under the other's.
    fn parted(&self) -> bool {
        let [old, new] = self.sides;
        let schema = |side: &Aligned<'_>| side.lowered.schema_text.clone().unwrap_or_default();
        *self.parted.get_or_init(|| parted::parted(&schema(old), &schema(new)))
    }

    /// The schema of a basis, and both sides under it, or why there is none.
    pub(super) fn get(&self, basis: Basis) -> Result<&CommonSchema, &String> {
        let [old, new] = self.sides;
        let [for_new, for_old, merged] = &self.made;
        let slot = match basis {
            Basis::New => for_new,
            Basis::Old => for_old,
            Basis::Merged => merged,
        };
        slot.get_or_init(|| CommonSchema::new(basis, &old.lowered, &new.lowered)).as_ref()
    }
}

impl CommonSchema {
    /// The engines of the two sides, the old one first; none where there are no requests of the kind.
    pub(super) fn engines(&self, presence: Presence) -> [Option<&Engines>; 2] {
        [(presence != Presence::OnlyNew).then_some(&self.old), (presence != Presence::OnlyOld).then_some(&self.new)]
    }
}

/// The bases that may serve a kind of request, in the order in which they are tried.
fn bases(presence: Presence) -> &'static [Basis] {
    match presence {
        Presence::OnlyOld => &[Basis::Old],
        Presence::OnlyNew => &[Basis::New],
        Presence::Both => &[Basis::New, Basis::Old, Basis::Merged],
    }
}

/// A kind of request as it is asked about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) schemas: &'a CommonSchemas<'a>,
    pub(super) listings: &'a [Listing<'a>; 2],
    pub(super) request: &'a RequestKind,
    pub(super) halves: &'a [Half<'a>; 2],
    pub(super) holder: &'a Holder,
    pub(super) way: Direction,
    /// Forbids that leave requests out which nobody can make.
    pub(super) assumed: &'a [Rule],
}

impl<'a> Asked<'a> {
    /// A request that shows it, where the denying side permits nobody anything: most permits are shown by some request of their
    /// kind, and no solver has to look for it.
    pub(super) fn sampled(&self) -> Option<(Basis, Counterexample)> {
        let [old, new] = self.halves;
        let (_, denying) = self.way.of([old, new]);
        match denying.all_permits().next() {
            Some(_) => None,
            None => self.sample(),
        }
    }

    /// A request built from the schema that the allowing side allows the holder and the denying side denies. Where a change
    /// concerns many holders alike, such as equal roles under new names, this saves a question for each.
    pub(super) fn sample(&self) -> Option<(Basis, Counterexample)> {
        let [old, new] = self.halves;
        let (allowing, _) = self.way.of([old, new]);
        let basis = bases(self.request.presence).iter().find(|basis| self.schemas.get(**basis).is_ok())?;
        let common = self.schemas.get(*basis).ok()?;
        let (engines, others) = self.way.of(common.engines(self.request.presence));
        let (engines, samples) = (engines?, common.samples.as_ref()?);
        let is_shown = |found: &Counterexample, listed: &Listed<'_>| -> Option<bool> {
            let witness = Witness::raw(found)?;
            let allowed = witness.decide_unchecked(&engines.plain)?;
            let is_allowed = allowed.is_allow() && allowed.reasons.contains(&listed.id);
            let is_denied = || match others {
                Some(others) => witness.decide_unchecked(&others.plain).is_some_and(|denied| !denied.is_allow()),
                None => true,
            };
            Some(is_allowed && is_denied())
        };
        allowing.permits_of(self.holder).find_map(|(_, listed)| {
            let mut requests = samples.of(&self.request.cedar, listed.policy);
            Some((*basis, requests.find(|found| is_shown(found, listed) == Some(true))?))
        })
    }

    /// Asks under the first schema that the policies of both sides type under; under each of them where a test is false for
    /// certain under one and open under another: `context has break_glass`, where one side alone has a break-glass.
    pub(super) fn settle(&self, asking: &mut Asking<'_>) -> Settled {
        let mut refused = None;
        let mut served = false;
        for basis in bases(self.request.presence) {
            let common = match self.schemas.get(*basis) {
                Ok(common) => common,
                Err(why) => {
                    refused.get_or_insert_with(|| why.clone());
                    continue;
                }
            };
            match self.under(asking, common) {
                Answer::Holds => served = true,
                Answer::Fails(found) => return Settled::Fails(*basis, found),
                Answer::Unknown(Unknown::Refused(why)) => {
                    refused.get_or_insert(why);
                }
                Answer::Unknown(why) => return Settled::Unsure(Doubt::Unanswered(why.to_string())),
            }
            if served && !self.schemas.parted() {
                break;
            }
        }
        match served {
            true => self.unless_errors(asking),
            false => Settled::Unsure(Doubt::Incomparable(refused.unwrap_or_default())),
        }
    }

    fn under(&self, asking: &mut Asking<'_>, common: &CommonSchema) -> Answer {
        let [old, new] = self.halves;
        let (allowing, denying) = self.way.of([old, new]);
        let mut words = Words::new(self.holder, allowing, denying);
        loop {
            let answer = asking.answer(&common.ground, &self.implies(words.left(self.assumed), words.right()));
            let Answer::Fails(found) = &answer else {
                return answer;
            };
            match self.more(found, common, &mut words) {
                More::Replays => return answer,
                More::Added => {}
                More::Nothing => break,
            }
        }
        // The counterexample is none, and nothing tells why: everything is asked at once.
        let everything = |half: &Half<'_>| -> Vec<Rule> {
            let permits = half.all_permits().map(|(rule, _)| rule.clone());
            permits.chain(half.forbids.keys().cloned()).collect()
        };
        let of_holder = allowing.permits_of(self.holder).map(|(rule, _)| rule.clone());
        let forbids = allowing.forbids.keys().chain(self.assumed).cloned();
        let left = Rules::new(of_holder.chain(forbids));
        asking.answer(&common.ground, &self.implies(left, Rules::new(everything(denying))))
    }

    fn implies(&self, left: Rules, right: Rules) -> Question {
        Question { environment: self.request.cedar.clone(), claim: Claim::Implies(left, right) }
    }

    /// What a counterexample runs into on the whole of both sides.
    fn more(&self, found: &Counterexample, common: &CommonSchema, words: &mut Words<'a>) -> More {
        let (allowing, denying) = self.way.of(common.engines(self.request.presence));
        let (allowing_half, denying_half) = {
            let [old, new] = self.halves;
            self.way.of([old, new])
        };
        let Some(witness) = Witness::raw(found) else {
            return More::Replays;
        };
        let decided = |engines: Option<&Engines>| -> Option<Decision> { witness.decide_unchecked(&engines?.plain) };
        let Some(allows) = decided(allowing) else {
            return More::Replays;
        };
        if allows.outcome == Outcome::Deny {
            let forbids = allowing_half.forbids.iter().map(|(rule, listed)| (rule, *listed));
            return words.add(forbids, &allows, Effect::Forbid);
        }
        match decided(denying) {
            Some(denies) if denies.is_allow() => words.add(denying_half.all_permits(), &denies, Effect::Permit),
            _ => More::Replays,
        }
    }

    /// Nothing is found by Cedar's decisions. Gateways deny where a forbid errors, too, which matters where only the denying
    /// side has it.
    fn unless_errors(&self, asking: &mut Asking<'_>) -> Settled {
        let [old, new] = self.listings;
        let (_, listing) = self.way.of([old, new]);
        let (_, side) = self.way.of(self.schemas.sides);
        let [old, new] = self.halves;
        let (allowing, denying) = self.way.of([old, new]);
        let permits = Permits::of(denying.all_permits().map(|(_, listed)| listed));
        let mut assumes = Assumes::of(self.assumed);
        let env: &Environment = &self.request.cedar;
        for listed in listing.slice(env) {
            if listed.effect == Effect::Permit || allowing.forbids.contains_key(&listed.rule) {
                continue;
            }
            for rule in errors::risky(listed, &side.lowered.origins, env, permits) {
                match self.never_errors(asking, [allowing, denying], rule) {
                    Some(more) => assumes = assumes.max(more),
                    None => {
                        let name = listed.draft.map_or(&listed.id, |draft| &draft.statement);
                        let why = format!("`{name}` may error here, and a gateway then denies");
                        return Settled::Unsure(Doubt::Unanswered(why));
                    }
                }
            }
        }
        Settled::Holds(assumes)
    }

    /// What it takes to know that a rule errors on no request, or on none that the allowing side allows the holder; `None`
    /// where it is not known.
    fn never_errors(
        &self,
        asking: &mut Asking<'_>,
        [allowing, denying]: [&Half<'a>; 2],
        rule: Rule,
    ) -> Option<Assumes> {
        let sound = errors::sound(&rule, &self.request.cedar);
        if self.proved(asking, &Claim::NeverErrors(rule)).is_ok() {
            return Some(Assumes::Nothing);
        }
        let sound = sound?;
        let mut assumed = self.assumed.to_vec();
        let words = Words::new(self.holder, allowing, denying);
        for _ in 0..=MOST_BOUNDS {
            let claim = Claim::Implies(words.left(&assumed), Rules::new([sound.clone()]));
            let found = match self.proved(asking, &claim) {
                Ok(()) => return Some(Assumes::of(&assumed)),
                Err(found) => found,
            };
            let witness = found.as_deref().and_then(Witness::raw);
            match witness.and_then(|witness| Range::Exact.bounds(&witness, &self.request.cedar)) {
                Some(bounds) if !assumed.contains(&bounds) => assumed.push(bounds),
                _ => return None,
            }
        }
        None
    }

    /// Whether a claim holds under the schemas that serve it, as they serve [`Self::settle`]; or a counterexample.
    fn proved(&self, asking: &mut Asking<'_>, claim: &Claim) -> Result<(), Option<Box<Counterexample>>> {
        let mut served = false;
        for basis in bases(self.request.presence) {
            let Ok(common) = self.schemas.get(*basis) else {
                continue;
            };
            let question = Question { environment: self.request.cedar.clone(), claim: claim.clone() };
            match asking.answer(&common.ground, &question) {
                Answer::Holds => served = true,
                Answer::Unknown(Unknown::Refused(_)) => {}
                Answer::Fails(found) => return Err(Some(found)),
                Answer::Unknown(_) => return Err(None),
            }
            if served && !self.schemas.parted() {
                break;
            }
        }
        if served { Ok(()) } else { Err(None) }
    }
}

enum More {
    /// Nothing: it is one.
    Replays,
    /// Policies, which are in the words now.
    Added,
    /// Policies that are in the words already.
    Nothing,
}

/// The policies in which a question is put. INVARIANT: the left allows at least what the allowing side allows the holder; of
/// that, the right allows at most what the denying side allows.
struct Words<'a> {
    permits: Says<'a>,
    /// Forbids of the allowing side.
    forbids: Says<'a>,
    /// Permits of the denying side.
    granted: Says<'a>,
    /// Forbids of the denying side alone: the others forbid on the left, too.
    denied: Says<'a>,
}

impl<'a> Words<'a> {
    fn new(holder: &Holder, allowing: &Half<'a>, denying: &Half<'a>) -> Self {
        let only = |these: &Says<'a>, those: &Says<'a>| -> Says<'a> {
            let alone = these.iter().filter(|(rule, _)| !those.contains_key(*rule));
            alone.map(|(rule, listed)| (rule.clone(), *listed)).collect()
        };
        let of = |half: &Half<'a>| -> Says<'a> {
            let permits = half.permits_of(holder);
            permits.map(|(rule, listed)| (rule.clone(), listed)).collect()
        };
        Self {
            permits: of(allowing),
            forbids: only(&allowing.forbids, &denying.forbids),
            granted: of(denying),
            denied: only(&denying.forbids, &allowing.forbids),
        }
    }

    fn left(&self, assumed: &[Rule]) -> Rules {
        rules(&self.permits, &self.forbids, assumed)
    }

    fn right(&self) -> Rules {
        rules(&self.granted, &self.denied, &[])
    }

    /// Adds those of some policies that decided.
    fn add<'r>(
        &mut self,
        from: impl Iterator<Item = (&'r Rule, &'a Listed<'a>)>,
        decision: &Decision,
        effect: Effect,
    ) -> More
    where
        'a: 'r,
    {
        let into = match effect {
            Effect::Permit => &mut self.granted,
            Effect::Forbid => &mut self.forbids,
        };
        let before = into.len();
        let deciding: BTreeMap<Rule, &Listed<'_>> = from
            .filter(|(_, listed)| decision.reasons.contains(&listed.id))
            .map(|(rule, listed)| (rule.clone(), listed))
            .collect();
        into.extend(deciding);
        match into.len() == before {
            true => More::Nothing,
            false => More::Added,
        }
    }
}

/// Permits with the forbids that they do not carry as conditions of their own.
fn rules(permits: &Says<'_>, forbids: &Says<'_>, assumed: &[Rule]) -> Rules {
    let needed = forbids.iter().filter(|(_, forbid)| !permits.values().all(|permit| carries(permit, forbid)));
    let needed = needed.map(|(rule, _)| rule);
    Rules::new(permits.keys().chain(needed).chain(assumed).cloned())
}
