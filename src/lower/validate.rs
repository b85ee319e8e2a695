//! Cedar's own validator in strict mode, and its faults carried back to the author's words. It is asked about the policies
//! that the screen does not find sound. The shipped ones are screened as they are built; only where one is refused does its
//! located text say where.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    Policy, PolicyId, PolicySet, Schema, ValidationError, ValidationMode, ValidationWarning, Validator,
};
use miette::Diagnostic as _;

use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::StatementId;
use crate::text::{FileId, Span};

use super::draft::Draft;
use super::raw::RawPolicy;
use super::{codes, screen, text};

/// Validates the policies of Gate statements, which are those of the drafts in their order, sorted by id. A statement that never
/// applies under the schema may still deny links of templates.
pub(super) fn gate(
    drafts: &[Draft],
    policies: &[(Policy, FileId)],
    denies_links: &dyn Fn(&StatementId) -> bool,
    schema: &Schema,
    out: &mut Diagnostics,
) {
    let twice = drafts.iter().zip(drafts.iter().skip(1)).find(|(a, b)| a.id == b.id);
    if let Some((draft, _)) = twice {
        // Statements of one name were reported where they are resolved.
        if !out.has_errors() {
            let message = format!("two policies have the same id: `{}`", draft.id);
            out.push(
                Diagnostic::global_error(codes::INTERNAL, message)
                    .help("this is a bug in the compiler; please report it with the program"),
            );
        }
        return;
    }
    let policies: Vec<&Policy> = policies.iter().map(|(policy, _)| policy).collect();
    let refused = screen::suspects(&policies, schema);
    if refused.is_empty() {
        return;
    }
    let validator = Validator::new(schema.clone());
    // A condition may rule out some of the types that a statement is about, and the statement then applies to the others.
    let mut applying: BTreeSet<&StatementId> = drafts
        .iter()
        .enumerate()
        .filter(|(at, _)| refused.binary_search(at).is_err())
        .map(|(_, draft)| &draft.of)
        .collect();
    let mut impossible = Vec::new();
    for draft in refused.into_iter().filter_map(|at| drafts.get(at)) {
        match explain(draft, &validator, out) {
            true => impossible.push(draft),
            false => drop(applying.insert(&draft.of)),
        }
    }
    // After an error, a condition may be false only because a part of it is missing.
    if out.has_errors() {
        return;
    }
    for draft in impossible.into_iter().filter(|draft| !applying.contains(&draft.of) && !denies_links(&draft.of)) {
        out.push(
            Diagnostic::warning(codes::NEVER_APPLIES, draft.span, "this statement can never apply")
                .label(format!("as `{}`", draft.id))
                .help("its condition is false for every request of these types; correct it or remove it"),
        );
    }
}

/// Validates what assertions ask. Of what Cedar says, only what an author of a condition can get wrong is told: that a
/// claim never applies is for proofs to say.
pub(super) fn claims(asked: &[Draft], schema: &Schema, out: &mut Diagnostics) {
    let built: Vec<(&Draft, Policy)> = asked.iter().filter_map(|draft| Some((draft, draft.policy("").ok()?))).collect();
    let policies: Vec<&Policy> = built.iter().map(|(_, policy)| policy).collect();
    let refused = screen::suspects(&policies, schema);
    let validator = Validator::new(schema.clone());
    let mut told = BTreeSet::new();
    for (draft, _) in refused.into_iter().filter_map(|at| built.get(at)) {
        let located = text::policy(draft);
        let Ok(policy) = Policy::parse(Some(PolicyId::new(&draft.id)), &located.text) else {
            continue;
        };
        let Ok(set) = PolicySet::from_policies([policy]) else {
            continue;
        };
        let result = validator.validate(&set, ValidationMode::default());
        for error in result.validation_errors().filter(|error| is_of_the_author(error)) {
            let span = first_label(error).and_then(|range| located.words(&range)).unwrap_or(draft.span);
            // An assertion speaks of many kinds of request.
            if told.insert(span) {
                out.push(Diagnostic::error(codes::CEDAR_VALIDATION, span, message(error)).help(help(error)));
            }
        }
    }
}

fn is_of_the_author(error: &ValidationError) -> bool {
    matches!(
        error,
        ValidationError::UnsafeOptionalAttributeAccess(_)
            | ValidationError::UnsafeTagAccess(_)
            | ValidationError::EmptySetForbidden(_)
            | ValidationError::NonLitExtConstructor(_)
    )
}

/// Validates one policy as located text and reports the errors that Cedar finds at the author's words. Whether the policy can never
/// apply.
fn explain(draft: &Draft, validator: &Validator, out: &mut Diagnostics) -> bool {
    let located = text::policy(draft);
    let parsed = Policy::parse(Some(PolicyId::new(&draft.id)), &located.text)
        .map_err(|error| error.to_string())
        .and_then(|policy| PolicySet::from_policies([policy]).map_err(|error| error.to_string()));
    let set = match parsed {
        Ok(set) => set,
        Err(error) => {
            out.push(
                Diagnostic::error(codes::INTERNAL, draft.span, format!("this could not be written as Cedar: {error}"))
                    .help("this is a bug in the compiler; please report it with the statement"),
            );
            return false;
        }
    };
    let result = validator.validate(&set, ValidationMode::default());
    for error in result.validation_errors() {
        let span = first_label(error).and_then(|range| located.words(&range)).unwrap_or(draft.span);
        let mut diagnostic = Diagnostic::error(codes::CEDAR_VALIDATION, span, message(error)).help(help(error));
        if !span.contains(draft.span) && !draft.span.contains(span) {
            diagnostic = diagnostic.also(draft.span, "used by this statement");
        }
        out.push(diagnostic);
    }
    result.validation_warnings().any(|warning| matches!(warning, ValidationWarning::ImpossiblePolicy(_)))
}

