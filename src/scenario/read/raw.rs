//! Existing Cedar data: entity files, and raw requests in the request JSON of Cedar's own command line.

use cedar_policy::EntityUid;
use serde_json::Map;
use serde_json::Value;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::did_you_mean;
use crate::load::yaml;
use crate::load::yaml::Node;
use crate::scenario::codes;
use crate::scenario::suite::Claim;
use crate::scenario::suite::ContextRef;
use crate::scenario::suite::Expected;
use crate::scenario::suite::Named;
use crate::scenario::suite::Request;
use crate::scenario::suite::Stated;
use crate::text::FileId;
use crate::text::Sources;
use crate::text::Span;

use super::fields;
use super::fields::Fields;
use super::names::Names;

/// The file that a suite names, relative to the suite's own folder.
pub(super) fn file(node: &Node, sources: &Sources, out: &mut Diagnostics) -> Option<FileId> {
    let written = fields::text(node, "a file", out)?;
    let from = sources.name(node.span.file);
    let name = beside(from, written);
    let found = name
        .as_ref()
        .and_then(|name| sources.iter().find(|(_, source)| source.name() == name));
    if found.is_none() {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let near = sources
            .iter()
            .filter_map(|(_, source)| source.name().strip_prefix(folder)?.strip_prefix('/'));
        out.push(
            Diagnostic::error(codes::UNKNOWN_FILE, node.span, format!("no file `{written}`"))
                .label("looked for beside this file, in the package only")
                .maybe_help(did_you_mean(written, near)),
        );
    }
    found.map(|(file, _)| file)
}

/// A JSON file of the package.
pub(super) fn json(file: FileId, sources: &Sources, cited: Span, out: &mut Diagnostics) -> Option<Value> {
    match serde_json::from_str(sources.text(file)) {
        Ok(value) => Some(value),
        Err(error) => {
            let start = sources
                .lines(file)
                .and_then(|lines| lines.line_start(u32::try_from(error.line()).ok()?));
            let at = start.map_or(0, |start| start as usize) + error.column().saturating_sub(1);
            let at = at.min(sources.text(file).len());
            out.push(
                Diagnostic::error(codes::INVALID_CEDAR_DATA, Span::new(file, at, at), "this is not JSON")
                    .label(error.to_string())
                    .also(cited, "named here"),
            );
            None
        }
    }
}

/// `request: {principal, action, resource, context | context-file}` or `request: FILE.json`, with `decision: allow | deny`.
pub(super) fn read(test: &Fields<'_>, names: &Names<'_>, sources: &Sources, out: &mut Diagnostics) -> Option<Claim> {
    let node = test.require("request", out)?;
    let expected = decision(test.require("decision", out)?, out);
    let (parts, context) = match node.as_map() {
        Some(_) => {
            let keys = ["principal", "action", "resource", "context", "context-file"];
            let request = Fields::read(node, "a raw request", &keys, out)?;
            let part = |key: &str, out: &mut Diagnostics| {
                let node = request.require(key, out)?;
                Some((fields::text(node, "a Cedar entity", out)?.to_owned(), node.span))
            };
            let parts = [part("principal", out), part("action", out), part("resource", out)];
            let context = match (request.get("context"), request.get("context-file")) {
                (Some(node), None) => object(node.span, from_yaml(node), out)?,
                (None, Some(node)) => object(
                    node.span,
                    json(file(node, sources, out)?, sources, node.span, out)?,
                    out,
                )?,
                (None, None) => Map::new(),
                (Some(_), Some(second)) => {
                    out.push(
                        Diagnostic::error(
                            codes::CONFLICTING_KEYS,
                            second.span,
                            "`context` and `context-file` exclude each other",
                        )
                        .label("keep one of the two"),
                    );
                    return None;
                }
            };
            (parts, context)
        }
        None => {
            let mut request = object(
                node.span,
                json(file(node, sources, out)?, sources, node.span, out)?,
                out,
            )?;
            let mut part = |key: &str, out: &mut Diagnostics| match request.remove(key) {
                Some(Value::String(text)) => Some((text, node.span)),
                _ => {
                    out.push(
                        Diagnostic::error(
                            codes::INVALID_CEDAR_DATA,
                            node.span,
                            format!("the request has no `{key}`"),
                        )
                        .label("this file")
                        .help(format!("write \"{key}\": \"TYPE::\\\"ID\\\"\" into it")),
                    );
                    None
                }
            };
            let parts = [part("principal", out), part("action", out), part("resource", out)];
            let context = match request.remove("context") {
                Some(context) => object(node.span, context, out)?,
                None => Map::new(),
            };
            (parts, context)
        }
    };
    let [principal, action, resource] = parts;
    let principal = principal.and_then(|(text, span)| entity(&text, span, names, out));
    let action = action.and_then(|(text, span)| cedar_action(&text, span, names, out));
    let resource = resource.and_then(|(text, span)| entity(&text, span, names, out));
    let expected = expected?;
    Some(Claim {
        request: Request {
            principal: principal?,
            action: action?,
            resource: resource?,
            context: ContextRef::Raw(context),
        },
        expected,
        because: test
            .get("because")
            .and_then(|node| names.because(node, expected, &[], out)),
        span: node.span,
        stated: Stated::Directly,
    })
}

