//! What statements come to in all kinds of request: the fewest policies first, until some request shows that they matter.
//! Work goes in rounds, each case at one kind of request, so that what is found does not depend on how many work at once.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{Field, Known, View};
use super::standing::Probe;
use super::{Fact, Standing, Statement, Test, standing};
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
    fn new(probes: Vec<Probe>, own: BTreeSet<usize>, fields: &[Field<'_>]) -> Self {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (number, probe) in probes.iter().enumerate() {
            let admitting = match probe.at {
                Some(at) => fields
                    .iter()
                    .enumerate()
                    .filter(|(_, field)| field.slice.binary_search(&at).is_ok())
                    .map(|(field, _)| field)
                    .collect(),
                None => admitting(probe, fields),
            };
            places.extend(admitting.into_iter().map(|field| (number, field)));
        }
        places.sort_by_key(|(probe, field)| (fields.get(*field).map_or(0, |field| field.slice.len()), *field, *probe));
        Self { probes, own, places, next: 0, state: State::default() }
    }

    fn current(&self) -> Option<(&Probe, usize)> {
        if self.state.matters {
            return None;
        }
        let (probe, field) = self.places.get(self.next)?;
        Some((self.probes.get(*probe)?, *field))
    }

    fn take(&mut self, found: standing::Standing) {
        self.next += 1;
        match found {
            standing::Standing::Matters => self.state.matters = true,
            standing::Standing::Never => {}
            standing::Standing::Covered(by) => {
                self.state.applies = true;
                self.state.covered_by.extend(by);
            }
            standing::Standing::Unknown(why) => {
                self.state.unknown.get_or_insert(why);
            }
        }
    }

    /// What it came to, but for why it never applies.
    fn concluded(&self, statements: &Owners) -> Fact<Standing> {
        match &self.state {
            State { matters: true, .. } => Fact::Known(Standing::Matters),
            State { unknown: Some(why), .. } => Fact::Unknown(why.clone()),
            // No request is of a kind that its scope admits: that is a fault of names, told where they are.
            _ if self.places.is_empty() => Fact::NotAsked,
            State { applies: false, .. } => Fact::Known(Standing::Never(Vec::new())),
            State { covered_by, .. } => Fact::Known(statements.covered(covered_by)),
        }
    }
}

fn admitting(probe: &Probe, fields: &[Field<'_>]) -> Vec<usize> {
    let Some(base) = fields.first().map(|field| field.base) else {
        return Vec::new();
    };
    let admitting = base.environments.admitting(probe.rule.policy());
    let numbered = fields.iter().enumerate();
    let found = numbered.filter(|(_, field)| admitting.contains(&field.environment));
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

    fn covered(&self, by: &BTreeSet<usize>) -> Standing {
        let owners = || by.iter().filter_map(|at| self.0.get(at));
        let of = |effect| owners().filter(move |(_, own)| *own == effect).map(|(id, _)| id.clone());
        Standing::Covered {
            permits: of(cedar_policy::Effect::Permit).collect(),
            forbids: of(cedar_policy::Effect::Forbid).collect(),
        }
    }
}

/// Runs cases to their ends.
fn run(prover: &Prover<'_>, fields: &mut [Field<'_>], cases: &mut [Case]) {
    loop {
        let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, case) in cases.iter().enumerate() {
            if let Some((_, field)) = case.current() {
                waiting.entry(field).or_default().push(number);
            }
        }
        if waiting.is_empty() {
            return;
        }
        let tasks: Vec<(usize, &[usize])> =
            waiting.iter().flat_map(|(field, numbers)| numbers.chunks(BATCH).map(|some| (*field, some))).collect();
        let done = prover.each(&tasks, |asking, (field, numbers)| batch(asking, fields.get(*field), numbers, cases));
        let fields_of: Vec<usize> = tasks.iter().map(|(field, _)| *field).collect();
        for (field, (found, added)) in fields_of.into_iter().zip(done) {
            for (number, standing) in found {
                if let Some(case) = cases.get_mut(number) {
                    case.take(standing);
                }
            }
            if let Some(field) = fields.get_mut(field) {
                field.keep(added);
            }
        }
    }
}

type Done = (Vec<(usize, standing::Standing)>, Vec<Known>);

fn batch(asking: &mut Asking<'_>, field: Option<&Field<'_>>, numbers: &[usize], cases: &[Case]) -> Done {
    let Some(field) = field else { return Done::default() };
    let mut view = View::new(field);
    let mut found = Vec::new();
    for number in numbers {
        let Some(case) = cases.get(*number) else { continue };
        if let Some((probe, _)) = case.current() {
            found.push((*number, standing::standing(asking, &mut view, probe, &case.own)));
        }
    }
    (found, view.added)
}

