//! The changes of parts behind each change of access.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Environment, Rule};
use crate::lower::Draft;

use super::Comparison;
use crate::semdiff::causes;
use crate::semdiff::causes::Mentions;
use crate::semdiff::difference::Access;
use crate::semdiff::holder::Holder;
use crate::semdiff::listing::{Half, Listed};
use crate::semdiff::structural::Structure;

impl<'a> Comparison<'a> {
    /// Names the changes behind each access.
    pub(super) fn link(&self, structure: &Structure, accesses: &mut [Access]) {
        let mut known: BTreeMap<Environment, [Half<'a>; 2]> = BTreeMap::new();
        let [old, new] = self.listings;
        for access in accesses {
            let env = &access.request.cedar;
            let [before, after] = known.entry(env.clone()).or_insert_with(|| [old.half(env), new.half(env)]);
            let mut mentions = Mentions::default();
            for (side, half, other) in [(0, &*before, &*after), (1, &*after, &*before)] {
                let Some(side) = self.sides.get(side) else { continue };
                let others: BTreeSet<&Rule> = other.permits_of(&access.holder).map(|(rule, _)| rule).collect();
                let permits = half.permits_of(&access.holder).filter(|(rule, _)| !others.contains(rule));
                let forbids = half.forbids.iter().filter(|(rule, _)| !other.forbids.contains_key(*rule));
                for (_, listed) in permits.chain(forbids.map(|(rule, listed)| (rule, *listed))) {
                    mentions.add(&side.program, listed, &counterparts(listed, &access.holder, other));
                }
            }
            access.causes = causes::causes(structure, &mentions, &access.request);
        }
    }
}

/// What the other side makes of the same statement.
fn counterparts<'a>(listed: &Listed<'_>, holder: &Holder, other: &Half<'a>) -> Vec<&'a Draft> {
    let Some(draft) = listed.draft else { return Vec::new() };
    let permits = other.permits_of(holder).map(|(_, listed)| listed);
    let drafts = permits.chain(other.forbids.values().copied()).filter_map(|listed| listed.draft);
    let same = |one: &&Draft| {
        one.effect == draft.effect && one.statement == draft.statement && one.inherited_by == draft.inherited_by
    };
    drafts.filter(same).collect()
}
