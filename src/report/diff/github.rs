//! As GitHub workflow commands: each change of access beside the change of the policy that brings it about.

use crate::report::files::Files;
use crate::report::github::command;
use crate::semdiff::Difference;
use crate::text::Span;

use super::Sides;
use super::rows;
use super::rows::Way;
use super::words;

/// One command for each row, and for whatever breaks callers or is not known. What is gained is a warning, and so is what is
/// not known; what is lost is a notice.
#[must_use]
pub fn annotations(difference: &Difference, sides: Sides<'_>) -> String {
    let mut text = String::new();
    let span = |causes: &[usize]| -> Option<Span> {
        let mut changes = causes.iter().filter_map(|at| difference.structure.changes.get(*at));
        changes.find_map(|change| change.new)
    };
    let mut tell = |kind: &str, span: Option<Span>, title: &str, message: &str| {
        let files: Files<'_> = sides.new_files;
        text.push_str(&command(kind, span, title, message, files));
    };
    for row in rows::rows(difference) {
        let (kind, title) = match row.way {
            Way::Gains => ("warning", "access widened"),
            Way::Loses => ("notice", "access narrowed"),
        };
        let message = format!(
            "{} {} {}\n{}\nfor example: {}",
            row.who.join(", "),
            row.way.word(),
            row.what.join(", "),
            row.when.join("\n"),
            words::brief(row.example)
        );
        tell(kind, span(&row.causes), title, &message);
    }
    for open in rows::open(difference) {
        let message = format!(
            "whether {} {} {} is not known: {}",
            open.who.join(", "),
            open.ways,
            open.what.join(", "),
            open.doubt
        );
        tell("warning", span(&open.causes), "access unknown", &message);
    }
    for one in &difference.breaks {
        tell(
            "warning",
            None,
            "callers must change",
            &format!("{} {}", one.what, one.how),
        );
    }
    text
}
