//! Break-glass profiles: every clause once, every bound inside what is allowed, every role testable.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::syntax::ast::BreakGlassKind as Clause;
use crate::text::{Duration, Span};

use super::Resolver;
use super::annotations::{Place, read};
use super::lookup::{find_actions, find_role, find_type};
use super::people::{facts, one_principal, tenant_of_its_own};
use super::statements::with_doc;
use crate::graph::{Profile, RoleId, TypeId, codes};

/// Longest grant of a profile that nobody approves.
const LONGEST_SELF_ACTIVATED: Duration = Duration(15 * Duration::MINUTE.0);
/// How long a request waits where the profile does not say.
const DEFAULT_PENDING: Duration = Duration::HOUR;
/// Most approvers of one grant: each is a typed slot of the grant record.
const MOST_APPROVERS: i64 = 5;
/// Events that can alert.
const EVENTS: [&str; 6] = ["request", "approve", "refuse", "use", "revoke", "review"];

pub(super) fn profiles(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::BreakGlass(decl) = &item.kind else {
            continue;
        };
        if cx.program.profiles.iter().any(|known| known.name == decl.name.text) {
            continue;
        }
        let said = read(cx, &item.annotations, Place::Statement, item.span);
        if let Some(profile) = profile(cx, item, decl) {
            cx.program.profiles.push(Profile { annotations: with_doc(said.pass, item.doc.as_deref()), ..profile });
        }
    }
    facts(cx);
}

/// The clauses as found; what is missing is settled at the end.
#[derive(Default)]
struct Draft {
    eligible: Option<Vec<(RoleId, Span)>>,
    actions: Vec<(crate::graph::ActionId, Span)>,
    on: Vec<(crate::graph::ActionId, TypeId)>,
    grants: Option<Span>,
    max_resources: Option<i64>,
    reason: bool,
    ticket: Option<Option<ast::Text>>,
    when: Option<ast::Expr>,
    approval: Option<Option<(ast::Number, Option<RoleId>, Span)>>,
    refusals: Option<i64>,
    pending: Option<Duration>,
    expires: Option<ast::DurationLiteral>,
    max_uses: Option<i64>,
    cooldown: Option<Duration>,
    grants_per: Option<(Duration, i64)>,
    lifts: Vec<(usize, Span)>,
    alerts: BTreeMap<String, Vec<String>>,
    revokers: Vec<(RoleId, Span)>,
    review: Option<(Duration, Option<(RoleId, Span)>)>,
}

fn profile(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::BreakGlassDecl) -> Option<Profile> {
    let mut draft = Draft::default();
    let mut seen: BTreeMap<&'static str, Span> = BTreeMap::new();
    for clause in &decl.clauses {
        let (word, repeatable) = word(&clause.kind);
        if let Some(before) = seen.get(word).filter(|_| !repeatable) {
            cx.out.push(
                Diagnostic::error(codes::BREAK_GLASS_CLAUSE, clause.span, format!("`{word}` is said twice"))
                    .also(*before, "first said here")
                    .help("keep one of the two"),
            );
            continue;
        }
        seen.entry(word).or_insert(clause.span);
        take(cx, &mut draft, clause);
    }
    settle(cx, item, decl, draft)
}

/// The word a clause is known by, and whether it may be repeated.
fn word(kind: &Clause) -> (&'static str, bool) {
    match kind {
        Clause::For(_) => ("for", false),
        Clause::Grants(..) => ("grants", true),
        Clause::ResourcesAtMost(_) => ("resources at most", false),
        Clause::Requires(_) => ("requires", false),
        Clause::When(_) => ("when", false),
        Clause::ApprovedBy(..) | Clause::ApprovedByNone => ("approved by", false),
        Clause::RefusedBy(_) => ("refused by", false),
        Clause::Pending(_) => ("pending", false),
        Clause::ExpiresWithin(_) => ("expires within", false),
        Clause::UsesAtMost(_) => ("uses at most", false),
        Clause::Cooldown(_) => ("cooldown", false),
        Clause::GrantsPer(..) => ("grants per", false),
        Clause::Lifts(_) => ("lifts", false),
        Clause::Alerts(..) => ("alerts", true),
        Clause::RevokedBy(_) => ("revoked by", false),
        Clause::Review(..) => ("review within", false),
    }
}

