//! Whether policies matter: is there a request that is decided otherwise without them? Counterexamples are refined: what else
//! decides a request that was found is added to the question, until a request shows that they matter, or nothing is left.

use std::collections::BTreeSet;

use cedar_policy::Effect;

use super::environment_slice::{EnvironmentSlice, Known, View};
use crate::analysis::prover::Asking;
use crate::analysis::question::{Answer, Claim, Counterexample, Question};
use crate::analysis::rule::{Rule, Rules};
use crate::analysis::sample::Scope;
use crate::decide::Trial;

/// A policy that is asked about.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    pub(super) rule: Rule,
    pub(super) effect: Effect,
    pub(super) scope: Scope,
    /// Its position, where it is one of the program's.
    pub(super) at: Option<usize>,
}

/// What a policy comes to in one kind of request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImpactInKind {
    /// Some request is decided otherwise without it.
    Matters,
    /// It never applies.
    Never,
    /// Wherever it applies, these decide.
    Covered(BTreeSet<usize>),
    /// Neither is known, and why.
    Unknown(String),
}

/// Permits that are tried one by one before all are asked about at once.
const FIRST_PERMITS: usize = 4;

/// Rounds of refinement; each adds a policy, so that more than these are of no use to a reader.
const MOST_ROUNDS: usize = 64;

/// Of more policies that decide in another's place none is taken for needless.
const MOST_WEIGHED: usize = 8;

/// Asks about a policy in one kind of request. `own` are those that are taken away together with it.
pub(super) fn impact(
    asking: &mut Asking<'_>,
    view: &mut View<'_, '_>,
    probe: &Probe,
    own: &BTreeSet<usize>,
) -> ImpactInKind {
    let slice = view.slice;
    let mut search =
        Search { alone: Trial::new([(0, probe.rule.policy())]), probe, own, blockers: BTreeSet::new(), applies: false };
    if view.known().any(|known| search.learns(slice, known) == Step::Matters) {
        return ImpactInKind::Matters;
    }
    let mut scopes = vec![probe.scope.clone()];
    if probe.effect == Effect::Forbid {
        let permits = slice.of_effect(Effect::Permit).take(FIRST_PERMITS);
        let permits = permits.filter_map(|at| slice.rule(at));
        scopes.extend(permits.map(|rule| probe.scope.and(&Scope::of(rule.policy()))));
    }
    for scope in scopes {
        for sample in slice.samples(&scope) {
            let tried = search.alone.run(&sample.request, &sample.entities);
            if !tried.applied.is_empty() && search.takes(view, sample) == Step::Matters {
                return ImpactInKind::Matters;
            }
        }
    }
    if !search.applies {
        match ask(asking, slice, Claim::NeverApplies(probe.rule.clone())) {
            Answer::Holds => return ImpactInKind::Never,
            Answer::Unknown(why) => return ImpactInKind::Unknown(why.to_string()),
            Answer::Fails(found) => match search.takes(view, *found) {
                Step::Matters => return ImpactInKind::Matters,
                Step::Same if !search.applies => return not_replayed(),
                Step::Same | Step::More => {}
            },
        }
    }
    if let Some(twin) = search.twin(slice) {
        return ImpactInKind::Covered(BTreeSet::from([twin]));
    }
    search.run(asking, view)
}

/// What a request added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Matters,
    More,
    Same,
}

struct Search<'a> {
    probe: &'a Probe,
    own: &'a BTreeSet<usize>,
    alone: Trial,
    /// What else decides the requests seen so far.
    blockers: BTreeSet<usize>,
    applies: bool,
}

