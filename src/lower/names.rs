//! The names that the compiler gives to what it adds, as Cedar sees them.

use crate::bundle::{ACTION_TYPE, PROFILE_TYPE};
use crate::clauses::Step;
use crate::graph::{Profile, Program};

use super::draft::Entity;

/// A name the compiler generates, in the program's namespace.
pub(super) fn qualified(program: &Program, name: &str) -> String {
    match &program.namespace {
        Some(namespace) => format!("{namespace}::{name}"),
        None => name.to_owned(),
    }
}

/// The Cedar entity of a profile.
pub(super) fn profile_entity(program: &Program, profile: &Profile) -> Entity {
    (qualified(program, PROFILE_TYPE), profile.name.clone())
}

/// The Cedar action that decides one step of a profile.
pub(super) fn step_action(program: &Program, step: Step, profile: &Profile) -> Entity {
    (qualified(program, ACTION_TYPE), format!("{}.{}", step.action(), profile.name))
}
