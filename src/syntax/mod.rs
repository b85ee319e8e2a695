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
pub use limits::{CHAIN_OPERANDS, DEFAULT_BYTES, DEFAULT_DEPTH, FAULTS, Limits, MAX_DEPTH, UNARY_RUN};
pub use parse::parse;
pub use print::format;
pub use symbols::{CEDAR_RESERVED, RESERVED};

#[cfg(test)]
mod tests;
