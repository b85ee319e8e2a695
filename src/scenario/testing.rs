//! A small compiled policy for the tests of this room, written as the compiler writes one, and short ways to load and run
//! suites against it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use cedar_policy::{PolicySet, SchemaFragment};
use serde_json::{Value, json};

use crate::bundle::{Contract, Origins};
use crate::decide::Engine;
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{FileId, Sources};

use super::golden::{Accepted, SnapshotMode};
use super::run::RunOptions;
use super::{Policy, RunReport, Suite};

const SCHEMA: &str = r#"
namespace M {
    entity Classification enum ["public", "internal", "restricted"];
    entity Role;
    entity Holders in [Holders];
    entity Org { plan: String, admin: Holders };
    entity Team in [Org, Role] { org: Org };
    entity User in [Org, Team, Role, Holders] { org: Org, clearance: Classification, contractor?: Bool };
    entity PartnerApp in [Org] { org: Org, scopes: Set<String> };
    entity Payout in [Org] {
        org: Org, classification: Classification, amount: decimal, created_by: User, due?: datetime
    } tags String;
    entity Folder in [Folder] { parent?: Folder, owner: Holders, limits?: { size: Long, ttl?: duration } };
    type Common = { now: datetime, auth_time: datetime, mfa: Bool, risk_score: Long, source_ip?: ipaddr };
    type Approval = {
        now: datetime, auth_time: datetime, mfa: Bool, risk_score: Long, source_ip?: ipaddr, ticket?: String
    };
    action "Payout.read" appliesTo { principal: [User, PartnerApp], resource: [Payout], context: Common };
    action "Payout.approve" appliesTo { principal: [User], resource: [Payout], context: Approval };
    action "Payout.list" appliesTo { principal: [User], resource: [Org], context: Common };
    action "Folder.read" appliesTo { principal: [User], resource: [Folder], context: Common };
}
"#;

/// Id, statement, kind, the role it is inherited by, Cedar, and the clauses as Gate and Cedar text with their guard.
type Lowered = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    &'static [(&'static str, &'static str, Option<&'static str>)],
);

const LOW_RISK: &str = "context.risk_score <= 30";
const FRESH: &str = r#"context.now.durationSince(context.auth_time) <= duration("15m")"#;
const SAME_ORG: &str = "principal.org == resource.org";

