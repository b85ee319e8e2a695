//! A grant that another one contains: the same access, on the same or on fewer conditions.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::StatementId;
use crate::lint::expr::shape;
use crate::lint::{Cx, Sink, declare_lint};
use crate::lower::{Draft, Effect};
use crate::typing::{TypedExpr, TypedKind};

declare_lint! {
    id: "redundant-grant",
    summary: "a grant that another grant contains",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let grants: BTreeMap<&StatementId, usize> =
        cx.program.grants.iter().enumerate().map(|(at, grant)| (&grant.statement.id, at)).collect();
    let mut accesses: BTreeMap<Named<'_>, Vec<Access<'_>>> = BTreeMap::new();
    let mut index: BTreeMap<Access<'_>, BTreeSet<usize>> = BTreeMap::new();
    for draft in cx.lowered.drafts.iter().filter(|draft| draft.effect == Effect::Permit) {
        let Some(grant) = grants.get(&draft.of) else { continue };
        for action in &draft.actions {
            let access = Access::of(draft, action);
            index.entry(access.clone()).or_default().insert(*grant);
            accesses.entry((*grant, action)).or_default().push(access);
        }
    }
    // From the last to the first, so that of two that say the same the later one is told; what is told contains nothing.
    let mut told: BTreeSet<Named<'_>> = BTreeSet::new();
    for (named, all) in accesses.iter().rev() {
        let (grant, action) = *named;
        // What a wildcard stands for is not what its grant names.
        let is_named = |id| cx.program.action(id).is_some_and(|found| found.cedar == *action);
        let own = cx.program.grants.get(grant).map(|grant| &grant.actions);
        if !own.into_iter().flatten().any(|(id, _)| is_named(*id)) {
            continue;
        }
        let counts = |other: &usize| *other != grant && !told.contains(&(*other, action));
        let container = |access: &Access<'_>| {
            let mut wider = access.wider();
            wider.find_map(|wider| index.get(&wider)?.iter().copied().find(|other| counts(other)))
        };
        let containers: Option<Vec<usize>> = all.iter().map(container).collect();
        let Some(first) = containers.and_then(|all| all.first().copied()) else {
            continue;
        };
        told.insert(*named);
        let (Some(grant), Some(other)) = (cx.program.grants.get(grant), cx.program.grants.get(first)) else {
            continue;
        };
        let name = |id| cx.program.action(id).filter(|found| found.cedar == *action);
        let Some((found, at)) = grant.actions.iter().find_map(|(id, at)| Some((name(*id)?, *at))) else {
            continue;
        };
        let message = format!("`{}` grants nothing that `{}` does not", grant.statement.name, other.statement.name);
        let finding = out
            .finding(at, message)
            .label(format!("`{}` again", found.full_name(cx.program)))
            .also(other.statement.span, "has no additional conditions")
            .help("remove it: narrowing the other grant later would leave this one open");
        out.push(finding);
    }
}

/// An action of a grant.
type Named<'a> = (usize, &'a (String, String));

/// Who gets what, and the conjuncts of the condition, sorted. Guards are left out: they are the same for all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Access<'a> {
    principal: Option<&'a str>,
    role: Option<&'a (String, String)>,
    action: &'a (String, String),
    resource: Option<&'a str>,
    when: Vec<String>,
}

/// Conditions of more conjuncts are compared with equal ones and with none only: their subsets are too many to look up.
const MOST_CONJUNCTS: usize = 6;

impl<'a> Access<'a> {
    fn of(draft: &'a Draft, action: &'a (String, String)) -> Self {
        let mut when = BTreeSet::new();
        for part in draft.when.iter().filter(|part| part.guard.is_none()) {
            conjuncts(&part.expr, &mut when);
        }
        Self {
            principal: draft.principal.as_deref(),
            role: draft.role.as_ref(),
            action,
            resource: draft.resource.as_deref(),
            when: when.into_iter().collect(),
        }
    }

    /// Every access that contains this one: to the same role or the whole type, on a part of its conditions.
    fn wider(&self) -> impl Iterator<Item = Self> + '_ {
        let count = self.when.len();
        let masks: Vec<u32> = match count <= MOST_CONJUNCTS {
            true => (0..1 << count).collect(),
            false => vec![0, u32::MAX],
        };
        let roles: BTreeSet<_> = BTreeSet::from([self.role, None]);
        roles.into_iter().flat_map(move |role| {
            masks.clone().into_iter().map(move |mask| {
                let kept = self.when.iter().enumerate();
                let kept = kept.filter(|(at, _)| mask == u32::MAX || mask >> at & 1 == 1);
                Self { role, when: kept.map(|(_, one)| one.clone()).collect(), ..*self }
            })
        })
    }
}

fn conjuncts(expr: &TypedExpr, into: &mut BTreeSet<String>) {
    match &expr.kind {
        TypedKind::Named(_, body) => conjuncts(body, into),
        TypedKind::And(parts) => parts.iter().for_each(|part| conjuncts(part, into)),
        _ => {
            into.insert(shape(expr));
        }
    }
}
