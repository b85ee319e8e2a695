//! What declarations promise that no proof over requests reaches, and who holds it instead: said, so that nobody takes it for
//! proved.

use std::collections::BTreeMap;

use crate::graph::Program;
use crate::lower::lowered::Lowered;
use crate::lower::raw::RawTemplate;
use crate::lower::separation::Duties;

use super::PropertyKind;

/// A promise that is held by something else than policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The name of the declaration.
    pub name: String,
    /// What it is.
    pub kind: PropertyKind,
    /// What is not proved, and what holds it.
    pub why: String,
}

/// The promises of a program that are beyond proof.
#[must_use]
pub fn beyond(program: &Program, lowered: &Lowered, templates: &BTreeMap<String, RawTemplate>) -> Vec<Beyond> {
    let duties = Duties::new(program, &lowered.raw, lowered.contract.roles_form, lowered.schema.as_ref());
    let by_roles = program.separations.iter().filter(|separation| separation.by.is_none());
    let mut all: Vec<Beyond> = by_roles
        .map(|separation| {
            let uncounted = duties.uncounted_for(separation).into_iter();
            let mut uncounted: Vec<String> = uncounted
                .map(|one| format!("the raw policy `{}`, which {}", one.policy, one.what()))
                .collect();
            let links = templates.iter().filter(|(id, template)| duties.may_link(separation, id, template));
            uncounted.extend(links.map(|(id, _)| format!("links of template `{id}`")));
            Beyond {
                name: separation.statement.name.clone(),
                kind: PropertyKind::Separation,
                why: format!(
                    "no role combines `{}` and `{}`, as `check` counts: by its grants and the roles it extends, by break-glass, by raw \
                     policies and by the package's own assignments; other role assignments are data and are not checked{}",
                    program.action_name(separation.first),
                    program.action_name(separation.second),
                    match uncounted.is_empty() {
                        true => String::new(),
                        false => format!("; not counted: {}", uncounted.join(", ")),
                    }
                ),
            }
        })
        .collect();
    all.extend(program.profiles.iter().map(|profile| {
        Beyond {
            name: profile.name.clone(),
            kind: PropertyKind::BreakGlass,
            why: "the gateway must keep grant records true (approvals, refusals, uses, times, open reviews); \
              `test` runs the same state machine"
                .to_owned(),
        }
    }));
    all
}
