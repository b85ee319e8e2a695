//! Text and time as plain values: source files in memory, spans into them, instants and durations; text of others made safe
//! for each output.
//! No disk, no clock: whoever has one passes the value in.

mod count;
mod hidden;
mod instant;
mod line_index;
/// Text of others made safe for each output.
pub mod safe;
mod sources;
mod span;
mod utf16;
mod words;

pub use count::counted;
pub use hidden::{hidden, is_hidden, is_invisible};
pub use instant::{Duration, Instant};
pub use line_index::{BYTE_ORDER_MARK, LineColumn, LineIndex};
pub use sources::{Source, Sources};
pub use span::{FileId, Span};
pub use utf16::Utf16Position;
pub use words::words;
