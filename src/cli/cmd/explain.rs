//! `gatewright explain`: the page of a lint, or the section of the book that describes a diagnostic.

use crate::cli::args::Explain;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::diag::did_you_mean;
use crate::lint;
use crate::lint::Lint;

/// The book's page of all diagnostics; a test demands a section for every code.
const ERRORS: &str = include_str!("../../../book/src/language/errors.md");

/// The book's pages with tables of reasons to refuse a bundle: the page's name, and its text. A test demands a row for every code.
const REFUSALS: [(&str, &str); 3] = [
    ("The bundle format", include_str!("../../../book/src/bundles/format.md")),
    ("Signatures and trust", include_str!("../../../book/src/bundles/trust.md")),
    ("Publish and pull", include_str!("../../../book/src/bundles/registries.md")),
];

pub(in crate::cli) fn run(args: &Explain, console: &mut Console) -> Result<Exit, CliError> {
    let code = args.code.trim_start_matches('[').trim_end_matches(']');
    let Some(page) = page(code) else {
        let codes = sections(ERRORS).map(|(name, _)| name).chain(refusals().map(|(name, ..)| name));
        return Err(CliError::UnknownCode {
            code: code.to_owned(),
            near: did_you_mean(code, codes.chain(lint::all().map(Lint::id))),
        });
    };
    console.print_exactly(&format!("{}\n", page.trim_end()))?;
    Ok(Exit::Ok)
}

fn page(code: &str) -> Option<String> {
    let of_lint = lint::find(code).map(|lint| lint.page).or_else(|| lint::removed(code));
    let page = of_lint.or_else(|| sections(ERRORS).find(|(name, _)| *name == code).map(|(_, text)| text));
    page.map(str::to_owned).or_else(|| refusal(code))
}

/// What is said of a reason to refuse a bundle, page by page.
fn refusal(code: &str) -> Option<String> {
    let said: Vec<String> = refusals()
        .filter(|(name, ..)| *name == code)
        .map(|(_, text, page)| format!("{text}\n\nSee the book's page \"{page}\".\n"))
        .collect();
    (!said.is_empty()).then(|| format!("## `{code}`\n\n{}", said.join("\n")))
}

/// The rows of the tables of refusals: each code, what stands beside it, and the page's name.
fn refusals() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    REFUSALS.into_iter().flat_map(|(page, text)| rows(text).map(move |(code, text)| (code, text, page)))
}

/// The rows of the tables of a page whose columns are codes and when they come.
fn rows(page: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = page.split("\n| Code | When |\n").skip(1);
    let lines = tables.flat_map(|table| table.lines().take_while(|line| line.starts_with('|')));
    let cells = lines.filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    cells.flat_map(|(codes, text)| {
        codes.split(", ").filter_map(move |code| Some((code.strip_prefix('`')?.strip_suffix('`')?, text)))
    })
}

/// The second-level sections of a page: the code, and the section with its heading.
fn sections(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let start = rest.find("\n## ")? + 1;
        let section = rest.get(start..)?;
        // A part of the page ends a section, too.
        let end = ["\n## ", "\n# "].into_iter().filter_map(|heading| section.find(heading)).min();
        let end = end.map_or(section.len(), |end| end + 1);
        let text = section.get(..end)?;
        rest = rest.get(start + end - 1..)?;
        let heading = text.lines().next()?.trim_start_matches("## ").trim();
        Some((heading.trim_matches('`'), text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_its_sections() {
        let page = "# Errors\nintro\n\n## `one`\ntext\n### part\n\n## two\nmore\n";
        let found: Vec<_> = sections(page).collect();
        assert_eq!(found, [("one", "## `one`\ntext\n### part\n\n"), ("two", "## two\nmore\n")]);
        let parts = "# One\n\n## `a`\ntext\n\n# Two\nintro\n\n## `b`\nmore\n";
        assert_eq!(sections(parts).collect::<Vec<_>>(), [("a", "## `a`\ntext\n\n"), ("b", "## `b`\nmore\n")]);
        assert_eq!(sections("# Nothing").count(), 0);
    }

    #[test]
    fn the_books_page_has_sections() {
        assert!(sections(ERRORS).count() > 5);
    }
}
