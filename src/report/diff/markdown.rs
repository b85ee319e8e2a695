//! For a pull request: one table that a reviewer can act on, then what it rests on, folded away.

use std::fmt::Write;

use crate::semdiff::{Difference, Judged, Verdict};
use crate::text::{counted, safe};

use super::rows::Row;
use super::{Review, Sides, asserted, assigned, effect, effort, review, rows, sentence, terms, words};

/// How many examples are shown in full; forges refuse comments that are too long.
const MOST_EXAMPLES: usize = 20;

/// The whole.
#[must_use]
pub fn markdown(difference: &Difference, review: Review<'_>, sides: Sides<'_>) -> String {
    let mut text = format!(
        "## Access: {}\n\n{}, {} → {}: {}.\n",
        difference.verdict().words(),
        safe::markdown_code(sides.package),
        safe::markdown_code(sides.old),
        safe::markdown_code(sides.new),
        sentence(difference),
    );
    if let Some(verdict) = review.verdict() {
        let _ = writeln!(text, "\n**{}**", safe::markdown(&verdict));
    }
    let rows = rows::rows(difference, &review.declared.covers);
    let open = rows::open(difference);
    let assigned = assigned::told(difference, review, sides);
    if !rows.is_empty() || !open.is_empty() || !assigned.is_empty() {
        text.push_str(match review.is_in_use() {
            true => {
                "\n| | who | what | when | example | by | declared |\n| --- | --- | --- | --- | --- | --- | --- |\n"
            }
            false => "\n| | who | what | when | example | by |\n| --- | --- | --- | --- | --- | --- |\n",
        });
    }
    for (at, row) in rows.iter().enumerate() {
        let _ = writeln!(
            text,
            "| **{}** | {} | {} | {} | {}: {} | {} |{}",
            row.way.verb(),
            cells(&row.who),
            cells(&row.what),
            row.when.iter().map(|line| prose(line)).collect::<Vec<_>>().join("<br>"),
            at + 1,
            safe::markdown_code(&words::brief(row.example)),
            causes(difference, &row.causes, sides),
            declared(row, review, sides),
        );
    }
    for one in &assigned {
        let _ = writeln!(
            text,
            "| **{}** | {} | {} | {} | | {} |{}",
            one.way.verb(),
            safe::markdown(&one.assigned.who),
            safe::markdown(&one.assigned.what),
            safe::markdown(&one.brings),
            safe::markdown_code(&one.place),
            match review.is_in_use() {
                true => format!(" {} |", judged(one.declared, one.open, sides)),
                false => String::new(),
            },
        );
    }
    for one in &open {
        let _ = writeln!(
            text,
            "| **unknown** | {} | {} | {} {} | | {} |{}",
            cells(&one.who),
            cells(&one.what),
            one.ways,
            safe::markdown(&format!("({})", one.doubt)),
            causes(difference, &one.causes, sides),
            if review.is_in_use() { " |" } else { "" },
        );
    }
    if difference.verdict() == Verdict::Unknown {
        text.push_str("\nAn unknown result may be a change: do not treat it as equal.\n");
    }
    table_of_terms(&mut text, difference, review, sides);
    if !difference.breaks.is_empty() {
        text.push_str("\n### Callers must change\n\n");
        for one in &difference.breaks {
            let _ = writeln!(text, "- {} {}", safe::markdown_code(&one.what), prose(&one.how));
        }
    }
    let told = asserted::told(review, sides.new_files);
    if !told.is_empty() {
        text.push_str("\n### Assertions\n\n");
    }
    for one in &told {
        let mark = if one.is_broken { "**" } else { "" };
        let known: Vec<String> = one.known.iter().map(|line| prose(line)).collect();
        let _ = writeln!(text, "- {mark}{}{mark}<br>{}", safe::markdown(&one.heading), known.join("<br>"));
    }
    let refusals = review.refusals(sides.new_files);
    if !refusals.is_empty() {
        text.push_str("\n### Stale declarations\n\n");
        for line in refusals {
            let _ = writeln!(text, "- {}", prose(&line));
        }
    }
    changes(&mut text, difference, sides);
    for (at, row) in rows.iter().take(MOST_EXAMPLES).enumerate() {
        let summary = format!("Example {}: {}", at + 1, words::heading(&row.who, row.way, &row.what));
        text.push_str(&folded(&summary, &row.example.witness.lines()));
    }
    let broken = told.iter().filter(|one| !one.request.is_empty());
    for one in broken.take(MOST_EXAMPLES) {
        text.push_str(&folded(&one.heading, &one.request));
    }
    if rows.len() > MOST_EXAMPLES {
        let _ = writeln!(text, "\n{} more examples: use `--format json` to see all.", rows.len() - MOST_EXAMPLES);
    }
    let _ = writeln!(text, "\n<sub>{}</sub>", safe::markdown(&effort(difference)));
    text
}

