//! The one diagnostic type, its collector and "did you mean". Rendering lives in `report`; no list of lints or codes lives here.

mod diagnostic;
mod sink;
mod suggest;

pub use diagnostic::Code;
pub use diagnostic::Diagnostic;
pub use diagnostic::Label;
pub use diagnostic::Severity;
pub use sink::Diagnostics;
pub use suggest::closest;
pub use suggest::did_you_mean;
