//! What the lints about `sensitive` actions share.

use crate::graph::{Action, ActionId, Grant, Program};
use crate::text::Span;

/// Every grant with each sensitive action in it, and the place that names the action. Of a wildcard that is not marked itself,
/// the first sensitive action that it stands for.
pub(super) fn sensitive_grants(program: &Program) -> impl Iterator<Item = (&Grant, &Action, Span)> {
    program.grants.iter().flat_map(move |grant| {
        let sensitive = |id: &ActionId| program.action(*id).filter(|action| action.sensitive);
        let named = grant.actions.iter();
        let mut found: Vec<_> = named.filter_map(|(id, at)| Some((grant, sensitive(id)?, *at))).collect();
        if found.is_empty() {
            let mut implied = grant.implied.iter().flat_map(|implied| &implied.actions);
            let at = grant.actions.first().map(|(_, at)| *at);
            found.extend(implied.find_map(sensitive).zip(at).map(|(action, at)| (grant, action, at)));
        }
        found
    })
}

/// What makes an action sensitive, as its description says.
pub(super) fn why(action: &Action) -> String {
    match action.doc.as_deref().map(str::trim).filter(|doc| !doc.is_empty()) {
        Some(doc) => format!("sensitive: {}", doc.lines().map(str::trim).collect::<Vec<_>>().join(" ")),
        None => "sensitive".to_owned(),
    }
}