fn probe(at: usize, fields: &[Field<'_>]) -> Option<Probe> {
    let field = fields.first()?;
    let rule = field.rule(at)?.clone();
    Some(Probe { scope: Scope::of(rule.policy()), effect: field.effect(at)?, rule, at: Some(at) })
}

/// What every statement comes to that is no guard.
pub(super) fn standings(
    prover: &Prover<'_>,
    fields: &mut [Field<'_>],
    statements: &[Statement],
) -> BTreeMap<StatementId, Fact<Standing>> {
    let asked: Vec<&Statement> = statements.iter().filter(|statement| !statement.is_guard()).collect();
    let mut cases: Vec<Case> = asked
        .iter()
        .map(|statement| {
            let probes = statement.policies.iter().filter_map(|at| probe(*at, fields));
            let own = statement.policies.iter().copied().collect();
            Case::new(probes.collect(), own, fields)
        })
        .collect();
    run(prover, fields, &mut cases);
    let owners = Owners::new(statements);
    let found: Vec<(&Statement, Fact<Standing>)> =
        asked.iter().zip(&cases).map(|(statement, case)| (*statement, case.concluded(&owners))).collect();
    let explained = prover.each(&found, |asking, (statement, fact)| {
        let never = matches!(fact, Fact::Known(Standing::Never(_)));
        never.then(|| blame(asking, fields, statement))
    });
    found
        .into_iter()
        .zip(explained)
        .map(|((statement, fact), blamed)| {
            (statement.id.clone(), blamed.map_or(fact, |tests| Fact::Known(Standing::Never(tests))))
        })
        .collect()
}

/// The fewest tests of a statement's first policy that never hold together.
fn blame(asking: &mut Asking<'_>, fields: &[Field<'_>], statement: &Statement) -> Vec<Test> {
    let first = statement.policies.first().and_then(|at| Some((*at, probe(*at, fields)?)));
    let Some((at, probe)) = first else { return Vec::new() };
    let Some(parts) = Conjuncts::of(probe.rule.policy()) else {
        return Vec::new();
    };
    let admitting: Vec<&Field<'_>> = fields.iter().filter(|field| field.slice.contains(&at)).collect();
    let mut never = |kept: &BTreeSet<Place>| {
        let Some(rule) = parts.keeping(|place| kept.contains(&place)) else {
            return false;
        };
        let known = |field: &Field<'_>| {
            let alone = crate::decide::Trial::new([(0, rule.policy())]);
            let mut all = field.known().iter();
            all.any(|known| !alone.run(&known.found.request, &known.found.entities).applied.is_empty())
        };
        admitting
            .iter()
            .all(|field| !known(field) && standing::ask(asking, field, Claim::NeverApplies(rule.clone())).holds())
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
    let id = fields.first().and_then(|field| field.base.policies().get(at));
    let policy = id.map(|listed| listed.id.clone()).unwrap_or_default();
    kept.into_iter()
        .map(|place| Test { policy: policy.clone(), branch: None, cedar: parts.text(place, None), place })
        .collect()
}

/// What the ends of grants come to: whether a grant lets in, after its end, what nothing else does.
pub(super) fn ends(
    prover: &Prover<'_>,
    fields: &mut [Field<'_>],
    statements: &[Statement],
) -> BTreeMap<StatementId, Fact<Standing>> {
    let ending: Vec<(&Statement, usize)> =
        statements.iter().filter_map(|statement| Some((statement, statement.until?))).collect();
    let mut cases: Vec<Case> = ending
        .iter()
        .map(|(statement, clause)| {
            let after = |at: &usize| {
                let now = probe(*at, fields)?;
                let end = Place { clause: *clause, test: 0 };
                let rule = Conjuncts::of(now.rule.policy())?.negating(end)?;
                Some(Probe { rule, at: None, ..now })
            };
            let probes: Vec<Probe> = statement.policies.iter().filter_map(after).collect();
            Case::new(probes, statement.policies.iter().copied().collect(), fields)
        })
        .collect();
    run(prover, fields, &mut cases);
    let owners = Owners::new(statements);
    let each = ending.iter().zip(&cases);
    each.map(|((statement, _), case)| (statement.id.clone(), case.concluded(&owners))).collect()
}

/// Whether the own grants of a role matter, all together: asked where none matters alone.
pub(super) fn roles(
    prover: &Prover<'_>,
    fields: &mut [Field<'_>],
    statements: &[Statement],
    standings: &BTreeMap<StatementId, Fact<Standing>>,
    roles: &BTreeMap<String, BTreeSet<StatementId>>,
) -> BTreeMap<String, Fact<Standing>> {
    let mut found = BTreeMap::new();
    let mut asked: Vec<&String> = Vec::new();
    let mut cases = Vec::new();
    for (role, ids) in roles {
        let of = |fact: &Fact<Standing>| *fact == Fact::Known(Standing::Matters);
        if ids.iter().any(|id| standings.get(id).is_some_and(of)) {
            found.insert(role.clone(), Fact::Known(Standing::Matters));
            continue;
        }
        let own: BTreeSet<usize> = statements
            .iter()
            .filter(|statement| ids.contains(&statement.id))
            .flat_map(|statement| statement.policies.iter().copied())
            .collect();
        let probes = own.iter().filter_map(|at| probe(*at, fields)).collect();
        asked.push(role);
        cases.push(Case::new(probes, own, fields));
    }
    run(prover, fields, &mut cases);
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
