//! Cedar's own validator in strict mode, and its faults carried back to the author's words. It is asked about the policies
//! that the screen does not find sound. The shipped ones are screened as they are built; only where one is refused does its
//! located text say where.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    Policy, PolicyId, PolicySet, Schema, Template, ValidationError, ValidationMode, ValidationResult,
    ValidationWarning, Validator,
};
use miette::Diagnostic as _;

use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::StatementId;
use crate::text::{FileId, Span};

use super::draft::Draft;
use super::raw::{RawPolicy, RawTemplate};
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

/// Validates raw policies and templates; their own file says where. A forbid that never applies under the schema may still deny
/// links of templates. Of a template, whose links may be made for anything, only errors are reported.
pub(super) fn raw(
    policies: &[RawPolicy],
    templates: &BTreeMap<String, RawTemplate>,
    denies_links: &dyn Fn(&RawPolicy) -> bool,
    schema: &Schema,
    out: &mut Diagnostics,
) {
    let mut faults = Faults::default();
    let asked: Vec<&Template> = templates.values().map(|one| &one.template).collect();
    let refused = screen::suspect_templates(&asked, schema);
    let refused: BTreeMap<String, &RawTemplate> = refused
        .into_iter()
        .filter_map(|at| templates.values().nth(at))
        .map(|one| (one.template.id().to_string(), one))
        .collect();
    if !refused.is_empty() {
        let mut set = PolicySet::new();
        for one in refused.values() {
            if let Err(error) = set.add_template(one.template.clone()) {
                out.push(Diagnostic::error(codes::CEDAR_VALIDATION, one.span, error.to_string()));
            }
        }
        let result = Validator::new(schema.clone()).validate(&set, ValidationMode::default());
        faults.add(&result, |id| Some(Written::of_template(refused.get(id)?)));
    }
    let all: Vec<&Policy> = policies.iter().map(|raw| &raw.policy).collect();
    let refused: BTreeMap<String, &RawPolicy> = screen::suspects(&all, schema)
        .into_iter()
        .filter_map(|at| policies.get(at))
        .map(|raw| (raw.policy.id().to_string(), raw))
        .collect();
    // Equal ids were reported where the file was read.
    let set = PolicySet::from_policies(refused.values().map(|raw| raw.policy.clone())).unwrap_or_default();
    let result = (!set.is_empty()).then(|| Validator::new(schema.clone()).validate(&set, ValidationMode::default()));
    if let Some(result) = &result {
        faults.add(result, |id| Some(Written::of_policy(refused.get(id)?)));
    }
    faults.report(out);
    for warning in result.iter().flat_map(ValidationResult::validation_warnings) {
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
        let text = without_policy(&warning.to_string(), warning.policy_id());
        out.push(Diagnostic::warning(code, span, text).maybe_help(warning.help().map(|help| help.to_string())));
    }
}

/// What an author of Cedar wrote, as far as a fault of it is reported.
struct Written {
    id: String,
    /// What to call it.
    is_template: bool,
    statement: Span,
    link: Option<Span>,
}

impl Written {
    fn of_policy(raw: &RawPolicy) -> Self {
        Self { id: raw.policy.id().to_string(), is_template: false, statement: raw.span, link: raw.link }
    }

    fn of_template(template: &RawTemplate) -> Self {
        Self { id: template.template.id().to_string(), is_template: true, statement: template.span, link: None }
    }
}

/// Errors of raw policies and templates by place and kind: Cedar reports one place once for each action that it stands for, in
/// no order.
#[derive(Default)]
struct Faults(BTreeMap<(Span, String), (Diagnostic, usize)>);

impl Faults {
    fn add(&mut self, result: &ValidationResult, of: impl Fn(&str) -> Option<Written>) {
        let mut errors: Vec<(Written, &ValidationError, String)> = result
            .validation_errors()
            .filter_map(|error| {
                // As Cedar shows it: that is how policies and templates are known here.
                let id = error.policy_id().to_string();
                Some((of(&id)?, error, message(error)))
            })
            .collect();
        errors.sort_by(|(a, _, one), (b, _, other)| (&a.id, one).cmp(&(&b.id, other)));
        let known: BTreeSet<(Span, String)> = self.0.keys().cloned().collect();
        for (written, error, text) in errors {
            let statement = written.statement;
            let kind = text.split(" for ").next().unwrap_or_default().to_owned();
            // What is wrong with a template is not wrong with each of its links.
            let is_in_template = |(at, known): &(Span, String)| statement.contains(*at) && *known == kind;
            if written.link.is_some() && known.iter().any(is_in_template) {
                continue;
            }
            let place = written.link.unwrap_or(statement);
            let span = first_label(error).map_or(place, |range| Span::new(statement.file, range.start, range.end));
            let mut diagnostic = Diagnostic::error(codes::CEDAR_VALIDATION, span, text).help(help(error));
            if written.link.is_some() {
                diagnostic = diagnostic.also(statement, "the template");
            } else if span != statement {
                let what = if written.is_template { "template" } else { "policy" };
                diagnostic = diagnostic.note(format!("in the {what} `{}`", written.id));
            }
            self.0.entry((span, kind)).or_insert((diagnostic, 0)).1 += 1;
        }
    }

    fn report(self, out: &mut Diagnostics) {
        for (diagnostic, times) in self.0.into_values() {
            out.push(match times {
                0 | 1 => diagnostic,
                more => diagnostic.note(format!("the same in {} more kinds of request", more - 1)),
            });
        }
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
fn without_policy(message: &str, id: &PolicyId) -> String {
    let rest = message.strip_prefix("for policy `").and_then(|rest| rest.strip_prefix(&id.to_string()));
    let rest = rest.and_then(|rest| rest.strip_prefix("`, ").or_else(|| rest.strip_prefix("`: ")));
    rest.unwrap_or(message).to_owned()
}

fn message(error: &ValidationError) -> String {
    without_policy(&error.to_string(), error.policy_id())
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