/// A request, folded away below a summary.
fn folded(summary: &str, request: &[String]) -> String {
    let (summary, request) = (safe::xml(summary), safe::markdown_block(&request.join("\n")));
    format!("\n<details><summary>{summary}</summary>\n\n{request}\n</details>\n")
}

/// The cell that says whether a row is declared, and its end; nothing where no package declares.
fn declared(row: &Row<'_>, review: Review<'_>, sides: Sides<'_>) -> String {
    if !review.is_in_use() {
        return String::new();
    }
    format!(" {} |", judged(review.of(row), review.is_open(row), sides))
}

/// By what something is declared, or that it is not and must be.
fn judged(declared: Option<&Judged>, is_open: bool, sides: Sides<'_>) -> String {
    match declared {
        Some(judged) => format!(
            "{}: {}",
            safe::markdown_code(&sides.new_files.path(judged.declaration.file)),
            safe::markdown(&review::reason(judged))
        ),
        None if is_open => "**no**".to_owned(),
        None => String::new(),
    }
}

fn table_of_terms(text: &mut String, difference: &Difference, review: Review<'_>, sides: Sides<'_>) {
    if difference.terms.is_empty() {
        return;
    }
    text.push_str("\n### Terms of access\n\n| | term | before → now | read by |");
    text.push_str(match review.is_in_use() {
        true => " declared |\n| --- | --- | --- | --- | --- |\n",
        false => "\n| --- | --- | --- | --- |\n",
    });
    for term in terms::terms(difference, review) {
        let readers: Vec<String> = term.change.readers.iter().map(|name| safe::markdown_code(name)).collect();
        let _ = write!(
            text,
            "| **{}** | {} | {} | {} |",
            term.change.effect.name(),
            safe::markdown_code(&term.change.path),
            safe::markdown_code(&term.said()),
            readers.join(", "),
        );
        if review.is_in_use() {
            text.push_str(&format!(" {} |", judged(term.declared, term.is_open(), sides)));
        }
        text.push('\n');
    }
}

fn changes(text: &mut String, difference: &Difference, sides: Sides<'_>) {
    let all = &difference.structure.changes;
    if all.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n<details><summary>{} in the policy</summary>\n", counted(all.len(), "change"));
    text.push_str("| change | where | what | effect |\n| --- | --- | --- | --- |\n");
    for (at, change) in all.iter().enumerate() {
        let fields: Vec<String> = words::fields(change).iter().map(|field| safe::markdown_code(field)).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            safe::markdown(&words::title(change)),
            sides.place(change).map_or_else(String::new, |place| safe::markdown_code(&place)),
            fields.join("<br>"),
            safe::markdown(&effect(difference, at)),
        );
    }
    text.push_str("\n</details>\n");
}

fn causes(difference: &Difference, causes: &[usize], sides: Sides<'_>) -> String {
    let changes = causes.iter().filter_map(|at| difference.structure.changes.get(*at));
    let told = changes.map(|change| {
        let place = sides.place(change).map_or_else(String::new, |place| format!(", {}", safe::markdown_code(&place)));
        format!("{}{place}", safe::markdown(&words::title(change)))
    });
    told.collect::<Vec<_>>().join("<br>")
}

fn cells(all: &[String]) -> String {
    all.iter().map(|one| safe::markdown(one)).collect::<Vec<_>>().join(", ")
}

/// Words with names and conditions in backticks: those become code, the rest stands as it is.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            0 => out.push_str(&safe::markdown(part)),
            _ => out.push_str(&safe::markdown_code(part)),
        }
    }
    out
}
