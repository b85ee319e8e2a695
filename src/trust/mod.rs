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

pub use channel::Expected;
pub use channel::Expiry;
pub use channel::Followed;
pub use channel::Mark;
pub use channel::follow;
pub use channel::pointer_digest;
pub use channel::sign_pointer;
pub use envelope::MAX_STATEMENT;
pub use key::Algorithm;
pub use key::KeyError;
pub use key::PrivateKey;
pub use key::PublicKey;
pub use policy::TrustPolicy;
pub use policy::policy_of_one;
pub use sign::Rebuilt;
pub use sign::Signing;
pub use sign::release_said;
pub use sign::sign;
pub use signer::SignError;
pub use signer::Signer;
pub use statement::Kind;
pub use statement::LOCAL_BUILDER;
pub use statement::Pointer;
pub use statement::Reason;
pub use statement::Release;
pub use verify::Built;
pub use verify::Statements;
pub use verify::Verified;
pub use verify::verify;
