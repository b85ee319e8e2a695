//! How a role comes by what another grants: along `extends`, and which `until` and `when` it meets on the way.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::graph::Program;
use crate::graph::RoleId;

/// The restricting roles of one way.
type Way = BTreeSet<RoleId>;

/// The restricting roles of every way from one role down to a base, itself and the base included.
/// A way that meets more restrictions than another one opens nothing that the other does not, and is left out.
/// No way at all: no set.
pub(super) fn routes(program: &Program, from: RoleId, base: RoleId) -> Vec<Way> {
    ways(program, from, base, &mut BTreeMap::new())
}

/// Each role is walked once for a base, however many ways lead through it.
fn ways(program: &Program, from: RoleId, base: RoleId, known: &mut BTreeMap<RoleId, Vec<Way>>) -> Vec<Way> {
    if let Some(found) = known.get(&from) {
        return found.clone();
    }
    let Some(role) = program.role(from) else {
        return Vec::new();
    };
    let mut own = BTreeSet::new();
    if role.until.is_some() || role.when.is_some() {
        own.insert(from);
    }
    let mut found: Vec<Way> = Vec::new();
    if from == base {
        found.push(own);
    } else {
        for (next, _) in &role.extends {
            for mut way in ways(program, *next, base, known) {
                way.extend(own.iter().copied());
                if !found.iter().any(|other| other.is_subset(&way)) {
                    found.retain(|other| !way.is_subset(other));
                    found.push(way);
                }
            }
        }
        found.sort();
    }
    known.insert(from, found.clone());
    found
}
