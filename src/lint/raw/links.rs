//! What links of a package's templates may do. Anybody may link a template at any time, so lints that ask what may be let in
//! read every template as a policy with open slots.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, pst};

use crate::analysis::{Demands, Environments};
use crate::bundle::OriginKind;
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

/// Statements that forbid something that links may permit, for any type. Facts are about the policies without such links, so that
/// none of these is known to change no decision.
#[derive(Default)]
pub(in crate::lint) struct HeldBack {
    statements: BTreeSet<StatementId>,
    /// Those of them that forbid links for some types whatever their own condition comes to for others.
    always: BTreeSet<StatementId>,
}

impl HeldBack {
    /// Whether a statement forbids something that links may permit.
    pub(in crate::lint) fn by(&self, statement: &StatementId) -> bool {
        self.statements.contains(statement)
    }

    /// Whether it does even where no request of the schema meets it.
    pub(in crate::lint) fn always_by(&self, statement: &StatementId) -> bool {
        self.always.contains(statement)
    }

    pub(in crate::lint) fn new(cx: &Cx<'_>) -> Self {
        let links = Links::new(cx);
        let Some(schema) = cx.lowered.schema.as_ref() else {
            return Self::default();
        };
        if links.permits().next().is_none() && !links.may_permit_anything {
            return Self::default();
        }
        let environments = Environments::new(schema);
        let permits = links.policies.iter().filter(|link| link.policy.effect() == Effect::Permit);
        let mut permits: Vec<_> = permits.map(|link| Demands::new(&link.policy, &environments)).collect();
        permits.extend(links.may_permit_anything.then_some(None));
        // What cannot be read may be anything.
        let any_of = |policy: &Policy, does: fn(&Demands, &Demands) -> bool| {
            let asks = Demands::new(policy, &environments);
            let concerns = |permit: &Option<Demands>| {
                asks.as_ref().zip(permit.as_ref()).is_none_or(|(asks, permit)| does(asks, permit))
            };
            policy.effect() == Effect::Forbid && permits.iter().any(concerns)
        };
        let gate = cx.lowered.drafts.iter().zip(cx.lowered.policies.iter().map(|(policy, _)| policy));
        let gate = gate.map(|(draft, policy)| (draft.of.clone(), policy));
        let raw = cx.lowered.raw.iter().map(|raw| (raw.statement(), &raw.policy));
        let unknown_types = cx.lowered.unknown_types.iter();
        // A guard is asked about what it lets through, not about what it denies.
        let always = unknown_types
            .clone()
            .filter(|(draft, policy)| draft.kind == OriginKind::Deny && any_of(policy, Demands::covers_some_of));
        let always = always.map(|(draft, _)| draft.of.clone()).collect();
        let unknown_types = unknown_types.map(|(draft, policy)| (draft.of.clone(), policy));
        let all = gate.chain(raw).chain(unknown_types).filter(|(_, policy)| any_of(policy, Demands::meets));
        Self { statements: all.map(|(of, _)| of).collect(), always }
    }
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
