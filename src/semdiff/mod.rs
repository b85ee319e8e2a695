//! Two programs compared: what was added, removed, changed or only renamed, and who gains or loses which access by it, with
//! a request for each that both sides decide differently. Changes that a package declares are read and matched here, too.

mod inventory;
mod item;
mod raw;
mod rename;
mod structural;

pub use item::Kind;
pub use structural::Change;
pub use structural::FieldChange;
pub use structural::Structure;
pub use structural::What;
pub use structural::structure;

use crate::graph::Program;
use crate::lower::Lowered;
use crate::text::Sources;

/// One of the two programs, checked and without errors.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The resolved program.
    pub program: &'a Program,
    /// The lowered program.
    pub lowered: &'a Lowered,
    /// Its texts.
    pub sources: &'a Sources,
}
