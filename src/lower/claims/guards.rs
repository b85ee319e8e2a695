//! What `isolate`, `require` and `separate` promise.

use std::collections::BTreeSet;

use crate::graph;
use crate::graph::{ActionId, Profile, Ty};
use crate::lower::draft::Effect;
use crate::lower::short::get;
use crate::syntax::ast::Operator;
use crate::typing::TypedExpr;

use super::builder::{Place, follow, principal, resource};
use super::{Claim, Claims, Counted, PropertyKind};

impl Claims<'_> {
    pub(super) fn claimed_by_isolations(&self, claims: &mut Vec<Claim>) {
        let program = self.program;
        let everything: Vec<ActionId> = program.action_ids().collect();
        for isolation in &program.isolations {
            let statement = &isolation.statement;
            let words = format!("no request across `{}` is allowed", isolation.by);
            let mut claim = Claim::new(&statement.id, &statement.name, PropertyKind::Isolation, statement.span, words);
            for target in self.targets(&everything, &[]) {
                let excepted = |(ty, _): &(graph::TypeId, _)| *ty == target.principal || *ty == target.resource;
                if isolation.except.iter().any(excepted) {
                    claim.skipped.insert(self.told(target));
                    continue;
                }
                let mut same = Vec::new();
                for own in graph::paths(program, target.principal, isolation.tenant) {
                    for path in graph::paths(program, target.resource, isolation.tenant) {
                        let (mut tests, mine) = follow(principal(statement.span), &own);
                        let (more, theirs) = follow(resource(statement.span), &path);
                        tests.extend(more);
                        tests.push(mine.binary(Operator::Equal, theirs));
                        same.push(TypedExpr::all(tests, statement.span));
                    }
                }
                // Where no path leads to a tenant nothing is the same tenant, and nothing may be allowed.
                let fine = match same.is_empty() {
                    true => Vec::new(),
                    false => vec![TypedExpr::all(same, statement.span)],
                };
                claim.all_but(self, target, fine);
            }
            claims.push(claim);
        }
    }

    pub(super) fn claimed_by_requires(&self, claims: &mut Vec<Claim>) {
        let program = self.program;
        for (at, require) in program.requires.iter().enumerate() {
            let statement = &require.statement;
            let lifting: BTreeSet<String> = program
                .profiles
                .iter()
                .filter(|profile| lifts(profile, at))
                .map(|profile| profile.name.clone())
                .collect();
            let words = match lifting.is_empty() {
                true => format!("every request that is allowed satisfies `{}`", statement.name),
                false => {
                    let names: Vec<String> = lifting.iter().map(|name| format!("`{name}`")).collect();
                    let names = names.join(" or ");
                    format!("every request that is allowed without a grant of {names} satisfies `{}`", statement.name)
                }
            };
            let mut claim = Claim::new(&statement.id, &statement.name, PropertyKind::Require, statement.span, words);
            // What a grant's own permits open is held to the profile, clause by clause.
            claim.counted = match lifting.is_empty() {
                true => Counted::All,
                false => Counted::Without(lifting.clone()),
            };
            for target in self.targets(&require.actions, &require.on) {
                let fine = self.typed(require.when(), &self.kind(Place::Resource(target)));
                for profile in &program.profiles {
                    let covers = profile.principal == target.principal
                        && profile.actions.iter().any(|(id, _)| *id == target.action);
                    if !covers || !lifting.contains(&profile.name) {
                        continue;
                    }
                    // What a grant promises, all of it: such a grant lifts the guard.
                    let clauses = self.clauses(profile, target).into_iter();
                    claim.excuse(self, target, clauses.map(|clause| clause.holds).collect());
                }
                claim.all_but(self, target, fine.into_iter().collect());
            }
            for (profile, step) in self.steps_of(&require.steps) {
                if lifts(profile, at) {
                    claim.skipped.insert(self.told_step((profile, step), profile.principal));
                    continue;
                }
                claim.add_step(self, Effect::Permit, (profile, step), Vec::new());
                if let Some(holds) = self.typed(require.when(), &self.kind(Place::Step(profile, step))) {
                    claim.add_step(self, Effect::Forbid, (profile, step), vec![holds]);
                }
            }
            claims.push(claim);
        }
    }

    pub(super) fn claimed_by_separations(&self, claims: &mut Vec<Claim>) {
        let program = self.program;
        for separation in &program.separations {
            // Two duties that no role may join are compared role by role, when the statement is resolved.
            let Some((by, _)) = &separation.by else { continue };
            let statement = &separation.statement;
            let words = format!(
                "whoever did `{}`, as recorded in `{by}`, is not allowed `{}`",
                program.action_name(separation.first),
                program.action_name(separation.second)
            );
            let mut claim = Claim::new(&statement.id, &statement.name, PropertyKind::Separation, statement.span, words);
            for target in self.targets(&[separation.second], &[]) {
                let attribute = program.ty(target.resource).and_then(|ty| ty.attributes.get(by));
                if !attribute.is_some_and(|attribute| attribute.ty == Ty::Entity(target.principal)) {
                    claim.skipped.insert(self.told(target));
                    continue;
                }
                let did_first = get(&resource(statement.span), by).binary(Operator::Equal, principal(statement.span));
                claim.add(self, Effect::Permit, target, vec![did_first]);
            }
            claims.push(claim);
        }
    }
}

/// Whether a profile lifts a guard.
fn lifts(profile: &Profile, guard: usize) -> bool {
    profile.lifts.iter().any(|(lifted, _)| *lifted == guard)
}
