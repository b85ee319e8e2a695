//! Who says that a bundle may be used: keys, signed statements, the trust policy, and what it takes to believe them. Time is an
//! argument; randomness enters where a key is made, and a process where an external signer is asked.

mod channel;
/// Codes of this room's diagnostics.
pub mod codes;
mod envelope;
mod key;
mod minimum;
mod policy;
mod sign;
mod signer;
mod statement;
#[cfg(test)]
mod tests;
mod verify;

pub use channel::{Expected, Expiry, Followed, Mark, follow, pointer_digest, sign_pointer};
pub use envelope::MAX_STATEMENT;
pub use key::{Algorithm, KeyError, PrivateKey, PublicKey};
pub use policy::{TrustPolicy, policy_of_one};
pub use sign::{Rebuilt, Signing, release_said, sign};
pub use signer::{SignError, Signer};
pub use statement::{Kind, LOCAL_BUILDER, Pointer, Reason, Release};
pub use verify::{Built, Statements, Verified, verify};
