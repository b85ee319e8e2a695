//! Policies that can error: asked of the solver, or shown by a request built from the schema where strict validation refuses
//! the policy. Cedar skips what errors, so that a forbid then forbids nothing.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::pst::{BinaryOp, Expr, UnaryOp};
use cedar_policy::{Effect, EntityUid, Policy};

use super::environment_slice::{EnvironmentSlice, Known};
use super::impact::ask;
use super::years::within_years;
use super::{Asked, Basis, Erring, Fact, Skipped, Statement};
use crate::analysis::prover::Asking;
use crate::analysis::question::{Answer, Claim, Counterexample, Unknown};
use crate::analysis::rule::Rule;
use crate::analysis::sample::Scope;
use crate::analysis::witness::{Stage, Witness};
use crate::bundle::{Contract, OriginKind};
use crate::decide::{Engine, Outcome};
use crate::graph::StatementId;
use crate::lower;
use crate::text::Instant;

/// How requests are replayed and shown.
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    /// Decides as plain Cedar does; `None` where what was compiled cannot be loaded.
    pub plain: &'a (dyn Fn() -> Option<&'a Engine> + Sync),
    /// What entities must keep.
    pub contract: &'a Contract,
    /// The time to set clocks to.
    pub at: Instant,
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").finish_non_exhaustive()
    }
}

/// How statements error.
pub(super) fn erring(
    asked: &Asked<'_>,
    slices: &[EnvironmentSlice<'_>],
    statements: &[Statement],
    unsound: &BTreeSet<String>,
) -> BTreeMap<StatementId, Fact<Option<Erring>>> {
    let raw_permits =
        statements.iter().any(|statement| statement.kind == OriginKind::Raw && statement.effect == Effect::Permit);
    // Gate's permits have their guards conjoined, so that what errors in a guard lets nobody in by them.
    let of_interest = |statement: &&Statement| !statement.is_guard() || raw_permits;
    let statements: Vec<&Statement> = statements.iter().filter(of_interest).collect();
    let literals = slices.first().map(|slice| slice.base.literals()).unwrap_or_default();
    let search = Search { replay: asked.replay, slices, unsound, literals: &literals };
    let found: Vec<Fact<Option<Erring>>> = match asked.prover {
        Some(prover) => prover.each(&statements, |asking, statement| search.statement(Some(asking), statement)),
        None => statements.iter().map(|statement| search.statement(None, statement)).collect(),
    };
    let ids = statements.iter().map(|statement| statement.id.clone());
    ids.zip(found).collect()
}

struct Search<'a, 'r> {
    replay: Replay<'r>,
    slices: &'a [EnvironmentSlice<'a>],
    unsound: &'a BTreeSet<String>,
    literals: &'a BTreeSet<EntityUid>,
}

impl Search<'_, '_> {
    /// The first way in which a statement errors, one that lets somebody in before others. A permit that errors lets nobody in.
    fn statement(&self, mut asking: Option<&mut Asking<'_>>, statement: &Statement) -> Fact<Option<Erring>> {
        let mut first: Option<Erring> = None;
        let mut unknown: Option<String> = None;
        let mut unasked = false;
        for at in &statement.policies {
            match self.policy(asking.as_deref_mut(), *at) {
                Fact::Known(Some(found)) if is_worst(&found, statement.effect) => return Fact::Known(Some(found)),
                Fact::Known(Some(found)) => first = Some(worse(first, found)),
                Fact::Known(None) => {}
                Fact::Partly(_, why) | Fact::Unknown(why) => unknown = unknown.or(Some(why)),
                Fact::NotAsked => unasked = true,
            }
        }
        match (first, unknown) {
            (Some(found), _) => Fact::Known(Some(found)),
            (None, Some(why)) => Fact::Unknown(why),
            (None, None) if unasked => Fact::NotAsked,
            (None, None) => Fact::Known(None),
        }
    }

