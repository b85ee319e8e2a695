//! Drafts as Cedar text in which every part knows the author's words it comes from. It is never shipped:
//! the validator runs on it to say where, and the source map quotes single expressions of it.

use std::fmt::Write as _;
use std::ops::Range;

use crate::text::Span;
use crate::typing::{TypedExpr, TypedKind};

use super::draft::{Draft, Effect, Entity};

/// Text with marks: which range comes from which words.
#[derive(Debug, Default)]
pub(super) struct Located {
    pub(super) text: String,
    marks: Vec<(Range<usize>, Span)>,
}

impl Located {
    /// The author's words behind a range: those of the smallest marked part around it.
    pub(super) fn words(&self, range: &Range<usize>) -> Option<Span> {
        self.marks
            .iter()
            .filter(|(marked, _)| marked.start <= range.start && range.end <= marked.end)
            .min_by_key(|(marked, _)| marked.len())
            .map(|(_, span)| *span)
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn mark(&mut self, start: usize, span: Span) {
        self.marks.push((start..self.text.len(), span));
    }

    fn entity(&mut self, (ty, id): &Entity) {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{ty}::\"{}\"", id.escape_debug());
    }
}

/// What a guard requires, with what lifts it; `None` for a policy that requires nothing.
pub(super) fn required(draft: &Draft) -> Option<TypedExpr> {
    if draft.unless.is_empty() {
        return None;
    }
    let parts = draft.unless.iter().map(|part| part.expr.clone()).collect();
    let mut alternatives = vec![TypedExpr::all(parts, draft.span)];
    alternatives.extend(draft.lifted_by.iter().cloned());
    Some(TypedExpr::any(alternatives, draft.span))
}

/// A whole policy.
pub(super) fn policy(draft: &Draft) -> Located {
    let mut out = Located::default();
    out.push(match draft.effect {
        Effect::Permit => "permit (principal",
        Effect::Forbid => "forbid (principal",
    });
    if let Some(ty) = &draft.principal {
        out.push(" is ");
        out.push(ty);
    }
    if let Some(role) = draft.scope_role() {
        out.push(" in ");
        out.entity(role);
    }
    match draft.actions.as_slice() {
        [] => out.push(", action"),
        [one] => {
            out.push(", action == ");
            out.entity(one);
        }
        several => {
            out.push(", action in [");
            for (at, one) in several.iter().enumerate() {
                out.push(if at == 0 { "" } else { ", " });
                out.entity(one);
            }
            out.push("]");
        }
    }
    match &draft.resource_is {
        Some(one) => {
            out.push(", resource == ");
            out.entity(one);
        }
        None => {
            out.push(", resource");
            if let Some(ty) = &draft.resource {
                out.push(" is ");
                out.push(ty);
            }
        }
    }
    out.push(")");
    for part in draft.conjuncts() {
        out.push("\nwhen { ");
        write_expr(&mut out, &part.expr);
        out.push(" }");
    }
    if let Some(required) = required(draft) {
        out.push("\nunless { ");
        write_expr(&mut out, &required);
        out.push(" }");
    }
    out.push(";\n");
    out.mark(0, draft.span);
    out
}

/// A whole policy, without annotations.
#[must_use]
pub fn draft_text(draft: &Draft) -> String {
    policy(draft).text
}

/// One expression.
#[must_use]
pub fn expression(expr: &TypedExpr) -> String {
    let mut out = Located::default();
    write_expr(&mut out, expr);
    out.text
}

/// Whether a name of an attribute needs no quotes in Cedar.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    const RESERVED: [&str; 10] = ["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

