//! For a pull request: one table that a reviewer can act on, then what it rests on, folded away.

use std::fmt::Write;

use crate::report::witness;
use crate::semdiff::Difference;
use crate::semdiff::Judged;
use crate::semdiff::Verdict;

use super::Review;
use super::Sides;
use super::assigned;
use super::effect;
use super::effort;
use super::review;
use super::rows;
use super::rows::Row;
use super::sentence;
use super::terms;
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
    for one in &assigned {
        let cell = match (one.declared, one.open) {
            (Some(judged), _) => format!(
                "{}: {}",
                code(&sides.new_files.path(judged.declaration.file)),
                escape(&review::reason(judged))
            ),
            (None, true) => "**no**".to_owned(),
            (None, false) => String::new(),
        };
        let _ = writeln!(
            text,
            "| **{}** | {} | {} | {} | | {} |{}",
            one.way.word(),
            escape(&one.assigned.who),
            escape(&one.assigned.what),
            escape(&one.brings),
            code(&one.place),
            if review.is_in_use() {
                format!(" {cell} |")
            } else {
                String::new()
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
            escape(&format!("({})", one.doubt)),
            causes(difference, &one.causes, sides),
            if review.is_in_use() { " |" } else { "" },
        );
    }
    if difference.verdict() == Verdict::Unknown {
        text.push_str("\nWhat is unknown may be a change: do not read it as equal.\n");
    }
    table_of_terms(&mut text, difference, review, sides);
    if !difference.breaks.is_empty() {
        text.push_str("\n### Callers must change\n\n");
        for one in &difference.breaks {
            let _ = writeln!(text, "- {} {}", code(&one.what), prose(&one.how));
        }
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
        let request = witness::lines(&row.example.witness).join("\n");
        let fence = fence(&request);
        let _ = writeln!(
            text,
            "\n<details><summary>Example {}: {} {} {}</summary>\n\n{fence}text\n{request}\n{fence}\n</details>",
            at + 1,
            escape(&row.who.join(", ")),
            row.way.word(),
            escape(&row.what.join(", ")),
        );
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
            code(&sides.new_files.path(judged.declaration.file)),
            escape(&review::reason(judged))
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
        let readers: Vec<String> = term.change.readers.iter().map(|name| code(name)).collect();
        let _ = write!(
            text,
            "| **{}** | {} | {} | {} |",
            term.change.effect.name(),
            code(&term.change.path),
            code(&term.said()),
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
