//! Existing Cedar data: entity files, and raw requests in the request JSON of Cedar's own command line.

use cedar_policy::EntityUid;
use serde_json::{Map, Value};

use crate::bundle::entity_uid;
use crate::decide::RequestError;
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::document;
use crate::load::document::{Fields, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Claim, ContextRef, Expected, Named, Request, Stated};
use crate::text::{FileId, Sources, Span};
use crate::{decide, load};

use super::names::Names;

/// The causes that only a raw request can meet: everything else names what is loaded.
const NOT_LOADED: [&str; 2] = ["principal-not-loaded", "resource-not-loaded"];

/// The file that a suite names, relative to the suite's own folder.
pub(super) fn file(node: &Node, sources: &Sources, out: &mut Diagnostics) -> Option<FileId> {
    let written = SUITE.at(node, "a file").scalar(out)?;
    let from = sources.name(node.span.file);
    let name = beside(from, written);
    let found = name.as_ref().and_then(|name| sources.iter().find(|(_, source)| source.name() == name));
    if found.is_none() {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let near = sources.iter().filter_map(|(_, source)| source.name().strip_prefix(folder)?.strip_prefix('/'));
        out.push(
            Diagnostic::error(codes::UNKNOWN_FILE, node.span, format!("file not found: `{written}`"))
                .label("searched next to this file, only inside the package")
                .meant(node.span, written, near),
        );
    }
    found.map(|(file, _)| file)
}

/// A JSON file, and where it is named.
pub(super) fn json(file: FileId, sources: &Sources, cited: Option<Span>, out: &mut Diagnostics) -> Option<Value> {
    match load::json::parse(&sources.code(file)) {
        Ok(value) => Some(value),
        Err(error) => {
            let start = sources.lines(file).and_then(|lines| lines.line_start(u32::try_from(error.line()).ok()?));
            let at = start.map_or(0, |start| start as usize) + error.column().saturating_sub(1);
            let at = at.min(sources.text(file).len());
            let fault = Diagnostic::error(codes::INVALID_CEDAR_DATA, Span::new(file, at, at), "this is not JSON")
                .label(error.to_string());
            out.push(match cited {
                Some(cited) => fault.also(cited, "named here"),
                None => fault,
            });
            None
        }
    }
}

/// `request: {principal, action, resource, context | context-file}` or `request: FILE.json`, with `decision: allow | deny`.
pub(super) fn read(test: &Fields<'_>, names: &Names<'_>, sources: &Sources, out: &mut Diagnostics) -> Option<Claim> {
    let node = test.require("request", out)?;
    let expected = decision(test.require("decision", out)?, out);
    let (parts, context) = match node.as_map() {
        Some(_) => inline(node, sources, out)?,
        None => from_file(node, sources, out)?,
    };
    let [principal, action, resource] = parts;
    let principal = principal.and_then(|(text, span)| entity(&text, span, names, out));
    let action = action.and_then(|(text, span)| cedar_action(&text, span, names, out));
    let resource = resource.and_then(|(text, span)| entity(&text, span, names, out));
    let expected = expected?;
    let request =
        Request { principal: principal?, action: action?, resource: resource?, context: ContextRef::Raw(context?) };
    conforms(&request, expected, node, names, out);
    Some(Claim {
        request,
        expected,
        because: test.get("because").and_then(|node| names.because(node, expected, &NOT_LOADED, out)),
        span: node.span,
        stated: Stated::AsDecision,
    })
}

