//! What holds back links of templates. Anybody may link a template that permits, at any time, and what forbids is all that
//! limits its links. Where the old side forbids something that the new side does not forbid in the same way, such links may do
//! more, though no request of today is decided otherwise.

use std::collections::BTreeSet;

use cedar_policy::Effect as Says;

use crate::analysis::Environment;
use crate::bundle::OriginKind;
use crate::lower::raw_templates;
use crate::text::Sources;

use super::item::Kind;
use super::listing::{Listed, Listing};
use super::terms::{Effect, TermChange, spelt};

/// The templates of the new side that are held back by less than before, but for those whose own change is known already.
pub(super) fn weakened(sources: &Sources, [old, new]: [&Listing<'_>; 2], known: &[TermChange]) -> Vec<TermChange> {
    let mut found = Vec::new();
    for (id, template) in raw_templates(sources) {
        let path = spelt(&["templates".to_owned(), id.clone()]);
        if template.effect() != Says::Permit || known.iter().any(|term| term.path == path) {
            continue;
        }
        let opened: Vec<&Environment> = match template.any_link(&id) {
            Some(any) => new.environments.admitting(&any.policy),
            // It cannot be read, so its links may permit anything.
            None => new.environments.iter().collect(),
        };
        let mut gone = BTreeSet::new();
        for env in opened {
            let (before, after) = (old.half(env), new.half(env));
            let lost = before.forbids.iter().filter(|(rule, _)| !after.forbids.contains_key(rule));
            gone.extend(lost.map(|(_, listed)| statement(listed)));
        }
        if !gone.is_empty() {
            found.push(TermChange {
                path,
                from: Some(template.shown.clone()),
                to: Some(template.shown),
                effect: Effect::Weakens,
                readers: Vec::new(),
                through: gone.into_iter().collect(),
            });
        }
    }
    found
}

fn statement(listed: &Listed<'_>) -> (Kind, String) {
    let Some(draft) = listed.draft else {
        return (Kind::RawPolicy, listed.id.clone());
    };
    let kind = match draft.kind {
        OriginKind::Grant => Kind::Grant,
        OriginKind::Deny => Kind::Deny,
        OriginKind::Require => Kind::Require,
        OriginKind::Isolate => Kind::Isolation,
        OriginKind::Separate => Kind::Separation,
        OriginKind::BreakGlass => Kind::BreakGlass,
        OriginKind::Raw => Kind::RawPolicy,
    };
    (kind, draft.statement.clone())
}
