//! Runs the lints at their levels.

use crate::config::Level;
use crate::diag::{Diagnostic, Diagnostics};
use crate::parallel;
use crate::parallel::Work;

use super::registry::{suggestion, unknown};
use super::suppress::Waivers;
use super::{Cx, Extent, Lint, Reads, Sink, all, codes, find};

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