/// Says where a context is not what the schema declares. Only a request whose outcome is to be unknown may leave required
/// attributes out.
fn conforms(request: &Request, expected: Expected, node: &Node, names: &Names<'_>, out: &mut Diagnostics) {
    let ContextRef::Raw(context) = &request.context else {
        return;
    };
    let declared = names.directory.contract.actions.get(&request.action);
    let Some(action) = declared.and_then(|action| action.cedar.parse().ok()) else {
        return;
    };
    let asked = decide::Request {
        principal: request.principal.uid.clone(),
        action,
        resource: request.resource.uid.clone(),
        context: context.clone(),
    };
    let fields = node.as_map().unwrap_or_default();
    let written = fields.iter().find(|(key, _)| key.text == "context").map(|(_, node)| node);
    let written = written.unwrap_or(node);
    match names.engine.missing(&asked) {
        Ok(missing) if missing.is_empty() || expected == Expected::Unknown => {}
        Ok(missing) => {
            let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("the context is missing {}", missing.join(", "));
            out.push(
                Diagnostic::error(codes::INVALID_CEDAR_DATA, written.span, message)
                    .label(format!("incomplete for `{}`", request.action))
                    .help("give every required attribute; they can be missing only with `decision: unknown`"),
            );
        }
        Err(RequestError::Context(faults)) => {
            for fault in faults {
                let attributes = written.as_map().unwrap_or_default();
                let place = attributes.iter().find(|(key, _)| key.text == fault.attribute);
                let span = place.map_or(written.span, |(_, value)| value.span);
                out.push(
                    Diagnostic::error(codes::INVALID_CEDAR_DATA, span, fault.to_string())
                        .label("the schema declares it otherwise"),
                );
            }
        }
        // Who may ask for what is told by the decision.
        Err(_) => {}
    }
}

/// Principal, action and resource as text, and the context; `None` for each that is at fault.
type Parts = ([Option<(String, Span)>; 3], Option<Map<String, Value>>);

fn inline(node: &Node, sources: &Sources, out: &mut Diagnostics) -> Option<Parts> {
    let keys = ["principal", "action", "resource", "context", "context-file"];
    let request = SUITE.fields(node, "a raw request", &keys, out)?;
    let mut part = |key: &str| {
        let node = request.require(key, out)?;
        Some((SUITE.at(node, "a Cedar entity").scalar(out)?.to_owned(), node.span))
    };
    let parts = [part("principal"), part("action"), part("resource")];
    let context = match (request.get("context"), request.get("context-file")) {
        (Some(node), None) => object(node.span, from_yaml(node), out),
        (None, Some(node)) => read_json(node, sources, out).and_then(|json| object(node.span, json, out)),
        (None, None) => Some(Map::new()),
        (Some(_), Some(second)) => {
            out.push(
                Diagnostic::error(
                    codes::CONFLICTING_KEYS,
                    second.span,
                    "`context` and `context-file` cannot be used together",
                )
                .label("keep one of the two"),
            );
            None
        }
    };
    Some((parts, context))
}

fn from_file(node: &Node, sources: &Sources, out: &mut Diagnostics) -> Option<Parts> {
    let mut request = object(node.span, read_json(node, sources, out)?, out)?;
    let context = request.remove("context");
    let mut part = |key: &str| match request.remove(key) {
        Some(Value::String(text)) => Some((text, node.span)),
        _ => {
            out.push(
                Diagnostic::error(codes::INVALID_CEDAR_DATA, node.span, format!("the request has no `{key}`"))
                    .label("this file")
                    .help(format!("write \"{key}\": \"TYPE::\\\"ID\\\"\" into it")),
            );
            None
        }
    };
    let parts = [part("principal"), part("action"), part("resource")];
    for key in request.keys() {
        let known = ["principal", "action", "resource", "context"];
        out.push(
            Diagnostic::error(codes::INVALID_CEDAR_DATA, node.span, format!("a request has no `{key}`"))
                .label("this file")
                .maybe_help(did_you_mean(key, known)),
        );
    }
    let context = match context {
        Some(context) => object(node.span, context, out),
        None => Some(Map::new()),
    };
    Some((parts, context))
}