const POLICIES: &[Lowered] = &[
    (
        "support:Payout:read",
        "support.Payout.read",
        "grant",
        None,
        r#"permit (principal in M::Role::"support", action == M::Action::"Payout.read", resource is M::Payout)
           when { resource.classification != M::Classification::"restricted" && principal.org == resource.org };"#,
        &[
            (
                "resource.classification != restricted",
                r#"resource.classification != M::Classification::"restricted""#,
                None,
            ),
            ("principal.org == resource.org", SAME_ORG, Some("isolate.org")),
        ],
    ),
    (
        "finance:Payout:approve",
        "finance.Payout.approve",
        "grant",
        None,
        r#"permit (principal in M::Role::"finance", action == M::Action::"Payout.approve", resource is M::Payout)
           when { context.risk_score <= 30 && principal.org == resource.org
             && (context.mfa && context.now.durationSince(context.auth_time) <= duration("15m")) };"#,
        &[
            ("low_risk", LOW_RISK, None),
            ("principal.org == resource.org", SAME_ORG, Some("isolate.org")),
            ("step_up", "STEP_UP", Some("stepped_up")),
        ],
    ),
    (
        "Org:admin:Payout:read",
        "Org.admin.Payout.read",
        "grant",
        None,
        r#"permit (principal is M::User, action == M::Action::"Payout.read", resource is M::Payout)
           when { principal in resource.org.admin };"#,
        &[("role admin of resource.org", "principal in resource.org.admin", None)],
    ),
    (
        "PartnerApp:Payout:read",
        "PartnerApp.Payout.read",
        "grant",
        None,
        r#"permit (principal is M::PartnerApp, action == M::Action::"Payout.read", resource is M::Payout)
           when { principal.scopes.contains("payouts:read") };"#,
        &[(r#"principal.scopes.contains("payouts:read")"#, r#"principal.scopes.contains("payouts:read")"#, None)],
    ),
    (
        "Folder:owner:Folder:read",
        "Folder.owner.Folder.read",
        "grant",
        None,
        r#"permit (principal is M::User, action == M::Action::"Folder.read", resource is M::Folder)
           when { principal in resource.owner };"#,
        &[("role owner of resource", "principal in resource.owner", None)],
    ),
    (
        "isolate:org:User:Payout",
        "isolate.org",
        "isolate",
        None,
        r#"forbid (principal is M::User, action, resource is M::Payout) unless { principal.org == resource.org };"#,
        &[("principal.org == resource.org", SAME_ORG, None)],
    ),
    (
        "stepped_up",
        "stepped_up",
        "require",
        None,
        r#"forbid (principal, action == M::Action::"Payout.approve", resource)
           unless { context.mfa && context.now.durationSince(context.auth_time) <= duration("15m") };"#,
        &[("step_up", "STEP_UP", None)],
    ),
    (
        "partners",
        "partners",
        "deny",
        None,
        r#"forbid (principal is M::PartnerApp, action, resource is M::Payout)
           when { resource.classification == M::Classification::"restricted" };"#,
        &[(
            "resource.classification == restricted",
            r#"resource.classification == M::Classification::"restricted""#,
            None,
        )],
    ),
    (
        "audit:Payout:list",
        "audit.Payout.list",
        "grant",
        None,
        r#"permit (principal in M::Role::"audit", action == M::Action::"Payout.list", resource is M::Org)
           when { context.risk_score + 9223372036854775807 > 0 };"#,
        &[("context.risk_score + 9223372036854775807 > 0", "context.risk_score + 9223372036854775807 > 0", None)],
    ),
];

/// Ends the namespace that [`SCHEMA`] opens.
const INCIDENT_SCHEMA: &str = r#"
    entity BreakGlassProfile enum ["incident"];
    type Asked = {
        now: datetime, auth_time: datetime, mfa: Bool, risk_score: Long, source_ip?: ipaddr, reason: String, ticket: String,
        duration: duration, resource_count: Long, open_reviews: Long, grants_in_window: Long, active_grants: Long,
        last_grant_ended?: datetime
    };
    type Held = {
        now: datetime, auth_time: datetime, mfa: Bool, risk_score: Long, source_ip?: ipaddr, requester: User,
        requested_at: datetime, approvers: Set<User>
    };
    action "RequestBreakGlass.incident" appliesTo { principal: [User], resource: [BreakGlassProfile], context: Asked };
    action "ApproveBreakGlass.incident" appliesTo { principal: [User], resource: [BreakGlassProfile], context: Held };
}
"#;

const INCIDENT: &[Lowered] = &[(
    "break-glass:incident:steps",
    "incident",
    "break-glass",
    None,
    r#"permit (principal is M::User, action, resource == M::BreakGlassProfile::"incident");"#,
    &[],
)];

/// A compiled policy.
pub(crate) struct Compiled {
    contract: Contract,
    origins: Origins,
    engine: Engine,
}

impl Compiled {
    pub(crate) fn policy(&self) -> Policy<'_> {
        Policy { contract: &self.contract, origins: &self.origins, engine: &self.engine }
    }
}

/// The policy of these tests.
pub(crate) fn marketplace() -> Compiled {
    without("")
}

/// The policy without one statement.
pub(crate) fn without(statement: &str) -> Compiled {
    let kept: Vec<&Lowered> = POLICIES.iter().filter(|policy| policy.1 != statement).collect();
    compiled(&kept, SCHEMA, contract())
}

/// The policy with a break-glass profile `incident`, which anyone may ask for and anyone approves.
pub(crate) fn with_incident() -> Compiled {
    let mut contract = contract();
    let step = |verb: &str| format!("M::Action::\"{verb}BreakGlass.incident\"");
    let hour = 3_600_000;
    contract["break_glass"] = json!({"incident": {
        "cedar": "M::BreakGlassProfile::\"incident\"", "request_action": step("Request"), "approve_action": step("Approve"),
        "refuse_action": step("Refuse"), "revoke_action": step("Revoke"), "review_action": step("Review"),
        "principal": "User", "tenant": {}, "eligible": [], "actions": ["Payout.approve"], "resources": ["Payout"],
        "max_resources": 1, "reason_required": false, "ticket_required": false, "approvals": 1, "approver": {"role": "support"},
        "refusals": 1, "pending": hour, "expires_within": hour, "max_uses": 3, "cooldown": 0, "window": 0, "max_grants": 1,
        "lifts": [], "alerts": {}, "revokers": [], "review_within": hour, "reviewer": {"role": "support"},
    }});
    compiled(
        &POLICIES.iter().chain(INCIDENT).collect::<Vec<_>>(),
        &format!("{}{INCIDENT_SCHEMA}", SCHEMA.trim_end().trim_end_matches('}')),
        contract,
    )
}

