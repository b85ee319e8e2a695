//! As GitHub workflow commands: each change of access beside the change of the policy that brings it about.

use crate::diag::{Diagnostic, Severity};
use crate::report::files::Files;
use crate::report::github;
use crate::report::github::command;
use crate::semdiff::{Difference, Direction, Effect};
use crate::text::Span;

use super::{Mode, Review, Sides, asserted, assigned, rows, terms, words};

/// Principal, action and resource of a request that is told on one line.
const REQUEST: usize = 3;

/// One command for each row and each changed term, and for whatever breaks callers, is not known or is declared in vain. What is gained is a warning,
/// and so is what is not known; what is lost or declared is a notice. Where it must be declared, what is not is an error.
#[must_use]
pub fn annotations(difference: &Difference, review: Review<'_>, sides: Sides<'_>) -> String {
    let mut text = String::new();
    let span = |causes: &[usize]| -> Option<Span> {
        let mut changes = causes.iter().filter_map(|at| difference.structure.changes.get(*at));
        changes.find_map(|change| change.new)
    };
    let mut tell = |kind: &str, span: Option<Span>, title: &str, message: &str| {
        let files: Files<'_> = sides.new_files;
        text.push_str(&command(kind, span, title, message, files));
    };
    for row in rows::rows(difference, &review.declared.covers) {
        let (kind, title) = match (row.way, row.declared, review.mode) {
            (Direction::Widened, None, Mode::Gated) => ("error", "access widened, undeclared"),
            (Direction::Widened, None, Mode::Shown) => ("warning", "access widened"),
            (Direction::Widened, Some(_), _) => ("notice", "access widened, as declared"),
            (Direction::Narrowed, None, _) => ("notice", "access narrowed"),
            (Direction::Narrowed, Some(_), _) => ("notice", "access narrowed, as declared"),
        };
        let declared = review.line(&row, sides.new_files);
        let message = format!(
            "{}\n{}{}\nfor example: {}",
            words::heading(&row.who, row.way, &row.what),
            row.when.join("\n"),
            declared.map_or_else(String::new, |line| format!("\n{line}")),
            words::brief(row.example)
        );
        tell(kind, span(&row.causes), title, &message);
    }
    for one in assigned::told(difference, review, sides) {
        let (kind, title) = match (one.way, one.declared, review.mode) {
            (Direction::Widened, None, Mode::Gated) => ("error", "role gained, undeclared"),
            (Direction::Widened, None, Mode::Shown) => ("warning", "role gained"),
            (Direction::Widened, Some(_), _) => ("notice", "role gained, as declared"),
            (Direction::Narrowed, None, _) => ("notice", "role lost"),
            (Direction::Narrowed, Some(_), _) => ("notice", "role lost, as declared"),
        };
        let declared = one.line(review, sides);
        let declared = declared.map_or_else(String::new, |line| format!("\n{line}"));
        let message = format!("{}\n{}{declared}", one.title(), one.brings);
        let at = Some(one.assigned.at).filter(|_| one.way == Direction::Widened);
        tell(kind, at, title, &message);
    }
    for open in rows::open(difference) {
        let message = format!("unknown {}: {}", words::doubt(&open.who, open.ways, &open.what), open.doubt);
        tell("warning", span(&open.causes), "access unknown", &message);
    }
    for term in terms::terms(difference, review) {
        let (kind, title) = match (term.change.effect, term.declared, review.mode) {
            (Effect::Weakens, None, Mode::Gated) => ("error", "terms of access weakened, undeclared"),
            (Effect::Weakens, None, Mode::Shown) => ("warning", "terms of access weakened"),
            (Effect::Weakens, Some(_), _) => ("notice", "terms of access weakened, as declared"),
            (Effect::Strengthens, None, _) => ("notice", "terms of access strengthened"),
            (Effect::Strengthens, Some(_), _) => ("notice", "terms of access strengthened, as declared"),
        };
        let known = term.readers().into_iter().chain(term.declared(review, sides.new_files));
        let lines: Vec<String> = std::iter::once(term.title()).chain(known).collect();
        let mut changes = difference.structure.changes.iter();
        let place = changes.find(|change| term.change.concerns(change)).and_then(|change| change.new);
        tell(kind, place, title, &lines.join("\n"));
    }
    for one in &difference.breaks {
        tell("warning", None, "callers must change", &format!("{} {}", one.what, one.how));
    }
    for one in asserted::told(review, sides.new_files) {
        let (kind, title) = match one.is_broken {
            true => ("error", "assertion refuted"),
            false => ("warning", "assertion not proved"),
        };
        let request = one.request.iter().take(REQUEST).map(|line| line.trim()).collect::<Vec<_>>();
        let lines = std::iter::once(one.heading.clone()).chain(one.known.iter().cloned());
        let mut message: Vec<String> = lines.collect();
        if !request.is_empty() {
            message.push(format!("for example: {}", request.join(", ")));
        }
        tell(kind, one.span, title, &message.join("\n"));
    }
    let refusals = review.declared.refusals();
    text.push_str(&match review.mode {
        Mode::Gated => github::annotations(&refusals, sides.new_files),
        Mode::Shown => {
            let shown = refusals.into_iter().map(|refusal| Diagnostic { severity: Severity::Warning, ..refusal });
            github::annotations(&shown.collect(), sides.new_files)
        }
    });
    text
}
