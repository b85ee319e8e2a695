//! Which statements of a package mean something else than in another state of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Checked;
use crate::bundle::OriginKind;
use crate::lower;
use crate::scenario::StatementName;

/// The statements whose compiled form is new or differs, and break-glass profiles whose terms do. Annotations, places and
/// the order of statements do not count.
#[must_use]
pub fn changed(old: &Checked, new: &Checked) -> BTreeSet<StatementName> {
    let (old, new) = (meanings(old), meanings(new));
    new.into_iter().filter(|(name, meaning)| old.get(name) != Some(meaning)).map(|(name, _)| name).collect()
}

/// What each statement comes to.
fn meanings(checked: &Checked) -> BTreeMap<StatementName, BTreeSet<String>> {
    let mut all: BTreeMap<StatementName, BTreeSet<String>> = BTreeMap::new();
    let lowered = &checked.lowered;
    let profiles = &checked.program.profiles;
    for draft in lowered.drafts.iter().chain(lowered.unknown_types.iter().map(|(draft, _)| draft)) {
        let profile = profiles.iter().find(|profile| draft.kind == OriginKind::BreakGlass && profile.id == draft.of);
        let name = profile.map_or(&draft.statement, |profile| &profile.name).clone();
        let meaning = lower::draft_text(draft);
        all.entry(StatementName { kind: draft.kind, name }).or_default().insert(meaning);
    }
    for raw in &lowered.raw {
        let name = raw.policy.template_id().map_or_else(|| raw.policy.id().to_string(), ToString::to_string);
        let mut meaning = format!("{:?}", raw.policy.effect());
        if let Some(body) = &raw.body {
            meaning.push_str(&format!("{body:?}"));
        }
        meaning.push_str(&format!("{:?}", raw.policy.template_links()));
        all.entry(StatementName { kind: OriginKind::Raw, name }).or_default().insert(meaning);
    }
    for (name, profile) in &lowered.contract.break_glass {
        let terms = serde_json::to_string(profile).unwrap_or_default();
        all.entry(StatementName { kind: OriginKind::BreakGlass, name: name.clone() }).or_default().insert(terms);
    }
    all
}
