//! A small bundle, written by hand as the compiler would write it, with two profiles: `payout_incident` takes two approvals,
//! `quick_look` is self-activated and knows no tenant.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Entities, EntityUid, PolicySet, SchemaFragment};
use serde_json::{Map, Value, json};

use crate::break_glass::{Actor, Answer, EventKind, Ledger, Reason, Ruling, State, Terms, World};
use crate::bundle::{ActionContract, BreakGlassProfile, Contract, EntityContract, EntityRole, Holder};
use crate::clauses::{Clause, Step};
use crate::decide::{Engine, Request};
use crate::text::{Duration, Instant};

const SCHEMA: &str = r#"
namespace M {
    entity BreakGlassProfile enum ["payout_incident", "quick_look"];
    entity Role;
    entity Org;
    entity User in [Org, Role] { org?: Org };
    entity Payout in [Org] { org: Org };
    entity Order { total: Long };

    type Tenant = { org: Org };
    type Incident = {
        id: String, requester: User, approver1: User, approver2: User, refusals: Long, reason: String, ticket: String,
        actions: Set<String>, resources: { Payout: Set<Payout> }, resource_count: Long, tenant: Tenant,
        requested_at: datetime, approved_at: datetime, not_before: datetime, expires_at: datetime,
        uses: Long, revoked: Bool, log_index: Long
    };
    type Look = {
        id: String, requester: User, refusals: Long, reason: String, ticket: String,
        actions: Set<String>, resources: { Order: Set<Order>, Payout: Set<Payout> }, resource_count: Long,
        requested_at: datetime, approved_at: datetime, not_before: datetime, expires_at: datetime,
        uses: Long, revoked: Bool, log_index: Long
    };
    action "Payout.read" appliesTo { principal: [User], resource: [Payout], context: {
        now: datetime, mfa: Bool, locale?: String, break_glass?: { payout_incident?: Incident, quick_look?: Look } } };
    action "Payout.approve" appliesTo { principal: [User], resource: [Payout], context: {
        now: datetime, mfa: Bool, locale?: String, approval?: String, break_glass?: { payout_incident?: Incident } } };
    action "Payout.create" appliesTo { principal: [User], resource: [Payout], context: { now: datetime, mfa: Bool, locale?: String } };
    action "Order.read" appliesTo { principal: [User], resource: [Order], context: {
        now: datetime, mfa: Bool, locale?: String, break_glass?: { quick_look?: Look } } };

    action "RequestBreakGlass.payout_incident" appliesTo { principal: [User], resource: [BreakGlassProfile], context: {
        now: datetime, mfa: Bool, locale?: String, tenant: Tenant, reason: String, ticket: String, duration: duration, resource_count: Long,
        open_reviews: Long, grants_in_window: Long, active_grants: Long, last_grant_ended?: datetime } };
    action "ApproveBreakGlass.payout_incident", "RefuseBreakGlass.payout_incident", "RevokeBreakGlass.payout_incident" appliesTo {
        principal: [User], resource: [BreakGlassProfile], context: {
        now: datetime, mfa: Bool, locale?: String, tenant: Tenant, requester: User, requested_at: datetime, approvers: Set<User> } };
    action "ReviewBreakGlass.payout_incident" appliesTo { principal: [User], resource: [BreakGlassProfile], context: {
        now: datetime, mfa: Bool, locale?: String, tenant: Tenant, requester: User, requested_at: datetime, approvers: Set<User>, ended_at: datetime } };

    action "RequestBreakGlass.quick_look" appliesTo { principal: [User], resource: [BreakGlassProfile], context: {
        now: datetime, mfa: Bool, locale?: String, reason: String, ticket: String, duration: duration, resource_count: Long,
        open_reviews: Long, grants_in_window: Long, active_grants: Long, last_grant_ended?: datetime } };
    action "ApproveBreakGlass.quick_look", "RefuseBreakGlass.quick_look", "RevokeBreakGlass.quick_look" appliesTo {
        principal: [User], resource: [BreakGlassProfile], context: {
        now: datetime, mfa: Bool, locale?: String, requester: User, requested_at: datetime, approvers: Set<User> } };
    action "ReviewBreakGlass.quick_look" appliesTo { principal: [User], resource: [BreakGlassProfile], context: {
        now: datetime, mfa: Bool, locale?: String, requester: User, requested_at: datetime, approvers: Set<User>, ended_at: datetime } };
}
"#;

