//! A package that the old side does not have: everything that it allows is new. There are no two sides of a request to compare, so
//! each of its parts is listed as added, and the package itself is one weakened term, which one declaration covers.

use super::difference::Difference;
use super::structural::structure;
use super::terms::{Effect, PACKAGE, TermChange};
use super::{Side, assigned};
use crate::config::{Assignment, Project};

/// Everything in a package as new. `old` is an empty package.
#[must_use]
pub fn initial(old: Side<'_>, new: (Side<'_>, &Project, &[Assignment])) -> Difference {
    let (side, project, assignments) = new;
    let structure = structure(old, side);
    let assignments = assigned((old, &[]), (side, assignments), &structure.renames);
    let package = TermChange {
        path: PACKAGE.to_owned(),
        from: None,
        to: Some(format!("{} {}", project.name, project.version)),
        effect: Effect::Weakens,
        readers: Vec::new(),
        through: Vec::new(),
    };
    Difference { structure, assignments, terms: vec![package], ..Difference::default() }
}
