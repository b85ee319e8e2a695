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
mod common_schema;
mod contrast;
mod covering;
mod declaration;
mod difference;
mod direction;
mod errors;
mod gate;
mod held_back;
mod holder;
mod initial;
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
mod request_kind;
mod required;
mod semantic;
mod settings;
mod structural;
mod terms;
mod times;
mod wild;

pub use asserted::{Asserted, Before, Broken, InPart};
pub use assigned::{Assigned, assigned};
pub use breaks::Break;
pub use common_schema::Basis;
pub use contrast::Contrast;
pub use covering::{ChangeFiles, Cover, DeclarationStatus, Declared, Judged, Unmatched, declared};
pub use declaration::{Declaration, Name, Until, declarations};
pub use difference::{Access, Difference, Doubt, Example, Extent, Finding, Reason, Replayed, Verdict};
pub use direction::Direction;
pub use gate::Gate;
pub use holder::Holder;
pub use initial::initial;
pub use item::Kind;
pub use promises::Kept;
pub use request_kind::{Presence, RequestKind};
pub use required::{Bumped, Ground, NoNextVersion, Required, required};
pub use semantic::{CompareError, Options, compare};
pub use settings::settings;
pub use structural::{Change, FieldChange, Structure, What, structure};
pub use terms::{Effect, RoleEntities, TermChange, shipped};

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
