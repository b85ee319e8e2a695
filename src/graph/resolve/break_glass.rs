//! Break-glass profiles: every clause that they must have, every bound inside what is allowed, every role testable.

use std::collections::BTreeMap;

use crate::clauses::{Clause, Step};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::syntax::ast::BreakGlassKind as Kind;
use crate::text::{Duration, Span};

use super::Resolver;
use super::annotations::{Place, read};
use super::lookup::{find_actions, find_role, find_type};
use super::people::{facts, one_principal, tenant_of_its_own};
use super::statements::with_doc;
use crate::graph::{Bounded, Named, Profile, RoleId, StatementKind, TypeId, codes};

/// Longest grant of a profile that nobody approves.
const LONGEST_SELF_ACTIVATED: Duration = Duration(15 * Duration::MINUTE.0);
/// Most approvers of one grant: each is a typed slot of the grant record.
const MOST_APPROVERS: i64 = 5;
/// Events that can alert.
const EVENTS: [&str; 6] =
    [Step::Request.word(), Step::Approve.word(), Step::Refuse.word(), "use", Step::Revoke.word(), Step::Review.word()];

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
    bounds: BTreeMap<Clause, Bounded>,
    reason: bool,
    ticket: Option<Option<ast::Text>>,
    when: Option<ast::Expr>,
    approval: Option<Option<(ast::Number, Option<RoleId>, Span)>>,
    grants_per: Option<(Duration, i64)>,
    lifts: Vec<(usize, Span)>,
    alerts: BTreeMap<String, Vec<String>>,
    revokers: Vec<(RoleId, Span)>,
    review: Option<(Duration, Option<(RoleId, Span)>)>,
}

impl Draft {
    /// Whether a required clause was said.
    fn says(&self, clause: Clause) -> bool {
        match clause {
            Clause::For => self.eligible.is_some(),
            Clause::Grants => self.grants.is_some(),
            Clause::Approved => self.approval.is_some(),
            Clause::Review => self.review.is_some(),
            bound => self.bounds.contains_key(&bound),
        }
    }
}

fn profile(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::BreakGlassDecl) -> Option<Profile> {
    let mut draft = Draft::default();
    for clause in &decl.clauses {
        take(cx, &mut draft, clause);
    }
    settle(cx, item, decl, draft)
}

fn take(cx: &mut Resolver<'_>, draft: &mut Draft, clause: &ast::BreakGlassClause) {
    match &clause.kind {
        Kind::For(paths) => {
            let roles = paths.iter().filter_map(|path| find_role(cx, path).map(|role| (role, path.span))).collect();
            draft.eligible = Some(roles);
        }
        Kind::Grants(actions, types) => grants(cx, draft, clause.span, actions, types),
        Kind::Bound(known, amount) => {
            let value = in_bound(cx, *known, *amount);
            draft.bounds.insert(*known, Bounded { value, span: amount.span() });
        }
        Kind::Requires(requirements) => requires(cx, draft, requirements),
        Kind::When(expr) => draft.when = Some(expr.clone()),
        Kind::ApprovedByNone => draft.approval = Some(None),
        Kind::ApprovedBy(number, path) => {
            let role = find_role(cx, path);
            let count = positive(cx, *number, "write `approved by none` for a profile that needs no approval");
            if count > MOST_APPROVERS {
                bound(cx, number.span, format!("a grant has at most {MOST_APPROVERS} approvers"), "lower the number");
            }
            let number = ast::Number { value: count.min(MOST_APPROVERS), span: number.span };
            draft.approval = Some(Some((number, role, path.span)));
        }
        Kind::GrantsPer(window, number) => {
            let window = longer_than_nothing(cx, *window);
            draft.grants_per = Some((window, positive(cx, *number, "to allow no grants, remove the profile")));
        }
        Kind::Lifts(names) => {
            for name in names {
                lifts(cx, draft, name);
            }
        }
        Kind::Alerts(events, channel) => alerts(cx, draft, events, channel),
        Kind::RevokedBy(paths) => {
            draft.revokers =
                paths.iter().filter_map(|path| find_role(cx, path).map(|role| (role, path.span))).collect();
        }
        Kind::Review(within, path) => {
            let within = longer_than_nothing(cx, *within);
            draft.review = Some((within, find_role(cx, path).map(|role| (role, path.span))));
        }
    }
}

