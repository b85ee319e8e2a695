//! The policies of one program as questions see them: which there are, what each means, and which concern a kind of request.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, EntityUid, Policy, Schema};

use super::environment::{Environment, Environments};
use super::prover::{Ground, SchemaRefused};
use super::rule::{Rule, Rules};

/// Policies under a schema.
#[derive(Debug)]
pub struct Base {
    /// The schema, ready for questions.
    pub ground: Ground,
    /// Its kinds of request.
    pub environments: Environments,
    policies: Vec<Listed>,
    slices: BTreeMap<Environment, Vec<usize>>,
    templates: Vec<String>,
}

/// A policy.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its Cedar id.
    pub id: String,
    /// Permit or forbid.
    pub effect: Effect,
    /// What it means.
    pub rule: Rule,
}

impl Base {
    /// Lists policies by the kinds of request that their scopes admit.
    ///
    /// # Errors
    /// Where the schema cannot be reasoned about.
    pub fn new<'a>(schema: &Schema, policies: impl IntoIterator<Item = &'a Policy>) -> Result<Self, SchemaRefused> {
        let environments = Environments::new(schema);
        let mut base = Self {
            ground: Ground::new(schema)?,
            slices: environments.iter().map(|env| (env.clone(), Vec::new())).collect(),
            environments,
            policies: Vec::new(),
            templates: Vec::new(),
        };
        for policy in policies {
            let id = policy.id().to_string();
            let Some(rule) = Rule::new(policy) else {
                base.templates.push(id);
                continue;
            };
            for env in base.environments.admitting(policy) {
                if let Some(slice) = base.slices.get_mut(env) {
                    slice.push(base.policies.len());
                }
            }
            base.policies.push(Listed { id, effect: policy.effect(), rule });
        }
        Ok(base)
    }

    /// All policies, in the order they were given.
    #[must_use]
    pub fn policies(&self) -> &[Listed] {
        &self.policies
    }

    /// Policies linked to templates, by id. No question takes them; there are none in what `build` makes.
    #[must_use]
    pub fn templates(&self) -> &[String] {
        &self.templates
    }

    /// The policies whose scope admits a kind of request.
    pub fn slice(&self, environment: &Environment) -> impl Iterator<Item = &Listed> {
        let slice = self.slices.get(environment).into_iter().flatten();
        slice.filter_map(|at| self.policies.get(*at))
    }

    /// The positions of these among all policies.
    pub(super) fn positions(&self, environment: &Environment) -> &[usize] {
        self.slices.get(environment).map_or(&[], Vec::as_slice)
    }

    /// The same as a set.
    #[must_use]
    pub fn rules(&self, environment: &Environment) -> Rules {
        Rules::new(self.slice(environment).map(|listed| listed.rule.clone()))
    }

    /// Entities that the policies name.
    #[must_use]
    pub fn literals(&self) -> BTreeSet<EntityUid> {
        let named = self.policies.iter().flat_map(|listed| listed.rule.policy().entity_literals());
        named.collect()
    }
}
