//! The compiled package as it travels: its files, their layout and their digests. Nothing here knows the compiler;
//! compiler and gateway meet at these types.

mod archive;
mod contract;
mod digest;
mod manifest;
mod origins;
mod tree;

pub use archive::ArchiveError;
pub use archive::read_archive;
pub use contract::ActionContract;
pub use contract::AttributeContract;
pub use contract::BreakGlassProfile;
pub use contract::Contract;
pub use contract::EntityContract;
pub use contract::EntityRole;
pub use contract::Holder;
pub use contract::ParentContract;
pub use contract::ROLES_ATTRIBUTE;
pub use contract::RelationContract;
pub use contract::RoleContract;
pub use contract::RolesForm;
pub use contract::ValueType;
pub use contract::relation_attribute;
pub use digest::sha256_hex;
pub use manifest::CedarVersions;
pub use manifest::CompilerVersion;
pub use manifest::FileEntry;
pub use manifest::Manifest;
pub use origins::Clause;
pub use origins::Origin;
pub use origins::OriginKind;
pub use origins::Origins;
pub use origins::Place;
pub use tree::BundleTree;
pub use tree::canonical_json;
