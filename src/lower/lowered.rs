//! What lowering makes of a program.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Policy, Schema};
use serde_json::Value;

use crate::bundle::{Contract, Origins};
use crate::graph::StatementId;
use crate::text::FileId;

use super::draft::{Draft, Entity};
use super::raw::RawPolicy;

/// A lowered program.
#[derive(Debug, Clone, Default)]
pub struct Lowered {
    /// The policies of Gate statements before they were Cedar, sorted by id.
    pub drafts: Vec<Draft>,
    /// The policies of Gate statements, in the order of `drafts`, each with the file it comes from.
    pub policies: Vec<(Policy, FileId)>,
    /// Forbids of guards and denials for types that the program does not know, sorted by id. No request that conforms to the
    /// schema meets one, so nothing is asked or told of them; bundles carry them for gateways that know no schema.
    pub unknown_types: Vec<(Draft, Policy)>,
    /// Raw policies.
    pub raw: Vec<RawPolicy>,
    /// The merged schema; `None` where it does not hold together, or where there is none to hold raw policies to.
    pub schema: Option<Schema>,
    /// The merged schema in Cedar's JSON form; null where there is none.
    pub schema_json: Value,
    /// The merged schema in Cedar's schema language.
    pub schema_text: Option<String>,
    /// Roles as Cedar entities, sorted.
    pub roles: Vec<Entity>,
    /// What callers must know.
    pub contract: Contract,
    /// The source map.
    pub origins: Origins,
    /// By separation without `by`: the raw permits for single entities that were reported to bring both duties together.
    pub(super) joining: BTreeMap<StatementId, BTreeSet<String>>,
}
