//! Bounds on what one file may ask of the parser and of every stage that walks the tree after it.

/// The bounds that a project may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Nesting of one expression or block: brackets, `if`s, arithmetic operators and accesses on one path;
    /// `MAX_DEPTH` at most.
    pub depth: usize,
}

/// The bytes of one file unless a project says otherwise: 4 MiB.
pub const DEFAULT_BYTES: usize = 4 * 1024 * 1024;
/// The nesting unless a project says otherwise.
pub const DEFAULT_DEPTH: usize = 64;
/// The nesting that no project can go beyond: what a thread's usual stack of 2 MiB is enough for.
pub const MAX_DEPTH: usize = 128;
/// The most operands of one chain of `&&` or `||`, and the most elements of one list.
pub const CHAIN_OPERANDS: usize = 4096;
/// The most `!` or `-` in a row, as in Cedar.
pub const UNARY_RUN: usize = 4;
/// The most faults reported for one file.
pub const FAULTS: usize = 100;

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: DEFAULT_BYTES, depth: DEFAULT_DEPTH }
    }
}
