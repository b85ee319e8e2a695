//! Raw permits that bring two separated duties together: whoever they let in has, by the same claims, the other duty, too.

use std::collections::BTreeSet;

use crate::graph::{Separation, TypeId, TypeKind};
use crate::lower::raw::Claim;

use super::{Duties, Duty, Joined, Pair, Way, listed};

impl<'a> Duties<'a> {
    /// The raw permits that bring both duties together for whom they let in: they demand several claims, or name an entity, and the
    /// same claims open the other duty. What one role brings together is reported at the role.
    pub(super) fn permits_for_both(&self, separation: &Separation, duties: &Pair<'a>) -> Vec<Joined> {
        let asking = self.asking(separation.first);
        let mut found: Vec<Joined> = Vec::new();
        let mut seen = BTreeSet::new();
        for (at, duty) in duties.iter().enumerate() {
            let Some(other) = duties.get(1 - at) else { continue };
            for way in &duty.ways {
                let Some(policy) = way.policy() else { continue };
                let is_joining = way.demands.len() > 1 || way.named().next().is_some();
                if !is_joining {
                    continue;
                }
                let mut types = asking.iter().copied().filter(|ty| way.is_for(*ty));
                let both = types.find_map(|ty| self.opened_too(way, duties, other, ty));
                let Some((opened, chosen)) = both else { continue };
                // Two permits for the same are reported at one of them.
                if !seen.insert([way.at.min(opened.at), way.at.max(opened.at)]) {
                    continue;
                }
                let ways = if at == 0 { [way, opened] } else { [opened, way] };
                let names: BTreeSet<String> = chosen.iter().map(|claim| self.claim_name(claim)).collect();
                let what = match (names.first(), chosen.iter().all(|claim| matches!(claim, Claim::Entity(_)))) {
                    (Some(name), true) if names.len() == 1 => format!("{name} holds"),
                    _ => format!("a principal that `{policy}` allows by {} holds", listed(&names, " and ")),
                };
                let finding = self
                    .both(separation, way.at, &what, ways)
                    .help(format!("let `{policy}` give this duty to nobody who gets the other one"));
                let policies = ways.into_iter().filter(|way| way.named().next().is_some()).filter_map(Way::policy);
                found.push(Joined {
                    by: format!("`{policy}`"),
                    finding,
                    policies: policies.map(str::to_owned).collect(),
                });
            }
        }
        found
    }

    /// The way to the other duty that is open to whom a way is open, with the claims of theirs that open both.
    fn opened_too<'w>(
        &self,
        way: &Way,
        duties: &Pair<'a>,
        other: &'w Duty<'_>,
        ty: TypeId,
    ) -> Option<(&'w Way, BTreeSet<Claim>)> {
        let met = self.met(way, duties, ty)?;
        let all: BTreeSet<&Claim> = met.iter().flatten().copied().collect();
        let mut ways = other.ways_for(all.iter().copied());
        // Whoever has a claim that closes the other way has another one out of the same demand, or does not get both.
        let opened = ways.find(|opened| {
            let fits = |claim: &Claim| all.contains(claim) && !opened.is_without(claim);
            opened.is_for(ty) && met.iter().all(|claims| claims.iter().any(|claim| fits(claim))) && opened.is_met(fits)
        })?;
        let met: Vec<BTreeSet<&Claim>> = met
            .into_iter()
            .map(|claims| claims.into_iter().filter(|claim| !opened.is_without(claim)).collect())
            .collect();
        let is_wanted = |claim: &&&Claim| opened.demands.iter().any(|claims| claims.contains(**claim));
        let chosen = met.iter().filter_map(|claims| claims.iter().find(is_wanted).or_else(|| claims.first()));
        Some((opened, chosen.map(|claim| (*claim).clone()).collect()))
    }

    /// The claims that somebody of a type may have out of each demand of a way and that keep neither duty shut; `None` where a demand
    /// has none. Any of them may be what somebody has.
    pub(super) fn met<'w>(&self, way: &'w Way, duties: &Pair<'a>, ty: TypeId) -> Option<Vec<BTreeSet<&'w Claim>>> {
        if duties.iter().any(|duty| self.is_closed(duty, None, ty)) {
            return None;
        }
        let has = |claim: &&Claim| self.may_have(claim, ty) && !self.shuts(duties, claim, ty) && !way.is_without(claim);
        let met = way.demands.iter().map(|claims| claims.iter().filter(has).collect());
        let met: Vec<BTreeSet<&Claim>> = met.collect();
        met.iter().all(|claims| !claims.is_empty()).then_some(met)
    }

    /// Whether somebody of a type may have a claim.
    pub(super) fn may_have(&self, claim: &Claim, ty: TypeId) -> bool {
        match claim {
            Claim::Role(role) => self.program.can_be_in(ty, *role),
            Claim::Entity(named) => named.ty.is_none_or(|own| own == ty || !self.is_somebody(own)),
        }
    }

    /// Whether a type is one of those who ask, so that nobody lies in its entities but themselves.
    fn is_somebody(&self, ty: TypeId) -> bool {
        self.program.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal)
    }

    /// Whether a claim keeps somebody from one of some duties.
    pub(super) fn shuts(&self, duties: &Pair<'a>, claim: &Claim, ty: TypeId) -> bool {
        match claim {
            Claim::Role(role) => duties.iter().any(|duty| self.is_closed(duty, Some(*role), ty)),
            Claim::Entity(_) => false,
        }
    }
}