const POLICIES: &str = r#"
@id("support:Payout:read")
permit (principal in M::Role::"support", action == M::Action::"Payout.read", resource is M::Payout);

@id("isolate")
forbid (principal is M::User, action, resource is M::Payout) unless { principal has org && principal.org == resource.org };

@id("step_up")
forbid (principal, action == M::Action::"Payout.approve", resource) unless { context.mfa };

@id("break-glass:payout_incident")
permit (principal is M::User, action in [M::Action::"Payout.read", M::Action::"Payout.approve"], resource is M::Payout)
when {
    context has break_glass && context.break_glass has payout_incident &&
    context.break_glass.payout_incident.requester == principal &&
    context.break_glass.payout_incident.tenant.org == resource.org &&
    context.break_glass.payout_incident.resources.Payout.contains(resource) &&
    context.break_glass.payout_incident.resource_count <= 2 &&
    ((action == M::Action::"Payout.read" && context.break_glass.payout_incident.actions.contains("Payout.read")) ||
     (action == M::Action::"Payout.approve" && context.break_glass.payout_incident.actions.contains("Payout.approve"))) &&
    context.break_glass.payout_incident.approver1 in M::Role::"lead" && context.break_glass.payout_incident.approver2 in M::Role::"lead" &&
    context.break_glass.payout_incident.approver1 != context.break_glass.payout_incident.approver2 &&
    context.break_glass.payout_incident.approver1 != principal && context.break_glass.payout_incident.approver2 != principal &&
    context.break_glass.payout_incident.refusals < 1 &&
    context.break_glass.payout_incident.reason != "" && context.break_glass.payout_incident.ticket like "INC-*" &&
    context.break_glass.payout_incident.requested_at <= context.break_glass.payout_incident.approved_at &&
    context.break_glass.payout_incident.approved_at <= context.break_glass.payout_incident.not_before &&
    context.break_glass.payout_incident.not_before <= context.now && context.now < context.break_glass.payout_incident.expires_at &&
    context.break_glass.payout_incident.expires_at <= context.break_glass.payout_incident.approved_at.offset(duration("2h")) &&
    context.break_glass.payout_incident.uses < 3 && !context.break_glass.payout_incident.revoked &&
    context.break_glass.payout_incident.log_index >= 0
};

@id("break-glass:payout_incident:request")
permit (principal in M::Role::"support", action == M::Action::"RequestBreakGlass.payout_incident", resource == M::BreakGlassProfile::"payout_incident")
when {
    context.reason != "" && context.ticket like "INC-*" && context.duration <= duration("2h") &&
    context.resource_count >= 1 && context.resource_count <= 2 && context.open_reviews == 0 && context.grants_in_window < 2 &&
    context.active_grants == 0 && principal has org && principal.org == context.tenant.org &&
    (if context has last_grant_ended then context.now.durationSince(context.last_grant_ended) >= duration("1h") else true)
};

@id("break-glass:payout_incident:request:step_up")
forbid (principal, action == M::Action::"RequestBreakGlass.payout_incident", resource) unless { context.mfa };

@id("break-glass:payout_incident:approve")
permit (principal in M::Role::"lead", action in [M::Action::"ApproveBreakGlass.payout_incident", M::Action::"RefuseBreakGlass.payout_incident"], resource == M::BreakGlassProfile::"payout_incident")
when { principal has org && principal.org == context.tenant.org && context.now < context.requested_at.offset(duration("30m")) };

