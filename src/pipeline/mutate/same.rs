//! Why a mutant is the same policy: which other statements make it so. Statements are taken out of both, one after the other;
//! those that can go without a difference have no part in it. Beside a mutated guard, a grant does not go but loses its
//! condition: where nothing is granted, no guard makes a difference.

use std::collections::BTreeSet;

use crate::analysis::{Environment, Environments};
use crate::graph::Statement;
use crate::lower::Lowered;
use crate::mutation;
use crate::mutation::{Edit, Mutant, MutationOperator, Same};
use crate::semdiff::{CompareError, Verdict};
use crate::syntax::ast::ItemKind;

use super::lab::{Compiled, Lab};

/// The most statements that are taken out one by one.
const MOST: usize = 24;

/// What makes a mutant the same policy as the program.
pub(super) fn same(lab: &Lab<'_>, mutant: &Mutant, compiled: &Compiled) -> Result<Same, CompareError> {
    let Some(mutated) = mutated(lab, mutant) else {
        return Ok(Same::Unsaid("the change concerns what several statements use".to_owned()));
    };
    let others = others(lab, mutant, mutated, &compiled.checked.lowered);
    if others.len() > MOST {
        let why = format!("{} other statements decide such requests, too many to try each", others.len());
        return Ok(Same::Unsaid(why));
    }
    let all: Vec<&Edit> = others.iter().map(|(_, edit)| edit).collect();
    match is_same_without(lab, mutant, &all)? {
        Some(true) => return Ok(Same::Itself),
        Some(false) => {}
        None => return Ok(unsaid()),
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for (name, edit) in &others {
        without.push(edit);
        match is_same_without(lab, mutant, &without)? {
            Some(true) => {}
            Some(false) => {
                without.pop();
                with.push(name.clone());
            }
            None => return Ok(unsaid()),
        }
    }
    with.sort();
    with.dedup();
    Ok(Same::With(with))
}

fn unsaid() -> Same {
    Same::Unsaid("the solver does not find which other statements make it so".to_owned())
}

/// Whether program and mutant are the same where some statements are taken out of both; `None` where that is not known.
fn is_same_without(lab: &Lab<'_>, mutant: &Mutant, without: &[&Edit]) -> Result<Option<bool>, CompareError> {
    let without: Vec<Edit> = without.iter().map(|edit| (*edit).clone()).collect();
    let both = [without.clone(), without.into_iter().chain(mutant.edits.clone()).collect()];
    let [Some(old), Some(new)] = both.map(|edits| lab.compile_edits(&edits, None)) else {
        return Ok(None);
    };
    let difference = lab.difference(old.side(), new.side())?;
    // Terms of break-glass are no matter of single requests, and a name that follows the words of a statement is none at all.
    if difference.accesses.iter().any(|access| access.gained.is_found() || access.lost.is_found()) {
        return Ok(Some(false));
    }
    Ok((!difference.is_unsure() && difference.verdict() != Verdict::Unknown).then_some(true))
}

/// What a mutant changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutated {
    /// Who is allowed what.
    Grant,
    /// What is kept from everybody.
    Guard,
}

/// What a mutant changes; `None` of a named condition.
fn mutated(lab: &Lab<'_>, mutant: &Mutant) -> Option<Mutated> {
    let mut items = lab.files().iter().flat_map(|file| &file.items);
    match &items.find(|item| item.span.contains(mutant.span))?.kind {
        ItemKind::Role(_) | ItemKind::Grant(_) | ItemKind::BreakGlass(_) => Some(Mutated::Grant),
        ItemKind::Deny(_) | ItemKind::Require(_) | ItemKind::Isolate(_) | ItemKind::Separate(_) => Some(Mutated::Guard),
        _ => None,
    }
}

/// The statements beside the mutated one that decide requests which the mutant could decide differently, each with the change
/// that takes it out.
fn others(lab: &Lab<'_>, mutant: &Mutant, mutated: Mutated, lowered: &Lowered) -> Vec<(String, Edit)> {
    let Some(schema) = &lowered.schema else {
        return Vec::new();
    };
    let changed = lab.changed_policies(lowered);
    let environments = Environments::new(schema);
    let touched: BTreeSet<&Environment> = changed.iter().flat_map(|policy| environments.admitting(policy)).collect();
    let base = &lab.suites.checked.lowered;
    let deciding: BTreeSet<&str> = base
        .policies
        .iter()
        .filter(|(policy, _)| environments.admitting(policy).iter().any(|env| touched.contains(env)))
        .filter_map(|(policy, _)| base.origins.policies.get::<str>(policy.id().as_ref()))
        .flat_map(|origin| {
            // A guard is part of the permits that it concerns.
            let guards = origin.clauses.iter().filter_map(|clause| clause.guard.as_deref());
            guards.chain(std::iter::once(origin.statement.as_str()))
        })
        .collect();
    let program = &lab.suites.checked.program;
    let drops = lab.drops();
    let dropped = |statement: &Statement| {
        let drop = drops.iter().find(|drop| statement.span.contains(drop.span))?;
        drop.edits.first().cloned()
    };
    let grants = program.grants.iter().filter_map(|grant| {
        let edit = match (mutated, &grant.when) {
            (Mutated::Grant, _) => dropped(&grant.statement)?,
            (Mutated::Guard, when) => Edit { span: when.as_ref()?.span, text: "true".to_owned() },
        };
        Some((&grant.statement, edit))
    });
    let denies = program.denies.iter().map(|one| &one.statement);
    let requires = program.requires.iter().map(|one| &one.statement);
    let isolations = program.isolations.iter().map(|one| &one.statement);
    let separations = program.separations.iter().map(|one| &one.statement);
    let guards = denies.chain(requires).chain(isolations).chain(separations);
    let all = grants.chain(guards.filter_map(|statement| Some((statement, dropped(statement)?))));
    // What a role comes by when it extends another is stated by that one.
    let origins = [&base.origins.policies, &lowered.origins.policies];
    let gained: BTreeSet<&str> = changed
        .iter()
        .filter(|_| mutated == Mutated::Grant)
        .flat_map(|policy| origins.iter().filter_map(|all| all.get::<str>(policy.id().as_ref())))
        .map(|origin| origin.statement.as_str())
        .collect();
    let is_own = |statement: &Statement| {
        let is_changed = mutant.edits.iter().any(|edit| statement.span.contains(edit.span));
        is_changed || gained.contains(statement.name.as_str())
    };
    let mut found: Vec<(String, Edit)> = all
        .filter(|(statement, _)| deciding.contains(statement.name.as_str()) && !is_own(statement))
        .map(|(statement, edit)| (statement.name.clone(), edit))
        .collect();
    // A grant to several holders is one statement.
    found.sort();
    found.dedup_by(|a, b| a.1 == b.1);
    found
}

impl Lab<'_> {
    /// The mutants that take a statement out.
    fn drops(&self) -> Vec<Mutant> {
        let mut all = mutation::mutants(self.files(), &self.suites.checked.program, &self.package.sources);
        all.retain(|mutant| matches!(mutant.operator, MutationOperator::DropGuard | MutationOperator::DropGrant));
        all
    }
}
