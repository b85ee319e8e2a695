//! YAML to typed values: the contract's type decides what a scalar means, never its look.

use std::collections::BTreeMap;

use cedar_policy::Context;
use serde_json::json;

use crate::bundle::{AttributeContract, ValueType};
use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::Node;
use crate::scenario::codes;
use crate::scenario::value::{Moment, Value};
use crate::text::{Duration, Instant};

use super::a;
use super::directory::Directory;

/// Reads a value of a type.
pub(super) fn value(node: &Node, ty: &ValueType, directory: &Directory<'_>, out: &mut Diagnostics) -> Option<Value> {
    match ty {
        ValueType::Set(item) => set(node, item, directory, out),
        ValueType::Record(fields) => record(node, fields, directory, out),
        ValueType::Entity(name) => directory.member_or_entity(node, name, out).map(Value::Entity),
        _ => {
            let value = scalar(node, ty);
            if value.is_none() {
                mismatch(node, ty, out);
            }
            value
        }
    }
}

/// A type as the language writes it.
pub(super) fn type_name(ty: &ValueType) -> String {
    match ty {
        ValueType::Bool => "Bool".to_owned(),
        ValueType::Long => "Long".to_owned(),
        ValueType::String => "String".to_owned(),
        ValueType::Decimal => "decimal".to_owned(),
        ValueType::Datetime => "datetime".to_owned(),
        ValueType::Duration => "duration".to_owned(),
        ValueType::Ipaddr => "ipaddr".to_owned(),
        ValueType::Set(item) => format!("Set<{}>", type_name(item)),
        ValueType::Record(_) => "record".to_owned(),
        ValueType::Entity(name) => name.clone(),
    }
}

fn scalar(node: &Node, ty: &ValueType) -> Option<Value> {
    let text = node.written().filter(|_| !node.is_null())?;
    match ty {
        ValueType::Bool => node.as_bool().map(Value::Bool),
        // Quoted digits are text, and hexadecimal is not how Cedar writes a number.
        ValueType::Long => text.parse().ok().filter(|_| !node.is_quoted()).map(Value::Long),
        ValueType::String => Some(Value::String(text.to_owned())),
        ValueType::Decimal => decimal(text).map(Value::Decimal),
        ValueType::Datetime => moment(text).map(Value::Datetime),
        ValueType::Duration => Duration::parse(text).map(Value::Duration),
        ValueType::Ipaddr => cedar_reads(&Value::Ipaddr(text.to_owned())),
        ValueType::Set(_) | ValueType::Record(_) | ValueType::Entity(_) => None,
    }
}

/// Decimal text in Cedar's form, which demands a point: `120` and `120.5` are meant as they look.
fn decimal(text: &str) -> Option<String> {
    let whole = text.strip_prefix('-').unwrap_or(text);
    let text = if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) {
        format!("{text}.0")
    } else {
        text.to_owned()
    };
    match cedar_reads(&Value::Decimal(text))? {
        Value::Decimal(text) => Some(text),
        _ => None,
    }
}

/// A point in time: `2026-03-01T10:00:00Z`, `2026-03-01`, `now`, or a signed distance from the clock.
fn moment(text: &str) -> Option<Moment> {
    if text == "now" {
        return Some(Moment::FromNow(Duration(0)));
    }
    if let Some(ahead) = text.strip_prefix('+') {
        return Duration::parse(ahead).filter(|by| by.0 >= 0).map(Moment::FromNow);
    }
    if text.starts_with('-') {
        return Duration::parse(text).map(Moment::FromNow);
    }
    Instant::parse_either(text).map(Moment::At)
}

/// The value, if Cedar's own extension functions read it: what `decimal` and `ipaddr` take is theirs to say.
fn cedar_reads(value: &Value) -> Option<Value> {
    let context = json!({"value": value.to_json(Instant(0))});
    Context::from_json_value(context, None).ok().map(|_| value.clone())
}

fn set(node: &Node, item: &ValueType, directory: &Directory<'_>, out: &mut Diagnostics) -> Option<Value> {
    let Some(items) = node.as_list() else {
        mismatch(node, &ValueType::Set(Box::new(item.clone())), out);
        return None;
    };
    // Every item is read, so that all that are wrong are reported at once.
    let read: Vec<Option<Value>> = items.iter().map(|node| value(node, item, directory, out)).collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(Value::Set)
}

fn record(
    node: &Node,
    fields: &BTreeMap<String, AttributeContract>,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> Option<Value> {
    let Some(entries) = node.as_map() else {
        mismatch(node, &ValueType::Record(fields.clone()), out);
        return None;
    };
    let mut read = BTreeMap::new();
    let mut complete = true;
    for (key, node) in entries {
        let Some(field) = fields.get(&key.text) else {
            out.push(
                Diagnostic::error(codes::UNKNOWN_NAME, key.span, format!("unknown field `{}`", key.text))
                    .label("the record has no such field")
                    .meant(key.span, &key.text, fields.keys().map(String::as_str)),
            );
            complete = false;
            continue;
        };
        match value(node, &field.ty, directory, out) {
            Some(value) => {
                read.insert(key.text.clone(), value);
            }
            None => complete = false,
        }
    }
    let given = |name: &str| entries.iter().any(|(key, _)| key.text == name);
    for (name, field) in fields {
        if field.required && !given(name) {
            out.push(
                Diagnostic::error(codes::MISSING_ATTRIBUTE, node.span, format!("the field `{name}` is missing"))
                    .label(format!("needs `{name}`, {}", a(&type_name(&field.ty)))),
            );
            complete = false;
        }
    }
    complete.then_some(Value::Record(read))
}

fn mismatch(node: &Node, ty: &ValueType, out: &mut Diagnostics) {
    let help = match ty {
        ValueType::Bool if node.is_quoted() && matches!(node.written(), Some("true" | "false")) => {
            "write it without quotes"
        }
        ValueType::Bool => "write `true` or `false`",
        ValueType::Long => "write a whole number without quotes",
        ValueType::String => "write a string",
        ValueType::Decimal => "write at most four digits after the point, as in `120.00`",
        ValueType::Datetime => "write `2026-03-01T10:00:00Z`, or a distance from the clock as in `-5m`, `+1h`, `now`",
        ValueType::Duration => "write `30m`, `1h30m` or `2d`",
        ValueType::Ipaddr => "write an address or a range, as in `10.0.0.1` or `10.0.0.0/8`",
        ValueType::Set(_) => "write a list: `[a, b]`",
        ValueType::Record(_) => "write a mapping: `{field: value}`",
        ValueType::Entity(_) => "write the name of a fixture",
    };
    let shown = node.written().filter(|text| !text.is_empty()).map(|text| format!("`{text}`"));
    out.push(
        Diagnostic::error(
            codes::WRONG_VALUE,
            node.span,
            format!("{} is not {}", shown.unwrap_or_else(|| node.kind_name().to_owned()), a(&type_name(ty))),
        )
        .label(format!("expected {}", a(&type_name(ty))))
        .help(help),
    );
}
