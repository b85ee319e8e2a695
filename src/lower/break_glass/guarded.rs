//! Guards on the steps of break-glass. A guard that a profile lifts does not reach the steps of that profile: who asks for a
//! grant to be free of a guard need not meet it.

use crate::bundle::OriginKind;
use crate::clauses::Step;
use crate::diag::Diagnostic;
use crate::graph::{Profile, ProfileStep, Require};
use crate::lower::codes;
use crate::lower::draft::{Draft, Effect, Part, policy_id};
use crate::lower::holders::Base;
use crate::lower::lowering::Lowering;
use crate::lower::names::{profile_entity, step_action};

use super::get;

impl Lowering<'_> {
    /// The forbids of a guard that names steps.
    pub(in crate::lower) fn require_of_steps(&mut self, at: usize, require: &Require) {
        let program = self.program;
        for ProfileStep { profile: id, step } in &require.steps {
            let Some(profile) = program.profile(*id) else { continue };
            if is_lifted(profile, at) {
                self.lifted(require, profile, *step);
                continue;
            }
            let Some(typed) = self.typed(require.when(), &self.step_kind(profile, *step)) else {
                continue;
            };
            let statement = &require.statement;
            let id = policy_id(&statement.name, &["break-glass", &profile.name, step.word()]);
            let draft = self.profile_draft(profile, id, Effect::Forbid);
            self.drafts.push(Draft {
                actions: vec![step_action(program, *step, profile)],
                resource_is: Some(profile_entity(program, profile)),
                unless: vec![Part::written(typed)],
                of: statement.id.clone(),
                statement: statement.name.clone(),
                kind: OriginKind::Require,
                span: statement.span,
                because: statement.because.as_ref().map(|because| because.value.clone()),
                annotations: statement.annotations.clone(),
                ..draft
            });
        }
    }

    /// What guards demand of a step, to be conjoined to what permits it. A guard that does not type is told with its forbid.
    pub(super) fn step_guards(&self, profile: &Profile, step: Step) -> Vec<Part> {
        let guards = self.program.requires.iter().enumerate();
        let concerned = guards.filter(|(at, require)| {
            let named = |at: &ProfileStep| {
                at.step == step && (self.program.profile(at.profile)).is_some_and(|other| other.name == profile.name)
            };
            !is_lifted(profile, *at) && require.steps.iter().any(named)
        });
        let kind = self.step_kind(profile, step);
        let part = |(_, require): (usize, &Require)| {
            let typed = self.try_typed(require.when(), &kind).ok()?;
            Some(Part::written(typed).of_guard(&require.statement.name))
        };
        concerned.filter_map(part).collect()
    }

    /// Where roles that are held per entity are looked for at a step: on what the requester belongs to.
    pub(in crate::lower) fn step_base(&self, profile: &Profile, step: Step) -> Base {
        let requester = match step {
            Step::Request => Self::principal(profile.principal, profile.span),
            Step::Approve | Step::Refuse | Step::Withdraw | Step::Revoke | Step::Review => {
                get(&Self::context(profile.span), "requester")
            }
        };
        self.requester(profile, requester)
    }

    fn lifted(&mut self, require: &Require, profile: &Profile, step: Step) {
        let (name, guard) = (&profile.name, &require.statement.name);
        self.out.push(
            Diagnostic::warning(
                codes::GUARD_LEAVES_OUT,
                require.statement.span,
                format!("`{guard}` does not apply to `{}.{name}`", step.action()),
            )
            .also(profile.span, format!("`{name}` lifts `{guard}`"))
            .help("a guard that a profile lifts does not apply to the steps of that profile; write a second guard for the step"),
        );
    }
}

/// Whether a profile lifts a guard.
fn is_lifted(profile: &Profile, guard: usize) -> bool {
    profile.lifts.iter().any(|(at, _)| *at == guard)
}
