//! Annotations: a closed set, each where it means something, with the arguments it takes.

use crate::diag::{Diagnostic, did_you_mean};
use crate::syntax::ast;
use crate::syntax::ast::{AnnotationValue, Text};
use crate::text::{Instant, Span};

use super::Resolver;
use crate::graph::{ActionEffects, Until, Waiver, codes};

/// Where annotations stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Principal,
    Resource,
    Type,
    Attribute,
    Action,
    Role,
    Grant,
    Statement,
}

/// What they say.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) pass: Vec<(String, String)>,
    pub(super) temporary: Option<Span>,
    pub(super) masked: bool,
    pub(super) workload: bool,
    pub(super) wildcard: bool,
    pub(super) partial: bool,
    pub(super) effects: ActionEffects,
}

const KNOWN: [&str; 13] = [
    "doc",
    "control",
    "owner",
    "review",
    "temporary",
    "masked",
    "reads",
    "writes",
    "assigns",
    "wildcard",
    "partial",
    "workload",
    "allow",
];

/// Reads the annotations before a declaration whose span is `covers`; waivers go straight into the program.
pub(super) fn read(cx: &mut Resolver<'_>, annotations: &[ast::Annotation], place: Place, covers: Span) -> Said {
    let mut said = Said::default();
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for annotation in annotations {
        let name = annotation.name.text.as_str();
        let repeatable = matches!(name, "allow" | "control" | "assigns");
        if let Some((_, before)) = seen.iter().find(|(known, _)| *known == name && !repeatable) {
            cx.out.push(
                Diagnostic::error(codes::BAD_ANNOTATION, annotation.span, format!("duplicate `@{name}`"))
                    .also(*before, "first given here")
                    .help("keep one of the two"),
            );
            continue;
        }
        seen.push((name, annotation.span));
        match name {
            "doc" | "control" | "owner" => {
                if let Some(text) = one_text(cx, annotation) {
                    said.pass.push((name.to_owned(), text.value));
                }
            }
            "review" => {
                if let Some(text) = one_text(cx, annotation) {
                    if Instant::parse_date(&text.value).is_none() {
                        wrong(cx, text.span, "`@review` takes a date", "write `@review(\"2027-01-31\")`");
                    } else {
                        said.pass.push((name.to_owned(), text.value));
                    }
                }
            }
            "temporary" if matches!(place, Place::Role | Place::Grant) => {
                no_arguments(cx, annotation);
                said.temporary = Some(annotation.span);
            }
            "masked" if place == Place::Attribute => {
                no_arguments(cx, annotation);
                said.masked = true;
            }
            "reads" if place == Place::Action => {
                no_arguments(cx, annotation);
                said.effects.reads = true;
            }
            "writes" if place == Place::Action => said.effects.writes = Some(texts(cx, annotation)),
            "assigns" if place == Place::Action => said.effects.assigns.extend(texts(cx, annotation)),
            "workload" if place == Place::Principal => {
                no_arguments(cx, annotation);
                said.workload = true;
            }
            "wildcard" if matches!(place, Place::Resource | Place::Action) => {
                no_arguments(cx, annotation);
                said.wildcard = true;
                said.effects.wildcard = true;
            }
            "partial" if place == Place::Resource => {
                no_arguments(cx, annotation);
                said.partial = true;
            }
            "allow" => waiver(cx, annotation, covers),
            _ if name.starts_with("x_") => {
                if annotation.args.is_empty() {
                    said.pass.push((name.to_owned(), String::new()));
                } else if let Some(text) = one_text(cx, annotation) {
                    said.pass.push((name.to_owned(), text.value));
                }
            }
            "id" => wrong(
                cx,
                annotation.span,
                "name a statement with a label, not with `@id`",
                "write the name before the statement: `my_name: allow …`",
            ),
            _ if KNOWN.contains(&name) => {
                let where_it_goes = match name {
                    "temporary" => "a role or a grant",
                    "masked" => "an attribute",
                    "workload" => "a principal type",
                    "wildcard" => "a resource type or an action",
                    "partial" => "a resource type",
                    _ => "an action",
                };
                wrong(
                    cx,
                    annotation.span,
                    format!("`@{name}` is not allowed here"),
                    format!("write it before {where_it_goes}"),
                );
            }
            _ => {
                let help = did_you_mean(name, KNOWN).unwrap_or_else(|| "custom annotations start with `x_`".to_owned());
                let message = format!("unknown annotation `@{name}`");
                let fault = Diagnostic::error(codes::BAD_ANNOTATION, annotation.name.span, message).help(help);
                cx.out.push(fault.near(annotation.name.span, name, KNOWN));
            }
        }
    }
    said
}

