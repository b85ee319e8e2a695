//! Files of Cedar entities before a suite takes them in.

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::Node;
use crate::load::yaml;
use crate::scenario::{Policy, codes};
use crate::text::{FileId, Sources, Span};

use super::raw;

/// Says what is wrong with a file of Cedar entities that no suite names, each fault at its entity.
pub fn check_entities(sources: &Sources, file: FileId, policy: Policy<'_>, out: &mut Diagnostics) {
    let Some(json) = raw::json(file, sources, None, out) else {
        return;
    };
    let start = Span::new(file, 0, 0);
    if !json.is_array() {
        out.push(
            Diagnostic::error(codes::INVALID_CEDAR_DATA, start, "a file of entities must be a JSON list")
                .help("write the entities between `[` and `]`"),
        );
        return;
    }
    let Err(error) = policy.engine.entities(&json) else {
        return;
    };
    // JSON is YAML, of which places are known. Where it is not quite, the file is place enough.
    let placed = yaml::parse(sources, file, &mut Diagnostics::new());
    let placed = placed.as_ref().and_then(Node::as_list).unwrap_or_default();
    for fault in error.0 {
        let entity = fault.position.and_then(|position| placed.get(position));
        let span = entity.map_or(start, |entity| entity.span);
        out.push(
            Diagnostic::error(codes::INVALID_CEDAR_DATA, span, fault.to_string()).help(
                "make it match the schema, or leave the file out; with `entities-unchecked: \"reason\"`, a suite loads it unchecked",
            ),
        );
    }
}
