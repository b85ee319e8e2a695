//! Raw sources: `.cedarschema` files, `.cedar` files and template links. They are parsed by Cedar; faults point into them.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;
use cedar_policy::SchemaFragment;
use cedar_policy::Template;
use cedar_policy::pst;
use serde_json::Map;
use serde_json::Value;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::did_you_mean;
use crate::graph::Externals;
use crate::parallel;
use crate::parallel::Work;
use crate::text::FileId;
use crate::text::Sources;
use crate::text::Span;

use super::codes;

mod among_parents;
mod depth;
mod externals;
mod lets_in;
mod statements;

pub(super) use among_parents::role_among_parents;
pub(super) use lets_in::LetsIn;
pub(super) use lets_in::lets_in;

/// What the raw schemas of a package declare.
#[derive(Debug, Clone, Default)]
pub struct RawSchema {
    /// In Cedar's JSON form, by namespace.
    pub json: Map<String, Value>,
    /// In the terms of the graph.
    pub externals: Externals,
    /// The whole of each file.
    pub files: Vec<Span>,
}

/// A raw policy.
#[derive(Debug, Clone)]
pub struct RawPolicy {
    /// The policy, static, under the id it is known by.
    pub policy: Policy,
    /// Its scope and conditions. Cedar parses a policy's text for them each time it is asked.
    pub body: Option<Arc<pst::Template>>,
    /// The statement in its file; of a template-linked policy, the template.
    pub span: Span,
}

/// How raw policies come by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawIds {
    /// By `@id`, which each must have: in a package, tests and logs speak of it.
    Annotated,
    /// By `@id` where there is one, else numbered as Cedar does: for existing Cedar files.
    Numbered,
}

/// Reads `.cedarschema` files. `namespace` is that of the Gate program.
#[must_use]
pub fn read_schemas(sources: &Sources, files: &[FileId], namespace: Option<&str>, out: &mut Diagnostics) -> RawSchema {
    let mut raw = RawSchema::default();
    for file in files {
        let text = sources.text(*file);
        let whole = Span::new(*file, 0, text.len());
        raw.files.push(whole);
        if let Some(span) = depth::beyond(*file, text, depth::Text::Schema) {
            out.push(too_deep(codes::CEDAR_SCHEMA, span));
            continue;
        }
        let json = match SchemaFragment::from_cedarschema_str(text) {
            Ok((fragment, _)) => fragment.to_json_value(),
            Err(error) => {
                let span = label(&error).map_or(whole.at_start(), |range| Span::new(*file, range.start, range.end));
                out.push(
                    Diagnostic::error(codes::CEDAR_SCHEMA, span, first_line(&error.to_string()))
                        .maybe_help(miette::Diagnostic::help(&error).map(|help| help.to_string())),
                );
                continue;
            }
        };
        match json {
            Ok(Value::Object(json)) => merge(&mut raw.json, json, whole, out),
            Ok(_) => {}
            Err(error) => out.push(Diagnostic::error(
                codes::CEDAR_SCHEMA,
                whole.at_start(),
                error.to_string(),
            )),
        }
    }
    if let Some(whole) = raw.files.first() {
        raw.externals = externals::read(&raw.json, namespace, *whole);
    }
    raw
}

fn merge(all: &mut Map<String, Value>, more: Map<String, Value>, file: Span, out: &mut Diagnostics) {
    for (namespace, declarations) in more {
        let Value::Object(declarations) = declarations else {
            continue;
        };
        let known = all.entry(namespace).or_insert_with(|| Value::Object(Map::new()));
        let Some(known) = known.as_object_mut() else { continue };
        for (section, entries) in declarations {
            let into = known.entry(section).or_insert_with(|| Value::Object(Map::new()));
            let (Some(into), Value::Object(entries)) = (into.as_object_mut(), entries) else {
                continue;
            };
            for (name, entry) in entries {
                if into.contains_key(&name) {
                    out.push(
                        Diagnostic::error(
                            codes::CEDAR_SCHEMA,
                            file.at_start(),
                            format!("`{name}` is declared in another `.cedarschema` file, too"),
                        )
                        .help("keep one of the two"),
                    );
                } else {
                    into.insert(name, entry);
                }
            }
        }
    }
}