fn take(cx: &mut Resolver<'_>, draft: &mut Draft, clause: &ast::BreakGlassClause) {
    match &clause.kind {
        Clause::For(paths) => {
            let roles = paths.iter().filter_map(|path| find_role(cx, path).map(|role| (role, path.span))).collect();
            draft.eligible = Some(roles);
        }
        Clause::Grants(actions, types) => grants(cx, draft, clause.span, actions, types),
        Clause::ResourcesAtMost(number) => {
            draft.max_resources = Some(positive(cx, *number, "a grant names at least one resource"));
        }
        Clause::Requires(requirements) => requires(cx, draft, requirements),
        Clause::When(expr) => draft.when = Some(expr.clone()),
        Clause::ApprovedByNone => draft.approval = Some(None),
        Clause::ApprovedBy(number, path) => {
            let role = find_role(cx, path);
            let count = positive(cx, *number, "write `approved by none` for a profile that needs no approval");
            if count > MOST_APPROVERS {
                bound(cx, number.span, format!("a grant has at most {MOST_APPROVERS} approvers"), "lower the number");
            }
            let number = ast::Number { value: count.min(MOST_APPROVERS), span: number.span };
            draft.approval = Some(Some((number, role, path.span)));
        }
        Clause::RefusedBy(number) => {
            draft.refusals = Some(positive(cx, *number, "one refusal is the least that can end a request"));
        }
        Clause::Pending(duration) => draft.pending = Some(longer_than_nothing(cx, *duration)),
        Clause::ExpiresWithin(duration) => {
            longer_than_nothing(cx, *duration);
            draft.expires = Some(*duration);
        }
        Clause::UsesAtMost(number) => {
            draft.max_uses = Some(positive(cx, *number, "a grant that cannot be used opens nothing"));
        }
        Clause::Cooldown(duration) => draft.cooldown = Some(longer_than_nothing(cx, *duration)),
        Clause::GrantsPer(window, number) => {
            let window = longer_than_nothing(cx, *window);
            draft.grants_per = Some((window, positive(cx, *number, "no grant at all is a profile to remove")));
        }
        Clause::Lifts(names) => {
            for name in names {
                lifts(cx, draft, name);
            }
        }
        Clause::Alerts(events, channel) => alerts(cx, draft, events, channel),
        Clause::RevokedBy(paths) => {
            draft.revokers =
                paths.iter().filter_map(|path| find_role(cx, path).map(|role| (role, path.span))).collect();
        }
        Clause::Review(within, path) => {
            let within = longer_than_nothing(cx, *within);
            draft.review = Some((within, find_role(cx, path).map(|role| (role, path.span))));
        }
    }
}

fn bound(cx: &mut Resolver<'_>, span: Span, message: impl Into<String>, help: impl Into<String>) {
    cx.out.push(Diagnostic::error(codes::BREAK_GLASS_BOUND, span, message).help(help));
}

fn positive(cx: &mut Resolver<'_>, number: ast::Number, why: &str) -> i64 {
    if number.value < 1 {
        bound(cx, number.span, "this number is at least 1", why);
        return 1;
    }
    number.value
}

fn longer_than_nothing(cx: &mut Resolver<'_>, duration: ast::DurationLiteral) -> Duration {
    if duration.value.0 <= 0 {
        bound(cx, duration.span, "this duration is longer than nothing", "write one such as `30m`");
        return Duration(1);
    }
    duration.value
}

fn grants(cx: &mut Resolver<'_>, draft: &mut Draft, span: Span, actions: &ast::Actions, types: &ast::Types) {
    draft.grants = Some(span);
    let any = match (actions, types) {
        (ast::Actions::Any(span), _) | (_, ast::Types::Any(span)) => Some(*span),
        _ => None,
    };
    if let Some(any) = any {
        cx.out.push(
            Diagnostic::error(codes::ALLOW_ANY, any, "a break-glass profile names what it opens")
                .label("`any` only takes access away or asks a question")
                .help("list the actions and the resource type"),
        );
        return;
    }
    let (ast::Actions::Names(names), ast::Types::Names(paths)) = (actions, types) else {
        return;
    };
    for path in paths {
        let Some(ty) = find_type(cx, path) else { continue };
        for (id, span) in find_actions(cx, ty, names) {
            if !draft.on.contains(&(id, ty)) {
                draft.on.push((id, ty));
            }
            if !draft.actions.iter().any(|(known, _)| *known == id) {
                draft.actions.push((id, span));
            }
        }
    }
}

fn requires(cx: &mut Resolver<'_>, draft: &mut Draft, requirements: &[ast::Requirement]) {
    for requirement in requirements {
        match requirement.name.text.as_str() {
            "reason" => {
                draft.reason = true;
                if let Some(like) = &requirement.like {
                    cx.out.push(
                        Diagnostic::error(codes::BREAK_GLASS_CLAUSE, like.span, "a reason is free text")
                            .help("only `ticket` takes a pattern: `ticket like \"INC-*\"`"),
                    );
                }
            }
            "ticket" => draft.ticket = Some(requirement.like.clone()),
            other => cx.out.push(
                Diagnostic::error(
                    codes::BREAK_GLASS_CLAUSE,
                    requirement.name.span,
                    format!("a request does not carry `{other}`"),
                )
                .meant(requirement.name.span, other, ["reason", "ticket"]),
            ),
        }
    }
}