/// Validates raw policies; their own file says where. A forbid that never applies under the schema may still deny links of
/// templates.
pub(super) fn raw(
    policies: &[RawPolicy],
    denies_links: &dyn Fn(&RawPolicy) -> bool,
    schema: &Schema,
    out: &mut Diagnostics,
) {
    let all: Vec<&Policy> = policies.iter().map(|raw| &raw.policy).collect();
    let refused: BTreeMap<String, &RawPolicy> = screen::suspects(&all, schema)
        .into_iter()
        .filter_map(|at| policies.get(at))
        .map(|raw| (raw.policy.id().to_string(), raw))
        .collect();
    // Equal ids were reported where the file was read.
    let Ok(set) = PolicySet::from_policies(refused.values().map(|raw| raw.policy.clone())) else {
        return;
    };
    if set.is_empty() {
        return;
    }
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::default());
    // Cedar says the same of one place once for every action it stands for, in no order.
    let mut errors: Vec<(&RawPolicy, &ValidationError, String)> = result
        .validation_errors()
        .filter_map(|error| Some((*refused.get(&error.policy_id().to_string())?, error, message(error))))
        .collect();
    errors.sort_by(|(a, _, one), (b, _, other)| (a.policy.id(), one).cmp(&(b.policy.id(), other)));
    let mut faults: BTreeMap<(Span, String), (Diagnostic, usize)> = BTreeMap::new();
    for (raw, error, text) in errors {
        let span = first_label(error).map_or(raw.place(), |range| raw.at(range));
        let kind = text.split(" for ").next().unwrap_or_default().to_owned();
        let mut diagnostic = Diagnostic::error(codes::CEDAR_VALIDATION, span, text).help(help(error));
        if raw.link.is_some() {
            diagnostic = diagnostic.also(raw.span, "the template");
        } else if span != raw.span {
            diagnostic = diagnostic.note(format!("in the policy `{}`", raw.policy.id()));
        }
        faults.entry((span, kind)).or_insert((diagnostic, 0)).1 += 1;
    }
    for (diagnostic, times) in faults.into_values() {
        out.push(match times {
            0 | 1 => diagnostic,
            more => diagnostic.note(format!("the same in {} more kinds of request", more - 1)),
        });
    }
    for warning in result.validation_warnings() {
        let Some(raw) = refused.get(&warning.policy_id().to_string()) else {
            continue;
        };
        let is_for_links = || {
            let is_apart = matches!(
                warning,
                ValidationWarning::ImpossiblePolicy(_) | ValidationWarning::InvalidActionApplication(_)
            );
            is_apart && denies_links(raw)
        };
        if is_about_letters(warning) || is_for_links() {
            continue;
        }
        let span = warning
            .labels()
            .and_then(|mut labels| labels.next())
            .map_or(raw.place(), |label| raw.at(label.offset()..label.offset() + label.len()));
        let code = match warning {
            ValidationWarning::ImpossiblePolicy(_) => codes::NEVER_APPLIES,
            _ => codes::CEDAR_VALIDATION,
        };
        let text = without_policy(&warning.to_string());
        out.push(Diagnostic::warning(code, span, text).maybe_help(warning.help().map(|help| help.to_string())));
    }
}

/// Whether a warning is of names that look like others: `confusable` tells them, of Gate and Cedar alike, where they stand.
fn is_about_letters(warning: &ValidationWarning) -> bool {
    matches!(
        warning,
        ValidationWarning::MixedScriptString(_)
            | ValidationWarning::BidiCharsInString(_)
            | ValidationWarning::BidiCharsInIdentifier(_)
            | ValidationWarning::MixedScriptIdentifier(_)
            | ValidationWarning::ConfusableIdentifier(_)
    )
}

fn first_label(error: &ValidationError) -> Option<std::ops::Range<usize>> {
    let label = error.labels()?.next()?;
    Some(label.offset()..label.offset() + label.len())
}

/// Cedar opens its messages with the policy's id, which an author of Gate has never seen.
fn without_policy(message: &str) -> String {
    let rest = message.split_once("`, ").filter(|(head, _)| head.starts_with("for policy `"));
    rest.map_or(message, |(_, rest)| rest).to_owned()
}

fn message(error: &ValidationError) -> String {
    without_policy(&error.to_string())
}

fn help(error: &ValidationError) -> String {
    if let Some(help) = error.help() {
        return help.to_string();
    }
    match error {
        ValidationError::UnsafeOptionalAttributeAccess(_) => {
            "test it first: `x has attribute && x.attribute …`".to_owned()
        }
        ValidationError::UnsafeTagAccess(_) => "test it first: `x.hasTag(\"key\") && x.getTag(\"key\") …`".to_owned(),
        ValidationError::EmptySetForbidden(_) => "use `x.isEmpty()` instead of comparing with `[]`".to_owned(),
        ValidationError::NonLitExtConstructor(_) => {
            "a constructor such as `decimal(…)` takes a string in quotes, not a value read from the request".to_owned()
        }
        _ => "the types of the two sides must agree; see the language reference".to_owned(),
    }
}

impl RawPolicy {
    /// Where its faults stand that have no place of their own: what is wrong with a linked policy only is wrong with its link.
    fn place(&self) -> Span {
        self.link.unwrap_or(self.span)
    }

    /// A range of the policy's file as a span.
    pub(super) fn at(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.span.file, range.start, range.end)
    }
}
