//! Roles that collect the rules of others by labels.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::manifest::Role;
use super::manifest::RoleKey;

/// For each role that collects, the roles whose rules it comes to have. Roles that collect each other come to have the
/// same, so each of them extends what any of them collects, and none extends another: Gate knows no cycles.
pub(super) fn collected(roles: &[Role]) -> BTreeMap<RoleKey, BTreeSet<RoleKey>> {
    let mut direct: BTreeMap<&RoleKey, BTreeSet<&RoleKey>> = BTreeMap::new();
    for role in roles {
        let Some(selectors) = &role.aggregates else { continue };
        let selected = roles.iter().filter(|other| {
            other.key.namespace.is_none()
                && other.key != role.key
                && selectors.iter().any(|selector| selector.selects(&other.labels))
        });
        direct.insert(&role.key, selected.map(|other| &other.key).collect());
    }
    let reached: BTreeMap<&RoleKey, BTreeSet<&RoleKey>> =
        direct.keys().map(|key| (*key, reachable(&direct, key))).collect();
    let mutual = |a: &RoleKey, b: &RoleKey| {
        let leads = |from: &RoleKey, to: &RoleKey| reached.get(from).is_some_and(|found| found.contains(to));
        a == b || (leads(a, b) && leads(b, a))
    };
    direct
        .keys()
        .map(|key| {
            let peers = direct.iter().filter(|(peer, _)| mutual(key, peer));
            let all = peers.flat_map(|(_, selected)| selected.iter().copied());
            let bases = all.filter(|base| !mutual(key, base)).cloned().collect();
            ((*key).clone(), bases)
        })
        .collect()
}

fn reachable<'a>(direct: &BTreeMap<&'a RoleKey, BTreeSet<&'a RoleKey>>, from: &RoleKey) -> BTreeSet<&'a RoleKey> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(key) = waiting.pop() {
        for next in direct.get(key).into_iter().flatten() {
            if found.insert(*next) {
                waiting.push(next);
            }
        }
    }
    found
}
