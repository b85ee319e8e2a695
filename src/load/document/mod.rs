//! Documents as trees of values with places, the same for YAML and TOML, and the one reader of their fields. The formats that are
//! read so (project, gateway and trust files, assignments, suites, declared changes, manifests) report the same four faults in
//! the same words: unknown key, missing key, wrong type, bad value. Each format has its own codes for them.

mod field;
mod fields;
mod format;
mod node;

pub use field::{Field, Placed};
pub use fields::Fields;
pub use format::{Format, Language, Nulls};
pub use node::{Key, Node, Value};

#[cfg(test)]
mod tests;
