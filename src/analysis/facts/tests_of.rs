//! Tests that decide nothing: whenever they are reached they hold, in every policy that a statement becomes; or they are one of
//! several alternatives, and never do.

use std::collections::BTreeMap;

use super::environment_slice::EnvironmentSlice;
use super::impact::ask;
use super::{Fact, Statement, Test, Tests};
use crate::analysis::conjuncts::{Conjuncts, Place};
use crate::analysis::prover::{Asking, Prover};
use crate::analysis::question::{Answer, Claim, Unknown};
use crate::analysis::rule::Rule;
use crate::analysis::sample::Scope;
use crate::decide::Trial;
use crate::graph::StatementId;

/// The tests of every statement that always hold.
pub(super) fn constant(
    prover: &Prover<'_>,
    slices: &[EnvironmentSlice<'_>],
    statements: &[Statement],
) -> BTreeMap<StatementId, Fact<Tests>> {
    let asked: Vec<&Statement> = statements.iter().filter(|statement| !statement.is_guard()).collect();
    let found = prover.each(&asked, |asking, statement| of_statement(asking, slices, statement));
    let ids = asked.iter().map(|statement| statement.id.clone());
    ids.zip(found).collect()
}

/// What a test, or one alternative of it, comes to wherever it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Constant {
    Always,
    Never,
}

fn of_statement(asking: &mut Asking<'_>, slices: &[EnvironmentSlice<'_>], statement: &Statement) -> Fact<Tests> {
    let base = slices.first().map(|slice| slice.base);
    let mut copies: Vec<Copy> = Vec::new();
    for at in &statement.policies {
        let Some(listed) = base.and_then(|base| base.policies().get(*at)) else {
            continue;
        };
        let Some(parts) = Conjuncts::of(listed.rule.policy()) else {
            continue;
        };
        let own = statement.own.get(at);
        let tests: Vec<Place> =
            parts.places().filter(|place| own.is_some_and(|own| own.contains(&place.clause))).collect();
        copies.push(Copy {
            id: listed.id.clone(),
            parts,
            tests,
            slices: slices.iter().filter(|slice| slice.positions.binary_search(at).is_ok()).collect(),
        });
    }
    let Some(first) = copies.first() else {
        return Fact::NotAsked;
    };
    let mut found = Tests::default();
    let mut unknown = None;
    let mut is = |constant, number, branch| match everywhere(asking, &copies, constant, number, branch) {
        Ok(is) => is,
        Err(why) => {
            unknown.get_or_insert(why);
            false
        }
    };
    // Copies of a statement have the same tests of its own in the same order, whatever stands before them.
    for (number, place) in first.tests.iter().enumerate() {
        let branches = first.parts.branches(*place);
        let always = is(Constant::Always, number, None);
        if always {
            let blamed = (0..branches).find(|branch| is(Constant::Always, number, Some(*branch)));
            found.always.push(first.test(*place, blamed.filter(|_| branches > 1)));
        } else if branches > 1 {
            let never = (0..branches).filter(|branch| is(Constant::Never, number, Some(*branch)));
            found.never.extend(never.map(|branch| first.test(*place, Some(branch))));
        }
    }
    match unknown {
        Some(why) => Fact::Partly(found, why),
        None => Fact::Known(found),
    }
}

/// One policy of a statement.
struct Copy<'a, 'f> {
    id: String,
    parts: Conjuncts,
    tests: Vec<Place>,
    slices: Vec<&'f EnvironmentSlice<'a>>,
}

impl Copy<'_, '_> {
    fn test(&self, place: Place, branch: Option<usize>) -> Test {
        Test { policy: self.id.clone(), place, branch, cedar: self.parts.text(place, branch) }
    }
}

/// Whether a test, or one alternative of it, is constant in all copies.
fn everywhere(
    asking: &mut Asking<'_>,
    copies: &[Copy<'_, '_>],
    constant: Constant,
    number: usize,
    branch: Option<usize>,
) -> Result<bool, String> {
    for copy in copies {
        let Some(test) = copy.tests.get(number) else {
            return Ok(false);
        };
        let before = copy.parts.keeping(|place| place < *test);
        let (Some(before), Some(with)) = (before, copy.parts.reaching(*test, branch)) else {
            return Ok(false);
        };
        match is_constant(asking, &copy.slices, constant, &before, &with) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            // `y` of `!(x && y)` may type where `x` holds only; nothing is said of it then.
            Err(Unknown::Refused(_)) if branch.is_some() => return Ok(false),
            Err(why) => return Err(why.to_string()),
        }
    }
    Ok(true)
}

fn is_constant(
    asking: &mut Asking<'_>,
    slices: &[&EnvironmentSlice<'_>],
    constant: Constant,
    before: &Rule,
    with: &Rule,
) -> Result<bool, Unknown> {
    let both = Trial::new([(0, before.policy()), (1, with.policy())]);
    let refutes = |request: &cedar_policy::Request, entities: &cedar_policy::Entities| {
        let applied = both.run(request, entities).applied;
        match constant {
            Constant::Always => applied.contains(&0) && !applied.contains(&1),
            Constant::Never => applied.contains(&1),
        }
    };
    let shown = |slice: &EnvironmentSlice<'_>| {
        let mut known = slice.known().iter();
        let samples = || slice.samples(&Scope::of(before.policy()));
        known.any(|known| refutes(&known.found.request, &known.found.entities))
            || samples().iter().any(|sample| refutes(&sample.request, &sample.entities))
    };
    if slices.is_empty() || slices.iter().any(|slice| shown(slice)) {
        return Ok(false);
    }
    for slice in slices {
        let claim = match constant {
            Constant::Always => Claim::ApplyImplies(before.clone(), with.clone()),
            Constant::Never => Claim::NeverApplies(with.clone()),
        };
        match ask(asking, slice, claim) {
            Answer::Holds => {}
            Answer::Fails(_) => return Ok(false),
            Answer::Unknown(why) => return Err(why),
        }
    }
    Ok(true)
}