    fn policy(&self, asking: Option<&mut Asking<'_>>, at: usize) -> Fact<Option<Erring>> {
        let admitting: Vec<&EnvironmentSlice<'_>> =
            self.slices.iter().filter(|slice| slice.positions.binary_search(&at).is_ok()).collect();
        let Some(rule) = admitting.first().and_then(|slice| slice.rule(at)) else {
            return Fact::Known(None);
        };
        let id = rule.policy().id().to_string();
        let unsound = self.unsound.contains(&id);
        if !unsound && !can_error(rule.policy()) {
            return Fact::Known(None);
        }
        let Some(asking) = asking else {
            return match unsound {
                true => self.shown(&admitting, at, &id).unwrap_or_default(),
                false => Fact::NotAsked,
            };
        };
        let mut first = None;
        let mut unknown = None;
        for slice in &admitting {
            match ask(asking, slice, Claim::NeverErrors(rule.clone())) {
                Answer::Holds => {}
                Answer::Unknown(why @ Unknown::Refused(_)) => {
                    let shown = self.shown(&admitting, at, &id);
                    return shown.unwrap_or_else(|| Fact::Unknown(why.to_string()));
                }
                Answer::Unknown(why) => unknown = unknown.or(Some(why.to_string())),
                Answer::Fails(found) => {
                    let effect = rule.policy().effect();
                    let opens = effect == Effect::Forbid;
                    let (found, remote) = in_common_years(asking, slice, rule, at, found);
                    let known = match opens {
                        true => let_in(slice, *found, at),
                        false => slice.tried(*found),
                    };
                    match self.erring(slice, &known, at, &id, Basis::Proved) {
                        Ok(erring) => {
                            let erring = Erring { remote, ..erring };
                            if is_worst(&erring, effect) {
                                return Fact::Known(Some(erring));
                            }
                            first = Some(worse(first, erring));
                        }
                        Err(why) => unknown = unknown.or(Some(why)),
                    }
                }
            }
        }
        match (first, unknown) {
            (Some(found), _) => Fact::Known(Some(found)),
            (None, Some(why)) => Fact::Unknown(why),
            (None, None) => Fact::Known(None),
        }
    }

