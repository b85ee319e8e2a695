//! Counterexamples for people: a request and the fewest entities, as the contract declares them, with plausible names, times
//! and numbers. Whatever is changed is replayed through `decide`, and only kept while it still shows the same.

mod conform;
pub(super) mod data;
mod names;
mod shown;
mod shrink;

use std::collections::BTreeSet;

use cedar_policy::{Entities, EntityUid};
use serde_json::{Map, Value};
use thiserror::Error;

#[cfg(test)]
pub(crate) use self::shown::{EVERY_VALUE, witness_of_every_value};

use self::conform::Lead;
use super::question::Counterexample;
use crate::bundle::{ACTION_TYPE, Contract};
use crate::decide::{Decision, Engine, Request};
use crate::text::Instant;

/// A request, and the entities it is decided with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request, its context in Cedar's JSON form.
    pub request: Request,
    /// The entities as a list in Cedar's JSON form, without roles, actions and members of enumerations.
    pub entities: Value,
}

/// Why a counterexample is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unshowable {
    /// Replayed as the solver made it, it does not show what it should: a fault of ours or the solver's.
    #[error("the counterexample does not replay: a bug in the prover, not in the policy")]
    NotReplayed,
    /// It replays, but only with entities that are not as the contract declares them, which no loader accepts.
    #[error("the only counterexample found has entities that violate the contract")]
    Unconforming,
}

/// What a witness is made for.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// The contract that entities must keep.
    pub contract: &'a Contract,
    /// An engine under whose schema the request must be valid, nothing that it requires left out.
    pub engine: &'a Engine,
    /// Entities that the policies name, whose ids must stay.
    pub literals: &'a BTreeSet<EntityUid>,
    /// The time to set clocks to, where the finding does not depend on them.
    pub at: Instant,
    /// Whether a request with entities shows it, decided as a gateway would.
    pub shows: &'a dyn Fn(&Witness) -> bool,
    /// The same under plain Cedar, for a counterexample as the solver made it, whose entities no contract checks.
    pub shows_unchecked: &'a dyn Fn(&Witness) -> bool,
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

impl Witness {
    /// A witness as the solver made it.
    #[must_use]
    pub fn raw(found: &Counterexample) -> Option<Self> {
        let request = &found.request;
        let mut entities = found.entities.to_json_value().ok()?;
        // Actions are part of every engine.
        let is_action =
            |entity: &Value| data::uid_of(entity).is_some_and(|uid| uid.type_name().basename() == ACTION_TYPE);
        if let Some(list) = entities.as_array_mut() {
            list.retain(|entity| !is_action(entity));
        }
        let context = request.context()?.to_json_value().ok()?;
        Some(Self {
            request: Request {
                principal: request.principal()?.clone(),
                action: request.action()?.clone(),
                resource: request.resource()?.clone(),
                context: context.as_object().cloned().unwrap_or_default(),
            },
            entities,
        })
    }

    /// A counterexample made fit to be shown.
    ///
    /// # Errors
    /// Where it does not replay, or only with entities that no loader would accept.
    pub fn new(found: &Counterexample, stage: Stage<'_>) -> Result<Self, Unshowable> {
        let raw = Self::raw(found).ok_or(Unshowable::NotReplayed)?;
        if !(stage.shows_unchecked)(&raw) {
            return Err(Unshowable::NotReplayed);
        }
        let is_valid = |witness: &Self| stage.engine.missing(&witness.request).is_ok_and(|missing| missing.is_empty());
        let shows = |witness: &Self| is_valid(witness) && (stage.shows)(witness);
        let ways = [Lead::Attribute, Lead::Parent].into_iter();
        let mut conforming = ways.map(|lead| conform::conform(&raw, stage.contract, lead));
        let conforming = conforming.find(&shows);
        let conforming = conforming.ok_or(Unshowable::Unconforming)?;
        let small = shrink::shrink(conforming, stage.at, &shows);
        let named = names::rename(&small, stage.contract, stage.literals);
        Ok(if shows(&named) { named } else { small })
    }

    /// Decides it, as a gateway would; `None` where the engine does not take its entities or its request.
    #[must_use]
    pub fn decide(&self, engine: &Engine) -> Option<Decision> {
        let entities = engine.entities(&self.entities).ok()?;
        engine.decide(&self.request, &entities).ok()
    }

    /// Decides it with entities that are not checked; `None` where even so they cannot be read.
    #[must_use]
    pub fn decide_unchecked(&self, engine: &Engine) -> Option<Decision> {
        let entities = engine.unchecked_entities(&self.entities).ok()?;
        engine.decide(&self.request, &entities).ok()
    }

    /// The loaded entities, where an engine takes them.
    #[must_use]
    pub fn load(&self, engine: &Engine) -> Option<Entities> {
        engine.entities(&self.entities).ok()
    }

    /// The points in time in its context, each with the names that lead to it.
    #[must_use]
    pub fn times(&self) -> Vec<(Vec<String>, Instant)> {
        shrink::times(&self.request.context)
    }

    /// The context.
    #[must_use]
    pub fn context(&self) -> &Map<String, Value> {
        &self.request.context
    }
}
