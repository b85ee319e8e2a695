//! Runs the lints at their levels.

use crate::analysis::Facts;
use crate::config::{Assignment, Level, Levels};
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::graph::Program;
use crate::lower::Lowered;
use crate::parallel;
use crate::parallel::Work;
use crate::text::{Instant, Sources};

use super::suppress::Waivers;
use super::{Lint, Reads, Sink, all, codes, find, removed};

/// What lints read.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    /// The resolved program.
    pub program: &'a Program,
    /// The lowered program, raw policies included.
    pub lowered: &'a Lowered,
    /// The texts.
    pub sources: &'a Sources,
    /// Who set which level.
    pub levels: &'a Levels,
    /// Today.
    pub at: Instant,
    /// How much of the program there is.
    pub extent: Extent,
    /// Who holds which role, where the package says so.
    pub assignments: Option<&'a [Assignment]>,
    /// What is proved of its policies, where that was asked. Lints that read it run then, and no others.
    pub facts: Option<&'a Facts>,
}

/// How much of a program resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// A part: what has faults is left out.
    Part,
}

/// Checks levels and waivers themselves: unknown lints, a waiver without reason or end, one whose end has come.
pub fn check_settings(cx: &Cx<'_>, out: &mut Diagnostics) {
    for setting in cx.levels.iter().filter(|setting| find(&setting.lint).is_none()) {
        let message = unknown(&setting.lint);
        let help = suggestion(&setting.lint);
        let diagnostic = match setting.origin.span() {
            Some(span) => {
                Diagnostic::error(codes::UNKNOWN_LINT, span, message).near(span, &setting.lint, all().map(Lint::id))
            }
            None => Diagnostic::global_error(codes::UNKNOWN_LINT, format!("{message} for `{}`", setting.level.flag())),
        };
        out.push(diagnostic.help(help));
    }
    for (id, span) in cx.levels.unlevelled().filter(|(id, _)| find(id).is_none()) {
        let fault = Diagnostic::error(codes::UNKNOWN_LINT, span, unknown(id));
        out.push(fault.help(suggestion(id)).near(span, id, all().map(Lint::id)));
    }
    out.extend(Waivers::new(cx).faults());
}

/// Runs every lint that is not allowed: those that read facts where there are any, else the others; on a part of a program
/// those only that look at one declaration at a time.
pub fn run(cx: &Cx<'_>, out: &mut Diagnostics) {
    let mut waivers = Waivers::new(cx);
    let runs = |lint: &Lint| (lint.reads == Reads::Proofs) == cx.facts.is_some();
    let readable = |lint: &Lint| cx.extent == Extent::Whole || lint.reads == Reads::Declarations;
    let lints: Vec<&Lint> = all().filter(|lint| runs(lint) && readable(lint)).collect();
    let found = parallel::map(
        Work::Much,
        &lints,
        || (),
        |(), lint| {
            let mut sink = Sink::new(lint, lint.level_in(cx.levels))?;
            (lint.check)(cx, &mut sink);
            Some(sink.into_findings())
        },
    );
    for finding in found.into_iter().flatten().flatten() {
        if !waivers.cover(&finding) {
            out.push(finding);
        }
    }
    if cx.extent == Extent::Whole {
        // Without a solver most of what reads facts did not run, so that nothing is known of what its waivers waive.
        let asked = cx.facts.is_none_or(|facts| facts.engine.is_some());
        out.extend(waivers.unused(|lint: &Lint| asked && runs(lint) && lint.level_in(cx.levels) != Level::Allow));
    }
}

pub(super) fn unknown(id: &str) -> String {
    match removed(id) {
        Some(_) => format!("lint `{id}` was removed"),
        None => format!("unknown lint `{id}`"),
    }
}

pub(super) fn suggestion(id: &str) -> String {
    if let Some(fate) = removed(id) {
        return fate.to_owned();
    }
    did_you_mean(id, all().map(Lint::id)).unwrap_or_else(|| "run `gatewright lint --list` to list all lints".to_owned())
}
