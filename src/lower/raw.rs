//! Raw sources: `.cedarschema` files, `.cedar` files and template links. They are parsed by Cedar; faults point into them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::{Policy, PolicyId, PolicySet, SchemaFragment, Template, pst};
use serde_json::{Map, Value};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::graph::codes::EXPANSION_LIMIT;
use crate::graph::{Externals, StatementId, StatementKind};
use crate::parallel;
use crate::parallel::Work;
use crate::text::{FileId, Sources, Span};

use super::codes;

mod among_parents;
mod declared;
mod depth;
mod externals;
mod lets_in;
mod links;
mod parts;
mod permits;
mod statements;
mod templates;

use links::Link;

pub(super) use among_parents::role_among_parents;
use externals::expanded;
use externals::expanded::{Cut, Why};
pub(super) use lets_in::{Claim, LetsIn, Named, lets_in, reads_request, role_of};
pub use parts::has_part;
pub use permits::raw_permits;
pub use templates::{RawTemplate, raw_templates};

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
    /// Of a template-linked policy, its link.
    pub link: Option<Span>,
}

impl RawPolicy {
    /// The statement that it is made of: of a template-linked policy, the template.
    #[must_use]
    pub fn statement(&self) -> StatementId {
        let name = match self.policy.template_id() {
            Some(template) => template.to_string(),
            None => self.policy.id().to_string(),
        };
        StatementId::new(StatementKind::Raw, &name)
    }
}

/// How raw policies come by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawIds {
    /// By `@id`, which each must have: in a package, tests and logs speak of it.
    Annotated,
    /// By `@id` where there is one, else numbered as Cedar does, past the names that are given: for existing Cedar files.
    Numbered,
}

/// Reads `.cedarschema` files. `namespace` is that of the Gate program.
#[must_use]
pub fn read_schemas(sources: &Sources, files: &[FileId], namespace: Option<&str>, out: &mut Diagnostics) -> RawSchema {
    let mut raw = RawSchema::default();
    for file in files {
        let text = &sources.code(*file);
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
            Err(error) => out.push(Diagnostic::error(codes::CEDAR_SCHEMA, whole.at_start(), error.to_string())),
        }
    }
    for cut in externals::expanded::cut(&mut raw.json) {
        too_large(sources, files, &cut, out);
    }
    if let Some(whole) = raw.files.first() {
        raw.externals = externals::read(&raw.json, namespace, *whole);
    }
    raw
}

/// What is too large when common types are expanded, at its declaration.
fn too_large(sources: &Sources, files: &[FileId], cut: &Cut, out: &mut Diagnostics) {
    let place = |file: &FileId| declared::place(*file, sources.text(*file), cut.keyword, &cut.name);
    let span = files.iter().find_map(place);
    let span = span.or_else(|| files.first().map(|file| Span::new(*file, 0, 0)));
    let name = &cut.name;
    let (code, message, help) = match cut.why {
        Why::Attributes(count) => (
            EXPANSION_LIMIT,
            match cut.keyword {
                "type" => format!("`{name}` has {count} attributes when common types are expanded"),
                _ => format!("with `{name}` the schema has {count} attributes when common types are expanded"),
            },
            format!("a package can have at most {}: let types use each other less often", expanded::MAX_ATTRIBUTES),
        ),
        Why::Depth(depth) => (
            EXPANSION_LIMIT,
            format!("`{name}` has records or sets nested {depth} deep"),
            format!("at most {} are allowed: let types use each other less deeply", expanded::MAX_DEPTH),
        ),
        Why::Endless => (
            codes::CEDAR_SCHEMA,
            format!("`{name}` contains itself, or a type that does"),
            "use an entity where a record should refer to its own kind".to_owned(),
        ),
    };
    out.extend(span.map(|span| Diagnostic::error(code, span, message).help(help)));
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
                            format!("`{name}` is also declared in another `.cedarschema` file"),
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
    let links: Vec<Link> = links.iter().flat_map(|file| links::read(sources, *file, out)).collect();
    let mut statements = Vec::new();
    for file in files {
        statements.extend(read_statements(sources, *file, out));
    }
    // Numbers make way for the names that are given.
    let annotated = statements.iter().filter_map(|(_, statement)| statement.id.clone());
    let mut taken: BTreeSet<String> = annotated.chain(links.iter().map(|link| link.id.clone())).collect();
    let mut known: BTreeMap<String, Span> = BTreeMap::new();
    let mut policies: Vec<RawPolicy> = Vec::new();
    let mut templates: BTreeMap<String, (Template, Span)> = BTreeMap::new();
    for (read, statement) in statements {
        let span = statement.span;
        let id = match statement.id {
            Some(id) => id,
            None => {
                if ids == RawIds::Annotated && matches!(read, Read::Policy(_)) {
                    without_id(statement.empty_id.unwrap_or(span), out);
                }
                let number = PolicyId::new(format!("policy{}", statement.number));
                fresh(&numbered(&number, files.len(), sources.name(span.file)), &mut taken)
            }
        };
        if let Some(before) = known.get(&id) {
            same_id(&id, span, *before, out);
            continue;
        }
        known.insert(id.clone(), span);
        match read {
            Read::Policy(policy) => {
                policies.push(RawPolicy { policy: policy.new_id(PolicyId::new(&id)), body: None, span, link: None })
            }
            Read::Template(template) => {
                templates.insert(id.clone(), (template.new_id(PolicyId::new(&id)), span));
            }
        }
    }
    for linked in links::instantiate(links, &templates, out) {
        let id = linked.policy.id().to_string();
        let at = linked.link.unwrap_or(linked.span);
        match known.get(&id) {
            Some(before) => same_id(&id, at, *before, out),
            None => {
                known.insert(id, at);
                policies.push(linked);
            }
        }
    }
    let mut all = policies;
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
    /// Its place among the statements of its file, by which Cedar numbers it.
    pub number: usize,
    /// Its `@id`, unless that is empty.
    pub id: Option<String>,
    /// An `@id` that gives no name.
    pub empty_id: Option<Span>,
    /// Whether it is a template, which decides nothing by itself.
    pub is_template: bool,
}

