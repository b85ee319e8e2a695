//! Walking typed expressions.

use crate::lower::is_plain_name;
use crate::typing::{Method, TypedExpr, TypedKind};

/// `resource.owner.name`, `User::"a".name`, `resource["odd name"]`, `resource.getTag("k")`: an expression that leads from a
/// request variable or an entity to a value, as Cedar writes it. `None` for any other.
pub(super) fn path_text(expr: &TypedExpr) -> Option<String> {
    Some(match &expr.kind {
        TypedKind::Variable(variable) => variable.name().to_owned(),
        TypedKind::Entity(ty, id) => format!("{ty}::\"{}\"", id.escape_debug()),
        TypedKind::Text(text) => format!("\"{}\"", text.escape_debug()),
        TypedKind::Attribute(of, name) => attribute_text(&path_text(of)?, name),
        TypedKind::Method(of, Method::GetTag, args) => {
            format!("{}.getTag({})", path_text(of)?, path_text(args.first()?)?)
        }
        TypedKind::Named(_, body) => path_text(body)?,
        _ => return None,
    })
}

/// `of.name`, or `of["odd name"]`.
pub(super) fn attribute_text(of: &str, name: &str) -> String {
    match is_plain_name(name) {
        true => format!("{of}.{name}"),
        false => format!("{of}[\"{}\"]", name.escape_debug()),
    }
}

/// `of has name`, or `of has "odd name"`.
pub(super) fn has_text(of: &str, name: &str) -> String {
    match is_plain_name(name) {
        true => format!("{of} has {name}"),
        false => format!("{of} has \"{}\"", name.escape_debug()),
    }
}

/// What an expression says, wherever its parts stand; a named condition says what its body says.
pub(super) fn shape(expr: &TypedExpr) -> String {
    let parts = || expr.children().into_iter().map(shape).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        TypedKind::Named(_, body) => shape(body),
        TypedKind::Bool(value) => value.to_string(),
        TypedKind::Long(value) => value.to_string(),
        TypedKind::Text(text) => format!("{text:?}"),
        TypedKind::Duration(value) => format!("{}ms", value.0),
        TypedKind::Variable(variable) => variable.name().to_owned(),
        TypedKind::Entity(ty, id) => format!("{ty}::{id:?}"),
        TypedKind::Not(_) => format!("!({})", parts()),
        TypedKind::Negate(_) => format!("-({})", parts()),
        TypedKind::And(_) => format!("and({})", parts()),
        TypedKind::Or(_) => format!("or({})", parts()),
        TypedKind::Binary(operator, ..) => format!("{operator:?}({})", parts()),
        TypedKind::If(..) => format!("if({})", parts()),
        TypedKind::Has(_, names) => format!("has({}, {names:?})", parts()),
        TypedKind::Like(_, pattern) => format!("like({}, {pattern:?})", parts()),
        TypedKind::Is(_, ty, _) => format!("is({}, {ty})", parts()),
        TypedKind::Attribute(_, name) => format!("{}.{name:?}", parts()),
        TypedKind::Construct(function, _) => format!("{}({})", function.name(), parts()),
        TypedKind::Method(_, method, _) => format!("{}({})", method.name(), parts()),
        TypedKind::Set(_) => format!("[{}]", parts()),
        TypedKind::Record(fields) => {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            format!("{{{names:?}: {}}}", parts())
        }
        TypedKind::Opaque => "?".to_owned(),
    }
}
