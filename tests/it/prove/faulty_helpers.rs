//! A fault in anything that emitters share shows in every policy that is made with it. Each is made here in the policies of a
//! package in which all of it is used, and some claim that holds otherwise finds it: claims do not share it.

use std::cell::Cell;
use std::collections::BTreeSet;

use gatewright::analysis::Outcome;
use gatewright::config::Roles;
use gatewright::diag::Diagnostics;
use gatewright::graph::Ty;
use gatewright::load::{PackageFiles, load_package};
use gatewright::lower::{Draft, Part, cedar_text};
use gatewright::pipeline::Checked;
use gatewright::typing::{TypedExpr, TypedKind, Variable};

use super::lowered_wrongly::{lowered_wrongly, outcome};
use super::{package, solver};
use crate::roles_form::check;
use crate::support::assert_none;

const GATE: &str = r#"
resource Org { name: String }
principal User in Org as org { home: Org, contractor: Bool }
resource Folder in Org as org;
resource Doc in Folder as folder? {
    author: User, reviewer: User, copy: Folder,
    action read, sign, check, file, keep, seal;
}
context { from gateway { now: datetime, risk: Long } from token { mfa: Bool } }

role staff for User { allow read on Doc; }
role clerk for User extends staff when !principal.contractor;
role helper for User extends staff until "2030-01-01T00:00:00Z";
role guest for User;
role admin on Org for User { allow sign on Doc; }
role deputy on Org for User extends Org.admin when !principal.contractor;
role owner on Org for User;
role author on Doc by author { allow check on Doc; }
deny staff to file on Doc;
deny Org.admin to keep on Doc;
isolate by org;
low: liftable require context.risk < 5 for Doc.seal;

break-glass outage {
    for helper, Org.deputy;
    grants check, seal on Doc;
    resources at most 2;
    requires reason;
    when context.mfa;
    approved by 1 of Org.deputy;
    expires within 1h;
    uses at most 2;
    lifts low;
    revoked by clerk;
    review within 24h by clerk;
}
assert reading: only staff to read on Doc;
assert readable: always clerk to read on Doc
    when !principal.contractor && resource has folder && principal.org == resource.folder.org;
assert signing: only Org.admin to sign on Doc;
assert checking: only Doc.author to check on Doc unless break-glass outage;
assert filing: never staff to file on Doc;
assert keeping: never Org.admin to keep on Doc;
assert asking: only helper, Org.deputy to RequestBreakGlass on outage;
"#;

/// Guards are made for permits like this one: a grant has them among its own conditions.
const RAW: &str = r#"@id("raw") permit(
    principal is User, action in [Action::"Doc.file", Action::"Doc.keep", Action::"Doc.seal"], resource is Doc
) when { context.mfa };"#;

/// The package, compiled.
fn compiled(roles: Roles) -> (PackageFiles, Checked) {
    let folder = package(GATE);
    std::fs::write(folder.path().join("policy/raw.cedar"), RAW).unwrap();
    let toml = folder.path().join("gatewright.toml");
    let lint = "\n[lint]\nfail-open-forbid = \"warn\"\n";
    std::fs::write(&toml, std::fs::read_to_string(&toml).unwrap() + lint).unwrap();
    let mut faults = Diagnostics::new();
    let package = load_package(folder.path(), &mut faults).unwrap();
    let checked = check(&package, faults, roles);
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    (package, checked)
}

/// `true`, `"text"`, `Role::"name"`, or a path from a variable: `resource.folder.org`, the last name in quotes if it needs some.
fn expression(text: &str, like: &TypedExpr) -> TypedExpr {
    let make = |kind| TypedExpr::new(kind, like.ty.clone(), like.span);
    if let Some(value) = text.strip_prefix('"') {
        return make(TypedKind::Text(value.trim_end_matches('"').to_owned()));
    }
    if let Some((ty, id)) = text.split_once("::") {
        return make(TypedKind::Entity(ty.to_owned(), id.trim_matches('"').to_owned()));
    }
    let (path, quoted) = text.split_once("[\"").unwrap_or((text, ""));
    let quoted = quoted.strip_suffix("\"]");
    let mut names = path.split('.');
    let start = match names.next().unwrap() {
        "true" => TypedKind::Bool(true),
        "false" => TypedKind::Bool(false),
        "principal" => TypedKind::Variable(Variable::Principal),
        "resource" => TypedKind::Variable(Variable::Resource),
        "context" => TypedKind::Variable(Variable::Context),
        other => panic!("{other}"),
    };
    names.chain(quoted).fold(make(start), |of, name| of.attribute(name, Ty::Unknown))
}

/// The same, with a wrong expression in every policy that has the right one.
fn with_fault(package: &PackageFiles, checked: &Checked, right: &str, wrong: &str) -> Checked {
    let found = Cell::new(false);
    let instead = |expr: &TypedExpr| {
        (cedar_text(expr) == right).then(|| {
            found.set(true);
            expression(wrong, expr)
        })
    };
    let other = |expr: &TypedExpr| expr.rewritten(&instead);
    let faulty = lowered_wrongly(package, checked, &|draft| {
        let role = draft.role.clone().map(|(ty, id)| match format!("{ty}::\"{id}\"") == right {
            true => (ty, wrong.split('"').nth(1).unwrap().to_owned()),
            false => (ty, id),
        });
        let parts =
            |parts: &[Part]| parts.iter().map(|part| Part { expr: other(&part.expr), ..part.clone() }).collect();
        Some(Draft {
            role,
            role_test: draft.role_test.as_ref().map(other),
            when: parts(&draft.when),
            unless: parts(&draft.unless),
            lifted_by: draft.lifted_by.iter().map(other).collect(),
            ..draft.clone()
        })
    });
    let all = checked.lowered.policies.iter().map(|(policy, _)| format!("{policy}\n"));
    assert!(found.get(), "`{right}` is in no policy\n{}", all.collect::<String>());
    faulty
}

