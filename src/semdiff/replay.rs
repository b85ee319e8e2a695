//! Counterexamples as examples: replayed on both sides as gateways decide, made small, and explained by statements.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cedar_policy::{Effect, Entities, EntityUid, EvalResult, PrincipalConstraint};
use serde_json::Value;

use crate::analysis::{Counterexample, Environment, Stage, Unshowable, Witness};
use crate::bundle::{Clause, Origin, OriginKind};
use crate::decide;
use crate::decide::{Engine, Outcome};
use crate::lower::Lowered;
use crate::text::Instant;

use super::common_schema::{CommonSchema, Engines};
use super::difference::{Reason, Replayed};
use super::holder::Holder;
use super::listing::Listing;

/// How many statements are told that come near to granting.
const MOST_NEAR: usize = 2;

/// One side as an example is replayed on it.
#[derive(Clone, Copy)]
pub(super) struct Stand<'a> {
    pub(super) listing: &'a Listing<'a>,
    pub(super) lowered: &'a Lowered,
    /// Its engines; `None` where there are no requests of the kind on this side, and nothing is allowed.
    pub(super) engines: Option<&'a Engines>,
}

/// What is to be shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) common: &'a CommonSchema,
    /// The side that allows it.
    pub(super) allowing: Stand<'a>,
    /// The side that denies it.
    pub(super) denying: Stand<'a>,
    pub(super) environment: &'a Environment,
    pub(super) holder: &'a Holder,
    pub(super) literals: &'a BTreeSet<EntityUid>,
    pub(super) at: Instant,
}

/// Whether policies may err on an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errors {
    Refused,
    Accepted,
}

/// A request that the allowing side allows by a permit of the holder, and the denying side denies: the witness, and what
/// the two say of it.
pub(super) fn example(found: &Counterexample, shown: Shown<'_>) -> Result<(Witness, Replayed, Replayed), Unshowable> {
    let permits: BTreeSet<&str> = shown
        .allowing
        .listing
        .slice(shown.environment)
        .filter(|listed| listed.holder == *shown.holder)
        .map(|listed| listed.id.as_str())
        .collect();
    let Some(engines) = shown.allowing.engines else {
        return Err(Unshowable::NotReplayed);
    };
    // Most of what is tried changes the context only.
    let loaded: RefCell<Option<(Value, Option<Entities>)>> = RefCell::default();
    let load = |witness: &Witness| {
        if let Some((json, entities)) = &*loaded.borrow()
            && *json == witness.entities
        {
            return entities.clone();
        }
        let entities = witness.load(&engines.strict);
        *loaded.borrow_mut() = Some((witness.entities.clone(), entities.clone()));
        entities
    };
    let flips = |witness: &Witness, entities: Option<Entities>, of: fn(&Engines) -> &Engine, errors: Errors| -> bool {
        let Some(entities) = entities else { return false };
        let decided = |engines: &Engines| {
            let decision = of(engines).decide(&witness.request, &entities).ok();
            decision.filter(|decision| errors == Errors::Accepted || decision.errors.is_empty())
        };
        let denied = |engines| decided(engines).is_some_and(|decision| decision.outcome == Outcome::Deny);
        let allowed = |engines| {
            decided(engines).is_some_and(|decision| {
                decision.is_allow() && decision.reasons.iter().any(|id| permits.contains(id.as_str()))
            })
        };
        shown.denying.engines.is_none_or(denied) && allowed(engines)
    };
    let unchecked = |witness: &Witness| {
        let entities = engines.plain.unchecked_entities(&witness.entities).ok();
        flips(witness, entities, |engines| &engines.plain, Errors::Accepted)
    };
    let made = |errors: Errors| {
        let shows = |witness: &Witness| flips(witness, load(witness), |engines| &engines.strict, errors);
        Witness::new(
            found,
            Stage {
                contract: &shown.common.contract,
                engine: &engines.strict,
                literals: shown.literals,
                at: shown.at,
                shows: &shows,
                shows_unchecked: &unchecked,
            },
        )
    };
    // A request on which some policy errs is told only where there is no other.
    let witness = made(Errors::Refused).or_else(|_| made(Errors::Accepted))?;
    let entities = witness.load(&engines.strict).ok_or(Unshowable::NotReplayed)?;
    let told = |stand: Stand<'_>| replayed(stand, &shown, &witness, &entities).ok_or(Unshowable::NotReplayed);
    let (allowing, denying) = (told(shown.allowing)?, told(shown.denying)?);
    Ok((witness, allowing, denying))
}

