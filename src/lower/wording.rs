//! What Cedar's validator says most often, in the words of an author: an optional attribute or a tag that is read without
//! a test.

use std::collections::BTreeMap;

use cedar_policy::Effect;

use crate::diag::{Certainty, Diagnostic, Diagnostics, Fix};
use crate::graph;
use crate::graph::Program;
use crate::text::{Sources, Span};
use crate::typing::Constructor;

use super::codes;
use super::raw::{RawPolicy, RawTemplate};

/// What was validated.
pub(super) struct Validated<'a> {
    pub(super) program: &'a Program,
    pub(super) raw: &'a [RawPolicy],
    pub(super) templates: &'a BTreeMap<String, RawTemplate>,
    pub(super) sources: &'a Sources,
}

/// Says again what the validator said.
pub(super) fn reword(validated: &Validated<'_>, out: &mut Diagnostics) {
    let guessed = validated.program.has_unknown_types();
    for found in std::mem::take(out) {
        match found.code {
            codes::CEDAR_VALIDATION => match absence(validated, &found).or_else(|| literal(&found)) {
                Some(again) => out.push(again),
                // Cedar speaks of types that stand in for those that did not resolve.
                None if guessed => {}
                None => out.push(found),
            },
            _ => out.push(found),
        }
    }
}

/// A text from which Cedar makes no value, in the author's words.
fn literal(found: &Diagnostic) -> Option<Diagnostic> {
    let (_, what) = found.message.split_once("failed to parse as ")?;
    let (kind, text) = what.split_once(": ")?;
    let text = text.trim_matches('`').trim_matches('"');
    // Cedar says `a datetime value` and `IP address`.
    let is_named = |known: &Constructor| kind.to_lowercase().split(' ').any(|word| word == known.name());
    let constructor = Constructor::ALL.into_iter().find(is_named)?;
    let is_time_of_day = text.contains(':') && !text.contains('-');
    let (article, help) = match constructor {
        Constructor::Datetime if is_time_of_day => ("a datetime", TIME_OF_DAY),
        Constructor::Datetime => {
            ("a datetime", "write a date, or a date and a time with its zone: `datetime(\"2026-03-01T10:00:00Z\")`")
        }
        Constructor::Duration => ("a duration", "write numbers with units, the longest first: `duration(\"1h30m\")`"),
        Constructor::Decimal => ("a decimal", "write one to four digits after the point: `decimal(\"10.00\")`"),
        Constructor::Ip => ("an IP address", "write an address or a range: `ip(\"10.0.0.1\")`, `ip(\"10.0.0.0/8\")`"),
    };
    let at = found.primary()?;
    let again = Diagnostic::error(codes::CEDAR_VALIDATION, at, format!("`{text}` is not {article}")).help(help);
    Some(found.labels.iter().skip(1).fold(again, |again, label| again.also(label.span, label.text.clone())))
}

/// What to compare in place of a time without a date.
const TIME_OF_DAY: &str = "a time of day is a duration since midnight in UTC: compare `context.now.toTime()` with \
                           `duration(\"9h55m\")`";

