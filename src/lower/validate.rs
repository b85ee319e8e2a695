//! Cedar's own validator in strict mode, and its faults carried back to the author's words.
//! The shipped policies are validated as they are built; only where one is refused does its located text say where.

use std::collections::BTreeMap;

use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;
use cedar_policy::Schema;
use cedar_policy::ValidationError;
use cedar_policy::ValidationMode;
use cedar_policy::Validator;
use miette::Diagnostic as _;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::text::FileId;
use crate::text::Span;

use super::codes;
use super::draft::Draft;
use super::raw::RawPolicy;
use super::text;

/// Validates the policies of Gate statements.
pub(super) fn gate(drafts: &[Draft], policies: &[(Policy, FileId)], schema: &Schema, out: &mut Diagnostics) {
    let validator = Validator::new(schema.clone());
    let set = match PolicySet::from_policies(policies.iter().map(|(policy, _)| policy.clone())) {
        Ok(set) => set,
        // Statements of one name were reported where they are resolved.
        Err(_) if out.has_errors() => return,
        Err(error) => {
            out.push(
                Diagnostic::global_error(codes::INTERNAL, format!("two policies have one id: {error}"))
                    .help("this is a fault of the compiler; please report it with the program"),
            );
            return;
        }
    };
    let result = validator.validate(&set, ValidationMode::default());
    let by_id: BTreeMap<&str, &Draft> = drafts.iter().map(|draft| (draft.id.as_str(), draft)).collect();
    let mut refused: Vec<&Draft> = result
        .validation_errors()
        .map(|error| error.policy_id().to_string())
        .chain(
            result
                .validation_warnings()
                .map(|warning| warning.policy_id().to_string()),
        )
        .filter_map(|id| by_id.get(id.as_str()).copied())
        .collect();
    refused.sort_by(|a, b| a.id.cmp(&b.id));
    refused.dedup_by(|a, b| a.id == b.id);
    for draft in refused {
        explain(draft, &validator, out);
    }
}

/// Validates one policy as located text and reports what Cedar says at the author's words.
fn explain(draft: &Draft, validator: &Validator, out: &mut Diagnostics) {
    let located = text::policy(draft);
    let parsed = Policy::parse(Some(PolicyId::new(&draft.id)), &located.text)
        .map_err(|error| error.to_string())
        .and_then(|policy| PolicySet::from_policies([policy]).map_err(|error| error.to_string()));
    let set = match parsed {
        Ok(set) => set,
        Err(error) => {
            out.push(
                Diagnostic::error(
                    codes::INTERNAL,
                    draft.span,
                    format!("this could not be written as Cedar: {error}"),
                )
                .help("this is a fault of the compiler; please report it with the statement"),
            );
            return;
        }
    };
    let result = validator.validate(&set, ValidationMode::default());
    for error in result.validation_errors() {
        let span = first_label(error)
            .and_then(|range| located.words(&range))
            .unwrap_or(draft.span);
        let mut diagnostic = Diagnostic::error(codes::CEDAR_VALIDATION, span, message(error)).help(help(error));
        if !span.contains(draft.span) && !draft.span.contains(span) {
            diagnostic = diagnostic.also(draft.span, "used by this statement");
        }
        out.push(diagnostic);
    }
    for warning in result.validation_warnings() {
        let impossible = matches!(warning, cedar_policy::ValidationWarning::ImpossiblePolicy(_));
        // After an error, a condition may be false only because a part of it is missing.
        if impossible && !out.has_errors() {
            out.push(
                Diagnostic::warning(codes::NEVER_APPLIES, draft.span, "this statement can never apply")
                    .label(format!("as `{}`", draft.id))
                    .help("its condition is false for every request of these types; correct it or remove it"),
            );
        }
    }
}

/// Validates raw policies; their own file says where.
pub(super) fn raw(policies: &[RawPolicy], schema: &Schema, out: &mut Diagnostics) {
    let set = match PolicySet::from_policies(policies.iter().map(|raw| raw.policy.clone())) {
        Ok(set) => set,
        // Equal ids were reported where the file was read.
        Err(_) => return,
    };
    let validator = Validator::new(schema.clone());
    let result = validator.validate(&set, ValidationMode::default());
    let by_id: BTreeMap<String, &RawPolicy> = policies.iter().map(|raw| (raw.policy.id().to_string(), raw)).collect();
    // Cedar says the same of one place once for every action it stands for.
    let mut faults: BTreeMap<(Span, String), (Diagnostic, usize)> = BTreeMap::new();
    for error in result.validation_errors() {
        let Some(raw) = by_id.get(&error.policy_id().to_string()) else {
            continue;
        };
        let span = first_label(error).map_or(raw.span, |range| raw.at(range));
        let text = message(error);
        let kind = text.split(" for ").next().unwrap_or_default().to_owned();
        let mut diagnostic = Diagnostic::error(codes::CEDAR_VALIDATION, span, text).help(help(error));
        if span != raw.span {
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
        let Some(raw) = by_id.get(&warning.policy_id().to_string()) else {
            continue;
        };
        let span = warning
            .labels()
            .and_then(|mut labels| labels.next())
            .map_or(raw.span, |label| raw.at(label.offset()..label.offset() + label.len()));
        let code = match warning {
            cedar_policy::ValidationWarning::ImpossiblePolicy(_) => codes::NEVER_APPLIES,
            _ => codes::CEDAR_VALIDATION,
        };
        let text = without_policy(&warning.to_string());
        out.push(Diagnostic::warning(code, span, text).maybe_help(warning.help().map(|help| help.to_string())));
    }
}

fn first_label(error: &ValidationError) -> Option<std::ops::Range<usize>> {
    let label = error.labels()?.next()?;
    Some(label.offset()..label.offset() + label.len())
}

/// Cedar opens its messages with the policy's id, which an author of Gate has never seen.
fn without_policy(message: &str) -> String {
    let rest = message
        .split_once("`, ")
        .filter(|(head, _)| head.starts_with("for policy `"));
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
        ValidationError::EmptySetForbidden(_) => "ask `x.isEmpty()` instead of comparing with `[]`".to_owned(),
        ValidationError::NonLitExtConstructor(_) => {
            "a constructor such as `decimal(…)` takes a text in quotes, not a value read from the request".to_owned()
        }
        _ => "the types of the two sides must agree; see the language reference".to_owned(),
    }
}

impl RawPolicy {
    /// A range of the policy's file as a span.
    pub(super) fn at(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.span.file, range.start, range.end)
    }
}
