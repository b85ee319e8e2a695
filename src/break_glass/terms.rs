//! What people bring to a step: who they are, and what they ask for.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;
use serde_json::{Map, Value};

use crate::text::Duration;

/// Who takes a step, and under which circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub uid: EntityUid,
    /// The context of an ordinary request of theirs at this moment; only the program's common attributes are read.
    pub context: Map<String, Value>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The profile's name.
    pub profile: String,
    /// Action names, `Payout.approve`.
    pub actions: BTreeSet<String>,
    /// The resources, each by name.
    pub resources: BTreeSet<EntityUid>,
    /// For how long, from the last approval.
    pub duration: Duration,
    /// Why; empty: not given.
    pub reason: String,
    /// The ticket; empty: not given.
    pub ticket: String,
}
