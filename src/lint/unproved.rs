//! What lints that read facts could not find out: for want of a solver, or because it gave no answer. Neither is a pass.

use std::collections::BTreeSet;

use crate::analysis::facts::{Allowed, Fact};
use crate::analysis::solver::REMEDY;
use crate::config::{Level, Levels};
use crate::diag::{Diagnostic, Diagnostics, Severity};

use super::{Cx, Lint, Reads, all, codes, proofs};

/// Lints that ask how a statement errors; without a solver they see what a replay shows.
const ERRING: [&str; 2] = ["erring-forbid", "erring-grant"];

/// Tells what was not found out. What a level of "error" is set for fails like a finding.
pub fn unproved(cx: &Cx<'_>, out: &mut Diagnostics) {
    let Some(facts) = cx.facts else { return };
    if facts.engine.is_none() {
        out.extend(without_solver(cx));
        return;
    }
    for stated in proofs::statements(cx) {
        let permits = stated.facts.effect == cedar_policy::Effect::Permit;
        let impact: &[&str] = match permits {
            true => &["dead-statement", "shadowed-grant", "overridden-grant"],
            false => &["dead-statement", "idle-forbid"],
        };
        let erring = if permits { "erring-grant" } else { "erring-forbid" };
        let asked: [(&[&str], Option<&String>); 4] = [
            (impact, unknown(&stated.facts.impact)),
            (&["vacuous-condition"], unknown(&stated.facts.constant)),
            (&[erring], unknown(&stated.facts.erring)),
            (&["idle-until"], unknown(&stated.facts.end)),
        ];
        let open: Vec<(&str, &String)> = asked
            .iter()
            .filter_map(|(lints, why)| Some((*lints, (*why)?)))
            .flat_map(|(lints, why)| lints.iter().map(move |lint| (*lint, why)))
            .collect();
        let Some(finding) = told(cx, &open, |severity, lints| {
            let message = format!("could not check {} for {lints}", stated.name);
            Diagnostic::new(codes::UNPROVED, severity, Some(stated.at), message).label("the solver gave no answer")
        }) else {
            continue;
        };
        out.push(finding);
    }
    let roles = facts.roles.iter();
    for (role, why) in roles.filter_map(|(role, fact)| Some((role, unknown(fact)?))) {
        out.extend(told(cx, &[("idle-role", why)], |severity, lint| {
            let message = format!("could not check the role `{role}` for {lint}");
            Diagnostic::new(codes::UNPROVED, severity, None, message)
        }));
    }
    if let Some(why) = unknown::<Allowed>(&facts.allowed) {
        let open = [("open-action", why), ("unlimited-role", why)];
        out.extend(told(cx, &open, |severity, lints| {
            let message = format!("could not check for {lints}");
            Diagnostic::new(codes::UNPROVED, severity, None, message)
        }));
    }
}

fn unknown<T>(fact: &Fact<T>) -> Option<&String> {
    match fact {
        Fact::Unknown(why) | Fact::Partly(_, why) => Some(why),
        Fact::Known(_) | Fact::NotAsked => None,
    }
}

/// One diagnostic about lints without an answer, as severe as the most severe of their findings would have been.
fn told(
    cx: &Cx<'_>,
    open: &[(&str, &String)],
    make: impl FnOnce(Severity, String) -> Diagnostic,
) -> Option<Diagnostic> {
    let level = |id: &str| super::find(id).map_or(Level::Warn, |lint| lint.level_in(cx.levels));
    let ran: Vec<_> = open.iter().filter(|(lint, _)| level(lint) != Level::Allow).collect();
    let worst = ran.iter().map(|(lint, _)| level(lint)).max()?;
    let severity = if worst == Level::Error { Severity::Error } else { Severity::Warning };
    let names: Vec<String> = ran.iter().map(|(lint, _)| format!("`{lint}`")).collect();
    let reasons: BTreeSet<&String> = ran.iter().map(|(_, why)| *why).collect();
    let help = "fix what validation rejects, or raise `--rlimit-per` or `--time`";
    let told = make(severity, names.join(", ")).help(help);
    Some(reasons.into_iter().fold(told, |told, why| told.note(why.clone())))
}

