//! What statements come to in all kinds of request: the fewest policies first, until some request shows that they matter.
//! Work goes in rounds, each case at one kind of request, so that what is found does not depend on how many work at once.

use std::collections::{BTreeMap, BTreeSet};

use super::environment_slice::{EnvironmentSlice, Known, View};
use super::impact::Probe;
use super::{Fact, Impact, Statement, Test, impact};
use crate::analysis::conjuncts::{Conjuncts, Place};
use crate::analysis::prover::{Asking, Prover};
use crate::analysis::question::{Answer, Claim};
use crate::analysis::sample::Scope;
use crate::graph::StatementId;

/// Cases that one worker takes at a time; they share what each finds.
const BATCH: usize = 16;

/// Tests beyond these are not told apart in a condition that never holds.
const MOST_TESTS: usize = 24;

/// Policies that are taken away together.
struct Case {
    probes: Vec<Probe>,
    own: BTreeSet<usize>,
    /// Which probe in which field, the smallest fields first.
    places: Vec<(usize, usize)>,
    next: usize,
    state: State,
}

#[derive(Default)]
struct State {
    matters: bool,
    applies: bool,
    covered_by: BTreeSet<usize>,
    unknown: Option<String>,
}

impl Case {
    fn new(probes: Vec<Probe>, own: BTreeSet<usize>, slices: &[EnvironmentSlice<'_>]) -> Self {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (number, probe) in probes.iter().enumerate() {
            let admitting = match probe.at {
                Some(at) => slices
                    .iter()
                    .enumerate()
                    .filter(|(_, slice)| slice.positions.binary_search(&at).is_ok())
                    .map(|(slice, _)| slice)
                    .collect(),
                None => admitting(probe, slices),
            };
            places.extend(admitting.into_iter().map(|slice| (number, slice)));
        }
        places.sort_by_key(|(probe, slice)| {
            (slices.get(*slice).map_or(0, |slice| slice.positions.len()), *slice, *probe)
        });
        Self { probes, own, places, next: 0, state: State::default() }
    }

    fn current(&self) -> Option<(&Probe, usize)> {
        if self.state.matters {
            return None;
        }
        let (probe, slice) = self.places.get(self.next)?;
        Some((self.probes.get(*probe)?, *slice))
    }

    fn take(&mut self, found: impact::ImpactInKind) {
        self.next += 1;
        match found {
            impact::ImpactInKind::Matters => self.state.matters = true,
            impact::ImpactInKind::Never => {}
            impact::ImpactInKind::Covered(by) => {
                self.state.applies = true;
                self.state.covered_by.extend(by);
            }
            impact::ImpactInKind::Unknown(why) => {
                self.state.unknown.get_or_insert(why);
            }
        }
    }

    /// What it came to, but for why it never applies.
    fn concluded(&self, statements: &Owners) -> Fact<Impact> {
        match &self.state {
            State { matters: true, .. } => Fact::Known(Impact::Matters),
            State { unknown: Some(why), .. } => Fact::Unknown(why.clone()),
            // No request is of a kind that its scope admits: that is a fault of names, told where they are.
            _ if self.places.is_empty() => Fact::NotAsked,
            State { applies: false, .. } => Fact::Known(Impact::Never(Vec::new())),
            State { covered_by, .. } => Fact::Known(statements.covered(covered_by)),
        }
    }
}

