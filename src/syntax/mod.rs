//! Text of `.gate` files to a tree with spans, and back: parser, formatter. No name is looked up here.

pub mod ast;
mod build;
mod codes;
mod grammar;
mod limits;
mod parse;

pub use codes::*;
pub use limits::CHAIN_OPERANDS;
pub use limits::DEFAULT_BYTES;
pub use limits::DEFAULT_DEPTH;
pub use limits::FAULTS;
pub use limits::Limits;
pub use limits::UNARY_RUN;
pub use parse::parse;
