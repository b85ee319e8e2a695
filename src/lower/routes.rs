//! How a role comes by what another grants: along `extends`, and which `until` and `when` it meets on the way.

use std::collections::BTreeSet;

use crate::graph::Program;
use crate::graph::RoleId;

/// The restricting roles of every way from one role down to a base, itself and the base included.
/// A way that meets more restrictions than another one opens nothing that the other does not, and is left out.
/// No way at all: no set.
pub(super) fn routes(program: &Program, from: RoleId, base: RoleId) -> Vec<BTreeSet<RoleId>> {
    let Some(role) = program.role(from) else {
        return Vec::new();
    };
    let mut own = BTreeSet::new();
    if role.until.is_some() || role.when.is_some() {
        own.insert(from);
    }
    if from == base {
        return vec![own];
    }
    let mut found: Vec<BTreeSet<RoleId>> = Vec::new();
    for (next, _) in &role.extends {
        if !program.bases(*next).contains(&base) {
            continue;
        }
        for mut way in routes(program, *next, base) {
            way.extend(own.iter().copied());
            if !found.iter().any(|known| known.is_subset(&way)) {
                found.retain(|known| !way.is_subset(known));
                found.push(way);
            }
        }
    }
    found.sort();
    found
}
