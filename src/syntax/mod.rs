//! Text of `.gate` files to a tree with spans, and back: parser, formatter. No name is looked up here.

pub mod ast;
mod brackets;
mod build;
mod codes;
mod compare;
mod faults;
mod grammar;
mod lex;
mod limits;
mod outline;
mod parse;
mod print;
mod scan;
mod symbols;

pub use codes::*;
pub use compare::equal_but_for_spans;
pub use limits::CHAIN_OPERANDS;
pub use limits::DEFAULT_BYTES;
pub use limits::DEFAULT_DEPTH;
pub use limits::FAULTS;
pub use limits::Limits;
pub use limits::MAX_DEPTH;
pub use limits::UNARY_RUN;
pub use parse::parse;
pub use print::format;
pub use symbols::CEDAR_RESERVED;
pub use symbols::RESERVED;

#[cfg(test)]
mod tests;
