//! Tests that decide nothing: whenever they are reached they hold, in every policy that a statement becomes.

use std::collections::BTreeMap;

use super::Fact;
use super::Statement;
use super::Test;
use super::cases::proof;
use super::field::Field;
use super::standing::ask;
use crate::analysis::conjuncts::Conjuncts;
use crate::analysis::conjuncts::Place;
use crate::analysis::prover::Asking;
use crate::analysis::prover::Prover;
use crate::analysis::question::Claim;
use crate::analysis::rule::Rule;
use crate::analysis::sample::Scope;
use crate::decide::Trial;
use crate::text::Span;

/// The tests of every statement that always hold.
pub(super) fn constant(
    prover: &Prover<'_>,
    fields: &[Field<'_>],
    statements: &[Statement],
) -> BTreeMap<Span, Fact<Vec<Test>>> {
    let asked: Vec<&Statement> = statements.iter().filter(|statement| !statement.is_guard()).collect();
    let found = prover.each(&asked, |asking, statement| of_statement(asking, fields, statement));
    let spans = asked.iter().map(|statement| statement.span);
    spans.zip(found).collect()
}

fn of_statement(asking: &mut Asking<'_>, fields: &[Field<'_>], statement: &Statement) -> Fact<Vec<Test>> {
    let base = fields.first().map(|field| field.base);
    let mut copies: Vec<Copy> = Vec::new();
    for at in &statement.policies {
        let Some(listed) = base.and_then(|base| base.policies().get(*at)) else {
            continue;
        };
        let Some(parts) = Conjuncts::of(listed.rule.policy()) else {
            continue;
        };
        let own = statement.own.get(at);
        let tests: Vec<Place> = parts
            .places()
            .filter(|place| own.is_some_and(|own| own.contains(&place.clause)))
            .collect();
        copies.push(Copy { at: *at, parts, tests });
    }
    let Some(first) = copies.first() else {
        return Fact::NotAsked;
    };
    let mut constant = Vec::new();
    let mut unknown = None;
    // Copies of a statement have the same tests of its own in the same order, whatever stands before them.
    for number in 0..first.tests.len() {
        match copies.iter().try_fold(true, |so_far, copy| match so_far {
            true => always(asking, fields, copy, number),
            false => Ok(false),
        }) {
            Ok(true) => constant.extend(first.tests.get(number).map(|place| {
                Test {
                    policy: base
                        .and_then(|base| base.policies().get(first.at))
                        .map(|listed| listed.id.clone())
                        .unwrap_or_default(),
                    place: *place,
                    cedar: first.parts.text(*place),
                }
            })),
            Ok(false) => {}
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        Some(why) if constant.is_empty() => Fact::Unknown(why),
        _ => Fact::Known(constant),
    }
}

/// One policy of a statement.
struct Copy {
    at: usize,
    parts: Conjuncts,
    tests: Vec<Place>,
}

/// Whether a test of the author's own holds wherever those before it do.
fn always(asking: &mut Asking<'_>, fields: &[Field<'_>], copy: &Copy, number: usize) -> Result<bool, String> {
    let Some(test) = copy.tests.get(number).copied() else {
        return Ok(false);
    };
    let (Some(without), Some(with)) = (
        copy.parts.keeping(|place| place < test),
        copy.parts.keeping(|place| place <= test),
    ) else {
        return Ok(false);
    };
    let both = Trial::new([(0, without.policy()), (1, with.policy())]);
    let admitting: Vec<&Field<'_>> = fields
        .iter()
        .filter(|field| field.slice.binary_search(&copy.at).is_ok())
        .collect();
    if admitting.is_empty() || admitting.iter().any(|field| shown(field, &both, &without)) {
        return Ok(false);
    }
    for field in admitting {
        let claim = Claim::ApplyImplies(without.clone(), with.clone());
        if !proof(ask(asking, field, claim))? {
            return Ok(false);
        }
    }
    // What never gets as far is told of as a whole.
    Ok(true)
}

/// Whether a request is known on which the test fails.
fn shown(field: &Field<'_>, both: &Trial, scope: &Rule) -> bool {
    let fails = |request: &cedar_policy::Request, entities: &cedar_policy::Entities| {
        let applied = both.run(request, entities).applied;
        applied.contains(&0) && !applied.contains(&1)
    };
    let known = || field.known().iter();
    known().any(|known| fails(&known.found.request, &known.found.entities))
        || field
            .samples(&Scope::of(scope.policy()))
            .iter()
            .any(|sample| fails(&sample.request, &sample.entities))
}
