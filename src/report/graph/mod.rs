//! A program as a picture: roles, what they extend, what they are granted, and break-glass profiles. Which of these there
//! are is worked out once, in the diagram; each language is one file. Guards are not drawn: they hold for everybody.

mod diagram;
mod dot;
mod layout;
mod mermaid;
#[cfg(test)]
mod sample;
mod svg;

pub use diagram::Diagram;
pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
