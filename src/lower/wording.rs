//! What Cedar's validator says most often, in the words of an author: an optional attribute or a tag that is read without
//! having been asked for. And what it says of one copy of a statement, held against the statement's other copies.

use std::collections::BTreeMap;

use cedar_policy::Effect;
use cedar_policy::Policy;
use cedar_policy::PolicySet;
use cedar_policy::Schema;
use cedar_policy::ValidationMode;
use cedar_policy::ValidationWarning;
use cedar_policy::Validator;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::graph::Program;
use crate::text::FileId;
use crate::text::Sources;
use crate::text::Span;

use super::codes;
use super::draft::Draft;
use super::raw::RawPolicy;

/// What was validated.
pub(super) struct Validated<'a> {
    pub(super) program: &'a Program,
    pub(super) drafts: &'a [Draft],
    pub(super) policies: &'a [(Policy, FileId)],
    pub(super) raw: &'a [RawPolicy],
    pub(super) schema: &'a Schema,
    pub(super) sources: &'a Sources,
}

/// Says again what the validator said.
pub(super) fn reword(validated: &Validated<'_>, out: &mut Diagnostics) {
    for found in std::mem::take(out) {
        match found.code {
            codes::CEDAR_VALIDATION => out.push(absence(validated, &found).unwrap_or(found)),
            codes::NEVER_APPLIES if validated.sometimes_applies(&found) => {}
            _ => out.push(found),
        }
    }
}

/// A read that Cedar does not take for safe, in the author's words.
fn absence(validated: &Validated<'_>, found: &Diagnostic) -> Option<Diagnostic> {
    let what = found.message.strip_prefix("unable to guarantee safety of access to ")?;
    let at = found.primary()?;
    let words = validated.sources.slice(at);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let (read, test) = match what.strip_prefix("optional attribute `") {
        Some(rest) => attribute(&words, rest.split('`').next()?)?,
        None if words.contains("getTag") => (words.clone(), words.replacen("getTag", "hasTag", 1)),
        None => return None,
    };
    let help = match validated.forbids(found) {
        true => format!("say what absence means: `if {test} then … else true` forbids, `{test} && …` does not"),
        false => format!("test it first: `{test} && …`"),
    };
    let again = Diagnostic::error(codes::UNTESTED_OPTIONAL, at, format!("`{read}` may be absent"));
    let again = again.label("read without a test").help(help);
    let others = found.labels.iter().skip(1);
    let again = others.fold(again, |again, label| again.also(label.span, label.text.clone()));
    // How often Cedar says it tells an author nothing.
    let notes = found.notes.iter().filter(|note| note.starts_with("in the policy"));
    Some(notes.fold(again, |again, note| again.note(note.clone())))
}

/// The read of an attribute within some words, and the test for it: `a.b` and `a has b`.
fn attribute(words: &str, name: &str) -> Option<(String, String)> {
    let dotted = words.match_indices(&format!(".{name}")).find_map(|(at, step)| {
        let after = words.get(at + step.len()..)?;
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        Some((words.get(..at)?, words.get(..at + step.len())?)).filter(|_| ends)
    });
    if let Some((of, read)) = dotted {
        return Some((read.to_owned(), format!("{of} has {name}")));
    }
    let step = format!("[\"{name}\"]");
    let at = words.find(&step)?;
    let (of, read) = (words.get(..at)?, words.get(..at + step.len())?);
    Some((read.to_owned(), format!("{of} has \"{name}\"")))
}

impl Validated<'_> {
    /// Whether the condition that a diagnostic is about keeps out.
    fn forbids(&self, found: &Diagnostic) -> bool {
        let within = |whole: Span| found.labels.iter().any(|label| whole.contains(label.span));
        let raw = self.raw.iter().filter(|raw| raw.policy.effect() == Effect::Forbid);
        raw.map(|raw| raw.span)
            .chain(self.program.denies.iter().map(|deny| deny.statement.span))
            .any(within)
    }

    /// Whether a statement of which one copy never applies has another that may: it is for several types, of which its
    /// condition takes its pick.
    fn sometimes_applies(&self, found: &Diagnostic) -> bool {
        let copies: BTreeMap<String, &Policy> = self
            .drafts
            .iter()
            .zip(self.policies)
            .filter(|(draft, _)| Some(draft.span) == found.primary())
            .map(|(draft, (policy, _))| (draft.id.clone(), policy))
            .collect();
        if copies.len() < 2 {
            return false;
        }
        let Ok(set) = PolicySet::from_policies(copies.values().map(|policy| (*policy).clone())) else {
            return false;
        };
        let result = Validator::new(self.schema.clone()).validate(&set, ValidationMode::default());
        let never = result
            .validation_warnings()
            .filter(|warning| matches!(warning, ValidationWarning::ImpossiblePolicy(_)));
        never.count() < copies.len()
    }
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn the_step_that_may_be_missing_is_found_in_the_words() {
        let found = |words, name| attribute(words, name).map(|(read, test)| format!("{read} | {test}"));
        assert_eq!(found("d.note", "note").unwrap(), "d.note | d has note");
        assert_eq!(
            found("a.notes.note.x", "note").unwrap(),
            "a.notes.note | a.notes has note"
        );
        assert_eq!(found("a[\"b c\"].d", "b c").unwrap(), "a[\"b c\"] | a has \"b c\"");
        assert_eq!(found("low_risk", "note"), None);
    }
}
