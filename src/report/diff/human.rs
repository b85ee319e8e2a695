//! For the terminal: who gains and who loses, then the changes behind it.

use std::fmt::Write;

use crate::report::printable;
use crate::semdiff::Difference;

use super::rows::Row;
use super::{Mode, Review, Sides, asserted, assigned, effect, effort, rows, sentence, terms, words};

/// The whole.
#[must_use]
pub fn human(difference: &Difference, review: Review<'_>, sides: Sides<'_>) -> String {
    let mut text = String::new();
    for row in rows::rows(difference, &review.declared.covers) {
        let mut known = by(difference, &row.causes);
        known.extend(review.line(&row, sides.new_files));
        text.push_str(&told(&row, &known));
    }
    for one in assigned::told(difference, review, sides) {
        let _ = writeln!(text, "{}", printable(&one.title()));
        let lines = [one.brings.clone(), format!("at {}", one.place)];
        for line in lines.into_iter().chain(one.line(review, sides)) {
            let _ = writeln!(text, "    {}", printable(&line));
        }
        text.push('\n');
    }
    for open in rows::open(difference) {
        let _ = writeln!(text, "unknown: {}", printable(&words::doubt(&open.who, open.ways, &open.what)));
        let _ = writeln!(text, "    {}", printable(&open.doubt.to_string()));
        for line in by(difference, &open.causes) {
            let _ = writeln!(text, "    {}", printable(&line));
        }
        text.push('\n');
    }
    if !difference.terms.is_empty() {
        text.push_str("terms of access\n");
        for term in terms::terms(difference, review) {
            let _ = writeln!(text, "    {}", printable(&term.title()));
            for line in term.readers().into_iter().chain(term.declared(review, sides.new_files)) {
                let _ = writeln!(text, "        {}", printable(&line));
            }
        }
        text.push('\n');
    }
    if !difference.breaks.is_empty() {
        text.push_str("callers must change\n");
        for one in &difference.breaks {
            let _ = writeln!(text, "    {} {}", printable(&one.what), printable(&one.how));
        }
        text.push('\n');
    }
    if !difference.structure.changes.is_empty() {
        text.push_str("changes\n");
        for (at, change) in difference.structure.changes.iter().enumerate() {
            let place = sides.place(change).map_or_else(String::new, |place| format!("  {place}"));
            let _ = writeln!(text, "    {}{}", printable(&words::title(change)), printable(&place));
            for field in words::fields(change) {
                let _ = writeln!(text, "        {}", printable(&field));
            }
            let _ = writeln!(text, "        {}", printable(&effect(difference, at)));
        }
        text.push('\n');
    }
    for one in asserted::told(review, sides.new_files) {
        let _ = writeln!(text, "{}", printable(&one.heading));
        for line in &one.known {
            let _ = writeln!(text, "    {}", printable(line));
        }
        text.push_str(&for_example(&one.request));
        text.push('\n');
    }
    // A gate draws each in its file.
    let refusals = match review.mode {
        Mode::Shown => review.refusals(sides.new_files),
        Mode::Gated => Vec::new(),
    };
    if !refusals.is_empty() {
        text.push_str("stale declarations\n");
        for line in refusals {
            let _ = writeln!(text, "    {}", printable(&line));
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{}, {} → {}: {}: {}",
        printable(sides.package),
        printable(sides.old),
        printable(sides.new),
        difference.verdict().words(),
        sentence(difference)
    );
    let _ = writeln!(text, "{}", printable(&effort(difference)));
    text
}

/// A row: who, what, when, what else is known, and the example.
pub(super) fn told(row: &Row<'_>, known: &[String]) -> String {
    let mut text = format!("{}\n", printable(&words::heading(&row.who, row.way, &row.what)));
    for line in row.when.iter().chain(known) {
        let _ = writeln!(text, "    {}", printable(line));
    }
    text.push_str(&for_example(&row.example.witness.lines()));
    text.push('\n');
    text
}

fn for_example(request: &[String]) -> String {
    let mut text = String::new();
    if !request.is_empty() {
        text.push_str("    for example\n");
    }
    for line in request {
        let _ = writeln!(text, "        {}", printable(line));
    }
    text
}

/// The changes behind something, if any: `by: changed grant finance.Payment.write_off`.
pub(super) fn by(difference: &Difference, causes: &[usize]) -> Vec<String> {
    let changes = causes.iter().filter_map(|at| difference.structure.changes.get(*at));
    let titles: Vec<String> = changes.map(words::title).collect();
    match titles.is_empty() {
        true => Vec::new(),
        false => vec![format!("by: {}", titles.join(", "))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{EVERY_VALUE, witness_of_every_value};
    use crate::semdiff::{Basis, Direction, Example, Replayed};

    #[test]
    fn values_of_an_example_are_shown_as_cedar_writes_them() {
        let replayed = |allowed, cause| Replayed { allowed, cause, reasons: Vec::new() };
        let example = Example {
            witness: witness_of_every_value(),
            basis: Basis::New,
            before: replayed(false, "no-grant"),
            after: replayed(true, "granted"),
            contrasts: Vec::new(),
        };
        let row = Row {
            way: Direction::Widened,
            who: vec!["boss".to_owned()],
            what: vec!["Bill.pay".to_owned()],
            kinds: Vec::new(),
            when: Vec::new(),
            example: &example,
            causes: Vec::new(),
            declared: None,
        };
        let text = told(&row, &[]);
        assert!(!text.contains("__extn"), "{text}");
        for value in EVERY_VALUE {
            assert!(text.contains(value), "{value}\n{text}");
        }
    }
}
