//! Whom a condition lets in, as alternatives: whoever meets the condition meets one of them.

use std::collections::BTreeSet;

use crate::graph::{RoleId, TypeId};

use super::Claim;

/// Conditions with more alternatives, or alternatives with more demands, are not taken apart.
const MAX: usize = 64;

/// One of the ways in which a raw permit may let somebody in: whoever is of the type and has a claim out of each demand. No type
/// and no demand: everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::lower) struct LetsIn {
    /// The type, where one is demanded.
    pub(in crate::lower) ty: Option<TypeId>,
    /// The demands. None of them follows from another.
    pub(in crate::lower) demands: Vec<BTreeSet<Claim>>,
    /// The roles that whoever is let in does not hold.
    pub(in crate::lower) excludes: BTreeSet<RoleId>,
    /// Whether it also demands something of who the principal is that is not among the demands.
    pub(in crate::lower) asks_more: bool,
}

impl LetsIn {
    /// Adds a demand, unless another one says as much.
    fn demand(&mut self, claims: BTreeSet<Claim>) {
        if self.demands.iter().any(|known| known.is_subset(&claims)) {
            return;
        }
        self.demands.retain(|known| !known.is_superset(&claims));
        match self.demands.len() < MAX {
            true => self.demands.push(claims),
            false => self.asks_more = true,
        }
    }

    /// Whoever meets both; `None` where nobody does, since nobody is of two types, or holds a role and does not.
    fn and(mut self, other: Self) -> Option<Self> {
        self.ty = match (self.ty, other.ty) {
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.or(other),
        };
        self.asks_more |= other.asks_more;
        self.excludes.extend(other.excludes);
        for claims in other.demands {
            self.demand(claims);
        }
        if self.excludes.is_empty() {
            return Some(self);
        }
        for mut claims in std::mem::take(&mut self.demands) {
            claims.retain(|claim| !matches!(claim, Claim::Role(role) if self.excludes.contains(role)));
            if claims.is_empty() {
                return None;
            }
            self.demand(claims);
        }
        Some(self)
    }

    /// The only demand, where nothing else is asked but the type.
    fn only_demand(&mut self) -> Option<&mut BTreeSet<Claim>> {
        match self.demands.as_mut_slice() {
            [only] if !self.asks_more => Some(only),
            _ => None,
        }
    }
}

/// Alternatives, at most `MAX`.
#[derive(Debug, Clone)]
pub(super) struct Alternatives(Vec<LetsIn>);

impl Alternatives {
    pub(super) fn nobody() -> Self {
        Self(Vec::new())
    }

    pub(super) fn anybody() -> Self {
        Self(vec![LetsIn::default()])
    }

    /// Whoever meets something that is not understood.
    pub(super) fn unread() -> Self {
        Self(vec![LetsIn { asks_more: true, ..LetsIn::default() }])
    }

    pub(super) fn of_type(ty: TypeId) -> Self {
        Self(vec![LetsIn { ty: Some(ty), ..LetsIn::default() }])
    }

    /// Whoever holds none of some roles.
    pub(super) fn without(roles: BTreeSet<RoleId>) -> Self {
        Self(vec![LetsIn { excludes: roles, ..LetsIn::default() }])
    }

    pub(super) fn demanding(claims: BTreeSet<Claim>) -> Self {
        Self(vec![LetsIn { demands: vec![claims], ..LetsIn::default() }])
    }

    pub(super) fn either(mut self, other: Self) -> Self {
        for one in other.0 {
            self.add(one);
        }
        match self.0.len() > MAX {
            true => Self::unread(),
            false => self,
        }
    }

    fn add(&mut self, mut one: LetsIn) {
        if self.0.contains(&one) {
            return;
        }
        // Two demands of a kind are one demand for either.
        let (ty, excludes) = (one.ty, one.excludes.clone());
        if let Some(claims) = one.only_demand() {
            let mut alike = self.0.iter_mut().filter(|known| known.ty == ty && known.excludes == excludes);
            if let Some(known) = alike.find_map(LetsIn::only_demand) {
                known.append(claims);
                return;
            }
        }
        self.0.push(one);
    }

    pub(super) fn both(self, other: Self) -> Self {
        if self.0.len() * other.0.len() > MAX {
            return Self::unread();
        }
        let mut found = Self::nobody();
        match (<[LetsIn; 1]>::try_from(self.0), <[LetsIn; 1]>::try_from(other.0)) {
            // Most conditions are chains of single tests. These need no copies.
            (Ok([one]), Ok([other])) => found.0.extend(one.and(other)),
            (one, other) => {
                let [one, other] = [one, other].map(|all| all.map_or_else(|all| all, Vec::from));
                let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (one, other)));
                for both in pairs.filter_map(|(one, other)| one.clone().and(other.clone())) {
                    found.add(both);
                }
            }
        }
        found
    }

    pub(super) fn into_vec(self) -> Vec<LetsIn> {
        self.0
    }
}