fn bound(cx: &mut Resolver<'_>, span: Span, message: impl Into<String>, help: impl Into<String>) {
    cx.out.push(Diagnostic::error(codes::BREAK_GLASS_BOUND, span, message).help(help));
}

/// The value of a bound; the least that there is in place of one that is not positive.
fn in_bound(cx: &mut Resolver<'_>, clause: Clause, amount: ast::Amount) -> i64 {
    let why = clause.row().bound.map_or("", |bound| bound.positive);
    match amount {
        ast::Amount::Count(number) => positive(cx, number, why),
        ast::Amount::Duration(duration) => longer_than_nothing(cx, duration).0,
    }
}

fn positive(cx: &mut Resolver<'_>, number: ast::Number, why: &str) -> i64 {
    if number.value < 1 {
        bound(cx, number.span, "must be at least 1", why);
        return 1;
    }
    number.value
}

fn longer_than_nothing(cx: &mut Resolver<'_>, duration: ast::DurationLiteral) -> Duration {
    if duration.value.0 <= 0 {
        bound(cx, duration.span, "must be positive", "write a duration such as `30m`");
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
            Diagnostic::error(codes::ALLOW_ANY, any, "a break-glass profile must name what it opens")
                .label("`any` is only allowed in denials and assertions")
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
                        Diagnostic::error(codes::BREAK_GLASS_CLAUSE, like.span, "a reason cannot have a pattern")
                            .help("only `ticket` takes a pattern: `ticket like \"INC-*\"`"),
                    );
                }
            }
            "ticket" => draft.ticket = Some(requirement.like.clone()),
            other => cx.out.push(
                Diagnostic::error(
                    codes::BREAK_GLASS_CLAUSE,
                    requirement.name.span,
                    format!("a request for a grant cannot require `{other}`"),
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
        let liftable = cx.program.requires.iter().filter(|require| require.liftable.is_some());
        let liftable: Vec<String> = liftable.map(|require| format!("`{}`", require.statement.name)).collect();
        cx.out.push(match cx.names.get(&name.text) {
            Some(other) => {
                let here = match liftable.as_slice() {
                    [] => String::new(),
                    names => format!("; declared here: {}", names.join(", ")),
                };
                let message = format!("`{}` is {}, but a guard is needed here", name.text, other.kind.article());
                Diagnostic::error(codes::WRONG_KIND, name.span, message)
                    .also(other.span, "declared here")
                    .help(format!("`lifts` takes the names of guards that begin with `liftable require`{here}"))
            }
            None => Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("unknown guard `{}`", name.text)).meant(
                name.span,
                &name.text,
                known.iter().map(String::as_str),
            ),
        });
        return;
    };
    let Some(require) = cx.program.requires.get(index) else {
        return;
    };
    if require.liftable.is_none() {
        let span = require.statement.span;
        cx.out.push(
            Diagnostic::error(codes::NOT_LIFTABLE, name.span, format!("`{}` is not liftable", name.text))
                .also(span, "declared without `liftable` here")
                .help(format!("write `{}: liftable require …` if a break-glass profile may lift it", name.text)),
        );
        return;
    }
    let guard = require.statement.id.clone();
    cx.refer(name.span, Named::Statement(guard));
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
            format!("the break-glass profile `{}` has no `{clause}`", decl.name.text),
        )
        .help(format!("add a line such as `{example}`")),
    );
}

