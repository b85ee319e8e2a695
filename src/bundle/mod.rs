//! The compiled package as it travels: its files, their layout and their digests. Nothing here knows the compiler;
//! compiler and gateway meet at these types.

mod archive;
mod bounds;
mod cjar;
mod contract;
mod digest;
mod entity;
mod evidence;
mod gateway;
mod manifest;
mod names;
mod opened;
mod origins;
mod refusal;
#[cfg(test)]
pub(crate) mod sample;
mod tree;

pub use archive::{ArchiveError, read_archive};
pub use bounds::Bounds;
pub use cjar::{ArchiveLimits, name_fault, pack, unpack};
pub use contract::{
    ActionContract, AttributeContract, BreakGlassProfile, CONTRACT_FORMAT, Contract, EntityContract, EntityRole,
    Holder, ParentContract, RelationContract, RoleContract, RolesForm, ValueType, relation_attribute,
};
pub use digest::sha256_hex;
pub use entity::entity_uid;
pub use gateway::{
    ApproverContract, ClaimTest, GatewayContract, IdFrom, ObligationContract, PathSegment, RouteContract,
    SubjectContract,
};
pub use manifest::{
    BundleLimits, CedarVersions, CompilerVersion, CoverageTotals, EvidenceSummary, FORMAT, FileEntry, GitState,
    LintTotals, MANIFEST, Manifest, MinEngine, MutationTotals, ProofTotals, Share, TestTotals,
};
pub use names::{
    ACTION_TYPE, GRANTS_ATTRIBUTE, HOLDERS_TYPE, PROFILE_TYPE, RESERVED_NAMES, ROLE_TYPE, ROLES_ATTRIBUTE,
};
pub(crate) use opened::compat_digest;
pub use opened::{Bundle, SOURCE};
pub use origins::{Clause, Origin, OriginKind, Origins, Place};
pub use refusal::Refusal;
pub use tree::{BundleTree, Unlike, canonical_json};
