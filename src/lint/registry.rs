//! Which lints there are, and which there were.

use crate::diag::did_you_mean;

use super::Lint;
use super::rules::ALL;

/// Lints that are gone, with what became of them. An id is never used again.
static REMOVED: &[(&str, &str)] = &[];

/// All lints, sorted by id.
pub fn all() -> impl Iterator<Item = &'static Lint> {
    ALL.iter().copied()
}

/// The lint with an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Lint> {
    all().find(|lint| lint.id() == id)
}

/// What became of a lint that is gone.
#[must_use]
pub fn removed(id: &str) -> Option<&'static str> {
    REMOVED.iter().find(|(known, _)| *known == id).map(|(_, fate)| *fate)
}

/// Says that there is no such lint.
pub(super) fn unknown(id: &str) -> String {
    match removed(id) {
        Some(_) => format!("there is no lint `{id}` any more"),
        None => format!("there is no lint `{id}`"),
    }
}

/// What to write instead of the id of no lint.
pub(super) fn suggestion(id: &str) -> String {
    if let Some(fate) = removed(id) {
        return fate.to_owned();
    }
    did_you_mean(id, all().map(Lint::id)).unwrap_or_else(|| "`gatewright lint --list` lists the ids".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_unique_kebab_case_and_not_those_of_removed_lints() {
        let ids: Vec<&str> = all().map(Lint::id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        for id in ids {
            assert!(id.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase())), "{id}");
            assert_eq!(removed(id), None);
            assert_eq!(find(id).unwrap().id(), id);
        }
    }

    #[test]
    fn every_page_opens_with_its_id_and_what_the_registry_says_of_it() {
        for lint in all() {
            let head = format!(
                "# {}\n\n{}.\n\nLevel: {}. Since: {}. Reads: {}.\n\n## What it does\n",
                lint.id(),
                sentence(lint.summary),
                lint.level.name(),
                lint.since,
                lint.reads.name()
            );
            assert!(lint.page.starts_with(&head), "{}.md does not open with\n{head}", lint.id());
            let headings: Vec<&str> = lint.page.lines().filter(|line| line.starts_with("## ")).collect();
            let expected = ["## What it does", "## Why it matters", "## Example", "## Instead", "## When to waive"];
            assert_eq!(headings, expected, "{}.md", lint.id());
        }
    }

    fn sentence(text: &str) -> String {
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
    }
}
