//! Where bundles are kept: OCI registries, OCI layouts on disk, plain folders, and file servers over HTTPS. Bytes go in and
//! come out by the digests they were asked for by; what a signature means is not known here. Nothing that is not whole can be
//! seen: a version appears when all that belongs to it is there, and a channel is moved after that.

mod artifact;
mod digest;
mod disk;
mod error;
mod folder;
mod http;
mod layout;
mod location;
mod options;
mod pages;
mod release;
mod remote;
mod store;
mod web;

pub use error::RegistryError;
pub use location::{Location, Pin, Place};
pub use options::Options;
pub use release::{Attachment, Fetched, Overwrite, Progress, Put, Release, Since};
pub use store::Store;
