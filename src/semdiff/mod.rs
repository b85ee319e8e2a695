//! Two programs compared: what was added, removed, changed or only renamed, and who gains or loses which access by it, with
//! a request for each that both sides decide differently. Changes that a package declares are read and matched here, too.

mod align;
mod ask;
mod asserted;
mod assigned;
mod breaks;
mod causes;
/// Codes of this room's diagnostics.
pub mod codes;
mod contrast;
mod covering;
mod declaration;
mod difference;
mod errors;
mod footing;
mod inventory;
mod item;
mod kinds;
mod listing;
mod merge;
mod parted;
mod promises;
mod raw;
mod rename;
mod replay;
mod required;
mod semantic;
mod structural;
mod terms;
mod times;
mod wild;

pub use asserted::Asserted;
pub use asserted::Before;
pub use asserted::Broken;
pub use assigned::Assigned;
pub use assigned::assigned;
pub use breaks::Break;
pub use contrast::Contrast;
pub use covering::ChangeFiles;
pub use covering::Cover;
pub use covering::Declared;
pub use covering::Gate;
pub use covering::Judged;
pub use covering::Standing;
pub use covering::Unmatched;
pub use covering::declared;
pub use declaration::Declaration;
pub use declaration::Declares;
pub use declaration::Name;
pub use declaration::Until;
pub use declaration::declarations;
pub use difference::Access;
pub use difference::Basis;
pub use difference::Difference;
pub use difference::Direction;
pub use difference::Doubt;
pub use difference::Example;
pub use difference::Extent;
pub use difference::Finding;
pub use difference::Holder;
pub use difference::Presence;
pub use difference::Reason;
pub use difference::Replayed;
pub use difference::RequestKind;
pub use difference::Verdict;
pub use item::Kind;
pub use required::Bumped;
pub use required::Ground;
pub use required::NoNextVersion;
pub use required::Required;
pub use required::required;
pub use semantic::CompareError;
pub use semantic::Options;
pub use semantic::compare;
pub use structural::Change;
pub use structural::FieldChange;
pub use structural::Structure;
pub use structural::What;
pub use structural::structure;
pub use terms::Effect;
pub use terms::RoleEntities;
pub use terms::TermChange;
pub use terms::shipped;

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
