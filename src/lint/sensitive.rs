//! What the lints about `sensitive` actions share.

use crate::graph::Action;
use crate::graph::Grant;
use crate::graph::Program;
use crate::text::Span;

/// Every grant with each sensitive action in it, and the place that names the action.
pub(super) fn sensitive_grants(program: &Program) -> impl Iterator<Item = (&Grant, &Action, Span)> {
    program.grants.iter().flat_map(move |grant| {
        grant.actions.iter().filter_map(move |(id, at)| {
            let action = program.action(*id).filter(|action| action.sensitive)?;
            Some((grant, action, *at))
        })
    })
}

/// What makes an action sensitive, as its description says.
pub(super) fn why(action: &Action) -> String {
    match action.doc.as_deref().map(str::trim).filter(|doc| !doc.is_empty()) {
        Some(doc) => format!(
            "sensitive: {}",
            doc.lines().map(str::trim).collect::<Vec<_>>().join(" ")
        ),
        None => "sensitive".to_owned(),
    }
}
