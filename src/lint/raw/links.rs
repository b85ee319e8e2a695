//! What links of a package's templates may do. Anybody may link a template at any time, so lints that ask what may be let in
//! read every template as a policy with open slots.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, pst};

use crate::analysis::{Environment, Environments};
use crate::graph::StatementId;
use crate::lint::Cx;
use crate::lower;
use crate::lower::RawPolicy;

use super::{Request, Requests, body};

/// The templates of a package, each as a policy that does for everything at once what any link does for one entity.
pub(in crate::lint) struct Links {
    /// By the names of their templates.
    pub(in crate::lint) policies: Vec<RawPolicy>,
    /// Whether some template that permits cannot be read: its links may permit anything.
    pub(in crate::lint) may_permit_anything: bool,
}

impl Links {
    pub(in crate::lint) fn new(cx: &Cx<'_>) -> Self {
        let mut links = Self { policies: Vec::new(), may_permit_anything: false };
        for (id, template) in lower::raw_templates(cx.sources) {
            match template.any_link(&id) {
                Some(policy) => links.policies.push(policy),
                None => links.may_permit_anything |= template.effect() == Effect::Permit,
            }
        }
        links
    }

    /// The links that permit.
    pub(in crate::lint) fn permits(&self) -> impl Iterator<Item = &pst::Template> {
        self.policies.iter().filter_map(|policy| body(policy, pst::Effect::Permit))
    }
}

/// What forbids something that links may permit. Facts are about the policies without such links, so that none of these is known to
/// change no decision.
pub(in crate::lint) fn held_back(cx: &Cx<'_>) -> BTreeSet<StatementId> {
    let links = Links::new(cx);
    if links.permits().next().is_none() && !links.may_permit_anything {
        return BTreeSet::new();
    }
    let Some(schema) = cx.lowered.schema.as_ref() else {
        return BTreeSet::new();
    };
    let environments = Environments::new(schema);
    let permits = links.policies.iter().filter(|link| link.policy.effect() == Effect::Permit);
    let opened: BTreeSet<&Environment> = permits.flat_map(|link| environments.admitting(&link.policy)).collect();
    let meets = |policy: &Policy| {
        let concerned = || environments.admitting(policy);
        policy.effect() == Effect::Forbid
            && (links.may_permit_anything || concerned().iter().any(|env| opened.contains(env)))
    };
    let gate = cx.lowered.drafts.iter().zip(&cx.lowered.policies);
    let gate = gate.filter(|(_, (policy, _))| meets(policy)).map(|(draft, _)| draft.of.clone());
    let raw = cx.lowered.raw.iter().filter(|raw| meets(&raw.policy)).map(RawPolicy::statement);
    gate.chain(raw).collect()
}

impl Requests<'_> {
    /// The same with the kinds of request that nothing joins and that links may let in.
    pub(in crate::lint) fn with_links(mut self, links: &Links) -> Self {
        if links.permits().next().is_none() {
            return self;
        }
        let asking = self.program.asking();
        let all: BTreeMap<_, Vec<Request>> =
            self.program.action_ids().map(|id| (id, super::kinds(self.program, id, asking.iter().copied()))).collect();
        let joined = std::mem::replace(&mut self.all, all);
        let opened: BTreeSet<Request> = links.permits().flat_map(|body| self.admitted(body)).collect();
        self.all = joined;
        for request in opened {
            let known = self.all.entry(request.action).or_default();
            if !known.contains(&request) {
                known.push(request);
            }
        }
        self
    }
}