/// Why nothing at all was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unasked {
    /// There is no schema.
    NoSchema,
    /// The symbolic compiler does not take it: why.
    SchemaRefused(String),
}

/// Tells that nothing was asked. That there is no schema weighs no more than that there is no solver: both can be given.
#[must_use]
pub fn unasked(cx: &Cx<'_>, why: &Unasked) -> Option<Diagnostic> {
    let wanting = that_prove(cx.levels);
    let worst = wanting.iter().map(|lint| lint.level_in(cx.levels)).max()?;
    let severity = match why {
        Unasked::NoSchema if wanting.iter().any(|lint| is_demanded(cx.levels, lint)) => Severity::Error,
        Unasked::NoSchema => Severity::Advice,
        Unasked::SchemaRefused(_) if worst == Level::Error => Severity::Error,
        Unasked::SchemaRefused(_) => Severity::Warning,
    };
    let message = match why {
        Unasked::NoSchema => "nothing is proved about these policies: there is no schema",
        Unasked::SchemaRefused(_) => "nothing is proved about these policies: the solver does not support their schema",
    };
    let told = Diagnostic::new(codes::UNPROVED, severity, None, message);
    Some(match why {
        Unasked::NoSchema => told.help("pass one with `--schema`, or skip these lints with `--no-proofs`"),
        Unasked::SchemaRefused(why) => {
            told.note(why.clone()).help("complete the schema, or skip these lints with `--no-proofs`")
        }
    })
}

/// The lints that read proofs and are not allowed.
#[must_use]
pub fn that_prove(levels: &Levels) -> Vec<&'static Lint> {
    all().filter(|lint| lint.reads == Reads::Proofs && lint.level_in(levels) != Level::Allow).collect()
}

/// Those of them that somebody set to "error".
#[must_use]
pub fn demanded(levels: &Levels) -> Vec<&'static Lint> {
    that_prove(levels).into_iter().filter(|lint| is_demanded(levels, lint)).collect()
}

fn is_demanded(levels: &Levels, lint: &Lint) -> bool {
    let set = levels.of(lint.id());
    set.is_some_and(|setting| setting.level == Level::Error)
}

/// That there is no solver, once, with all lints that wanted one. It fails a run that sets one of them to "error".
fn without_solver(cx: &Cx<'_>) -> Option<Diagnostic> {
    let (partly, not): (Vec<&Lint>, Vec<&Lint>) =
        that_prove(cx.levels).into_iter().partition(|lint| ERRING.contains(&lint.id()));
    let names = |lints: &[&Lint]| {
        let names: Vec<String> = lints.iter().map(|lint| format!("`{}`", lint.id())).collect();
        names.join(", ")
    };
    let assertions = &cx.program.assertions;
    if not.is_empty() && partly.is_empty() && assertions.is_empty() {
        return None;
    }
    let severity = match not.iter().chain(&partly).any(|lint| is_demanded(cx.levels, lint)) {
        true => Severity::Error,
        false => Severity::Advice,
    };
    let message = match not.is_empty() {
        true => "some checks need a solver and were skipped".to_owned(),
        false => format!("these lints need a solver and were skipped: {}", names(&not)),
    };
    let mut told = Diagnostic::new(codes::NO_SOLVER, severity, None, message)
        .help(format!("{REMEDY}; `--no-proofs` skips these lints"));
    if !partly.is_empty() {
        told = told.note(format!("these ran in part, on generated requests only: {}", names(&partly)));
    }
    if !assertions.is_empty() {
        let named: Vec<String> = assertions.iter().map(|one| format!("`{}`", one.name)).collect();
        told = told.note(format!("these assertions are not proved: {}", named.join(", ")));
    }
    Some(told)
}
