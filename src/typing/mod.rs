//! What each condition means: typed for the kinds of request of its statement, with named conditions expanded and all sugar gone.
//! Nothing here knows which policies are made of it.

mod budget;
mod conditions;
mod elaborate;
mod expr;
mod functions;
mod kind;
mod settled;
mod sizes;

pub use budget::Budget;
pub use conditions::Conditions;
pub use expr::{TypedExpr, TypedKind, Variable};
pub use functions::{Constructor, Method};
pub use kind::Kind;
pub use settled::{TypeOf, settled};
