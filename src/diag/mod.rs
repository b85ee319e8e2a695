//! The one diagnostic type, its collector, what mends a fault, "did you mean", and the errors of libraries in one line. Rendering
//! lives in `report`; no list of lints or codes lives here, and one code only, that of hidden characters.

mod causes;
mod diagnostic;
mod fix;
mod hidden;
mod sink;
mod suggest;

pub use causes::with_causes;
pub use diagnostic::{Code, Diagnostic, Evidence, Label, Severity};
pub use fix::{Certainty, Edit, Fix};
pub use hidden::{HIDDEN_CHARACTER, hidden_characters};
pub use sink::Diagnostics;
pub use suggest::{closest, did_you_mean};
