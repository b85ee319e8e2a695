//! `gatewright publish`, `pull` and `channel`: bundles to where gateways find them, and from there.

pub(in crate::cli) mod channel;
mod error;
mod gate;
mod place;
pub(in crate::cli) mod pull;
mod release;

pub(in crate::cli) use self::release::run;