/// A read that Cedar does not take for safe, in the author's words.
fn absence(validated: &Validated<'_>, found: &Diagnostic) -> Option<Diagnostic> {
    let what = found.message.strip_prefix("unable to guarantee safety of access to ")?;
    let at = found.primary()?;
    let words = validated.sources.slice(at);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let (read, test) = match what.strip_prefix("optional attribute `") {
        Some(rest) => {
            let name = rest.split("` ").next()?.trim_end_matches('`');
            attribute(&words, name).unwrap_or_else(|| (name.to_owned(), format!("… has {name}")))
        }
        None if words.contains("getTag") => (words.clone(), words.replacen("getTag", "hasTag", 1)),
        None => return None,
    };
    let help = match (validated.forbids(found), validated.in_unless(at)) {
        (false, false) | (true, true) => format!("test it first: `{test} && …`"),
        (true, false) => {
            format!("state what absence means: `if {test} then … else true` forbids, `{test} && …` does not")
        }
        (false, true) => {
            format!("state what absence means: `if {test} then … else true` does not permit, `{test} && …` does")
        }
    };
    let again = Diagnostic::error(codes::UNTESTED_OPTIONAL, at, format!("`{read}` may be absent"));
    let again = again.label("read without a test").help(help);
    let again = match graph::place_of_test(validated.program, at) {
        Some(place) => again.fix(Fix::insert(place, format!("{test} && "), Certainty::Certain)),
        None => again,
    };
    let others = found.labels.iter().skip(1);
    let again = others.fold(again, |again, label| again.also(label.span, label.text.clone()));
    // How often Cedar says it tells an author nothing.
    let notes =
        found.notes.iter().filter(|note| note.starts_with("in the policy") || note.starts_with("in the template"));
    Some(notes.fold(again, |again, note| again.note(note.clone())))
}

/// The read of an attribute, by Cedar's name for it, within some words, and the test for it: `a.b` and `a has b`.
fn attribute(words: &str, name: &str) -> Option<(String, String)> {
    let step = match name.starts_with('[') {
        true => name.to_owned(),
        false => format!(".{name}"),
    };
    let (of, read) = words.match_indices(&step).find_map(|(at, step)| {
        let after = words.get(at + step.len()..)?;
        let ends = step.ends_with(']') || !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        Some((words.get(..at)?, words.get(..at + step.len())?)).filter(|_| ends)
    })?;
    let quoted = read.strip_suffix(']').and_then(|read| read.rsplit_once('['));
    let test = match quoted {
        Some((of, key)) => format!("{of} has {key}"),
        None => format!("{of} has {name}"),
    };
    Some((read.to_owned(), test))
}

impl Validated<'_> {
    /// Whether the condition that a diagnostic is about keeps out.
    fn forbids(&self, found: &Diagnostic) -> bool {
        let within = |whole: Span| found.labels.iter().any(|label| whole.contains(label.span));
        let raw = self.raw.iter().map(|raw| (raw.policy.effect(), raw.span));
        let raw = raw.chain(self.templates.values().map(|template| (template.effect(), template.span)));
        let raw = raw.filter(|(effect, _)| *effect == Effect::Forbid).map(|(_, span)| span);
        raw.chain(self.program.denies.iter().map(|deny| deny.statement.span)).any(within)
    }

    /// Whether a place lies in an `unless` of a raw policy or a template.
    fn in_unless(&self, at: Span) -> bool {
        let mut raw = self.raw.iter().map(|raw| raw.span).chain(self.templates.values().map(|template| template.span));
        let before = raw.find(|span| span.contains(at)).and_then(|span| {
            let (text, from) = (self.sources.slice(span), at.start.checked_sub(span.start)?);
            text.get(..usize::try_from(from).ok()?)
        });
        let before = before.unwrap_or_default();
        let mut words = before.split(|c: char| !c.is_alphanumeric() && c != '_').rev();
        words.find(|word| matches!(*word, "when" | "unless")) == Some("unless")
    }
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn the_step_that_may_be_missing_is_found_in_the_words() {
        let found = |words, name| attribute(words, name).map(|(read, test)| format!("{read} | {test}"));
        assert_eq!(found("d.note", "note").unwrap(), "d.note | d has note");
        assert_eq!(found("a.notes.note.x", "note").unwrap(), "a.notes.note | a.notes has note");
        assert_eq!(found("a[\"b c\"].d", "[\"b c\"]").unwrap(), "a[\"b c\"] | a has \"b c\"");
        assert_eq!(found("a.b.c == 1", "b.c").unwrap(), "a.b.c | a has b.c");
        assert_eq!(found("a.b[\"c d\"]", "b[\"c d\"]").unwrap(), "a.b[\"c d\"] | a.b has \"c d\"");
        assert_eq!(found("low_risk", "note"), None);
    }
}
