//! Text and time as plain values: source files in memory, spans into them, instants and durations; text of others made safe
//! for each output.
//! No disk, no clock: whoever has one passes the value in.

mod hidden;
mod instant;
mod line_index;
/// Text of others made safe for each output.
pub mod safe;
mod sources;
mod span;

pub use hidden::hidden;
pub use hidden::is_hidden;
pub use hidden::is_invisible;
pub use instant::Duration;
pub use instant::Instant;
pub use line_index::LineColumn;
pub use line_index::LineIndex;
pub use sources::BYTE_ORDER_MARK;
pub use sources::Source;
pub use sources::Sources;
pub use span::FileId;
pub use span::Span;
