//! Lints: what is valid and yet suspicious. One file and one page each; their registry, levels and waivers.
//! Faults that no level can change are not here: each room reports its own.

mod admission;
mod baseline;
/// Codes of the faults in levels and waivers.
pub mod codes;
mod declare;
mod driver;
mod erring;
mod expr;
mod hazard;
mod hazards;
mod holding;
mod outlook;
mod proofs;
mod raw;
mod registry;
mod rules;
mod sensitive;
mod suppress;
mod unproved;

pub use baseline::Baseline;
pub use baseline::Names;
pub use declare::Lint;
pub use declare::Reads;
pub use driver::Cx;
pub use driver::Extent;
pub use driver::check_settings;
pub use driver::run;
pub use registry::all;
pub use registry::find;
pub use registry::removed;
pub use unproved::Unasked;
pub use unproved::unasked;
pub use unproved::unproved;

use declare::Sink;
use declare::declare_lint;
