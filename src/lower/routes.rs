//! How roles come by what another grants: along `extends`, and which `until` and `when` they meet on the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Diagnostic;
use crate::graph;
use crate::graph::{Program, RoleId};

/// The restricting roles of one way.
pub(super) type Way = BTreeSet<RoleId>;

/// The most ways from one role to another that differ in what they meet. Layers of roles that restrict differently double them.
const MOST_WAYS: usize = 64;

/// The ways of every role that inherits from a base, itself and the base included: the restricting roles of each way.
/// A way that meets more restrictions than another one opens nothing that the other does not, and is left out.
///
/// # Errors
/// The fault of a role with more ways than are followed.
pub(super) fn routes(program: &Program, base: RoleId) -> Result<BTreeMap<RoleId, Vec<Way>>, Box<Diagnostic>> {
    let inheriting: BTreeSet<RoleId> = program.extenders(base).into_iter().collect();
    let mut known: BTreeMap<RoleId, Vec<Way>> = BTreeMap::new();
    for id in bases_first(program, &inheriting) {
        let Some(role) = program.role(id) else { continue };
        let own = (role.until.is_some() || role.when.is_some()).then_some(id);
        if id == base {
            known.insert(id, vec![own.into_iter().collect()]);
            continue;
        }
        let mut found: Vec<Way> = Vec::new();
        let inherited = role.extends.iter().filter_map(|(next, _)| known.get(next)).flatten();
        for way in inherited {
            let mut way = way.clone();
            way.extend(own);
            if !found.iter().any(|other| other.is_subset(&way)) {
                found.retain(|other| !way.is_subset(other));
                found.push(way);
            }
            if found.len() > MOST_WAYS {
                return Err(Box::new(too_many(program, id, base)));
            }
        }
        found.sort();
        known.insert(id, found);
    }
    Ok(known)
}

fn too_many(program: &Program, role: RoleId, base: RoleId) -> Diagnostic {
    let (name, granting) = (program.role_name(role), program.role_name(base));
    let span = |id: RoleId| program.role(id).map(|role| role.span);
    let message = format!("`{name}` inherits from `{granting}` in more than {MOST_WAYS} ways");
    let mut fault = match span(role) {
        Some(at) => Diagnostic::error(graph::codes::EXPANSION_LIMIT, at, message),
        None => Diagnostic::global_error(graph::codes::EXPANSION_LIMIT, message),
    };
    if let Some(at) = span(base) {
        fault = fault.also(at, "the role that it inherits from");
    }
    fault
        .label("each way has a different `until` or `when`")
        .help("restrict fewer of the roles between the two, or let it extend one of them only")
}

/// Some roles, each after those of them that it extends. No role extends itself by any way: cycles were cut.
fn bases_first(program: &Program, among: &BTreeSet<RoleId>) -> Vec<RoleId> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for start in among {
        // Roles that wait for those they extend, and whether these were looked at. No recursion: chains can be long.
        let mut waiting = vec![(*start, false)];
        while let Some((id, ready)) = waiting.pop() {
            if ready {
                order.push(id);
                continue;
            }
            if !among.contains(&id) || !seen.insert(id) {
                continue;
            }
            waiting.push((id, true));
            let bases = program.role(id).into_iter().flat_map(|role| &role.extends);
            waiting.extend(bases.map(|(base, _)| (*base, false)));
        }
    }
    order
}