fn compiled(lowered: &[&Lowered], schema: &str, contract: Value) -> Compiled {
    let cedar: String = lowered.iter().map(|(id, _, _, _, text, _)| format!("@id({id:?})\n{text}\n")).collect();
    let policies: PolicySet = cedar.parse().unwrap();
    let mut named = PolicySet::new();
    for policy in policies.policies() {
        let id = policy.annotation("id").unwrap().parse().unwrap();
        named.add(policy.new_id(id)).unwrap();
    }
    let (schema, _) = SchemaFragment::from_cedarschema_str(schema).unwrap();
    let origins: serde_json::Map<String, Value> =
        lowered.iter().map(|policy| (policy.0.to_owned(), origin(policy))).collect();
    Compiled {
        contract: serde_json::from_value(contract).unwrap(),
        origins: serde_json::from_value(json!({"format": "1", "policies": origins})).unwrap(),
        engine: Engine::new(named, Some(schema), []).unwrap(),
    }
}

fn origin((_, statement, kind, inherited_by, _, clauses): &Lowered) -> Value {
    let place = json!({"file": "policy/market.gate", "start": 0, "end": 0, "line": 7, "column": 5});
    let clause = |gate: &str, cedar: &str, guard: Option<&str>| {
        let mut clause = json!({"gate": gate, "place": place, "cedar": cedar});
        if let Some(guard) = guard {
            clause["guard"] = guard.into();
        }
        clause
    };
    let clauses: Vec<Value> = clauses
        .iter()
        .map(|(gate, cedar, guard)| {
            if *cedar != "STEP_UP" {
                return clause(gate, cedar, *guard);
            }
            let mut call = clause(gate, &format!("context.mfa && {FRESH}"), *guard);
            call["parts"] = json!([clause("context.mfa", "context.mfa", None), clause("fresh_auth", FRESH, None)]);
            call
        })
        .collect();
    let mut origin = json!({"statement": statement, "kind": kind, "place": place, "clauses": clauses});
    if let Some(role) = inherited_by {
        origin["inherited_by"] = (*role).into();
    }
    origin
}

fn contract() -> Value {
    let attribute = |ty: Value| json!({"type": ty, "required": true});
    let optional = |ty: Value| json!({"type": ty, "required": false});
    let common = json!({
        "now": attribute("datetime".into()),
        "auth_time": attribute("datetime".into()),
        "mfa": attribute("bool".into()),
        "risk_score": attribute("long".into()),
        "source_ip": optional("ipaddr".into()),
    });
    let mut approval = common.clone();
    approval["ticket"] = optional("string".into());
    let org = json!({"type": "Org", "attribute": "org"});
    let action = |name: &str, resource: &str, principals: &[&str], context: &Value| {
        json!({
            "cedar": format!("M::Action::{name:?}"), "declared_on": "Payout", "resources": [resource],
            "principals": principals, "sensitive": false, "context": context,
        })
    };
    json!({
        "format": "1",
        "namespace": "M",
        "entities": {
            "Classification": {"cedar": "M::Classification", "kind": "enum", "members": ["public", "internal", "restricted"]},
            "Org": {
                "cedar": "M::Org", "kind": "resource", "attributes": {"plan": attribute("string".into())},
                "relations": [{"role": "admin"}],
            },
            "Team": {
                "cedar": "M::Team", "kind": "group", "parents": [org], "holds_roles": true,
                "attributes": {"org": attribute(json!({"entity": "Org"}))},
            },
            "User": {
                "cedar": "M::User", "kind": "principal", "parents": [org, {"type": "Team"}], "holds_roles": true,
                "attributes": {
                    "org": attribute(json!({"entity": "Org"})),
                    "clearance": attribute(json!({"entity": "Classification"})),
                    "contractor": optional("bool".into()),
                },
            },
            "PartnerApp": {
                "cedar": "M::PartnerApp", "kind": "principal", "parents": [org],
                "attributes": {
                    "org": attribute(json!({"entity": "Org"})),
                    "scopes": attribute(json!({"set": "string"})),
                },
            },
            "Payout": {
                "cedar": "M::Payout", "kind": "resource", "parents": [org], "tags": "string",
                "attributes": {
                    "org": attribute(json!({"entity": "Org"})),
                    "classification": attribute(json!({"entity": "Classification"})),
                    "amount": attribute("decimal".into()),
                    "created_by": attribute(json!({"entity": "User"})),
                    "due": optional("datetime".into()),
                },
            },
            "Folder": {
                "cedar": "M::Folder", "kind": "resource", "parents": [{"type": "Folder", "attribute": "parent"}],
                "attributes": {
                    "parent": optional(json!({"entity": "Folder"})),
                    "limits": optional(json!({"record": {
                        "size": attribute("long".into()), "ttl": optional("duration".into()),
                    }})),
                },
                "relations": [{"role": "owner", "inherits_through": ["parent"]}],
            },
        },
        "actions": {
            "Payout.read": action("Payout.read", "Payout", &["User", "PartnerApp"], &common),
            "Payout.approve": action("Payout.approve", "Payout", &["User"], &approval),
            "Payout.list": action("Payout.list", "Org", &["User"], &common),
            "Folder.read": action("Folder.read", "Folder", &["User"], &common),
        },
        "provenance": {"now": "gateway", "risk_score": "gateway", "auth_time": "token", "mfa": "token"},
        "roles": {
            "support": {"holders": ["User"]},
            "finance": {"holders": ["User"], "extends": ["support"]},
            "audit": {"holders": ["User"]},
            "Org.admin": {"on": "Org", "holders": ["User"]},
            "Folder.owner": {"on": "Folder", "holders": ["User"]},
            "Payout.creator": {"on": "Payout", "by": "created_by", "holders": ["User"]},
        },
        "role_type": "M::Role",
        "holders_type": "M::Holders",
        "break_glass": {},
    })
}

