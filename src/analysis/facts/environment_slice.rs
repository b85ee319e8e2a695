//! One kind of request: the policies that concern it, and requests of it that are known, each with what every policy came to.

use std::sync::OnceLock;

use cedar_policy::{Effect, Entities, EntityUid};

use crate::analysis::base::Base;
use crate::analysis::environment::Environment;
use crate::analysis::question::Counterexample;
use crate::analysis::rule::Rule;
use crate::analysis::sample::{KINDS, Sample, Samples, Scope};
use crate::bundle::ACTION_TYPE;
use crate::decide::{Trial, Tried};

/// Known requests beyond these are not kept: looking through them would cost more than asking.
const MOST_KNOWN: usize = 64;

pub(super) struct EnvironmentSlice<'a> {
    pub(super) environment: &'a Environment,
    pub(super) base: &'a Base,
    samples: &'a Samples,
    /// Positions of the policies that its scope admits.
    pub(super) positions: &'a [usize],
    trial: Trial,
    known: Vec<Known>,
    /// Samples in no particular place, built when first wanted.
    unplaced: OnceLock<Vec<Sample>>,
}

/// A request, and the policies that apply to it or error.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) found: Counterexample,
    pub(super) tried: Tried,
}

impl<'a> EnvironmentSlice<'a> {
    pub(super) fn new(base: &'a Base, samples: &'a Samples, environment: &'a Environment) -> Self {
        let slice = base.positions(environment);
        let policies = slice.iter().filter_map(|at| Some((*at, base.policies().get(*at)?)));
        Self {
            environment,
            base,
            samples,
            positions: slice,
            trial: Trial::new(policies.map(|(at, listed)| (at, listed.rule.policy()))),
            known: Vec::new(),
            unplaced: OnceLock::new(),
        }
    }

    pub(super) fn rule(&self, at: usize) -> Option<&Rule> {
        self.base.policies().get(at).map(|listed| &listed.rule)
    }

    pub(super) fn effect(&self, at: usize) -> Option<Effect> {
        self.base.policies().get(at).map(|listed| listed.effect)
    }

    pub(super) fn of_effect(&self, effect: Effect) -> impl Iterator<Item = usize> {
        let is = move |at: &usize| self.effect(*at) == Some(effect);
        self.positions.iter().copied().filter(is)
    }

    /// Tries all policies on a request.
    pub(super) fn tried(&self, found: Counterexample) -> Known {
        let tried = self.trial.run(&found.request, &found.entities);
        Known { found, tried }
    }

    /// The samples of a scope.
    pub(super) fn samples(&self, scope: &Scope) -> Vec<Counterexample> {
        let build = |scope: &Scope| -> Vec<Sample> {
            let built = KINDS.iter().filter_map(|kind| self.samples.build(self.environment, scope, *kind));
            built.collect()
        };
        let place = |sample: &Sample| self.samples.placed(sample, scope);
        match scope.names_one() {
            true => build(scope).iter().filter_map(place).collect(),
            false => {
                let unplaced = self.unplaced.get_or_init(|| build(&Scope::default()));
                unplaced.iter().filter_map(place).collect()
            }
        }
    }

    /// A request whose principal and resource are also where a scope wants them.
    pub(super) fn within(&self, found: &Counterexample, scope: &Scope) -> Option<Counterexample> {
        self.samples.within(found, scope)
    }

    pub(super) fn known(&self) -> &[Known] {
        &self.known
    }

    pub(super) fn keep(&mut self, all: impl IntoIterator<Item = Known>) {
        let room = MOST_KNOWN.saturating_sub(self.known.len());
        self.known.extend(all.into_iter().take(room).map(Known::without_other_actions));
    }
}

impl Known {
    /// A solver names all actions there are, which need not be carried along.
    fn without_other_actions(mut self) -> Self {
        let entities = &self.found.entities;
        let of_request = |uid: &EntityUid| {
            let action = self.found.request.action();
            action.is_some_and(|action| action == uid || entities.is_ancestor_of(uid, action))
        };
        let is_action = |uid: &EntityUid| uid.type_name().basename() == ACTION_TYPE;
        let kept = entities.iter().filter(|entity| {
            let uid = entity.uid();
            !is_action(&uid) || of_request(&uid)
        });
        if let Ok(fewer) = Entities::from_entities(kept.cloned(), None) {
            self.found.entities = fewer;
        }
        self
    }

    pub(super) fn applies(&self, at: usize) -> bool {
        self.tried.applied.contains(&at)
    }
}

/// A field as one worker sees it: what it finds is added for all afterwards, in the order of the work, so that no finding
/// depends on how many work at once.
pub(super) struct View<'f, 'a> {
    pub(super) slice: &'f EnvironmentSlice<'a>,
    pub(super) added: Vec<Known>,
}

impl<'f, 'a> View<'f, 'a> {
    pub(super) fn new(slice: &'f EnvironmentSlice<'a>) -> Self {
        Self { slice, added: Vec::new() }
    }

    pub(super) fn known(&self) -> impl Iterator<Item = &Known> {
        self.slice.known.iter().chain(&self.added)
    }

    pub(super) fn keep(&mut self, known: Known) {
        self.added.push(known.without_other_actions());
    }
}
