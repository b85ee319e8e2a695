//! Where bundles are kept: OCI registries, OCI layouts on disk, plain folders, and file servers over HTTPS. Bytes go in and
//! come out by the digests they were asked for by; what a signature means is not known here. Nothing that is not whole can be
//! seen: a version appears when all that belongs to it is there, and a channel is moved after that.

mod artifact;
mod error;
mod folder;
mod layout;
mod location;
mod remote;
mod store;
mod web;

pub use error::RegistryError;
pub use location::Location;
pub use location::Pin;
pub use location::Place;
pub use store::Attachment;
pub use store::Fetched;
pub use store::Options;
pub use store::Overwrite;
pub use store::Progress;
pub use store::Put;
pub use store::Release;
pub use store::Since;
pub use store::Store;