fn decision(node: &Node, out: &mut Diagnostics) -> Option<Expected> {
    let decision = match node.as_text() {
        Some("allow") => Some(Expected::Allow),
        Some("deny") => Some(Expected::Deny),
        Some("unknown") => Some(Expected::Unknown),
        _ => None,
    };
    if decision.is_none() {
        out.push(
            Diagnostic::error(
                codes::WRONG_VALUE,
                node.span,
                "`decision` is `allow`, `deny` or `unknown`",
            )
            .label("not a decision"),
        );
    }
    decision
}

/// `User::"alice"`; it need not be loaded, as a decision about it is then a denial that says so.
fn entity(text: &str, span: Span, names: &Names<'_>, out: &mut Diagnostics) -> Option<Named> {
    let uid = cedar_uid(text, span, out)?;
    if let Some((named, _)) = names.directory.fixtures.values().find(|(named, _)| named.uid == uid) {
        return Some(named.clone());
    }
    let Some(ty) = names.directory.type_of(&uid) else {
        let types = names
            .directory
            .contract
            .entities
            .values()
            .map(|declared| declared.cedar.as_str());
        let ty = uid.type_name().to_string();
        out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, span, format!("unknown type `{ty}`"))
                .label("no such entity type is declared")
                .maybe_help(did_you_mean(&ty, types)),
        );
        return None;
    };
    Some(Named {
        label: text.to_owned(),
        ty: ty.to_owned(),
        uid,
    })
}

fn cedar_action(text: &str, span: Span, names: &Names<'_>, out: &mut Diagnostics) -> Option<String> {
    let actions = &names.directory.contract.actions;
    let uid = cedar_uid(text, span, out)?.to_string();
    let found = actions
        .iter()
        .find(|(_, action)| action.cedar == uid)
        .map(|(name, _)| name.clone());
    if found.is_none() {
        out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, span, format!("unknown action `{uid}`"))
                .label("no such action is declared")
                .maybe_help(did_you_mean(&uid, actions.values().map(|action| action.cedar.as_str()))),
        );
    }
    found
}

fn cedar_uid(text: &str, span: Span, out: &mut Diagnostics) -> Option<EntityUid> {
    let uid = text.parse().ok();
    if uid.is_none() {
        out.push(
            Diagnostic::error(codes::WRONG_VALUE, span, format!("`{text}` is no Cedar entity"))
                .label("not of the form `TYPE::\"ID\"`")
                .help("write it as `'User::\"alice\"'`"),
        );
    }
    uid
}

fn object(span: Span, value: Value, out: &mut Diagnostics) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => {
            out.push(
                Diagnostic::error(codes::WRONG_SHAPE, span, "this must be a mapping of names to values")
                    .label("not a JSON object"),
            );
            None
        }
    }
}

/// YAML as the JSON of the same look. Numbers with a fraction stay text: Cedar has no floats, and its schema makes
/// decimals of text.
fn from_yaml(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Bool(value) => Value::from(*value),
        yaml::Value::Int(value) => Value::from(*value),
        yaml::Value::Float(_) => Value::from(node.written().unwrap_or_default()),
        yaml::Value::Text(text) => Value::from(text.as_str()),
        yaml::Value::List(items) => items.iter().map(from_yaml).collect(),
        yaml::Value::Map(entries) => {
            let fields: Map<_, _> = entries
                .iter()
                .map(|(key, node)| (key.text.clone(), from_yaml(node)))
                .collect();
            fields.into()
        }
    }
}

/// The name of a file relative to the folder of another; `None` where it leaves the package.
fn beside(from: &str, written: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "." => {}
            "" => return None,
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_suite_and_never_outside_of_the_package() {
        let from = "scenarios/payouts.yaml";
        assert_eq!(beside(from, "world.yaml").as_deref(), Some("scenarios/world.yaml"));
        assert_eq!(beside(from, "./data/a.json").as_deref(), Some("scenarios/data/a.json"));
        assert_eq!(beside(from, "../entities.json").as_deref(), Some("entities.json"));
        assert_eq!(beside(from, "../../etc/passwd"), None);
        assert_eq!(beside(from, "/etc/passwd"), None);
    }
}