fn lifts(cx: &mut Resolver<'_>, draft: &mut Draft, name: &ast::Ident) {
    let found = cx.program.requires.iter().position(|require| require.statement.name == name.text);
    let Some(index) = found else {
        let known: Vec<String> = cx.program.requires.iter().map(|r| r.statement.name.clone()).collect();
        cx.out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("there is no guard `{}`", name.text)).meant(
                name.span,
                &name.text,
                known.iter().map(String::as_str),
            ),
        );
        return;
    };
    let Some(require) = cx.program.requires.get(index) else {
        return;
    };
    if require.liftable.is_none() {
        let span = require.statement.span;
        cx.out.push(
            Diagnostic::error(codes::NOT_LIFTABLE, name.span, format!("`{}` may not be lifted", name.text))
                .also(span, "declared without `liftable` here")
                .help(format!("write `{}: liftable require …` if a break-glass may lift it", name.text)),
        );
        return;
    }
    draft.lifts.push((index, name.span));
}

fn alerts(cx: &mut Resolver<'_>, draft: &mut Draft, events: &[ast::Ident], channel: &ast::Text) {
    for event in events {
        if EVENTS.contains(&event.text.as_str()) {
            let channels = draft.alerts.entry(event.text.clone()).or_default();
            if !channels.contains(&channel.value) {
                channels.push(channel.value.clone());
            }
        } else {
            cx.out.push(
                Diagnostic::error(
                    codes::UNKNOWN_NAME,
                    event.span,
                    format!("`{}` is not an event of a break-glass grant", event.text),
                )
                .meant(event.span, &event.text, EVENTS),
            );
        }
    }
}

fn missing(cx: &mut Resolver<'_>, decl: &ast::BreakGlassDecl, clause: &str, example: &str) {
    cx.out.push(
        Diagnostic::error(
            codes::BREAK_GLASS_CLAUSE,
            decl.name.span,
            format!("the break-glass `{}` does not say `{clause}`", decl.name.text),
        )
        .help(format!("add a line such as `{example}`")),
    );
}

fn settle(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::BreakGlassDecl, draft: Draft) -> Option<Profile> {
    let examples: [(&str, bool, &str); 7] = [
        ("for", draft.eligible.is_none(), "for support;"),
        ("grants", draft.grants.is_none(), "grants read on Payout;"),
        ("resources at most", draft.max_resources.is_none(), "resources at most 5;"),
        ("approved by", draft.approval.is_none(), "approved by 2 of security_lead;"),
        ("expires within", draft.expires.is_none(), "expires within 2h;"),
        ("uses at most", draft.max_uses.is_none(), "uses at most 20;"),
        ("review within", draft.review.is_none(), "review within 24h by security_lead;"),
    ];
    for (clause, absent, example) in examples {
        if absent {
            missing(cx, decl, clause, example);
        }
    }
    if !draft.reason {
        missing(cx, decl, "requires reason", "requires reason, ticket like \"INC-*\";");
    }
    let expires_within = draft.expires?;
    if expires_within.value > cx.longest_grant {
        let longest = cx.longest_grant;
        bound(
            cx,
            expires_within.span,
            format!("a grant lasts at most {longest}"),
            "shorten it, or raise `break_glass_hours` under `[limits]` in gatewright.toml",
        );
    }
    let approval = draft.approval?;
    if approval.is_none() && expires_within.value > LONGEST_SELF_ACTIVATED {
        bound(
            cx,
            expires_within.span,
            format!("a grant that nobody approves lasts at most {LONGEST_SELF_ACTIVATED}"),
            format!("write `expires within {LONGEST_SELF_ACTIVATED};` or ask for an approval"),
        );
    }
    let approval = match approval {
        None => None,
        Some((number, role, span)) => Some((number, role?, span)),
    };
    let eligible = draft.eligible?;
    let (within, reviewer) = draft.review?;
    let reviewer = reviewer?;
    let approver = approval.map(|(_, role, span)| (role, span));
    let everyone = eligible.iter().copied().chain(approver).chain(draft.revokers.iter().copied()).chain([reviewer]);
    let principal = one_principal(cx, everyone.collect())?;
    tenant_of_its_own(cx, decl, principal);
    Some(Profile {
        name: decl.name.text.clone(),
        span: decl.name.span,
        whole: item.span,
        principal,
        eligible,
        actions: draft.actions,
        on: draft.on,
        max_resources: draft.max_resources?,
        reason: draft.reason,
        ticket: draft.ticket,
        when: draft.when,
        approval,
        refusals: draft.refusals.unwrap_or(1),
        pending: draft.pending.unwrap_or(DEFAULT_PENDING),
        expires_within,
        max_uses: draft.max_uses?,
        cooldown: draft.cooldown.unwrap_or(Duration(0)),
        grants_per: draft.grants_per,
        lifts: draft.lifts,
        alerts: draft.alerts,
        revokers: draft.revokers.into_iter().map(|(role, _)| role).collect(),
        review: (within, reviewer.0),
        doc: item.doc.clone(),
        annotations: Vec::new(),
    })
}