fn admitting(probe: &Probe, slices: &[EnvironmentSlice<'_>]) -> Vec<usize> {
    let Some(base) = slices.first().map(|slice| slice.base) else {
        return Vec::new();
    };
    let admitting = base.environments.admitting(probe.rule.policy());
    let numbered = slices.iter().enumerate();
    let found = numbered.filter(|(_, slice)| admitting.contains(&slice.environment));
    found.map(|(at, _)| at).collect()
}

/// The statement of each policy.
struct Owners(BTreeMap<usize, (StatementId, cedar_policy::Effect)>);

impl Owners {
    fn new(statements: &[Statement]) -> Self {
        let each = statements.iter().flat_map(|statement| {
            let policies = statement.policies.iter();
            policies.map(|at| (*at, (statement.id.clone(), statement.effect)))
        });
        Self(each.collect())
    }

    fn covered(&self, by: &BTreeSet<usize>) -> Impact {
        let owners = || by.iter().filter_map(|at| self.0.get(at));
        let of = |effect| owners().filter(move |(_, own)| *own == effect).map(|(id, _)| id.clone());
        Impact::Covered {
            permits: of(cedar_policy::Effect::Permit).collect(),
            forbids: of(cedar_policy::Effect::Forbid).collect(),
        }
    }
}

/// Runs cases to their ends.
fn run(prover: &Prover<'_>, slices: &mut [EnvironmentSlice<'_>], cases: &mut [Case]) {
    loop {
        let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, case) in cases.iter().enumerate() {
            if let Some((_, slice)) = case.current() {
                waiting.entry(slice).or_default().push(number);
            }
        }
        if waiting.is_empty() {
            return;
        }
        let tasks: Vec<(usize, &[usize])> =
            waiting.iter().flat_map(|(slice, numbers)| numbers.chunks(BATCH).map(|some| (*slice, some))).collect();
        let done = prover.each(&tasks, |asking, (slice, numbers)| batch(asking, slices.get(*slice), numbers, cases));
        let fields_of: Vec<usize> = tasks.iter().map(|(slice, _)| *slice).collect();
        for (slice, (found, added)) in fields_of.into_iter().zip(done) {
            for (number, impact) in found {
                if let Some(case) = cases.get_mut(number) {
                    case.take(impact);
                }
            }
            if let Some(slice) = slices.get_mut(slice) {
                slice.keep(added);
            }
        }
    }
}

type Done = (Vec<(usize, impact::ImpactInKind)>, Vec<Known>);

fn batch(asking: &mut Asking<'_>, slice: Option<&EnvironmentSlice<'_>>, numbers: &[usize], cases: &[Case]) -> Done {
    let Some(slice) = slice else { return Done::default() };
    let mut view = View::new(slice);
    let mut found = Vec::new();
    for number in numbers {
        let Some(case) = cases.get(*number) else { continue };
        if let Some((probe, _)) = case.current() {
            found.push((*number, impact::impact(asking, &mut view, probe, &case.own)));
        }
    }
    (found, view.added)
}

fn probe(at: usize, slices: &[EnvironmentSlice<'_>]) -> Option<Probe> {
    let slice = slices.first()?;
    let rule = slice.rule(at)?.clone();
    Some(Probe { scope: Scope::of(rule.policy()), effect: slice.effect(at)?, rule, at: Some(at) })
}

/// What every statement comes to that is no guard.
pub(super) fn impacts(
    prover: &Prover<'_>,
    slices: &mut [EnvironmentSlice<'_>],
    statements: &[Statement],
) -> BTreeMap<StatementId, Fact<Impact>> {
    let asked: Vec<&Statement> = statements.iter().filter(|statement| !statement.is_guard()).collect();
    let mut cases: Vec<Case> = asked
        .iter()
        .map(|statement| {
            let probes = statement.policies.iter().filter_map(|at| probe(*at, slices));
            let own = statement.policies.iter().copied().collect();
            Case::new(probes.collect(), own, slices)
        })
        .collect();
    run(prover, slices, &mut cases);
    let owners = Owners::new(statements);
    let found: Vec<(&Statement, Fact<Impact>)> =
        asked.iter().zip(&cases).map(|(statement, case)| (*statement, case.concluded(&owners))).collect();
    let explained = prover.each(&found, |asking, (statement, fact)| {
        let never = matches!(fact, Fact::Known(Impact::Never(_)));
        never.then(|| blame(asking, slices, statement))
    });
    found
        .into_iter()
        .zip(explained)
        .map(|((statement, fact), blamed)| {
            (statement.id.clone(), blamed.map_or(fact, |tests| Fact::Known(Impact::Never(tests))))
        })
        .collect()
}

/// The fewest tests of a statement's first policy that never hold together.
fn blame(asking: &mut Asking<'_>, slices: &[EnvironmentSlice<'_>], statement: &Statement) -> Vec<Test> {
    let first = statement.policies.first().and_then(|at| Some((*at, probe(*at, slices)?)));
    let Some((at, probe)) = first else { return Vec::new() };
    let Some(parts) = Conjuncts::of(probe.rule.policy()) else {
        return Vec::new();
    };
    let admitting: Vec<&EnvironmentSlice<'_>> = slices.iter().filter(|slice| slice.positions.contains(&at)).collect();
    let mut never = |kept: &BTreeSet<Place>| {
        let Some(rule) = parts.keeping(|place| kept.contains(&place)) else {
            return false;
        };
        let known = |slice: &EnvironmentSlice<'_>| {
            let alone = crate::decide::Trial::new([(0, rule.policy())]);
            let mut all = slice.known().iter();
            all.any(|known| !alone.run(&known.found.request, &known.found.entities).applied.is_empty())
        };
        admitting
            .iter()
            .all(|slice| !known(slice) && impact::ask(asking, slice, Claim::NeverApplies(rule.clone())).holds())
    };
    let all: BTreeSet<Place> = parts.places().collect();
    let single = all.iter().find(|place| never(&BTreeSet::from([**place])));
    let mut kept = match single {
        Some(place) => BTreeSet::from([*place]),
        None => all.clone(),
    };
    if single.is_none() && all.len() <= MOST_TESTS {
        for place in all.iter().rev() {
            let mut fewer = kept.clone();
            fewer.remove(place);
            if never(&fewer) {
                kept = fewer;
            }
        }
    }
    let id = slices.first().and_then(|slice| slice.base.policies().get(at));
    let policy = id.map(|listed| listed.id.clone()).unwrap_or_default();
    kept.into_iter()
        .map(|place| Test { policy: policy.clone(), branch: None, cedar: parts.text(place, None), place })
        .collect()
}

