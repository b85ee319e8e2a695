//! Mutants of roles: who is in them, what they extend, until when, and statements that name them.

use crate::graph::{Program, RoleId};
use crate::syntax::ast;
use crate::syntax::ast::{InstantLiteral, Item, Path, RoleDecl, Who};
use crate::text::{Duration, Span};

use super::mutant::{Edit, Making, Named};
use super::operator::MutationOperator;

/// Mutants of a role's own words.
pub(super) fn declared(making: &mut Making<'_>, item: &Item, role: &RoleDecl) {
    extends_more(making, item, role);
    if let Some(until) = &role.until {
        self::until(making, until, None);
    }
}

/// A role that extends the next role that is held in the same way, does not extend it and is not extended by it.
fn extends_more(making: &mut Making<'_>, item: &Item, role: &RoleDecl) {
    let Some((_, other)) = next(making, role, |making, other| !extends(making, role, other)) else {
        return;
    };
    let name = full_name(other);
    let (span, text) = match role.extends.last() {
        Some(last) => (last.span.at_end(), format!(", {name}")),
        None => (role.header.at_end(), format!(" extends {name}")),
    };
    let what = format!("`{}` extends `{name}`", full_name(role));
    let place = Span { start: item.span.start, ..role.header };
    making.add(MutationOperator::AddExtends, place, what, Edit { span, text }, None);
}

/// Mutants of a grant inside a role: it is made to the next role that is held in the same way and does not extend this one,
/// and to the one that this one extends.
pub(super) fn granted(making: &mut Making<'_>, item: &Item, role: &RoleDecl) {
    if let Some(other) = next(making, role, |_, _| true) {
        let what = format!("this is also granted to `{}`", other.1.name.text);
        copied(making, MutationOperator::AddRole, item, other, what);
    }
    let base = role.extends.first().map(Path::dotted);
    let base = making.roles.iter().copied().find(|(_, other)| Some(full_name(other)) == base);
    if let Some(base) = base {
        let what = format!("this is granted to `{}`, which `{}` extends", full_name(base.1), full_name(role));
        copied(making, MutationOperator::WidenRole, item, base, what);
    }
}

/// Puts a grant into another role.
fn copied(
    making: &mut Making<'_>,
    operator: MutationOperator,
    item: &Item,
    (whole, _): (&Item, &RoleDecl),
    what: String,
) {
    let words = making.sources.slice(item.span);
    // A label would stand twice.
    let words = match &item.label {
        Some(_) => words.split_once(':').map_or(words, |(_, rest)| rest.trim_start()),
        None => words,
    };
    let last = Span { start: whole.span.end - 1, ..whole.span };
    let edit = match making.last_character(whole) {
        "}" => Edit { span: Span { end: last.start, ..last }, text: format!("    {words}\n") },
        ";" => Edit { span: last, text: format!(" {{\n    {words}\n}}") },
        _ => return,
    };
    making.add(operator, item.span, what, edit, None);
}

/// Statements that name roles are about the roles that these extend.
pub(super) fn named(making: &mut Making<'_>, who: &Who, statement: Option<&Named>) {
    if let Who::Names(names) = who {
        widened(making, names, statement);
    }
}

/// Each name of a role that extends another becomes the name of that one.
pub(super) fn widened(making: &mut Making<'_>, names: &[Path], statement: Option<&Named>) {
    let program = making.program;
    for path in names {
        let Some(base) = program.find_role(&path.dotted()).and_then(|role| base(program, role)) else {
            continue;
        };
        if names.iter().any(|other| other.dotted() == base) {
            continue;
        }
        let what = format!("`{}` becomes `{base}`, which it extends", path.dotted());
        let edit = Edit { span: path.span, text: base };
        making.add(MutationOperator::WidenRole, path.span, what, edit, statement);
    }
}

/// The first role that a role extends.
fn base(program: &Program, role: RoleId) -> Option<String> {
    let (base, _) = program.role(role)?.extends.first()?;
    Some(program.role_name(*base))
}

/// What ends ends a day later, and not at all.
pub(super) fn until(making: &mut Making<'_>, until: &InstantLiteral, statement: Option<&Named>) {
    let span = until.text.span;
    if let Some(later) = until.at.and_then(|at| at.checked_add(Duration::DAY)).and_then(crate::text::Instant::text) {
        let what = format!("it ends on `{later}`, a day later");
        let edit = Edit { span, text: format!("\"{later}\"") };
        making.add(MutationOperator::LaterUntil, span, what, edit, statement);
    }
    let before = making.sources.text(span.file).get(..span.start as usize).unwrap_or_default().trim_end();
    if let Some(kept) = before.strip_suffix("until") {
        let words = Span::new(span.file, kept.trim_end().len(), span.end as usize);
        let edit = Edit { span: words, text: String::new() };
        making.add(MutationOperator::DropUntil, span, "it does not end".to_owned(), edit, statement);
    }
}

/// The next role after one, in the order of the texts, that is held in the same way, does not extend it and fits.
fn next<'a>(
    making: &Making<'a>,
    role: &RoleDecl,
    fits: impl Fn(&Making<'_>, &RoleDecl) -> bool,
) -> Option<(&'a Item, &'a RoleDecl)> {
    let place = making.roles.iter().position(|(_, other)| other.name.span == role.name.span)?;
    let mut others = making.roles.iter().copied().cycle().skip(place + 1).take(making.roles.len() - 1);
    others.find(|(_, other)| is_held_alike(role, other) && !extends(making, other, role) && fits(making, other))
}

fn is_held_alike(one: &RoleDecl, other: &RoleDecl) -> bool {
    let on = |role: &RoleDecl| role.on.as_ref().map(ast::Path::dotted);
    let holders = |role: &RoleDecl| role.holders.iter().map(ast::Path::dotted).collect::<Vec<_>>();
    on(one) == on(other) && one.by.is_some() == other.by.is_some() && holders(one) == holders(other)
}

/// Whether a role extends another one, directly or not.
fn extends(making: &Making<'_>, role: &RoleDecl, other: &RoleDecl) -> bool {
    let program = making.program;
    let id = |role: &RoleDecl| program.find_role(&full_name(role));
    match (id(role), id(other)) {
        (Some(role), Some(other)) => program.bases(role).contains(&other),
        _ => true,
    }
}

/// `finance`, `Org.admin`.
fn full_name(role: &RoleDecl) -> String {
    match &role.on {
        Some(on) => format!("{}.{}", on.dotted(), role.name.text),
        None => role.name.text.clone(),
    }
}
