//! Templates of `.cedar` files. They decide nothing until somebody links one, outside the package and at any time: what a
//! template lets links open is a term of access. How much that is cannot be told without the links, so any change of a template
//! weakens, but for a permit that is gone and a forbid that is new.

use std::collections::BTreeMap;

use cedar_policy::Effect as Says;
use serde_json::Value;

use crate::lower::raw_templates;
use crate::text::Sources;

use super::{Effect, TermChange, spelt};

/// All changes of templates.
pub(super) fn changes(old: &Sources, new: &Sources) -> Vec<TermChange> {
    let (old, new) = (templates(old), templates(new));
    let mut ids: Vec<&String> = old.keys().chain(new.keys()).collect();
    ids.sort();
    ids.dedup();
    let mut found = Vec::new();
    for id in ids {
        let (was, is) = (old.get(id), new.get(id));
        if was.map(|one| &one.means) == is.map(|one| &one.means) {
            continue;
        }
        let effect = match (was, is) {
            (None, Some(one)) if one.says == Says::Forbid => Effect::Strengthens,
            (Some(one), None) if one.says == Says::Permit => Effect::Strengthens,
            _ => Effect::Weakens,
        };
        found.push(TermChange {
            path: spelt(&["templates".to_owned(), id.clone()]),
            from: was.map(|one| one.shown.clone()),
            to: is.map(|one| one.shown.clone()),
            effect,
            readers: Vec::new(),
            through: Vec::new(),
        });
    }
    found
}

struct Listed {
    says: Says,
    /// What it says, without annotations.
    means: Value,
    /// The author's words on one line.
    shown: String,
}

/// The templates of a side by their ids.
fn templates(sources: &Sources) -> BTreeMap<String, Listed> {
    let all = raw_templates(sources).into_iter();
    all.filter_map(|(id, one)| {
        let mut means = one.template.to_json().ok()?;
        means.as_object_mut()?.remove("annotations");
        let listed = Listed { says: one.effect(), means, shown: one.shown };
        Some((id, listed))
    })
    .collect()
}