fn wrong(cx: &mut Resolver<'_>, span: Span, message: impl Into<String>, help: impl Into<String>) {
    cx.out.push(Diagnostic::error(codes::BAD_ANNOTATION, span, message).help(help));
}

fn no_arguments(cx: &mut Resolver<'_>, annotation: &ast::Annotation) {
    if let Some(first) = annotation.args.first() {
        let name = &annotation.name.text;
        wrong(cx, first.span, format!("`@{name}` takes no argument"), format!("write `@{name}`"));
    }
}

fn one_text(cx: &mut Resolver<'_>, annotation: &ast::Annotation) -> Option<Text> {
    match annotation.args.as_slice() {
        [ast::AnnotationArg { key: None, value: AnnotationValue::Text(text), .. }] => Some(text.clone()),
        _ => {
            let name = &annotation.name.text;
            wrong(cx, annotation.span, format!("`@{name}` takes one string"), format!("write `@{name}(\"…\")`"));
            None
        }
    }
}

fn texts(cx: &mut Resolver<'_>, annotation: &ast::Annotation) -> Vec<Text> {
    let mut found = Vec::new();
    for arg in &annotation.args {
        match (&arg.key, &arg.value) {
            (None, AnnotationValue::Text(text)) => found.push(text.clone()),
            _ => {
                let name = &annotation.name.text;
                wrong(
                    cx,
                    arg.span,
                    format!("`@{name}` takes only strings"),
                    format!("write `@{name}(\"first\", \"second\")`"),
                );
            }
        }
    }
    found
}

fn waiver(cx: &mut Resolver<'_>, annotation: &ast::Annotation, covers: Span) {
    let mut lint = None;
    let mut because = None;
    let mut until = None;
    for arg in &annotation.args {
        match (arg.key.as_ref().map(|key| key.text.as_str()), &arg.value) {
            (None, AnnotationValue::Name(name)) if lint.is_none() => lint = Some(name.clone()),
            (Some("because"), AnnotationValue::Text(text)) if because.is_none() => because = Some(text.clone()),
            (Some("until"), AnnotationValue::Text(text)) if until.is_none() => {
                let at = Instant::parse_either(&text.value);
                match at {
                    Some(at) => until = Some(Until { at, span: text.span }),
                    None => wrong(
                        cx,
                        text.span,
                        "the end of a waiver must be a date",
                        "write `until: \"2027-01-31\"`; the waiver ends when that day begins in UTC",
                    ),
                }
            }
            _ => wrong(
                cx,
                arg.span,
                "unknown argument of `@allow`",
                "write `@allow(lint-id, because: \"…\", until: \"2027-01-31\")`",
            ),
        }
    }
    let Some(lint) = lint else {
        wrong(
            cx,
            annotation.span,
            "`@allow` must name a lint",
            "write `@allow(lint-id, because: \"…\", until: \"2027-01-31\")`; `gatewright lint --list` lists the ids",
        );
        return;
    };
    cx.program.waivers.push(Waiver {
        lint: lint.text,
        lint_span: lint.span,
        because,
        until,
        span: annotation.span,
        covers,
    });
}
