//! Coverage for people: a line for each kind, what is missing, and what is not counted.

use std::collections::BTreeMap;

use super::percent;
use crate::report::{Files, printable};
use crate::scenario::{Aspect, Coverage};
use crate::text::Span;

/// How many missing obligations are listed.
const LISTED: usize = 20;

/// A line for each kind, then what is missing and what is not counted.
#[must_use]
pub fn coverage_summary(coverage: &Coverage, files: Files<'_>) -> String {
    let mut text = String::from("coverage\n");
    for aspect in Aspect::ALL {
        let share = coverage.share(aspect);
        let (seen, of) = (share.seen, share.of);
        text.push_str(&format!("  {:11}  {:>4}  {seen} of {of}\n", aspect.name(), percent(share)));
    }
    let missing: Vec<_> = coverage.missing().collect();
    if !missing.is_empty() {
        text.push_str("\nnever seen:\n");
    }
    for one in missing.iter().take(LISTED) {
        let place = place(one.at, files);
        text.push_str(&format!("  {place}: `{}` {}\n", printable(&one.statement.name), printable(&one.what)));
    }
    if missing.len() > LISTED {
        let more = missing.len() - LISTED;
        text.push_str(&format!("  and {more} more; `--report annotated=PATH` lists all\n"));
    }
    let mut excluded: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &coverage.excluded {
        excluded.entry(&one.why).or_default().push(format!("`{}`", printable(&one.statement.name)));
    }
    if !excluded.is_empty() {
        text.push_str("\nnot counted:\n");
    }
    for (why, names) in excluded {
        text.push_str(&format!("  {}\n    {}\n", printable(why), listed(&names)));
    }
    text
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn place(span: Span, files: Files<'_>) -> String {
    let at = files.sources.position(span);
    format!("{}:{}", printable(&files.path(span.file)), at.line)
}
