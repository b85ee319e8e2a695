//! Roles that collect the rules of others by labels.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics};
use crate::import::codes;
use crate::import::codes::MANIFEST_FILE;

use super::entries::Entries;
use super::manifest::{Role, RoleKey};

/// Roles that all collecting roles together select. A cluster has some dozens; where labels select everything for everybody
/// the number is squared.
const MOST_SELECTED: usize = 20_000;

/// For each role that collects, the roles whose rules it comes to have.
pub(super) type Collected = BTreeMap<RoleKey, BTreeSet<RoleKey>>;

/// Who collects whom. Roles that collect each other come to have the same, so each of them extends what any of them
/// collects, and none extends another: Gate knows no cycles.
pub(super) fn collected(roles: &[Role], out: &mut Diagnostics) -> Collected {
    let direct = selected(roles, out);
    // Only roles that collect can be collected mutually.
    let among: BTreeMap<&RoleKey, BTreeSet<&RoleKey>> = direct
        .iter()
        .map(|(key, selected)| {
            let collecting = selected.iter().copied().filter(|other| direct.contains_key(other));
            (*key, collecting.collect())
        })
        .collect();
    let reached: BTreeMap<&RoleKey, BTreeSet<&RoleKey>> =
        among.keys().map(|key| (*key, reachable(&among, key))).collect();
    let leads = |from: &RoleKey, to: &RoleKey| reached.get(from).is_some_and(|found| found.contains(to));
    let mut found = Collected::new();
    for key in direct.keys() {
        if found.contains_key(*key) {
            continue;
        }
        let peers = reached.get(key).into_iter().flatten().copied().filter(|peer| leads(peer, key));
        let peers: BTreeSet<&RoleKey> = peers.chain([*key]).collect();
        let all = peers.iter().filter_map(|peer| direct.get(peer)).flatten();
        let bases: BTreeSet<RoleKey> = all.filter(|base| !peers.contains(*base)).map(|base| (*base).clone()).collect();
        found.extend(peers.into_iter().map(|peer| (peer.clone(), bases.clone())));
    }
    found
}

/// What each collecting role selects itself; nothing where it is too much.
fn selected<'a>(roles: &'a [Role], out: &mut Diagnostics) -> BTreeMap<&'a RoleKey, BTreeSet<&'a RoleKey>> {
    let mut direct: BTreeMap<&RoleKey, BTreeSet<&RoleKey>> = BTreeMap::new();
    let mut left = MOST_SELECTED;
    for role in roles {
        let Some(selectors) = &role.aggregates else { continue };
        let selected = roles.iter().filter(|other| {
            other.key.namespace.is_none()
                && other.key != role.key
                && selectors.iter().any(|selector| selector.selects(&other.labels))
        });
        let selected: BTreeSet<&RoleKey> = selected.map(|other| &other.key).collect();
        let Some(fewer) = left.checked_sub(selected.len()) else {
            out.push(
                MANIFEST_FILE
                    .invalid(
                        role.span,
                        format!("the roles up to `{}` collect more than {MOST_SELECTED} others", role.key.name),
                    )
                    .label(format!("selects {} more", selected.len()))
                    .help("name fewer files, or select fewer roles by `aggregationRule`"),
            );
            return BTreeMap::new();
        };
        left = fewer;
        direct.insert(&role.key, selected);
    }
    direct
}

/// The own rules of collecting roles that they do not come to have by collecting: those of a dump are what was collected when
/// it was taken, any others are overwritten.
pub(super) fn overwritten(
    roles: &[Role],
    entries: &BTreeMap<&RoleKey, Entries>,
    collected: &Collected,
    out: &mut Diagnostics,
) {
    for role in roles.iter().filter(|role| role.aggregates.is_some() && !role.rules.is_empty()) {
        let own = Entries::of(&role.rules);
        let from = all_collected(&role.key, collected);
        let from: Vec<&Entries> = from.into_iter().filter_map(|key| entries.get(key)).collect();
        if own.iter().all(|entry| from.iter().any(|entries| entries.has(entry))) {
            continue;
        }
        let message = format!("rules of `{}` itself are left out", role.key.name);
        out.push(
            Diagnostic::warning(codes::LEFT_OUT, role.rules_span, message)
                .label("Kubernetes overwrites them with the rules of the roles that `aggregationRule` selects")
                .help("name the files of all roles that it selects; move its own rules into one of these"),
        );
    }
}

/// All that a role extends, and what that extends.
fn all_collected<'a>(key: &RoleKey, collected: &'a Collected) -> BTreeSet<&'a RoleKey> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&RoleKey> = collected.get(key).into_iter().flatten().collect();
    while let Some(next) = waiting.pop() {
        if found.insert(next) {
            waiting.extend(collected.get(next).into_iter().flatten());
        }
    }
    found
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