@id("break-glass:payout_incident:not-self")
forbid (principal, action == M::Action::"ApproveBreakGlass.payout_incident", resource) when { principal == context.requester || context.approvers.contains(principal) };

@id("break-glass:payout_incident:revoke")
permit (principal, action == M::Action::"RevokeBreakGlass.payout_incident", resource == M::BreakGlassProfile::"payout_incident")
when { principal == context.requester || principal in M::Role::"lead" };

@id("break-glass:payout_incident:review")
permit (principal in M::Role::"lead", action == M::Action::"ReviewBreakGlass.payout_incident", resource == M::BreakGlassProfile::"payout_incident")
when { principal != context.requester && !context.approvers.contains(principal) && context.ended_at <= context.now };

@id("break-glass:quick_look")
permit (principal is M::User, action in [M::Action::"Order.read", M::Action::"Payout.read"], resource)
when { context has break_glass && context.break_glass has quick_look && context.break_glass.quick_look.requester == principal &&
       context.now < context.break_glass.quick_look.expires_at };

@id("break-glass:quick_look:request")
permit (principal in M::Role::"support", action == M::Action::"RequestBreakGlass.quick_look", resource == M::BreakGlassProfile::"quick_look");

@id("break-glass:quick_look:review")
permit (principal in M::Role::"lead", action == M::Action::"ReviewBreakGlass.quick_look", resource == M::BreakGlassProfile::"quick_look");
"#;

pub(super) const START: &str = "2026-03-01T10:00:00Z";

fn holder(role: &str) -> Holder {
    Holder { role: role.to_owned() }
}

fn profile(name: &str) -> BreakGlassProfile {
    let step = |verb: &str| format!("M::Action::\"{verb}BreakGlass.{name}\"");
    BreakGlassProfile {
        cedar: format!("M::BreakGlassProfile::{name:?}"),
        request_action: step("Request"),
        approve_action: step("Approve"),
        refuse_action: step("Refuse"),
        revoke_action: step("Revoke"),
        review_action: step("Review"),
        principal: "User".to_owned(),
        tenant: BTreeMap::from([("org".to_owned(), "Org".to_owned())]),
        eligible: vec![holder("support")],
        actions: vec!["Payout.read".to_owned(), "Payout.approve".to_owned()],
        resources: vec!["Payout".to_owned()],
        bounds: [
            (Clause::Resources, 2),
            (Clause::Refused, 1),
            (Clause::Pending, 30 * 60_000),
            (Clause::Expires, 2 * 3_600_000),
            (Clause::Uses, 3),
            (Clause::Cooldown, 3_600_000),
        ]
        .into_iter()
        .collect(),
        reason_required: true,
        ticket_required: true,
        ticket_pattern: Some("INC-*".to_owned()),
        approvals: 2,
        approver: Some(holder("lead")),
        window: 24 * 3_600_000,
        max_grants: 2,
        lifts: Vec::new(),
        alerts: ["request", "approve", "use", "revoke", "review"]
            .map(|event| (event.to_owned(), vec!["secops".to_owned()]))
            .into(),
        revokers: vec![holder("lead")],
        review_within: 24 * 3_600_000,
        reviewer: holder("lead"),
    }
}