/// A clause to add, with names that the package declares; `None` where it declares none that fit.
fn of_this_package(cx: &Resolver<'_>, draft: &Draft, clause: Clause) -> Option<String> {
    let eligible: Vec<RoleId> = draft.eligible.iter().flatten().map(|(role, _)| *role).collect();
    let others = cx.program.role_ids().filter(|role| !eligible.contains(role));
    let supervisor = others.chain(cx.program.role_ids()).next().map(|role| cx.program.role_name(role));
    match clause {
        Clause::For => Some(format!("for {};", cx.program.role_name(cx.program.role_ids().next()?))),
        Clause::Grants => {
            let action = cx.program.actions.iter().find(|action| action.declared_on.is_some())?;
            Some(format!("grants {} on {};", action.name, cx.program.type_name(action.declared_on?)))
        }
        Clause::Approved => Some(format!("approved by 1 of {};", supervisor?)),
        Clause::Review => Some(format!("review within 24h by {};", supervisor?)),
        _ => None,
    }
}

fn settle(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::BreakGlassDecl, mut draft: Draft) -> Option<Profile> {
    for clause in Clause::ALL {
        let row = clause.row();
        if let Some(example) = row.required.filter(|_| !draft.says(*clause)) {
            let example = of_this_package(cx, &draft, *clause).unwrap_or_else(|| example.to_owned());
            missing(cx, decl, row.word, &example);
        }
        if let Some(value) = row.bound.and_then(|bound| bound.default) {
            draft.bounds.entry(*clause).or_insert(Bounded { value, span: decl.name.span });
        }
    }
    if !draft.reason {
        missing(cx, decl, "requires reason", "requires reason, ticket like \"INC-*\";");
    }
    let expires = draft.bounds.get(&Clause::Expires).copied()?;
    let longest = Duration(expires.value);
    if longest > cx.longest_grant {
        let limit = cx.longest_grant;
        bound(
            cx,
            expires.span,
            format!("`expires within {longest}` exceeds the maximum of {limit}"),
            "write a shorter time, or raise `break_glass_hours` under `[limits]` in gatewright.toml",
        );
    }
    if let Some(idle) = draft.bounds.get(&Clause::Idle).filter(|idle| idle.value >= expires.value) {
        let message =
            format!("`idle {}` has no effect, because every grant ends within {longest}", Duration(idle.value));
        bound(cx, idle.span, message, format!("write less than `{longest}`, or remove `idle`"));
    }
    let approval = draft.approval?;
    if approval.is_none() && longest > LONGEST_SELF_ACTIVATED {
        bound(
            cx,
            expires.span,
            format!("without approval, `expires within {longest}` exceeds the maximum of {LONGEST_SELF_ACTIVATED}"),
            format!("write `expires within {LONGEST_SELF_ACTIVATED};` or require an approval"),
        );
    }
    let approval = match approval {
        None => None,
        Some((number, role, span)) => Some((number, role?, span)),
    };
    let eligible = draft.eligible?;
    for required in [Clause::Resources, Clause::Uses] {
        draft.bounds.get(&required)?;
    }
    let (within, reviewer) = draft.review?;
    let reviewer = reviewer?;
    let approver = approval.map(|(_, role, span)| (role, span));
    let everyone = eligible.iter().copied().chain(approver).chain(draft.revokers.iter().copied()).chain([reviewer]);
    let principal = one_principal(cx, everyone.collect())?;
    tenant_of_its_own(cx, decl, principal);
    Some(Profile {
        id: cx.statement_id(StatementKind::BreakGlass, &decl.name.text, item.span),
        name: decl.name.text.clone(),
        span: decl.name.span,
        whole: item.span,
        principal,
        eligible,
        actions: draft.actions,
        on: draft.on,
        bounds: draft.bounds,
        reason: draft.reason,
        ticket: draft.ticket,
        when: draft.when,
        approval,
        grants_per: draft.grants_per,
        lifts: draft.lifts,
        alerts: draft.alerts,
        revokers: draft.revokers.into_iter().map(|(role, _)| role).collect(),
        review: (within, reviewer.0),
        doc: item.doc.clone(),
        annotations: Vec::new(),
    })
}