    /// Looks for a request built from the schema on which a policy errors.
    fn shown(&self, admitting: &[&EnvironmentSlice<'_>], at: usize, id: &str) -> Option<Fact<Option<Erring>>> {
        let mut first = None;
        for slice in admitting {
            for known in samples(slice, at) {
                let outcome = outcome(slice, &known);
                if !known.tried.errors.contains_key(&at) || (outcome == Skipped::Denied && first.is_some()) {
                    continue;
                }
                let Ok(erring) = self.erring(slice, &known, at, id, Basis::Witnessed) else {
                    continue;
                };
                match outcome {
                    Skipped::Allowed => return Some(Fact::Known(Some(erring))),
                    Skipped::Denied => first = Some(erring),
                }
            }
        }
        first.map(|found| Fact::Known(Some(found)))
    }

    /// The same request made fit to be shown.
    fn erring(
        &self,
        slice: &EnvironmentSlice<'_>,
        known: &Known,
        at: usize,
        id: &str,
        basis: Basis,
    ) -> Result<Erring, String> {
        let Some(message) = known.tried.errors.get(&at) else {
            return Err("the solver's request does not replay: a bug in the prover".to_owned());
        };
        let Some(plain) = (self.replay.plain)() else {
            return Err("the compiled policies cannot be loaded, so no request can be replayed".to_owned());
        };
        let outcome = outcome(slice, known);
        let shows = |decision: Option<crate::decide::Decision>| {
            decision.is_some_and(|decision| {
                let errors = decision.errors.iter().any(|error| error.policy == id);
                errors
                    && match outcome {
                        Skipped::Allowed => decision.outcome == Outcome::Allow,
                        Skipped::Denied => decision.outcome == Outcome::Deny,
                    }
            })
        };
        let stage = Stage {
            contract: self.replay.contract,
            literals: self.literals,
            at: self.replay.at,
            engine: plain,
            shows: &|witness| shows(witness.decide(plain)),
            shows_unchecked: &|witness| shows(witness.decide_unchecked(plain)),
        };
        let witness = Witness::new(&known.found, stage).map_err(|why| why.to_string())?;
        // Made small, it may err at other values.
        let decision = witness.decide(plain);
        let mut errors = decision.iter().flat_map(|decision| &decision.errors);
        let replayed = errors.find(|error| error.policy == id).map(|error| &error.message);
        Ok(Erring {
            policy: id.to_owned(),
            message: replayed.unwrap_or(message).clone(),
            witness,
            outcome,
            basis,
            remote: false,
        })
    }
}

/// Whether no way of erring is worse: it lets somebody in, or is a permit's, and takes no time that nobody can state.
fn is_worst(found: &Erring, effect: Effect) -> bool {
    !found.remote && (found.outcome == Skipped::Allowed || effect == Effect::Permit)
}

/// The worse of two ways of erring, the first of two alike.
fn worse(first: Option<Erring>, found: Erring) -> Erring {
    let rank = |erring: &Erring| (erring.remote, erring.outcome);
    match first {
        Some(first) if rank(&first) <= rank(&found) => first,
        _ => found,
    }
}

/// Asks for an error with times that can be written, where computing with times is a part of it; says whether there is none.
fn in_common_years(
    asking: &mut Asking<'_>,
    slice: &EnvironmentSlice<'_>,
    rule: &Rule,
    at: usize,
    found: Box<Counterexample>,
) -> (Box<Counterexample>, bool) {
    let Some(stated) = within_years(rule.policy()).and_then(|policy| Rule::new(&policy)) else {
        return (found, false);
    };
    match ask(asking, slice, Claim::NeverErrors(stated)) {
        Answer::Holds => (found, true),
        Answer::Fails(common) if slice.tried((*common).clone()).tried.errors.contains_key(&at) => (common, false),
        Answer::Fails(_) | Answer::Unknown(_) => (found, false),
    }
}

/// Requests built from the schema, in the scope of a policy, and of those that may let in beside it.
fn samples(slice: &EnvironmentSlice<'_>, at: usize) -> Vec<Known> {
    let Some(rule) = slice.rule(at) else { return Vec::new() };
    let own = Scope::of(rule.policy());
    let mut scopes = BTreeSet::from([own.clone()]);
    if slice.effect(at) == Some(Effect::Forbid) {
        let permits = slice.of_effect(Effect::Permit).filter_map(|at| slice.rule(at));
        scopes.extend(permits.map(|rule| own.and(&Scope::of(rule.policy()))).take(MOST_SCOPES));
    }
    let all = scopes.iter().flat_map(|scope| slice.samples(scope));
    all.map(|sample| slice.tried(sample)).collect()
}

/// The same request, with a principal for whom some permit applies, where giving it what a scope asks for does that.
fn let_in(slice: &EnvironmentSlice<'_>, found: Counterexample, at: usize) -> Known {
    let permits = slice.of_effect(Effect::Permit).filter_map(|at| slice.rule(at));
    let scopes: BTreeSet<Scope> = permits.map(|rule| Scope::of(rule.policy())).take(MOST_SCOPES).collect();
    let wider = scopes.iter().filter_map(|scope| slice.within(&found, scope));
    let known = wider
        .map(|found| slice.tried(found))
        .find(|known| known.tried.errors.contains_key(&at) && outcome(slice, known) == Skipped::Allowed);
    known.unwrap_or_else(|| slice.tried(found))
}

/// Scopes of permits that are tried beside a forbid.
const MOST_SCOPES: usize = 64;

/// What plain Cedar decides.
fn outcome(slice: &EnvironmentSlice<'_>, known: &Known) -> Skipped {
    let any = |effect| {
        let mut applied = known.tried.applied.iter();
        applied.any(|at| slice.effect(*at) == Some(effect))
    };
    match any(Effect::Permit) && !any(Effect::Forbid) {
        true => Skipped::Allowed,
        false => Skipped::Denied,
    }
}

/// Whether a policy that strict validation accepts may still error: by arithmetic that overflows.
fn can_error(policy: &Policy) -> bool {
    lower::has_part(policy, &|part| match part {
        Expr::UnaryOp { op, .. } => !matches!(
            op,
            UnaryOp::Not
                | UnaryOp::IsEmpty
                | UnaryOp::Ip
                | UnaryOp::Decimal
                | UnaryOp::Datetime
                | UnaryOp::Duration
                | UnaryOp::IsIPv4
                | UnaryOp::IsIPV6
                | UnaryOp::IsLoopback
                | UnaryOp::IsMulticast
        ),
        Expr::BinaryOp { op, .. } => {
            matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Offset | BinaryOp::DurationSince)
        }
        Expr::Literal(_)
        | Expr::Var(_)
        | Expr::GetAttr { .. }
        | Expr::HasAttr { .. }
        | Expr::Like { .. }
        | Expr::Is { .. }
        | Expr::IfThenElse { .. }
        | Expr::Set(_)
        | Expr::Record(_) => false,
        // What later versions of Cedar add may do anything.
        _ => true,
    })
}
