//! Who holds which role, in files of `assignments/` that `gatewright.toml` names: entries as written, each with its place.
//! Whether their types and roles exist is not known here.

use std::str::FromStr;

use cedar_policy::EntityUid;

use super::codes;
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::yaml;
use crate::load::yaml::Node;
use crate::text::{FileId, Sources, Span};

/// A role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Who: a principal, or a group of them.
    pub who: EntityUid,
    /// Where that is written.
    pub who_span: Span,
    /// The role by its full name, `finance` or `Org.admin`.
    pub role: String,
    /// Where that is written.
    pub role_span: Span,
    /// The entity that a role per resource is held on.
    pub on: Option<(EntityUid, Span)>,
    /// Where the entry begins.
    pub span: Span,
}

/// `on`, as the language says it, would be a boolean in YAML 1.1.
const KEYS: [&str; 3] = ["who", "role", "resource"];
const EXAMPLE: &str = "write entries such as `- {who: 'User::\"ann\"', role: reader}` below `assignments:`";

/// Reads files of assignments. All their faults go to `out`.
#[must_use]
pub fn assignments(sources: &Sources, files: &[FileId], out: &mut Diagnostics) -> Vec<Assignment> {
    let mut all = Vec::new();
    for file in files {
        let Some(node) = yaml::parse(sources, *file, out) else {
            continue;
        };
        let Some(entries) = node.as_map() else {
            out.push(
                wrong(node.span, format!("an assignment file must be a mapping, found {}", node.kind_name()))
                    .help(EXAMPLE),
            );
            continue;
        };
        for (key, _) in entries.iter().filter(|(key, _)| key.text != "assignments") {
            let help = did_you_mean(&key.text, ["assignments"]).unwrap_or_else(|| EXAMPLE.to_owned());
            let fault = wrong(key.span, format!("unknown key `{}` in an assignment file", key.text)).help(help);
            out.push(fault.near(key.span, &key.text, ["assignments"]));
        }
        let Some((key, list)) = node.entry("assignments") else {
            if entries.is_empty() {
                out.push(wrong(node.span, "`assignments` is missing".to_owned()).help(EXAMPLE));
            }
            continue;
        };
        let Some(items) = list.as_list() else {
            out.push(
                wrong(key.span, format!("`assignments` must be a list, found {}", list.kind_name())).help(EXAMPLE),
            );
            continue;
        };
        all.extend(items.iter().filter_map(|item| assignment(item, out)));
    }
    all
}

fn wrong(span: Span, message: String) -> Diagnostic {
    Diagnostic::error(codes::ASSIGNMENT_SHAPE, span, message)
}

fn assignment(node: &Node, out: &mut Diagnostics) -> Option<Assignment> {
    let Some(entries) = node.as_map() else {
        out.push(
            wrong(node.span, format!("an assignment must be a mapping, found {}", node.kind_name())).help(EXAMPLE),
        );
        return None;
    };
    let span = entries.first().map_or(node.span.at_start(), |(key, _)| key.span);
    // What nothing reads could be an end that would then not hold.
    let mut whole = true;
    for (key, _) in entries.iter().filter(|(key, _)| !KEYS.contains(&key.text.as_str())) {
        whole = false;
        out.push(
            wrong(key.span, format!("unknown key `{}` in an assignment", key.text)).meant(key.span, &key.text, KEYS),
        );
    }
    for (key, help) in [("who", "`who: 'User::\"ann\"'`"), ("role", "`role:` and the role's name")] {
        if node.get(key).is_none() {
            out.push(wrong(span, format!("an assignment needs `{key}`")).help(format!("write {help}")));
        }
    }
    let who = node.get("who").and_then(|node| Some((entity(node, "who", out)?, node.span)));
    let role = node.get("role").and_then(|node| {
        let text = node.as_text().map(str::trim).filter(|text| !text.is_empty());
        if text.is_none() {
            out.push(
                wrong(node.span, "`role` must be the name of a role".to_owned())
                    .help("write it as declared in the policy: `role: reader`, `role: Org.admin`"),
            );
        }
        Some((text?.to_owned(), node.span))
    });
    let on = match node.get("resource") {
        Some(node) => Some((entity(node, "resource", out)?, node.span)),
        None => None,
    };
    let ((who, who_span), (role, role_span)) = (who?, role?);
    whole.then_some(Assignment { who, who_span, role, role_span, on, span })
}

fn entity(node: &Node, key: &str, out: &mut Diagnostics) -> Option<EntityUid> {
    let found = node.as_text().and_then(|text| EntityUid::from_str(text.trim()).ok());
    if found.is_none() {
        out.push(
            wrong(node.span, format!("`{key}` must be an entity"))
                .label("not an entity")
                .help(format!("write its type and its id, in single quotes: `{key}: 'User::\"ann\"'`")),
        );
    }
    found
}