fn write_expr(out: &mut Located, expr: &TypedExpr) {
    let start = out.text.len();
    match &expr.kind {
        TypedKind::Bool(value) => out.push(if *value { "true" } else { "false" }),
        TypedKind::Long(value) => out.push(&value.to_string()),
        TypedKind::Text(value) => {
            let _ = write!(out.text, "\"{}\"", value.escape_debug());
        }
        TypedKind::Duration(value) => {
            let _ = write!(out.text, "duration(\"{value}\")");
        }
        TypedKind::Variable(variable) => out.push(variable.name()),
        TypedKind::Entity(ty, id) => out.entity(&(ty.clone(), id.clone())),
        TypedKind::Not(inner) => {
            out.push("!");
            operand(out, inner);
        }
        TypedKind::Negate(inner) => {
            // Cedar reads `-` and digits as one number.
            out.push("-(");
            write_expr(out, inner);
            out.push(")");
        }
        TypedKind::And(parts) => joined(out, parts, " && "),
        TypedKind::Or(parts) => joined(out, parts, " || "),
        TypedKind::Binary(operator, left, right) => {
            operand(out, left);
            let _ = write!(out.text, " {} ", operator.symbol());
            operand(out, right);
        }
        TypedKind::If(test, yes, no) => {
            out.push("if ");
            write_expr(out, test);
            out.push(" then ");
            write_expr(out, yes);
            out.push(" else ");
            write_expr(out, no);
        }
        TypedKind::Has(inner, attributes) => {
            operand(out, inner);
            match attributes.as_slice() {
                [one] if !is_plain_name(one) => {
                    let _ = write!(out.text, " has \"{}\"", one.escape_debug());
                }
                several => {
                    out.push(" has ");
                    out.push(&several.join("."));
                }
            }
        }
        TypedKind::Like(inner, pattern) => {
            operand(out, inner);
            let _ = write!(out.text, " like \"{pattern}\"");
        }
        TypedKind::Is(inner, ty, container) => {
            operand(out, inner);
            let _ = write!(out.text, " is {ty}");
            if let Some(container) = container {
                out.push(" in ");
                operand(out, container);
            }
        }
        TypedKind::Attribute(inner, name) => {
            operand(out, inner);
            if is_plain_name(name) {
                let _ = write!(out.text, ".{name}");
            } else {
                let _ = write!(out.text, "[\"{}\"]", name.escape_debug());
            }
        }
        TypedKind::Construct(constructor, argument) => {
            out.push(constructor.name());
            out.push("(");
            write_expr(out, argument);
            out.push(")");
        }
        TypedKind::Method(receiver, method, args) => {
            operand(out, receiver);
            out.push(".");
            out.push(method.name());
            out.push("(");
            for (at, arg) in args.iter().enumerate() {
                out.push(if at == 0 { "" } else { ", " });
                write_expr(out, arg);
            }
            out.push(")");
        }
        TypedKind::Set(elements) => {
            out.push("[");
            for (at, element) in elements.iter().enumerate() {
                out.push(if at == 0 { "" } else { ", " });
                write_expr(out, element);
            }
            out.push("]");
        }
        TypedKind::Record(fields) => {
            out.push("{");
            for (at, (name, value)) in fields.iter().enumerate() {
                out.push(if at == 0 { "" } else { ", " });
                let _ = write!(out.text, "\"{}\": ", name.escape_debug());
                write_expr(out, value);
            }
            out.push("}");
        }
        TypedKind::Named(_, body) => write_expr(out, body),
        TypedKind::Opaque => out.push("?"),
    }
    out.mark(start, expr.span);
}

fn joined(out: &mut Located, parts: &[TypedExpr], with: &str) {
    for (at, part) in parts.iter().enumerate() {
        out.push(if at == 0 { "" } else { with });
        operand(out, part);
    }
}

/// In parentheses, unless it stands by itself anyway.
fn operand(out: &mut Located, expr: &TypedExpr) {
    match &expr.kind {
        TypedKind::Named(_, body) => operand(out, body),
        TypedKind::Bool(_)
        | TypedKind::Text(_)
        | TypedKind::Duration(_)
        | TypedKind::Variable(_)
        | TypedKind::Entity(..)
        | TypedKind::Attribute(..)
        | TypedKind::Construct(..)
        | TypedKind::Method(..)
        | TypedKind::Set(_)
        | TypedKind::Record(_)
        | TypedKind::Opaque => write_expr(out, expr),
        TypedKind::Long(value) if *value >= 0 => write_expr(out, expr),
        _ => {
            out.push("(");
            write_expr(out, expr);
            out.push(")");
        }
    }
}
