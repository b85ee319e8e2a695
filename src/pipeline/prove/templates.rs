//! Proofs and the templates of a package. Anybody may link a template at any time, and what is proved of the policies is not
//! proved of those links. So what is proved is asked about once more beside policies that do at once what all links could do; where it does
//! not hold then, the templates are named in the verdict.

use std::collections::BTreeMap;

use cedar_policy::Effect;

use crate::analysis::{Outcome, ProofGoal, Prover};
use crate::lower::{Promise, Property, RawTemplate};
use crate::pipeline::{Checked, engine};

use super::{ProveError, ProveOptions, settled};

/// The templates of a package, by the ids of the policies that stand for their links.
pub(super) struct Templates(BTreeMap<String, (String, RawTemplate)>);

impl Templates {
    pub(super) fn new(all: BTreeMap<String, RawTemplate>, checked: &Checked) -> Self {
        let all = all.into_iter();
        let taken: Vec<String> = checked.lowered.raw.iter().map(|raw| raw.policy.id().to_string()).collect();
        let numbered = all.enumerate().map(|(number, (name, template))| {
            let mut id = format!("template:{number}");
            while taken.contains(&id) {
                id.push('\'');
            }
            (id, (name, template))
        });
        Self(numbered.collect())
    }

    /// Adds to what is proved what it does not hold of.
    pub(super) fn hold(
        &self,
        settled: &mut [(ProofGoal, Outcome)],
        checked: &Checked,
        prover: &Prover<'_>,
        options: &ProveOptions<'_>,
    ) -> Result<(), ProveError> {
        for effect in [Effect::Permit, Effect::Forbid] {
            let against = |property: &Property| match property.claim {
                Promise::Never => effect == Effect::Permit,
                Promise::Always => effect == Effect::Forbid,
                // Its witness is a request that is allowed without any link, and some link may forbid it.
                Promise::Possible => false,
            };
            let proved: Vec<usize> = settled
                .iter()
                .enumerate()
                .filter(|(_, (goal, outcome))| *outcome == Outcome::Proved && against(&goal.property))
                .map(|(at, _)| at)
                .collect();
            if proved.is_empty() || !self.0.values().any(|(_, template)| template.effect() == effect) {
                continue;
            }
            let properties = proved.iter().filter_map(|at| settled.get(*at));
            let properties = properties.map(|(goal, _)| goal.property.clone()).collect();
            let firm = self.firm(properties, effect, checked, prover, options);
            for (number, at) in proved.into_iter().enumerate() {
                let Some((goal, _)) = settled.get_mut(at) else {
                    continue;
                };
                let names = match firm.as_ref().ok().and_then(|firm| firm.get(number)) {
                    Some((_, Outcome::Proved)) => continue,
                    Some((widened, _)) if effect == Effect::Permit => self.names(effect, |id| widened.may_grant(id)),
                    _ => self.names(effect, |_| true),
                };
                let links = names.into_iter().map(|name| format!("links of template `{name}`"));
                goal.property.skipped.extend(links);
            }
        }
        Ok(())
    }

    /// What properties come to beside everything that links of an effect can do.
    fn firm(
        &self,
        properties: Vec<Property>,
        effect: Effect,
        checked: &Checked,
        prover: &Prover<'_>,
        options: &ProveOptions<'_>,
    ) -> Result<Vec<(ProofGoal, Outcome)>, ProveError> {
        let mut widened = checked.clone();
        for (id, (_, template)) in self.0.iter().filter(|(_, (_, template))| template.effect() == effect) {
            let Some(any) = template.any_link(id) else {
                return Ok(Vec::new());
            };
            widened.lowered.raw.push(any);
        }
        let engine = engine(&widened.lowered)?;
        settled(properties, &widened, &engine, prover, options)
    }

    fn names(&self, effect: Effect, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
        let all = self.0.iter().filter(|(id, (_, template))| template.effect() == effect && is_meant(id));
        all.map(|(_, (name, _))| name.as_str()).collect()
    }
}
