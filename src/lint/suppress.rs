//! Waivers: `@allow(lint, because: "…", until: "…")` before a declaration takes away the findings inside it, for a
//! reason and until a day. Only a whole waiver that has not ended does so.

use crate::diag::Diagnostic;
use crate::graph::Waiver;

use super::registry::{suggestion, unknown};
use super::{Cx, Lint, codes, find};

/// A program's waivers, and which of them were needed.
pub(super) struct Waivers<'a> {
    cx: &'a Cx<'a>,
    /// One entry per annotation: the members of a set of actions carry theirs into each type that takes it.
    all: Vec<(&'a Waiver, Use)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    None,
    Covers,
}

impl<'a> Waivers<'a> {
    pub(super) fn new(cx: &'a Cx<'a>) -> Self {
        let mut all: Vec<(&Waiver, Use)> = Vec::new();
        for waiver in &cx.program.waivers {
            if all.iter().all(|(known, _)| known.span != waiver.span) {
                all.push((waiver, Use::None));
            }
        }
        Self { cx, all }
    }

    /// What is wrong with the waivers themselves.
    pub(super) fn faults(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (waiver, _) in &self.all {
            if find(&waiver.lint).is_none() {
                found.push(
                    Diagnostic::error(codes::UNKNOWN_LINT, waiver.lint_span, unknown(&waiver.lint))
                        .help(suggestion(&waiver.lint)),
                );
            }
            let missing = match (has_reason(waiver), waiver.until.is_some()) {
                (true, true) => None,
                (false, true) => Some("no reason"),
                (true, false) => Some("no end"),
                (false, false) => Some("neither reason nor end"),
            };
            if let Some(missing) = missing {
                found.push(
                    Diagnostic::error(
                        codes::INCOMPLETE_WAIVER,
                        waiver.span,
                        format!("the waiver of `{}` has {missing}", waiver.lint),
                    )
                    .label("waives nothing like this")
                    .help(format!(
                        "write `@allow({}, because: \"why this is right here\", until: \"2027-01-31\")`",
                        waiver.lint
                    )),
                );
            }
            if let Some(until) = waiver.until.filter(|until| until.at <= self.cx.at) {
                found.push(
                    Diagnostic::error(
                        codes::EXPIRED_WAIVER,
                        waiver.span,
                        format!("the waiver of `{}` ended on {}", waiver.lint, until.at.date()),
                    )
                    .label("waives nothing any more")
                    .help("correct what it waived and remove it; or decide anew, with a reason and a later end"),
                );
            }
        }
        found
    }

    /// Whether a waiver covers a finding.
    pub(super) fn cover(&mut self, finding: &Diagnostic) -> bool {
        let Some(place) = finding.primary() else { return false };
        let mut covered = false;
        for (waiver, used) in &mut self.all {
            if holds(waiver, self.cx) && waiver.lint == finding.code.as_str() && waiver.covers.contains(place) {
                *used = Use::Covers;
                covered = true;
            }
        }
        covered
    }

    /// Waivers that covered nothing, of the lints that ran.
    pub(super) fn unused(&self, ran: impl Fn(&Lint) -> bool) -> Vec<Diagnostic> {
        self.all
            .iter()
            .filter(|(waiver, used)| *used == Use::None && holds(waiver, self.cx))
            .filter(|(waiver, _)| find(&waiver.lint).is_some_and(&ran))
            .map(|(waiver, _)| {
                Diagnostic::warning(
                    codes::UNUSED_WAIVER,
                    waiver.span,
                    format!("there is no `{}` to waive here", waiver.lint),
                )
                .label("waives nothing")
                .help("remove the waiver")
            })
            .collect()
    }
}

/// Whether a waiver is whole and has not ended.
fn holds(waiver: &Waiver, cx: &Cx<'_>) -> bool {
    has_reason(waiver) && waiver.until.is_some_and(|until| cx.at < until.at)
}

fn has_reason(waiver: &Waiver) -> bool {
    waiver.because.as_ref().is_some_and(|because| !because.value.trim().is_empty())
}
