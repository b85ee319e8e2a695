//! Grants: one permit per grant, role that comes by it, pair of types and set of guards. A wildcard opens what it stands
//! for by permits of its own, one for each type.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{OriginKind, ROLE_TYPE};
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph;
use crate::graph::{ActionId, Grant, Holder, Implied, RoleId, TypeId};
use crate::typing::{Kind, Variable};

use super::draft::{Draft, Effect, Part, Subject, policy_id};
use super::holders::Base;
use super::names::qualified;
use super::program::Lowering;

/// Someone for whom a grant is emitted.
struct Receiver {
    principal: TypeId,
    /// The role that is tested, and the restrictions met on the way down to the grant.
    role: Option<(RoleId, BTreeSet<RoleId>)>,
    /// Whether the role inherits the grant.
    inherited: bool,
    /// What tells this copy from the others, in the policy id.
    variants: Vec<String>,
}

impl Lowering<'_> {
    pub(super) fn grants(&mut self) {
        for grant in &self.program.grants {
            if self.drafts.is_full() {
                return;
            }
            for receiver in self.receivers(grant) {
                self.grant_to(grant, &receiver);
                for implied in &grant.implied {
                    if self.drafts.is_full() {
                        return;
                    }
                    self.implied_to(grant, implied, &receiver);
                }
            }
        }
    }

    /// What a grant of a wildcard opens on a type that the wildcard stands for: the same as if it named the type's actions.
    fn implied_to(&mut self, grant: &Grant, implied: &Implied, receiver: &Receiver) {
        let at = grant.actions.first().map_or(grant.statement.span, |(_, at)| *at);
        let as_named = Grant {
            on: implied.on,
            actions: implied.actions.iter().map(|action| (*action, at)).collect(),
            implied: Vec::new(),
            ..grant.clone()
        };
        let name = self.program.type_name(implied.on);
        let variants = receiver.variants.iter().cloned().chain([format!("covers-{name}")]);
        let receiver = Receiver { variants: variants.collect(), role: receiver.role.clone(), ..*receiver };
        let mut faults = Diagnostics::new();
        std::mem::swap(self.out, &mut faults);
        self.grant_to(&as_named, &receiver);
        std::mem::swap(self.out, &mut faults);
        let held_on = |role: &(RoleId, BTreeSet<RoleId>)| self.program.role(role.0).and_then(|role| role.on);
        // What lies in no entity that carries the role is not what its holders were given.
        if receiver.role.as_ref().and_then(held_on).is_none() {
            let wildcard = self.program.type_name(grant.on);
            let noted = |fault: Diagnostic| fault.note(format!("`{wildcard}` also stands for `{name}`"));
            self.out.extend(faults.into_iter().map(noted));
        }
    }

    fn receivers(&mut self, grant: &Grant) -> Vec<Receiver> {
        let base = match grant.holder {
            Holder::Type(ty) => {
                return vec![Receiver { principal: ty, role: None, inherited: false, variants: Vec::new() }];
            }
            Holder::Role(role) => role,
        };
        let mut found = Vec::new();
        let Some(routes) = self.routes(base) else {
            return found;
        };
        for role in self.program.extenders(base) {
            let Some(holders) = self.program.role(role).map(|role| &role.holders) else {
                continue;
            };
            let ways = routes.get(&role).map(Vec::as_slice).unwrap_or_default();
            for principal in holders {
                for way in ways {
                    let mut variants = Vec::new();
                    if role != base {
                        variants.push(self.program.role_name(role));
                    }
                    if ways.len() > 1 {
                        variants.extend(way.iter().map(|id| self.program.role_name(*id)));
                    }
                    if holders.len() > 1 {
                        variants.push(self.program.type_name(*principal).to_owned());
                    }
                    let role_way = Some((role, way.clone()));
                    found.push(Receiver { principal: *principal, role: role_way, inherited: role != base, variants });
                }
            }
        }
        found
    }

    /// Actions of a grant that are decided on the same type and stand under the same guards.
    pub(super) fn action_groups(
        &self,
        actions: &[ActionId],
        named_on: impl Fn(ActionId) -> Vec<TypeId>,
    ) -> Vec<(TypeId, Vec<ActionId>)> {
        let mut groups: BTreeMap<(TypeId, Vec<usize>, Vec<String>), Vec<ActionId>> = BTreeMap::new();
        for id in actions {
            let requires: Vec<usize> = self.program.requires_of(*id).iter().map(|(at, _)| *at).collect();
            let separations = self.program.separations_of(*id).iter().map(|s| s.statement.name.clone()).collect();
            for ty in self.program.decided_on(*id, &named_on(*id)) {
                groups.entry((ty, requires.clone(), Vec::clone(&separations))).or_default().push(*id);
            }
        }
        groups
            .into_iter()
            .map(|((ty, _, _), mut ids)| {
                ids.sort_by_key(|id| self.program.action_name(*id));
                (ty, ids)
            })
            .collect()
    }

    fn grant_to(&mut self, grant: &Grant, receiver: &Receiver) {
        let actions: Vec<ActionId> = grant.actions.iter().map(|(id, _)| *id).collect();
        let groups = self.action_groups(&actions, |_| vec![grant.on]);
        for (resource, group) in &groups {
            let kind = Kind::requests(receiver.principal, *resource, group);
            let Some(when) = self.grant_parts(grant, receiver, *resource, group, &kind) else {
                continue;
            };
            let mut variants: Vec<&str> = receiver.variants.iter().map(String::as_str).collect();
            let names = self.short_names(group);
            let types: BTreeSet<TypeId> = groups.iter().map(|(ty, _)| *ty).collect();
            if groups.len() > 1 {
                variants.push(&names);
            }
            // One raw action may be decided on several types.
            if groups.iter().filter(|(_, other)| other == group).count() > 1 && types.len() > 1 {
                variants.push(self.program.type_name(*resource));
            }
            let role = receiver.role.as_ref().and_then(|(role, _)| self.scope_role(*role));
            let span = grant.statement.span;
            let principal = Self::principal(receiver.principal, span);
            let draft = Draft {
                id: policy_id(&grant.statement.name, &variants),
                effect: Effect::Permit,
                principal: Some(self.cedar_type(receiver.principal)),
                subject: receiver.role.as_ref().map_or(Subject::Everyone, |(role, _)| Subject::Role(*role)),
                role_test: role.as_ref().and_then(|role| self.role_test(principal, role, span)),
                role,
                actions: self.action_entities(group),
                resource: Some(self.cedar_type(*resource)),
                resource_is: None,
                when,
                unless: Vec::new(),
                lifted_by: Vec::new(),
                of: grant.statement.id.clone(),
                statement: grant.statement.name.clone(),
                kind: OriginKind::Grant,
                span: grant.statement.span,
                inherited_by: receiver
                    .role
                    .as_ref()
                    .filter(|_| receiver.inherited)
                    .map(|(role, _)| self.program.role_name(*role)),
                because: grant.statement.because.as_ref().map(|because| because.value.clone()),
                annotations: self.grant_annotations(grant),
            };
            self.drafts.push(draft);
        }
    }

    /// A grant's own annotations, and those of its role that it does not give itself.
    fn grant_annotations(&self, grant: &Grant) -> Vec<(String, String)> {
        let mut all = grant.statement.annotations.clone();
        if let Holder::Role(role) = grant.holder
            && let Some(role) = self.program.role(role)
        {
            let inherited = role.annotations.iter().filter(|(name, _)| !all.iter().any(|(own, _)| own == name));
            let inherited: Vec<_> = inherited.cloned().collect();
            all.extend(inherited);
        }
        all
    }

    /// A plain role as an entity for the scope; a role held per entity is tested in the condition instead.
    pub(super) fn scope_role(&self, role: RoleId) -> Option<(String, String)> {
        let found = self.program.role(role)?;
        found.on.is_none().then(|| (qualified(self.program, ROLE_TYPE), found.name.clone()))
    }

    /// `list-read`: the actions' own names, for a policy id.
    pub(super) fn short_names(&self, actions: &[ActionId]) -> String {
        let names: Vec<&str> =
            actions.iter().filter_map(|id| self.program.action(*id)).map(|action| action.name.as_str()).collect();
        names.join("-")
    }

    fn grant_parts(
        &mut self,
        grant: &Grant,
        receiver: &Receiver,
        resource: TypeId,
        actions: &[ActionId],
        kind: &Kind,
    ) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        if let Some(until) = grant.until {
            parts.push(self.before(until)?);
        }
        if let Some((role, way)) = &receiver.role {
            for restricting in way {
                parts.extend(self.restrictions(*restricting, kind)?);
            }
            if self.program.role(*role).is_some_and(|role| role.on.is_some()) {
                let subject = Self::principal(receiver.principal, grant.statement.span);
                let base = Base::From(Self::resource(resource, grant.statement.span), resource);
                let via = grant.path.via.as_ref().map(|(via, span)| (via.as_str(), *span));
                parts.push(self.holds(subject, *role, &base, via, grant.statement.span)?);
            }
        }
        if let Some(when) = grant.when() {
            let typed = self.typed(when, kind)?;
            let reads = [Variable::Principal, Variable::Resource, Variable::Context].map(|read| typed.reads(read));
            if receiver.role.is_none() && !reads.contains(&true) {
                let name = self.program.type_name(receiver.principal);
                self.out.push(
                    Diagnostic::error(
                        graph::codes::UNCONDITIONAL_TYPE_GRANT,
                        when.expr.span,
                        format!("this grant is for every `{name}`"),
                    )
                    .label("this is the same for every request")
                    .help(format!(
                        "test an attribute of the request, or declare a role `for {name}` and grant to the role"
                    )),
                );
                return None;
            }
            parts.push(Part::written(typed));
        }
        parts.extend(self.guard_parts(receiver.principal, resource, actions, &[], kind)?);
        Some(parts)
    }
}