/// What a side says of a witness.
fn replayed(stand: Stand<'_>, shown: &Shown<'_>, witness: &Witness, entities: &Entities) -> Option<Replayed> {
    let Some(engines) = stand.engines else {
        return Some(Replayed { allowed: false, cause: "no-such-request", reasons: Vec::new() });
    };
    let engine = &engines.strict;
    let decision = engine.decide(&witness.request, entities).ok()?;
    let holds = |expression: &str| {
        let value = engine.evaluate(expression, &witness.request, entities);
        value == Ok(EvalResult::Bool(true))
    };
    let origins = &stand.lowered.origins;
    let deciding = decision.reasons.iter().filter_map(|id| Some((id, origins.policies.get(id)?)));
    let mut reasons: Vec<Reason> = deciding
        .map(|(id, origin)| match decision.is_allow() {
            true => reason(id, origin, granting(&origin.clauses)),
            false => reason(id, origin, forbidding(origin, &holds)),
        })
        .collect();
    // What a grant lifts is forbidden where the grant does not count: why it does not is what people ask.
    if !decision.is_allow() && (reasons.is_empty() || matches!(shown.holder, Holder::BreakGlass(_))) {
        reasons.extend(near(stand, shown, &holds));
    }
    dedup(&mut reasons);
    Some(Replayed { allowed: decision.is_allow(), cause: decision.cause.name(), reasons })
}

/// The copies of a statement that decided alike are one reason.
fn dedup(reasons: &mut Vec<Reason>) {
    let mut seen = BTreeSet::new();
    reasons.retain(|reason| seen.insert((reason.statement.clone(), reason.when.clone())));
}

fn reason<'a>(id: &str, origin: &Origin, when: impl IntoIterator<Item = Condition<'a>>) -> Reason {
    let (mut gate, mut reads) = (Vec::new(), Vec::new());
    for condition in when {
        gate.push(condition.gate.to_owned());
        for path in decide::attributes_read(condition.cedar) {
            if !reads.contains(&path) {
                reads.push(path);
            }
        }
    }
    Reason {
        statement: origin.statement.clone(),
        kind: origin.kind,
        policy: id.to_owned(),
        place: origin.place.clone(),
        when: gate,
        reads,
    }
}

/// A condition, as the author and as Cedar write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Condition<'a> {
    gate: &'a str,
    cedar: &'a str,
}

impl<'a> Condition<'a> {
    fn of(clause: &'a Clause) -> Self {
        Self { gate: &clause.gate, cedar: &clause.cedar }
    }
}

/// A permit's own conditions.
fn granting(clauses: &[Clause]) -> Vec<Condition<'_>> {
    clauses.iter().filter(|clause| clause.guard.is_none()).map(Condition::of).collect()
}

/// Of a guard what does not hold, of anything else its conditions.
fn forbidding<'a>(origin: &'a Origin, holds: &dyn Fn(&str) -> bool) -> Vec<Condition<'a>> {
    match origin.kind {
        OriginKind::Require | OriginKind::Isolate | OriginKind::Separate => failing(&origin.clauses, holds),
        OriginKind::Grant | OriginKind::Deny | OriginKind::BreakGlass | OriginKind::Raw => {
            origin.clauses.iter().map(Condition::of).collect()
        }
    }
}

/// The permits of the holder that lack least to grant, with what they lack.
fn near(stand: Stand<'_>, shown: &Shown<'_>, holds: &dyn Fn(&str) -> bool) -> Vec<Reason> {
    let mut all: Vec<(usize, Reason)> = Vec::new();
    for listed in stand.listing.slice(shown.environment) {
        if listed.holder != *shown.holder || listed.effect != Effect::Permit {
            continue;
        }
        let Some(origin) = stand.lowered.origins.policies.get(&listed.id) else {
            continue;
        };
        let in_scope = scope(&listed.policy.principal_constraint()).map(|named| format!("principal in {named}"));
        let missed = in_scope.as_deref().filter(|test| !holds(test));
        let mut lacks: Vec<Condition<'_>> =
            missed.map(|test| Condition { gate: test, cedar: test }).into_iter().collect();
        lacks.extend(failing(&origin.clauses, holds));
        all.push((lacks.len(), reason(&listed.id, origin, lacks)));
    }
    all.sort_by(|(few, one), (many, other)| few.cmp(many).then_with(|| one.policy.cmp(&other.policy)));
    let fewest = all.first().map_or(0, |(lacks, _)| *lacks);
    all.into_iter().filter(|(lacks, _)| *lacks == fewest).map(|(_, reason)| reason).take(MOST_NEAR).collect()
}

fn scope(constraint: &PrincipalConstraint) -> Option<&EntityUid> {
    match constraint {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) | PrincipalConstraint::IsIn(_, uid) => Some(uid),
    }
}

/// Clauses that do not hold; of a named condition, those of its parts.
fn failing<'a>(clauses: &'a [Clause], holds: &dyn Fn(&str) -> bool) -> Vec<Condition<'a>> {
    let mut found = Vec::new();
    for clause in clauses.iter().filter(|clause| !holds(&clause.cedar)) {
        let parts = match failing(&clause.parts, holds) {
            parts if parts.is_empty() => vec![Condition::of(clause)],
            parts => parts,
        };
        for part in parts {
            // A guard may want what the grant wants, too.
            if !found.contains(&part) {
                found.push(part);
            }
        }
    }
    found
}
