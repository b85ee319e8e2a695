//! What was left out of questions because a wildcard implies it: told where the wildcard is, or asked after all.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Asking, Environment};

use super::{Comparison, Touched, access};
use crate::semdiff::difference::{Access, Finding};
use crate::semdiff::direction::Direction;
use crate::semdiff::holder::Holder;
use crate::semdiff::listing::Listed;
use crate::semdiff::request_kind::Presence;
use crate::semdiff::times::Assumes;

/// What a kind of request came to.
#[derive(Default)]
pub(super) struct Settlement {
    pub(super) accesses: Vec<Access>,
    pub(super) asides: Vec<Aside>,
    pub(super) assumes: Assumes,
}

/// Permits that were left out of a question, because a wildcard implies them.
pub(super) struct Aside {
    pub(super) holder: Holder,
    pub(super) way: Direction,
    /// The kinds of request where the change of the wildcard is told.
    pub(super) wildcards: BTreeSet<Environment>,
}

impl<'a> Comparison<'a> {
    /// Counts, at each wildcard that a holder gains or loses, the kinds of request that change with it. What was left to a
    /// wildcard that turns out not to change is asked after all.
    pub(super) fn tell_wildcards(&self, mine: &[Touched<'a>], found: &mut [Settlement]) {
        let mut told: BTreeMap<(Environment, Holder, Direction), (usize, usize)> = BTreeMap::new();
        for (at, one) in found.iter().enumerate() {
            for (number, access) in one.accesses.iter().enumerate() {
                for (way, finding) in [(Direction::Widened, &access.gained), (Direction::Narrowed, &access.lost)] {
                    if !matches!(finding, Finding::None) {
                        let key = (access.request.cedar.clone(), access.holder.clone(), way);
                        told.insert(key, (at, number));
                    }
                }
            }
        }
        let mut changed: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut left: Vec<(usize, &Touched<'a>, &Aside)> = Vec::new();
        for (at, (one, touched)) in found.iter().zip(mine).enumerate() {
            for aside in &one.asides {
                let key = |env: &Environment| (env.clone(), aside.holder.clone(), aside.way);
                match aside.wildcards.iter().find_map(|env| told.get(&key(env))) {
                    Some(access) => *changed.entry(*access).or_default() += 1,
                    // A kind of request that the other side does not know was as open there as the wildcard was.
                    None if touched.request.presence != Presence::Both && self.has_freely(aside) => {}
                    None => left.push((at, touched, aside)),
                }
            }
        }
        let asked = |asking: Option<&mut Asking<'_>>, (_, touched, aside): &(usize, &Touched<'a>, &Aside)| {
            let (finding, assumes) = self.finding(asking, touched, &aside.holder, aside.way, &touched.halves);
            let (gained, lost) = match aside.way {
                Direction::Widened => (finding, Finding::None),
                Direction::Narrowed => (Finding::None, finding),
            };
            (access(touched, &aside.holder, gained, lost), assumes)
        };
        let more: Vec<(Option<Access>, Assumes)> = match self.options.prover {
            Some(prover) => prover.each(&left, |asking, one| asked(Some(asking), one)),
            None => left.iter().map(|one| asked(None, one)).collect(),
        };
        let more: Vec<(usize, Option<Access>, Assumes)> =
            left.iter().zip(more).map(|((at, ..), (access, assumes))| (*at, access, assumes)).collect();
        for ((at, number), count) in changed {
            if let Some(access) = found.get_mut(at).and_then(|one| one.accesses.get_mut(number)) {
                access.stands_for += count;
            }
        }
        for (at, access, assumes) in more {
            let Some(one) = found.get_mut(at) else { continue };
            one.assumes = one.assumes.max(assumes);
            let Some(access) = access else { continue };
            match one.accesses.iter_mut().find(|known| known.holder == access.holder) {
                // What is written was not found to change that way, or is what was shown.
                Some(known) => {
                    for (known, found) in [(&mut known.gained, access.gained), (&mut known.lost, access.lost)] {
                        if !known.is_found() && !matches!(found, Finding::None) {
                            *known = found;
                        }
                    }
                }
                None => one.accesses.push(access),
            }
        }
    }

    /// Whether the denying side grants a holder one of the wildcards, and no guard or denial stands before it.
    fn has_freely(&self, aside: &Aside) -> bool {
        let [old, new] = self.listings;
        let (_, denying) = aside.way.of([old, new]);
        aside.wildcards.iter().any(|env| {
            let half = denying.half(env);
            let is_free = |listed: &Listed<'_>| {
                let mut parts = listed.draft.into_iter().flat_map(|draft| &draft.when);
                parts.all(|part| part.guard.is_none())
            };
            half.forbids.is_empty() && half.permits_of(&aside.holder).any(|(_, listed)| is_free(listed))
        })
    }
}