/// What Cedar reads in a statement.
enum Read {
    Policy(Policy),
    Template(Template),
}

/// The statements of a `.cedar` file, in the order in which Cedar numbers them; none where Cedar does not parse it.
#[must_use]
pub fn raw_statements(sources: &Sources, file: FileId) -> Vec<RawStatement> {
    let statements = read_statements(sources, file, &mut Diagnostics::new());
    statements.into_iter().map(|(_, statement)| statement).collect()
}

fn read_statements(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Vec<(Read, RawStatement)> {
    let text = &sources.code(file);
    if let Some(span) = depth::beyond(file, text, depth::Text::Policies) {
        out.push(too_deep(codes::CEDAR_SYNTAX, span));
        return Vec::new();
    }
    let set: PolicySet = match text.parse() {
        Ok(set) => set,
        Err(errors) => {
            syntax_faults(file, text, &errors, out);
            return Vec::new();
        }
    };
    let spans = statements::spans(file, text).into_iter().enumerate();
    let statement = |(number, span): (usize, Span)| {
        let id = PolicyId::new(format!("policy{number}"));
        let read = match (set.template(&id), set.policy(&id)) {
            (Some(template), _) => Read::Template(template.clone()),
            (None, policy) => Read::Policy(policy?.clone()),
        };
        let annotated = match &read {
            Read::Policy(policy) => policy.annotation("id"),
            Read::Template(template) => template.annotation("id"),
        };
        let empty_id = annotated.filter(|id| id.is_empty()).and_then(|_| statements::annotation(sources, span, "id"));
        let statement = RawStatement {
            span,
            number,
            id: annotated.filter(|id| !id.is_empty()).map(str::to_owned),
            empty_id,
            is_template: matches!(read, Read::Template(_)),
        };
        Some((read, statement))
    };
    spans.filter_map(statement).collect()
}

/// Cedar's number; with several files, numbers are told apart by the file's name.
fn numbered(number: &PolicyId, files: usize, name: &str) -> String {
    match files {
        1 => number.to_string(),
        _ => format!("{name}:{number}"),
    }
}

/// The wanted word, or one like it where it is taken.
pub fn fresh(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut word = wanted.to_owned();
    let mut number = 2_usize;
    while !taken.insert(word.clone()) {
        word = format!("{wanted}-{number}");
        number += 1;
    }
    word
}

fn without_id(span: Span, out: &mut Diagnostics) {
    out.push(
        Diagnostic::error(codes::RAW_WITHOUT_ID, span, "a raw policy in a package needs a name")
            .help("write `@id(\"my-policy\")` before it: tests, diffs and logs use this name"),
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
        "the limit is {} nested brackets, `if`s and accesses, or {} nested operators",
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