pub(super) fn contract() -> Contract {
    let entity = |name: &str| EntityContract {
        carries_roles: false,
        cedar: format!("M::{name}"),
        kind: EntityRole::Resource,
        members: Vec::new(),
        parents: Vec::new(),
        attributes: BTreeMap::new(),
        tags: None,
        holds_roles: false,
        relations: Vec::new(),
    };
    let action = |name: &str| ActionContract {
        cedar: format!("M::Action::{name:?}"),
        declared_on: None,
        resources: Vec::new(),
        principals: vec!["User".to_owned()],
        sensitive: false,
        context: BTreeMap::new(),
    };
    let mut bounds = profile("quick_look").bounds;
    bounds.set(Clause::Expires, 15 * 60_000);
    bounds.set(Clause::Cooldown, 0);
    let quick_look = BreakGlassProfile {
        bounds,
        tenant: BTreeMap::new(),
        actions: vec!["Order.read".to_owned()],
        resources: vec!["Order".to_owned(), "Payout".to_owned()],
        ticket_required: false,
        ticket_pattern: None,
        approvals: 0,
        approver: None,
        alerts: BTreeMap::new(),
        window: 0,
        ..profile("quick_look")
    };
    Contract {
        format: "1".to_owned(),
        namespace: Some("M".to_owned()),
        entities: ["Payout", "Order"].map(|name| (name.to_owned(), entity(name))).into(),
        actions: ["Payout.read", "Payout.approve", "Order.read"].map(|name| (name.to_owned(), action(name))).into(),
        provenance: [("now", "gateway"), ("mfa", "token"), ("locale", "caller")]
            .map(|(name, from)| (name.to_owned(), from.to_owned()))
            .into(),
        break_glass: BTreeMap::from([
            ("payout_incident".to_owned(), profile("payout_incident")),
            ("quick_look".to_owned(), quick_look),
        ]),
        ..Contract::default()
    }
}

pub(super) fn engine() -> Engine {
    engine_without("")
}

/// The engine of a bundle that lacks one of the policies.
pub(super) fn engine_without(left_out: &str) -> Engine {
    let parsed: PolicySet = POLICIES.parse().unwrap();
    let named = parsed.policies().filter_map(|policy| {
        let id = policy.annotation("id").unwrap();
        (id != left_out).then(|| policy.new_id(id.parse().unwrap()))
    });
    let schema = SchemaFragment::from_cedarschema_str(SCHEMA).unwrap().0;
    Engine::new(PolicySet::from_policies(named).unwrap(), Some(schema), []).unwrap()
}

pub(super) fn entities(engine: &Engine) -> Entities {
    let user = |name: &str, role: &str, org: &str| {
        json!({ "uid": { "type": "M::User", "id": name }, "attrs": { "org": { "type": "M::Org", "id": org } },
                "parents": [{ "type": "M::Role", "id": role }, { "type": "M::Org", "id": org }] })
    };
    let payout = |name: &str, org: &str| json!({ "uid": { "type": "M::Payout", "id": name }, "attrs": { "org": { "type": "M::Org", "id": org } }, "parents": [] });
    let entities = json!([
        user("dana", "support", "acme"), user("mia", "support", "acme"), user("ext", "support", "other"),
        user("sam", "lead", "acme"), user("lee", "lead", "acme"), user("kim", "lead", "acme"), user("far", "lead", "other"),
        { "uid": { "type": "M::User", "id": "homeless" }, "attrs": {}, "parents": [{ "type": "M::Role", "id": "support" }] },
        payout("p1", "acme"), payout("p2", "acme"), payout("foreign", "other"),
        { "uid": { "type": "M::Order", "id": "o1" }, "attrs": { "total": 1 }, "parents": [] }
    ]);
    engine.entities(&entities).unwrap()
}

pub(super) fn user(name: &str) -> EntityUid {
    format!("M::User::{name:?}").parse().unwrap()
}

pub(super) fn payout(name: &str) -> EntityUid {
    format!("M::Payout::{name:?}").parse().unwrap()
}

/// A ledger with its world and a clock that a test moves.
pub(super) struct Bench {
    pub(super) engine: Engine,
    pub(super) entities: Entities,
    pub(super) ledger: Ledger,
    pub(super) at: Instant,
    pub(super) mfa: Value,
}

impl Bench {
    pub(super) fn new() -> Self {
        let engine = engine();
        Self {
            entities: entities(&engine),
            engine,
            ledger: Ledger::new(&contract()).unwrap(),
            at: Instant::parse(START).unwrap(),
            mfa: json!(true),
        }
    }

    pub(super) fn after(&mut self, duration: &str) {
        self.at = self.at.checked_add(Duration::parse(duration).unwrap()).unwrap();
    }

