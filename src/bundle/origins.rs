//! `origins.json`: the source map. From every Cedar policy, and from every clause of it, back to the author's words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The whole map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    /// Version of this file's format.
    pub format: String,
    /// Origins by Cedar policy id.
    pub policies: BTreeMap<String, Origin>,
}

/// Which kind of statement a policy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// `allow`
    Grant,
    /// `deny`
    Deny,
    /// `require`
    Require,
    /// `isolate`
    Isolate,
    /// `separate`
    Separate,
    /// `break-glass`
    BreakGlass,
    /// A policy of a raw `.cedar` source.
    Raw,
}

/// Where a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The statement's name as scenarios, diffs and logs speak it: `finance.Payout.approve`.
    pub statement: String,
    /// Its kind.
    pub kind: OriginKind,
    /// The statement in the source.
    pub place: Place,
    /// The role this copy is emitted for, where it is inherited by `extends`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_by: Option<String>,
    /// The reason the author gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The conjuncts of a permit's condition (all must hold), of a `deny`'s condition (all must hold for it to bite),
    /// or of what a guard requires (it bites where one does not hold), in the order Cedar evaluates them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

/// One conjunct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The author's words for it; generated ones (an `until`, a holder test) in Gate's own form.
    pub gate: String,
    /// Where those words stand.
    pub place: Place,
    /// The Cedar expression it became.
    pub cedar: String,
    /// The guard this clause was conjoined from: a statement name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// The parts of a named condition, where the clause is a call of one whose body is a conjunction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Clause>,
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// File name, relative to the package.
    pub file: String,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte in characters, from 1.
    pub column: u32,
}