/// What the ends of grants come to: whether a grant lets in, after its end, what nothing else does.
pub(super) fn ends(
    prover: &Prover<'_>,
    slices: &mut [EnvironmentSlice<'_>],
    statements: &[Statement],
) -> BTreeMap<StatementId, Fact<Impact>> {
    let ending: Vec<(&Statement, usize)> =
        statements.iter().filter_map(|statement| Some((statement, statement.until?))).collect();
    let mut cases: Vec<Case> = ending
        .iter()
        .map(|(statement, clause)| {
            let after = |at: &usize| {
                let now = probe(*at, slices)?;
                let end = Place { clause: *clause, test: 0 };
                let rule = Conjuncts::of(now.rule.policy())?.negating(end)?;
                Some(Probe { rule, at: None, ..now })
            };
            let probes: Vec<Probe> = statement.policies.iter().filter_map(after).collect();
            Case::new(probes, statement.policies.iter().copied().collect(), slices)
        })
        .collect();
    run(prover, slices, &mut cases);
    let owners = Owners::new(statements);
    let each = ending.iter().zip(&cases);
    each.map(|((statement, _), case)| (statement.id.clone(), case.concluded(&owners))).collect()
}

/// Whether the own grants of a role matter, all together: asked where none matters alone.
pub(super) fn roles(
    prover: &Prover<'_>,
    slices: &mut [EnvironmentSlice<'_>],
    statements: &[Statement],
    impacts: &BTreeMap<StatementId, Fact<Impact>>,
    roles: &BTreeMap<String, BTreeSet<StatementId>>,
) -> BTreeMap<String, Fact<Impact>> {
    let mut found = BTreeMap::new();
    let mut asked: Vec<&String> = Vec::new();
    let mut cases = Vec::new();
    for (role, ids) in roles {
        let of = |fact: &Fact<Impact>| *fact == Fact::Known(Impact::Matters);
        if ids.iter().any(|id| impacts.get(id).is_some_and(of)) {
            found.insert(role.clone(), Fact::Known(Impact::Matters));
            continue;
        }
        let own: BTreeSet<usize> = statements
            .iter()
            .filter(|statement| ids.contains(&statement.id))
            .flat_map(|statement| statement.policies.iter().copied())
            .collect();
        let probes = own.iter().filter_map(|at| probe(*at, slices)).collect();
        asked.push(role);
        cases.push(Case::new(probes, own, slices));
    }
    run(prover, slices, &mut cases);
    let owners = Owners::new(statements);
    for (role, case) in asked.into_iter().zip(&cases) {
        found.insert(role.clone(), case.concluded(&owners));
    }
    found
}

/// Whether an answer is a proof, and what stands in its way.
pub(super) fn proof(answer: Answer) -> Result<bool, String> {
    match answer {
        Answer::Holds => Ok(true),
        Answer::Fails(_) => Ok(false),
        Answer::Unknown(why) => Err(why.to_string()),
    }
}
