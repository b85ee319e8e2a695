//! Break-glass as a pure state machine: events and a time in; grants, refusals and log entries out. No clock, no disk: scenarios
//! run it on a virtual clock, the gateway on its own. Who may take which step is decided by the bundle's own Cedar policies,
//! through `decide`, with the facts of `facts`; what Cedar cannot see (counts, states, distinctness) is enforced here, and
//! whatever Cedar can see it checks again at every use of a grant.

mod facts;
mod grant;
mod issue;
mod log;
mod names;
mod profile;
mod quorum;
mod reason;
mod request;
mod state;
mod terms;
#[cfg(test)]
mod tests;
mod uses;

pub use grant::{Grant, Review, State};
pub use issue::Issue;
pub use log::{Event, EventKind, LogEntry};
pub use profile::ContractError;
pub use reason::{Reason, Refusal};
pub use state::{Answer, Ledger, World};
pub use terms::{Actor, Terms};
pub use uses::{Part, Reservation, Ruling};