impl Search<'_> {
    fn applies_to(&self, known: &Known) -> bool {
        match self.probe.at {
            Some(at) => known.applies(at),
            None => !self.alone.run(&known.found.request, &known.found.entities).applied.is_empty(),
        }
    }

    fn learns(&mut self, slice: &EnvironmentSlice<'_>, known: &Known) -> Step {
        if !self.applies_to(known) {
            return Step::Same;
        }
        self.applies = true;
        let others = known.tried.applied.iter().copied().filter(|at| !self.own.contains(at));
        let (permits, forbids): (Vec<usize>, Vec<usize>) =
            others.partition(|at| slice.effect(*at) == Some(Effect::Permit));
        let blocking = match self.probe.effect {
            Effect::Permit => [permits, forbids].concat(),
            Effect::Forbid if permits.is_empty() => return Step::Same,
            Effect::Forbid => forbids,
        };
        if blocking.is_empty() {
            return Step::Matters;
        }
        let before = self.blockers.len();
        self.blockers.extend(blocking);
        match self.blockers.len() > before {
            true => Step::More,
            false => Step::Same,
        }
    }

    fn takes(&mut self, view: &mut View<'_, '_>, found: Counterexample) -> Step {
        let known = view.slice.tried(found);
        let step = self.learns(view.slice, &known);
        view.keep(known);
        step
    }

    /// A policy of the same words, besides.
    fn twin(&self, slice: &EnvironmentSlice<'_>) -> Option<usize> {
        let others = slice.positions.iter().copied().filter(|at| !self.own.contains(at));
        others.into_iter().find(|at| slice.rule(*at) == Some(&self.probe.rule))
    }

    fn run(&mut self, asking: &mut Asking<'_>, view: &mut View<'_, '_>) -> ImpactInKind {
        let slice = view.slice;
        if self.probe.effect == Effect::Forbid {
            let permits: Vec<usize> = slice.of_effect(Effect::Permit).take(FIRST_PERMITS).collect();
            for permit in permits {
                let Some(rule) = slice.rule(permit) else { continue };
                let claim = Claim::ApplyDisjoint(self.probe.rule.clone(), rule.clone());
                if let Answer::Fails(found) = ask(asking, slice, claim)
                    && self.takes(view, *found) == Step::Matters
                {
                    return ImpactInKind::Matters;
                }
            }
        }
        for _ in 0..MOST_ROUNDS {
            match ask(asking, slice, self.claim(slice)) {
                Answer::Holds => return ImpactInKind::Covered(self.without_needless(asking, slice)),
                Answer::Unknown(why) => return ImpactInKind::Unknown(why.to_string()),
                Answer::Fails(found) => match self.takes(view, *found) {
                    Step::Matters => return ImpactInKind::Matters,
                    Step::More => {}
                    Step::Same => return not_replayed(),
                },
            }
        }
        ImpactInKind::Unknown(format!("more than {MOST_ROUNDS} policies decide the same requests"))
    }

    /// That the policy adds nothing to those that block it.
    fn claim(&self, slice: &EnvironmentSlice<'_>) -> Claim {
        let mut beside = self.blockers.clone();
        if self.probe.effect == Effect::Forbid {
            beside.extend(slice.of_effect(Effect::Permit).filter(|at| !self.own.contains(at)));
        }
        let rules: Vec<Rule> = beside.iter().filter_map(|at| slice.rule(*at).cloned()).collect();
        let with = Rules::new(rules.iter().cloned().chain([self.probe.rule.clone()]));
        let without = Rules::new(rules);
        match self.probe.effect {
            Effect::Permit => Claim::Implies(with, without),
            Effect::Forbid => Claim::Implies(without, with),
        }
    }

    /// What is left of the policies that explain it when those are taken away that need not be there: one that does it alone,
    /// where there is one. Of many none is taken away, since each takes a question.
    fn without_needless(&mut self, asking: &mut Asking<'_>, slice: &EnvironmentSlice<'_>) -> BTreeSet<usize> {
        if self.blockers.len() > 1 {
            for at in &self.blockers {
                let Some(rule) = slice.rule(*at) else { continue };
                let claim = Claim::ApplyImplies(self.probe.rule.clone(), rule.clone());
                if ask(asking, slice, claim).holds() {
                    return BTreeSet::from([*at]);
                }
            }
        }
        if (3..=MOST_WEIGHED).contains(&self.blockers.len()) {
            for at in self.blockers.clone() {
                self.blockers.remove(&at);
                if !ask(asking, slice, self.claim(slice)).holds() {
                    self.blockers.insert(at);
                }
            }
        }
        self.blockers.clone()
    }
}

pub(super) fn ask(asking: &mut Asking<'_>, slice: &EnvironmentSlice<'_>, claim: Claim) -> Answer {
    let question = Question { environment: slice.environment.clone(), claim };
    asking.answer(&slice.base.ground, &question)
}

fn not_replayed() -> ImpactInKind {
    ImpactInKind::Unknown("the solver's request does not replay: a bug in the prover".to_owned())
}