fn label(error: &dyn miette::Diagnostic) -> Option<std::ops::Range<usize>> {
    let label = error.labels()?.next()?;
    Some(label.offset()..label.offset() + label.len())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Reads `.cedar` files and the template links beside them.
#[must_use]
pub fn read_policies(
    sources: &Sources,
    files: &[FileId],
    links: &[FileId],
    ids: RawIds,
    out: &mut Diagnostics,
) -> Vec<RawPolicy> {
    let mut policies: BTreeMap<String, RawPolicy> = BTreeMap::new();
    let mut templates: BTreeMap<String, (Template, Span)> = BTreeMap::new();
    for file in files {
        let text = sources.text(*file);
        if let Some(span) = depth::beyond(*file, text, depth::Text::Policies) {
            out.push(too_deep(codes::CEDAR_SYNTAX, span));
            continue;
        }
        let set: PolicySet = match text.parse() {
            Ok(set) => set,
            Err(errors) => {
                syntax_faults(*file, text, &errors, out);
                continue;
            }
        };
        let spans = statements::spans(*file, text);
        let whole = Span::new(*file, 0, text.len());
        let place = |numbered: &PolicyId| {
            let number = numbered
                .to_string()
                .strip_prefix("policy")
                .and_then(|n| n.parse::<usize>().ok());
            number.and_then(|n| spans.get(n).copied()).unwrap_or(whole)
        };
        for policy in set.policies() {
            let span = place(policy.id());
            let id = policy_id(policy.annotation("id"), policy.id(), files.len(), sources.name(*file));
            if policy.annotation("id").is_none() && ids == RawIds::Annotated {
                without_id(span, out);
            }
            if let Some(known) = policies.get(&id).map(|known| known.span) {
                same_id(&id, span, known, out);
                continue;
            }
            policies.insert(
                id.clone(),
                RawPolicy {
                    policy: policy.new_id(PolicyId::new(&id)),
                    body: None,
                    span,
                },
            );
        }
        for template in set.templates() {
            let span = place(template.id());
            let id = policy_id(
                template.annotation("id"),
                template.id(),
                files.len(),
                sources.name(*file),
            );
            if let Some((_, known)) = templates.get(&id) {
                same_id(&id, span, *known, out);
                continue;
            }
            templates.insert(id.clone(), (template.new_id(PolicyId::new(&id)), span));
        }
    }
    for links in links {
        for linked in link_all(sources, *links, &templates, out) {
            let id = linked.policy.id().to_string();
            if let Some(known) = policies.get(&id).map(|known| known.span) {
                same_id(&id, linked.span, known, out);
                continue;
            }
            policies.insert(id, linked);
        }
    }
    let mut all: Vec<RawPolicy> = policies.into_values().collect();
    let bodies = parallel::map(Work::Little, &all, || (), |(), raw| raw.policy.to_pst().ok());
    for (raw, body) in all.iter_mut().zip(bodies) {
        raw.body = body.map(|body| Arc::new(body.body().clone()));
    }
    all.sort_by_key(|raw| (raw.span, raw.policy.id().to_string()));
    all
}

/// A statement of a `.cedar` file: a policy or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawStatement {
    /// From its first annotation to its semicolon.
    pub span: Span,
    /// Its `@id`.
    pub id: Option<String>,
    /// Whether it is a template, which decides nothing by itself.
    pub is_template: bool,
}

/// The statements of a `.cedar` file, in the order in which Cedar numbers them; none where Cedar does not parse it.
#[must_use]
pub fn raw_statements(sources: &Sources, file: FileId) -> Vec<RawStatement> {
    let text = sources.text(file);
    if depth::beyond(file, text, depth::Text::Policies).is_some() {
        return Vec::new();
    }
    let Ok(set) = text.parse::<PolicySet>() else {
        return Vec::new();
    };
    let spans = statements::spans(file, text).into_iter().enumerate();
    let statement = |(number, span)| {
        let numbered = PolicyId::new(format!("policy{number}"));
        let template = set.template(&numbered);
        let id = match template {
            Some(template) => template.annotation("id"),
            None => set.policy(&numbered).and_then(|policy| policy.annotation("id")),
        };
        RawStatement {
            span,
            id: id.map(str::to_owned),
            is_template: template.is_some(),
        }
    };
    spans.map(statement).collect()
}

/// `@id`, else Cedar's number; with several files, numbers are told apart by the file's name.
fn policy_id(annotated: Option<&str>, numbered: &PolicyId, files: usize, name: &str) -> String {
    match annotated {
        Some(id) => id.to_owned(),
        None if files == 1 => numbered.to_string(),
        None => format!("{name}:{numbered}"),
    }
}

fn without_id(span: Span, out: &mut Diagnostics) {
    out.push(
        Diagnostic::error(codes::RAW_WITHOUT_ID, span, "a raw policy in a package needs a name")
            .help("write `@id(\"my-policy\")` before it: tests, diffs and logs speak of it by this name"),
    );
}

fn same_id(id: &str, span: Span, before: Span, out: &mut Diagnostics) {
    out.push(
        Diagnostic::error(codes::RAW_SAME_ID, span, format!("two policies have the id `{id}`"))
            .also(before, "the other one")
            .help("give each policy an `@id` of its own"),
    );
}

fn too_deep(code: Code, span: Span) -> Diagnostic {
    Diagnostic::error(code, span, "this is nested too deeply").help(format!(
        "at most {} brackets, `if`s and accesses, or {} operators, are read within each other",
        depth::MAX_DEPTH,
        depth::MAX_OPERATORS
    ))
}

fn syntax_faults(file: FileId, text: &str, errors: &cedar_policy::ParseErrors, out: &mut Diagnostics) {
    for error in errors.iter() {
        let range = label(error).unwrap_or(0..0);
        let span = Span::new(file, range.start.min(text.len()), range.end.min(text.len()));
        out.push(
            Diagnostic::error(codes::CEDAR_SYNTAX, span, first_line(&error.to_string()))
                .maybe_help(miette::Diagnostic::help(error).map(|help| help.to_string())),
        );
    }
}