    pub(super) fn context(&self) -> Map<String, Value> {
        Map::from_iter([("now".to_owned(), json!(self.at.to_string())), ("mfa".to_owned(), self.mfa.clone())])
    }

    pub(super) fn request_as(&mut self, name: &str, terms: &Terms, id: Option<&str>) -> Answer {
        let by = self.actor(name);
        let world = World { engine: &self.engine, entities: &self.entities, at: self.at };
        self.ledger.request(world, &by, terms, id).unwrap()
    }

    /// The state after a request for `g1` by dana, or the reason for its refusal.
    pub(super) fn request(&mut self, terms: &Terms) -> Result<State, Reason> {
        let id = format!("g{}", self.ledger.grants().count() + 1);
        came_to(self.request_as("dana", terms, Some(&id)))
    }

    pub(super) fn step(&mut self, step: Step, grant: &str, name: &str) -> Result<State, Reason> {
        let by = self.actor(name);
        let world = World { engine: &self.engine, entities: &self.entities, at: self.at };
        came_to(self.ledger.step(world, step, grant, &by).unwrap())
    }

    pub(super) fn decide(&mut self, name: &str, action: &str, payout_name: &str, grant: Option<&str>) -> Ruling {
        let request = Request {
            principal: user(name),
            action: format!("M::Action::{action:?}").parse().unwrap(),
            resource: payout(payout_name),
            context: self.context(),
        };
        self.decide_request(&request, grant)
    }

    pub(super) fn decide_request(&mut self, request: &Request, grant: Option<&str>) -> Ruling {
        let world = World { engine: &self.engine, entities: &self.entities, at: self.at };
        self.ledger.decide(world, request, grant).unwrap()
    }

    /// A `g1` of dana's, approved by sam and lee.
    pub(super) fn granted(&mut self) {
        assert_eq!(self.request(&terms()), Ok(State::Pending));
        assert_eq!(self.step(Step::Approve, "g1", "sam"), Ok(State::Pending));
        assert_eq!(self.step(Step::Approve, "g1", "lee"), Ok(State::Active));
    }

    pub(super) fn state(&self, grant: &str) -> State {
        self.ledger.grant(grant).unwrap().state
    }

    pub(super) fn events(&self) -> Vec<&'static str> {
        let kinds = self.ledger.log().iter().map(|entry| entry.event.kind());
        kinds.map(EventKind::name).collect()
    }

    pub(super) fn actor(&self, name: &str) -> Actor {
        let mut context = self.context();
        // An attribute of one action only, as a caller's ordinary context may have it; no step declares it.
        context.insert("approval".to_owned(), json!("A-1"));
        Actor { uid: user(name), context }
    }
}

pub(super) fn came_to(answer: Answer) -> Result<State, Reason> {
    match answer {
        Answer::Done { state, .. } => Ok(state),
        Answer::Refused(refusal) => Err(refusal.reason),
    }
}

/// Half an hour on `p1`.
pub(super) fn terms() -> Terms {
    Terms {
        profile: "payout_incident".to_owned(),
        actions: BTreeSet::from(["Payout.approve".to_owned()]),
        resources: BTreeSet::from([payout("p1")]),
        duration: Duration(30 * 60_000),
        reason: "queue stuck".to_owned(),
        ticket: "INC-7".to_owned(),
    }
}

/// Ten minutes on the order, self-activated.
pub(super) fn look() -> Terms {
    Terms {
        profile: "quick_look".to_owned(),
        actions: BTreeSet::from(["Order.read".to_owned()]),
        resources: BTreeSet::from([r#"M::Order::"o1""#.parse().unwrap()]),
        duration: Duration(10 * 60_000),
        reason: "customer on the phone".to_owned(),
        ticket: String::new(),
    }
}

/// Dana approving `p1`, as an ordinary request.
pub(super) fn approve_p1(bench: &Bench) -> Request {
    Request {
        principal: user("dana"),
        action: r#"M::Action::"Payout.approve""#.parse().unwrap(),
        resource: payout("p1"),
        context: bench.context(),
    }
}
