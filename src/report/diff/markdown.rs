//! For a pull request: one table that a reviewer can act on, then what it rests on, folded away.

use std::fmt::Write;

use crate::report::witness;
use crate::semdiff::Difference;
use crate::semdiff::Verdict;

use super::Review;
use super::Sides;
use super::asserted;
use super::effect;
use super::effort;
use super::review;
use super::rows;
use super::rows::Row;
use super::sentence;
use super::words;

/// How many examples are shown in full; forges refuse comments that are too long.
const MOST_EXAMPLES: usize = 20;

/// The whole.
#[must_use]
pub fn markdown(difference: &Difference, review: Review<'_>, sides: Sides<'_>) -> String {
    let mut text = format!(
        "## Access: {}\n\n{}, {} → {}: {}.\n",
        difference.verdict().name(),
        code(sides.package),
        code(sides.old),
        code(sides.new),
        sentence(difference),
    );
    if let Some(verdict) = review.verdict() {
        let _ = writeln!(text, "\n**{}**", escape(&verdict));
    }
    let rows = rows::rows(difference, &review.declared.covers);
    let open = rows::open(difference);
    if !rows.is_empty() || !open.is_empty() {
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
            row.way.word(),
            cells(&row.who),
            cells(&row.what),
            row.when.iter().map(|line| prose(line)).collect::<Vec<_>>().join("<br>"),
            at + 1,
            code(&words::brief(row.example)),
            causes(difference, &row.causes, sides),
            declared(row, review, sides),
        );
    }
    for one in &open {
        let _ = writeln!(
            text,
            "| **unknown** | {} | {} | {} {} | | {} |{}",
            cells(&one.who),
            cells(&one.what),
            one.ways,
            escape(&format!("({})", one.doubt)),
            causes(difference, &one.causes, sides),
            if review.is_in_use() { " |" } else { "" },
        );
    }
    if difference.verdict() == Verdict::Unknown {
        text.push_str("\nWhat is unknown may be a change: do not read it as equal.\n");
    }
    if !difference.breaks.is_empty() {
        text.push_str("\n### Callers must change\n\n");
        for one in &difference.breaks {
            let _ = writeln!(text, "- {} {}", code(&one.what), prose(&one.how));
        }
    }
    let told = review.asserted.map(|all| asserted::told(all, sides.new_files));
    let told = told.unwrap_or_default();
    if !told.is_empty() {
        text.push_str("\n### Assertions\n\n");
    }
    for one in &told {
        let mark = if one.is_broken { "**" } else { "" };
        let known: Vec<String> = one.known.iter().map(|line| prose(line)).collect();
        let _ = writeln!(text, "- {mark}{}{mark}<br>{}", escape(&one.heading), known.join("<br>"));
    }
    let refusals = review.refusals(sides.new_files);
    if !refusals.is_empty() {
        text.push_str("\n### Declared in vain\n\n");
        for line in refusals {
            let _ = writeln!(text, "- {}", prose(&line));
        }
    }
    changes(&mut text, difference, sides);
    for (at, row) in rows.iter().take(MOST_EXAMPLES).enumerate() {
        let (number, who, what) = (at + 1, escape(&row.who.join(", ")), escape(&row.what.join(", ")));
        let summary = format!("Example {number}: {who} {} {what}", row.way.word());
        text.push_str(&folded(&summary, &witness::lines(&row.example.witness)));
    }
    let broken = told.iter().filter(|one| !one.request.is_empty());
    for one in broken.take(MOST_EXAMPLES) {
        text.push_str(&folded(&escape(&one.heading), &one.request));
    }
    if rows.len() > MOST_EXAMPLES {
        let _ = writeln!(
            text,
            "\n{} more examples: `--format json` holds all.",
            rows.len() - MOST_EXAMPLES
        );
    }
    let _ = writeln!(text, "\n<sub>{}</sub>", escape(&effort(&difference.extent)));
    text
}

/// A request, folded away below a summary.
fn folded(summary: &str, request: &[String]) -> String {
    let request = request.join("\n");
    let fence = fence(&request);
    format!("\n<details><summary>{summary}</summary>\n\n{fence}text\n{request}\n{fence}\n</details>\n")
}

/// The cell that says whether a row is declared, and its end; nothing where no package declares.
fn declared(row: &Row<'_>, review: Review<'_>, sides: Sides<'_>) -> String {
    if !review.is_in_use() {
        return String::new();
    }
    let cell = match review.of(row) {
        Some(judged) => format!(
            "{}: {}",
            code(&sides.new_files.path(judged.declaration.file)),
            escape(&review::reason(judged))
        ),
        None if review.is_open(row) => "**no**".to_owned(),
        None => String::new(),
    };
    format!(" {cell} |")
}

fn changes(text: &mut String, difference: &Difference, sides: Sides<'_>) {
    let all = &difference.structure.changes;
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n<details><summary>{} in the policy</summary>\n",
        counted(all.len())
    );
    text.push_str("| change | where | what | effect |\n| --- | --- | --- | --- |\n");
    for (at, change) in all.iter().enumerate() {
        let fields: Vec<String> = words::fields(change).iter().map(|field| code(field)).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            escape(&words::title(change)),
            sides.place(change).map_or_else(String::new, |place| code(&place)),
            fields.join("<br>"),
            escape(&effect(difference, at)),
        );
    }
    text.push_str("\n</details>\n");
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    }
}

fn causes(difference: &Difference, causes: &[usize], sides: Sides<'_>) -> String {
    let changes = causes.iter().filter_map(|at| difference.structure.changes.get(*at));
    let told = changes.map(|change| {
        let place = sides
            .place(change)
            .map_or_else(String::new, |place| format!(", {}", code(&place)));
        format!("{}{place}", escape(&words::title(change)))
    });
    told.collect::<Vec<_>>().join("<br>")
}

fn cells(all: &[String]) -> String {
    all.iter().map(|one| escape(one)).collect::<Vec<_>>().join(", ")
}

/// Words with names and conditions in backticks: those become code, the rest stands as it is.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            0 => out.push_str(&escape(part)),
            _ => out.push_str(&code(part)),
        }
    }
    out
}

/// Code that may stand in a table cell.
fn code(text: &str) -> String {
    let line: String = text.split(['\n', '\r']).collect::<Vec<_>>().join(" ");
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{}{pad}{fence}", line.replace('|', "\\|"))
}

/// A fence longer than any run of backticks in a text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Names as they are: nothing in them starts markup, a table cell or an element.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}