/// Fixtures that most tests share; a test adds its `tests:`.
pub(crate) const WORLD: &str = r#"suite: payouts
at: 2026-03-01T10:00:00Z
principals:
  fred: {type: User, roles: [finance], org: acme, clearance: restricted}
  mia: {type: User, roles: [support], org: acme, clearance: internal}
  dana: {type: User, roles: ["Org::acme.admin"], org: acme, clearance: restricted}
  shopify: {type: PartnerApp, org: acme, scopes: ["payouts:read"]}
resources:
  acme: {type: Org, plan: pro}
  p1: {type: Payout, org: acme, classification: restricted, amount: "120.00", created_by: mia}
  p2: {type: Payout, org: acme, classification: public, amount: 7, created_by: mia}
contexts:
  calm: {mfa: true, risk_score: 10, auth_time: -5m, source_ip: 10.0.0.1}
  risky: {extends: calm, risk_score: 80}
"#;

/// Files of a package and what reading them found.
pub(crate) struct Loaded {
    pub(crate) sources: Sources,
    pub(crate) suites: Vec<Suite>,
    pub(crate) faults: Diagnostics,
}

/// Loads files of `scenarios/` against a policy. YAML files are suites, all others data.
pub(crate) fn load(files: &[(&str, &str)], compiled: &Compiled) -> Loaded {
    let mut sources = Sources::default();
    let mut yaml: Vec<FileId> = Vec::new();
    for (name, text) in files {
        let id = sources.add(format!("scenarios/{name}"), *text);
        if name.ends_with(".yaml") {
            yaml.push(id);
        }
    }
    let mut faults = Diagnostics::new();
    let suites = super::load_suites(&sources, &yaml, compiled.policy(), None, &mut faults);
    faults.extend(suites.iter().flat_map(super::Suite::faults).cloned());
    Loaded { sources, suites, faults }
}

/// Loads the shared world with these tests; panics on a fault.
pub(crate) fn suite(tests: &str) -> Loaded {
    let loaded = load(&[("payouts.yaml", &format!("{WORLD}{tests}"))], &marketplace());
    assert!(loaded.faults.is_empty(), "{}", faults(&loaded));
    loaded
}

/// Runs suites on two threads.
pub(crate) fn run(loaded: &Loaded, compiled: &Compiled) -> RunReport {
    run_with(loaded, compiled, SnapshotMode::ReadOnly, &BTreeMap::new())
}

/// Runs suites in a snapshot mode.
pub(crate) fn run_with(loaded: &Loaded, compiled: &Compiled, mode: SnapshotMode, accepted: &Accepted) -> RunReport {
    let options =
        RunOptions { filter: None, threads: NonZeroUsize::new(2).unwrap(), snapshots: mode, accepted, watch: None };
    super::run(&loaded.suites, compiled.policy(), options, &mut |_| {})
}

/// Each fault as `code @ line:column text: message | label | help`.
pub(crate) fn faults(loaded: &Loaded) -> String {
    let show = |fault: &Diagnostic| {
        let label = fault.labels.first().unwrap();
        let at = loaded.sources.position(label.span);
        let words = loaded.sources.slice(label.span);
        let words = if words.contains('\n') { "…" } else { words };
        format!(
            "{} @ {}:{} `{words}`: {} | {}{}",
            fault.code,
            at.line,
            at.column,
            fault.message,
            label.text,
            fault.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default()
        )
    };
    loaded.faults.clone().sorted().iter().map(show).collect::<Vec<_>>().join("\n")
}