/// A fault: the helper, what is right, what comes instead, and the claims that find it.
type Fault = (&'static str, &'static str, &'static str, &'static [&'static str]);

fn assert_found(roles: Roles, faults: &[Fault]) {
    let (package, checked) = compiled(roles);
    let claims: BTreeSet<&str> = faults.iter().flat_map(|(.., claims)| *claims).copied().collect();
    for claim in claims {
        let found = outcome(&package, &checked, claim);
        assert!(matches!(found, Outcome::Proved), "{claim}: {found:?}");
    }
    let mut missed = Vec::new();
    for (helper, right, wrong, claims) in faults {
        let faulty = with_fault(&package, &checked, right, wrong);
        for claim in *claims {
            // A fault that Cedar's types tell is not refuted: nothing is proved of such policies.
            if matches!(outcome(&package, &faulty, claim), Outcome::Proved) {
                missed.push(format!("{helper}: `{right}` as `{wrong}` is missed by {claim}"));
            }
        }
    }
    assert_none("faults that a claim misses", missed);
}

#[test]
fn a_fault_in_what_emitters_share_is_found_by_a_claim() {
    if solver().is_none() {
        return;
    }
    const SCOPE: &str = "break-glass outage.scope";
    const APPROVALS: &str = "break-glass outage.approvals";
    const REQUEST: &str = "break-glass outage.request";
    const APPROVE: &str = "break-glass outage.approve";
    const REFUSE: &str = "break-glass outage.refuse";
    const REVOKE: &str = "break-glass outage.revoke";
    const REVIEW: &str = "break-glass outage.review";
    let until = r#"context.now < datetime("2030-01-01T00:00:00Z")"#;
    assert_found(
        Roles::Parents,
        &[
            ("restrictions", until, "true", &["assert reading", SCOPE, REQUEST]),
            ("restrictions", "!principal.contractor", "true", &["assert signing", APPROVE, REFUSE, REVOKE, REVIEW]),
            ("of_subject", "!context.break_glass.outage.approver1.contractor", "true", &[APPROVALS]),
            ("of_subject", "context.break_glass.outage.approver1.contractor", "principal.contractor", &[APPROVALS]),
            ("scope_role", r#"Role::"clerk""#, r#"Role::"guest""#, &["assert reading", "assert filing", REVOKE]),
            ("routes", r#"Role::"clerk""#, r#"Role::"staff""#, &["assert readable", "assert filing"]),
            ("in_plain", r#"Role::"helper""#, r#"Role::"guest""#, &["assert asking", REQUEST]),
            (
                "in_group",
                "resource.folder.org.deputy",
                "resource.folder.org.owner",
                &["assert signing", "assert keeping"],
            ),
            ("holding", "principal in resource.folder.org.deputy", "false", &["assert keeping"]),
            ("follow", "resource.folder.org", "resource.copy.org", &["isolate isolate.org", "assert keeping", SCOPE]),
            ("follow", "principal.org", "principal.home", &[REVOKE]),
            ("follow", "resource has folder", "true", &["isolate isolate.org"]),
            ("holding", "resource.author", "resource.reviewer", &["assert checking"]),
            ("step_base", "context.tenant.org.deputy", "principal.home.deputy", &["assert asking", APPROVE]),
            ("step_tenant", "context.tenant.org", "principal.home", &[REQUEST, REVIEW]),
            ("grant_tenant", "context.break_glass.outage.tenant.org", "principal.org", &[SCOPE, APPROVALS]),
            (
                "approvers",
                "context.break_glass.outage.approver1.org",
                "context.break_glass.outage.approver1.home",
                &[APPROVALS],
            ),
            ("approvers", "context.break_glass.outage.approver1 in resource.folder.org.deputy", "true", &[APPROVALS]),
            ("papers", r#"context.reason != """#, "true", &[REQUEST]),
            ("papers", r#"context.break_glass.outage.reason != """#, "true", &[SCOPE]),
            ("covers", r#""Doc.seal""#, r#""Doc.check""#, &[SCOPE]),
            ("typed", "context.mfa", "true", &[SCOPE, REQUEST]),
            (
                "grant_record",
                "!context.break_glass.outage.revoked",
                "true",
                &["break-glass outage.ended", "require low"],
            ),
            ("window", "context.now < context.break_glass.outage.expires_at", "true", &["break-glass outage.expiry"]),
        ],
    );
}

#[test]
fn a_fault_in_how_policies_tell_who_holds_a_role_is_found_in_every_form() {
    if solver().is_none() {
        return;
    }
    let named: [Fault; 2] = [
        ("in_plain", r#""clerk""#, r#""guest""#, &["assert reading"]),
        (
            "in_group",
            r#"resource.folder.org["gate:deputy"]"#,
            r#"resource.folder.org["gate:owner"]"#,
            &["assert signing"],
        ),
    ];
    assert_found(Roles::Attribute, &named);
    let parents: [Fault; 2] = [
        ("in_plain", r#"Role::"clerk""#, r#"Role::"guest""#, &["assert reading"]),
        ("in_group", "resource.folder.org.deputy", "resource.folder.org.owner", &["assert signing"]),
    ];
    assert_found(Roles::Both, &[named, parents].concat());
}
