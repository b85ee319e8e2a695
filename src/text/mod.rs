//! Text and time as plain values: source files in memory, spans into them, instants and durations; text of others made safe
//! for each output.
//! No disk, no clock: whoever has one passes the value in.

mod instant;
mod line_index;
/// Text of others made safe for each output.
pub mod safe;
mod sources;
mod span;

pub use instant::Duration;
pub use instant::Instant;
pub use line_index::LineColumn;
pub use line_index::LineIndex;
pub use sources::Source;
pub use sources::Sources;
pub use span::FileId;
pub use span::Span;