/// The JSON file that a node names.
fn read_json(node: &Node, sources: &Sources, out: &mut Diagnostics) -> Option<Value> {
    json(file(node, sources, out)?, sources, Some(node.span), out)
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
            Diagnostic::error(codes::WRONG_VALUE, node.span, "`decision` must be `allow`, `deny` or `unknown`")
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
        let types = names.directory.contract.entities.values().map(|declared| declared.cedar.as_str());
        let ty = uid.type_name().to_string();
        out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, span, format!("unknown type `{ty}`"))
                .label("no such entity type is declared")
                .maybe_help(did_you_mean(&ty, types)),
        );
        return None;
    };
    Some(Named { label: text.to_owned(), ty: ty.to_owned(), uid })
}

fn cedar_action(text: &str, span: Span, names: &Names<'_>, out: &mut Diagnostics) -> Option<String> {
    let actions = &names.directory.contract.actions;
    let uid = cedar_uid(text, span, out)?.to_string();
    let found = actions.iter().find(|(_, action)| action.cedar == uid).map(|(name, _)| name.clone());
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
    let uid = entity_uid(text);
    if uid.is_none() {
        out.push(
            Diagnostic::error(codes::WRONG_VALUE, span, format!("`{text}` is not a Cedar entity"))
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
                Diagnostic::error(codes::WRONG_SHAPE, span, "expected a mapping of names to values")
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
        document::Value::Null => Value::Null,
        document::Value::Bool(value) => Value::from(*value),
        document::Value::Int(value) => Value::from(*value),
        // A date is of TOML, and so large a number is a fault.
        document::Value::Float(_) | document::Value::HugeInt | document::Value::Date => {
            Value::from(node.written().unwrap_or_default())
        }
        document::Value::Text(text) => Value::from(text.as_str()),
        document::Value::List(items) => items.iter().map(from_yaml).collect(),
        document::Value::Map(entries) => {
            let fields: Map<_, _> = entries.iter().map(|(key, node)| (key.text.clone(), from_yaml(node))).collect();
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
    use crate::scenario::testing::{WORLD, faults, load, marketplace, run};

    const ENTITIES: &str = r#"[
        {"uid": {"type": "M::User", "id": "zoe"}, "parents": [{"type": "M::Role", "id": "support"}],
         "attrs": {"org": {"type": "M::Org", "id": "acme"}, "clearance": {"type": "M::Classification", "id": "internal"}}}
    ]"#;
    const REQUEST: &str = r#"{"principal": "M::User::\"zoe\"", "action": "M::Action::\"Payout.read\"",
        "resource": "M::Payout::\"p2\"", "context": {"now": "2026-03-01T10:00:00Z", "auth_time": "2026-03-01T10:00:00Z",
        "mfa": true, "risk_score": 1}}"#;

    #[test]
    fn files_are_named_from_the_suite_and_never_outside_of_the_package() {
        let from = "scenarios/payouts.yaml";
        assert_eq!(beside(from, "world.yaml").as_deref(), Some("scenarios/world.yaml"));
        assert_eq!(beside(from, "./data/a.json").as_deref(), Some("scenarios/data/a.json"));
        assert_eq!(beside(from, "../entities.json").as_deref(), Some("entities.json"));
        assert_eq!(beside(from, "../../etc/passwd"), None);
        assert_eq!(beside(from, "/etc/passwd"), None);
    }

    #[test]
    fn existing_cedar_data_and_requests_run_as_they_are() {
        let tests = r#"entities: data/zoe.json
tests:
  - {name: file, request: data/read.json, decision: allow, because: support.Payout.read}
  - name: inline
    request: {principal: 'M::User::"zoe"', action: 'M::Action::"Payout.read"', resource: 'M::Payout::"p1"', context-file: data/context.json}
    decision: deny
    because: no-grant
  - name: nobody
    request: {principal: 'M::User::"nobody"', action: 'M::Action::"Payout.read"', resource: 'M::Payout::"p2"', context-file: data/context.json}
    decision: deny
    because: principal-not-loaded
  - {name: by reference, as: 'User::"zoe"', in: calm, can: {read: p2}}
"#;
        let context =
            r#"{"now": "2026-03-01T10:00:00Z", "auth_time": "2026-03-01T10:00:00Z", "mfa": true, "risk_score": 1}"#;
        let compiled = marketplace();
        let loaded = load(
            &[
                ("s.yaml", &format!("{WORLD}{tests}")),
                ("data/zoe.json", ENTITIES),
                ("data/read.json", REQUEST),
                ("data/context.json", context),
            ],
            &compiled,
        );
        assert_eq!(faults(&loaded), "");
        let report = run(&loaded, &compiled);
        assert!(report.is_success(), "{report:#?}");
        assert_eq!(report.totals().passed, 4);
    }

    #[test]
    fn data_that_breaks_its_schema_loads_only_with_a_reason() {
        let broken = ENTITIES.replace(r#""clearance": {"type": "M::Classification", "id": "internal"}"#, r#""age": 3"#);
        let with = |keys: &str| {
            let suite = format!("{WORLD}{keys}tests:\n  - {{name: t, as: fred, in: calm, can: {{approve: p1}}}}\n");
            faults(&load(&[("s.yaml", &suite), ("zoe.json", &broken)], &marketplace()))
        };
        insta::assert_snapshot!(with("entities: zoe.json\n"), @r#"scenario-invalid-cedar-data @ 15:11 `zoe.json`: entity `M::User::"zoe"`: error during entity deserialization: attribute `age` on `M::User::"zoe"` should not exist according to the schema | in this file | fix the data, or add `entities-unchecked: "reason"` next to it"#);
        assert_eq!(with("entities: zoe.json\nentities-unchecked: \"legacy export, see DATA-7\"\n"), "");
    }

    #[test]
    fn faults_in_raw_requests_are_located() {
        let tests = r#"tests:
  - {name: a, request: data/nope.json, decision: allow}
  - {name: b, request: data/broken.json, decision: maybe}
  - {name: c, request: {principal: alice, action: 'M::Action::"Payout.raed"', resource: 'M::Payot::"p1"', context: [], contxt: {}}, decision: deny}
  - {name: d, request: data/empty.json, decision: deny}
"#;
        let loaded = load(
            &[
                ("s.yaml", &format!("{WORLD}{tests}")),
                ("data/broken.json", "{\"principal\": \n  }"),
                ("data/empty.json", "{}"),
            ],
            &marketplace(),
        );
        insta::assert_snapshot!(faults(&loaded), @r#"
        scenario-unknown-file @ 16:24 `data/nope.json`: file not found: `data/nope.json` | searched next to this file, only inside the package | did you mean `data/broken.json`?
        scenario-wrong-value @ 17:52 `maybe`: `decision` must be `allow`, `deny` or `unknown` | not a decision
        scenario-wrong-value @ 18:36 `alice`: `alice` is not a Cedar entity | not of the form `TYPE::"ID"` | write it as `'User::"alice"'`
        scenario-unknown-name @ 18:51 `'M::Action::"Payout.raed"'`: unknown action `M::Action::"Payout.raed"` | no such action is declared | did you mean `M::Action::"Payout.read"`?
        scenario-unknown-name @ 18:89 `'M::Payot::"p1"'`: unknown type `M::Payot` | no such entity type is declared | did you mean `M::Payout`?
        scenario-wrong-shape @ 18:116 `[]`: expected a mapping of names to values | not a JSON object
        scenario-unknown-key @ 18:120 `contxt`: unknown key `contxt` in a raw request |  | did you mean `context`?
        scenario-invalid-cedar-data @ 19:24 `data/empty.json`: the request has no `action` | this file | write "action": "TYPE::\"ID\"" into it
        scenario-invalid-cedar-data @ 19:24 `data/empty.json`: the request has no `principal` | this file | write "principal": "TYPE::\"ID\"" into it
        scenario-invalid-cedar-data @ 19:24 `data/empty.json`: the request has no `resource` | this file | write "resource": "TYPE::\"ID\"" into it
        scenario-invalid-cedar-data @ 2:3 ``: this is not JSON | expected value at line 2 column 3
        "#);
    }
}