/// Makes static policies of template links, in Cedar's JSON form of them.
fn link_all(
    sources: &Sources,
    file: FileId,
    templates: &BTreeMap<String, (Template, Span)>,
    out: &mut Diagnostics,
) -> Vec<RawPolicy> {
    let text = sources.text(file);
    let whole = Span::new(file, 0, text.len());
    let fault = |out: &mut Diagnostics, span: Span, message: String, help: Option<String>| {
        out.push(Diagnostic::error(codes::TEMPLATE_LINK, span, message).maybe_help(help));
    };
    const SHAPE: &str =
        "a link is `{\"template_id\": \"…\", \"link_id\": \"…\", \"args\": {\"?principal\": \"User::\\\"alice\\\"\"}}`";
    let links = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(links)) => links,
        Ok(_) => {
            fault(
                out,
                whole.at_start(),
                "template links are a JSON list".to_owned(),
                Some(SHAPE.to_owned()),
            );
            return Vec::new();
        }
        Err(error) => {
            let start = sources
                .lines(file)
                .and_then(|lines| lines.line_start(u32::try_from(error.line()).unwrap_or(1)))
                .map_or(0, |start| start as usize + error.column().saturating_sub(1));
            let at = Span::new(file, start.min(text.len()), start.min(text.len()));
            fault(out, at, format!("this is not JSON: {error}"), None);
            return Vec::new();
        }
    };
    let mut made = Vec::new();
    for link in &links {
        let field = |names: [&str; 2]| names.iter().find_map(|name| link.get(*name)).cloned();
        let id = field(["link_id", "newId"]).and_then(|id| id.as_str().map(str::to_owned));
        let template = field(["template_id", "templateId"]).and_then(|id| id.as_str().map(str::to_owned));
        let args = field(["args", "values"]).and_then(|args| args.as_object().cloned());
        let (Some(id), Some(template), Some(args)) = (id, template, args) else {
            fault(
                out,
                whole.at_start(),
                "a template link lacks one of its three parts".to_owned(),
                Some(SHAPE.to_owned()),
            );
            continue;
        };
        let span = text
            .find(&format!("\"{id}\""))
            .map_or(whole.at_start(), |at| Span::new(file, at, at + id.len() + 2));
        let Some((found, at)) = templates.get(&template) else {
            let known: Vec<&str> = templates.keys().map(String::as_str).collect();
            fault(
                out,
                span,
                format!("there is no template `{template}`"),
                did_you_mean(&template, known),
            );
            continue;
        };
        match instantiate(found, &id, &args) {
            Ok(policy) => made.push(RawPolicy {
                policy,
                body: None,
                span: *at,
            }),
            Err(error) => fault(
                out,
                span,
                format!("`{id}` does not fit its template: {error}"),
                Some(SHAPE.to_owned()),
            ),
        }
    }
    made
}

fn instantiate(template: &Template, id: &str, args: &Map<String, Value>) -> Result<Policy, String> {
    let mut values = HashMap::new();
    for (slot, value) in args {
        let slot_id = match slot.as_str() {
            "?principal" => pst::SlotId::Principal,
            "?resource" => pst::SlotId::Resource,
            other => return Err(format!("`{other}` is neither `?principal` nor `?resource`")),
        };
        values.insert(slot_id, entity(value)?);
    }
    let body = template.to_pst().map_err(|error| error.to_string())?;
    let linked =
        pst::LinkedPolicy::new(Arc::new(body), values, pst::PolicyID(id.into())).map_err(|error| error.to_string())?;
    let mut body = linked
        .into_static_policy()
        .map_err(|error| error.to_string())?
        .body()
        .clone();
    // The template's name stays readable; the linked policy's own is what everybody speaks of.
    if let Some(name) = body.annotations.insert("id".to_owned(), id.into()) {
        body.annotations.insert("template".to_owned(), name);
    }
    let policy = pst::StaticPolicy::try_from(body).map_err(|error| error.to_string())?;
    Policy::from_pst(pst::Policy::Static(policy)).map_err(|error| error.to_string())
}

/// `User::"alice"` or `{"type": "User", "id": "alice"}`.
fn entity(value: &Value) -> Result<pst::EntityUID, String> {
    let uid = match value {
        Value::String(text) => text
            .parse::<cedar_policy::EntityUid>()
            .map_err(|error| error.to_string())?,
        other => cedar_policy::EntityUid::from_json(other.clone()).map_err(|error| error.to_string())?,
    };
    let full = uid.type_name().to_string();
    let mut parts: Vec<&str> = full.split("::").collect();
    let last = parts.pop().unwrap_or_default();
    let name = pst::Name::qualified(parts, last).map_err(|error| error.to_string())?;
    Ok(pst::EntityUID {
        ty: pst::EntityType::from_name(name),
        eid: uid.id().unescaped().into(),
    })
}
