//! What counterexamples of claims are replayed with.

use std::collections::BTreeSet;

use cedar_policy::{EntityUid, Policy, PolicySet, SchemaFragment};

use super::error::ProofGoalsError;
use crate::decide::Engine;
use crate::lower::Lowered;
use crate::text::Instant;

/// What counterexamples are replayed with.
#[derive(Debug)]
pub struct Replay<'a> {
    /// The engine of the bundle.
    pub engine: &'a Engine,
    /// Its schema, [`Self::schema_of`] what was lowered.
    pub schema: SchemaFragment,
    /// What the bundle was made of.
    pub lowered: &'a Lowered,
    /// Entities that the policies name.
    pub literals: BTreeSet<EntityUid>,
    /// The time that clocks are set to.
    pub at: Instant,
    /// Whether questions without an answer are kept as SMT-LIB.
    pub keeps_scripts: bool,
}

impl Replay<'_> {
    /// The schema that requests are replayed under.
    ///
    /// # Errors
    /// Where it cannot be read; a fault of ours.
    pub fn schema_of(lowered: &Lowered) -> Result<SchemaFragment, ProofGoalsError> {
        let text = lowered.schema_text.as_deref().unwrap_or_default();
        let (schema, _warnings) =
            SchemaFragment::from_cedarschema_str(text).map_err(|error| ProofGoalsError::Replay(error.to_string()))?;
        Ok(schema)
    }

    /// An engine of some policies under the same schema.
    pub(super) fn engine_of<'p>(
        &self,
        policies: impl IntoIterator<Item = &'p Policy>,
    ) -> Result<Engine, ProofGoalsError> {
        let set = PolicySet::from_policies(policies.into_iter().cloned())
            .map_err(|error| ProofGoalsError::Replay(error.to_string()))?;
        Ok(Engine::new(set, Some(self.schema.clone()), [])?)
    }
}
