//! What requests around a break-glass grant carry: the facts of each step, and the record of a grant. Only a gateway can put
//! them into the context.

use std::collections::BTreeMap;

use crate::bundle::GRANTS_ATTRIBUTE;
use crate::clauses::{Clause, Step};

use super::{ActionId, Attribute, Isolation, Profile, Program, Ty, TypeId};

impl Program {
    /// Isolations that concern a profile: those of its principal type and of any type it opens.
    #[must_use]
    pub fn tenants_of_profile(&self, profile: &Profile) -> Vec<&Isolation> {
        let resources = self.resources_of_profile(profile);
        self.isolations
            .iter()
            .filter(|isolation| {
                let excepted = |ty: &TypeId| isolation.except.iter().any(|(except, _)| except == ty);
                !excepted(&profile.principal) && resources.iter().any(|ty| !excepted(ty))
            })
            .collect()
    }

    /// The types a profile's actions are decided on, each once.
    #[must_use]
    pub fn resources_of_profile(&self, profile: &Profile) -> Vec<TypeId> {
        let mut types: Vec<TypeId> = profile
            .actions
            .iter()
            .filter_map(|(id, _)| self.action(*id))
            .flat_map(|action| action.decided_on.iter().copied())
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The grant record of a profile.
    #[must_use]
    pub fn grant_fields(&self, profile: &Profile) -> BTreeMap<String, Attribute> {
        let person = Ty::Entity(profile.principal);
        let mut fields = vec![
            ("id".to_owned(), Ty::String),
            ("requester".to_owned(), person.clone()),
            ("refusals".to_owned(), Ty::Long),
            ("reason".to_owned(), Ty::String),
            ("ticket".to_owned(), Ty::String),
            ("actions".to_owned(), Ty::Set(Box::new(Ty::String))),
            ("resource_count".to_owned(), Ty::Long),
            ("requested_at".to_owned(), Ty::Datetime),
            ("approved_at".to_owned(), Ty::Datetime),
            ("not_before".to_owned(), Ty::Datetime),
            ("expires_at".to_owned(), Ty::Datetime),
            ("uses".to_owned(), Ty::Long),
            ("revoked".to_owned(), Ty::Bool),
            ("log_index".to_owned(), Ty::Long),
        ];
        if profile.limit(Clause::Idle).is_some() {
            fields.push(("last_used_at".to_owned(), Ty::Datetime));
        }
        let approvers = profile.approval.map_or(0, |(count, _, _)| count.value);
        fields.extend((1..=approvers).map(|n| (format!("approver{n}"), person.clone())));
        let resources = self
            .resources_of_profile(profile)
            .into_iter()
            .map(|ty| (self.type_name(ty).to_owned(), attribute(Ty::Set(Box::new(Ty::Entity(ty))), profile)))
            .collect();
        fields.push(("resources".to_owned(), Ty::Record(resources)));
        let mut all: BTreeMap<String, Attribute> =
            fields.into_iter().map(|(name, ty)| (name, attribute(ty, profile))).collect();
        if let Some(tenant) = self.tenant_record(profile) {
            all.insert("tenant".to_owned(), tenant);
        }
        all
    }

    /// The context of requests for an action, with the grants that break-glass adds where a profile covers it.
    #[must_use]
    pub fn request_context(&self, action: ActionId) -> BTreeMap<String, Attribute> {
        let mut all = self.context_of(action);
        let profiles = self.profiles_of(action);
        let optional = |ty: Ty, profile: &Profile| Attribute { required: false, ..attribute(ty, profile) };
        if let Some(first) = profiles.first() {
            let grant = |profile: &Profile| optional(Ty::Record(self.grant_fields(profile)), profile);
            let grants = profiles.iter().map(|profile| (profile.name.clone(), grant(profile))).collect();
            all.insert(GRANTS_ATTRIBUTE.to_owned(), optional(Ty::Record(grants), first));
        }
        all
    }

    /// The context of a step of a grant's life, the common context included.
    #[must_use]
    pub fn context_of_step(&self, profile: &Profile, step: Step) -> BTreeMap<String, Attribute> {
        let mut all = BTreeMap::new();
        let mut add = |name: &str, ty: Ty| {
            all.insert(name.to_owned(), attribute(ty, profile));
        };
        if step == Step::Request {
            add("reason", Ty::String);
            add("ticket", Ty::String);
            add("duration", Ty::Duration);
            for fact in ["resource_count", "open_reviews", "grants_in_window", "active_grants"] {
                add(fact, Ty::Long);
            }
            let ended = Attribute { required: false, ..attribute(Ty::Datetime, profile) };
            all.insert("last_grant_ended".to_owned(), ended);
        } else {
            add("requester", Ty::Entity(profile.principal));
            add("requested_at", Ty::Datetime);
            add("approvers", Ty::Set(Box::new(Ty::Entity(profile.principal))));
            if step == Step::Review {
                add("ended_at", Ty::Datetime);
            }
        }
        if let Some(tenant) = self.tenant_record(profile) {
            all.insert("tenant".to_owned(), tenant);
        }
        for (name, common) in &self.context {
            all.entry(name.clone()).or_insert_with(|| common.attribute.clone());
        }
        all
    }

    fn tenant_record(&self, profile: &Profile) -> Option<Attribute> {
        let fields: BTreeMap<String, Attribute> = self
            .tenants_of_profile(profile)
            .into_iter()
            .map(|isolation| (isolation.by.clone(), attribute(Ty::Entity(isolation.tenant), profile)))
            .collect();
        (!fields.is_empty()).then(|| attribute(Ty::Record(fields), profile))
    }
}

fn attribute(ty: Ty, profile: &Profile) -> Attribute {
    Attribute { ty, required: true, masked: false, doc: None, annotations: Vec::new(), span: profile.span }
}
