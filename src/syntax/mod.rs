//! tree
pub mod ast;
