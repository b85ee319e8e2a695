//! Limits on what a few lines can stand for. A program beyond one is refused at the place that takes most, and goes no further.

use crate::diag::Diagnostic;
use crate::graph::{ActionId, codes};
use crate::text::Span;

use super::Resolver;

/// The most actions of a program.
const MOST_ACTIONS: usize = 50_000;

/// The most kinds of request of a program: an action, with a type that may ask for it and a type that it is decided on.
const MOST_KINDS: u64 = 50_000;

/// The most attributes of the contexts of all actions together.
const MOST_FACTS: u64 = 500_000;

/// The most actions that all statements name together, `any` and groups counted by what they stand for.
const MOST_NAMED: usize = 400_000;

/// Whether a statement may name some more actions. The first that may not is told.
pub(super) fn may_name(cx: &mut Resolver<'_>, actions: usize, at: Span) -> bool {
    let before = cx.named;
    cx.named = before.saturating_add(actions);
    if cx.named <= MOST_NAMED {
        return true;
    }
    if before <= MOST_NAMED {
        refuse(
            cx,
            at,
            format!("all statements together name more than {MOST_NAMED} actions"),
            "name fewer types or actions in one statement; everything that `any` and groups stand for is counted",
        );
    }
    false
}

/// Whether there may be one action more. The first that may not is told.
pub(super) fn may_declare(cx: &mut Resolver<'_>, at: Span) -> bool {
    if cx.program.actions.len() < MOST_ACTIONS {
        return true;
    }
    if !cx.program.is_too_large {
        refuse(
            cx,
            at,
            format!("there are more than {MOST_ACTIONS} actions"),
            "use the set of actions on fewer types, or split the package",
        );
    }
    false
}

/// Kinds of request and contexts, which are products of what is written.
pub(super) fn kinds(cx: &mut Resolver<'_>) {
    let mut kinds: u64 = 0;
    let mut facts: u64 = 0;
    let mut most: Option<(u64, ActionId)> = None;
    for id in cx.program.action_ids() {
        let Some(action) = cx.program.action(id) else { continue };
        let own = count(cx.program.count_principals_of(id)).saturating_mul(count(action.decided_on.len()));
        kinds = kinds.saturating_add(own);
        let common = if action.is_raw() { 0 } else { cx.program.context.len() };
        facts = facts.saturating_add(count(action.context.len().saturating_add(common)));
        if most.is_none_or(|(most, _)| own > most) {
            most = Some((own, id));
        }
    }
    let Some(at) = most.and_then(|(_, id)| cx.program.action(id)).map(|action| action.span) else {
        return;
    };
    if kinds > MOST_KINDS {
        refuse(
            cx,
            at,
            format!("there are {kinds} kinds of request, more than {MOST_KINDS}"),
            "let fewer principal types request an action, or split the package: an action is one kind of request for each \
             type that may request it and each type that it is decided on",
        );
    }
    if facts > MOST_FACTS {
        let at = cx.program.context.values().next().map_or(at, |fact| fact.attribute.span);
        refuse(
            cx,
            at,
            format!("the contexts of all actions together have {facts} attributes, more than {MOST_FACTS}"),
            "declare what only a few actions need on those actions: `action approve { reason: String }`",
        );
    }
}

fn refuse(cx: &mut Resolver<'_>, at: Span, message: String, help: &str) {
    cx.program.is_too_large = true;
    cx.out.push(Diagnostic::error(codes::EXPANSION_LIMIT, at, message).help(help));
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
