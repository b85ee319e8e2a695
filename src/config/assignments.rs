//! Who holds which role, in files of `assignments/` that `gatewright.toml` names: entries as written, each with its place.
//! Whether their types and roles exist is not known here.

use std::str::FromStr;

use cedar_policy::EntityUid;

use super::codes::ASSIGNMENTS;
use crate::diag::{Diagnostics, did_you_mean};
use crate::load::document::{Field, Node};
use crate::load::yaml;
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
        let Some(top) = ASSIGNMENTS.at(&node, "an assignment file").help(EXAMPLE).section(out) else {
            continue;
        };
        for (key, fault) in top.unknown(&["assignments"]) {
            let help = did_you_mean(&key.text, ["assignments"]).unwrap_or_else(|| EXAMPLE.to_owned());
            out.push(fault.help(help));
        }
        if top.entries().is_empty() {
            out.push(top.missing("assignments").help(EXAMPLE));
        }
        let items = top.at("assignments").and_then(|list| list.help(EXAMPLE).list(out));
        all.extend(items.unwrap_or_default().iter().filter_map(|item| assignment(item, out)));
    }
    all
}

fn assignment(node: &Node, out: &mut Diagnostics) -> Option<Assignment> {
    let entry = ASSIGNMENTS.at(node, "an assignment").help(EXAMPLE).section(out)?;
    // What nothing reads could be an end that would then not hold.
    let faults = out.len();
    entry.only(&KEYS, out);
    let whole = out.len() == faults;
    let who = entry.require_like("who", "'User::\"ann\"'", out).and_then(|field| entity(&field, "who", out));
    let role = entry.require_like("role", "reader", out).and_then(|field| {
        let help = "write it as declared in the policy: `role: reader`, `role: Org.admin`";
        field.help(help).filled(out)
    });
    let on = match entry.at("resource") {
        Some(field) => Some(entity(&field, "resource", out)?),
        None => None,
    };
    let ((who, who_span), (role, role_span)) = (who?, role?);
    let role = role.trim().to_owned();
    whole.then_some(Assignment { who, who_span, role, role_span, on, span: entry.place() })
}

fn entity(field: &Field<'_>, key: &str, out: &mut Diagnostics) -> Option<(EntityUid, Span)> {
    let span = field.node.span;
    let found = field.node.as_text().and_then(|text| EntityUid::from_str(text.trim()).ok());
    if found.is_none() {
        out.push(
            ASSIGNMENTS
                .invalid(span, format!("`{key}` must be an entity"))
                .label("not an entity")
                .help(format!("write its type and its id, in single quotes: `{key}: 'User::\"ann\"'`")),
        );
    }
    Some((found?, span))
}
