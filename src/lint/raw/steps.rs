//! Requests for the steps of break-glass, which are no kinds of request of the program, and how scopes speak of them.

use cedar_policy::pst;

use crate::lower::{Draft, StepRequest};

use super::Requests;

impl Requests<'_> {
    /// The requests for steps that a raw policy's scope admits.
    pub(in crate::lint) fn steps_admitted(&self, body: &pst::Template) -> Vec<&StepRequest> {
        let principal = self.principals(body);
        let admits = |step: &&StepRequest| {
            let is = |uid: &pst::EntityUID| (uid.ty.to_string(), uid.eid.to_string());
            let names = |uid| [&step.action, &step.group].contains(&&is(uid));
            let action = match &body.action {
                pst::ActionConstraint::Any => true,
                pst::ActionConstraint::Eq(one) => is(one) == step.action,
                pst::ActionConstraint::In(several) => several.iter().any(names),
            };
            // A profile lies in nothing but itself.
            let resource = match &body.resource {
                pst::ResourceConstraint::Any => true,
                pst::ResourceConstraint::Eq(one) | pst::ResourceConstraint::In(one) => match one {
                    pst::EntityOrSlot::Entity(uid) => is(uid) == step.profile,
                    pst::EntityOrSlot::Slot(_) => true,
                },
                pst::ResourceConstraint::Is(ty) | pst::ResourceConstraint::IsIn(ty, _) => {
                    ty.to_string() == step.profile.0
                }
            };
            action && resource && self.fits(&principal, step.principal)
        };
        self.steps.iter().filter(admits).collect()
    }

    /// The requests for steps that a policy of a Gate statement is about.
    pub(in crate::lint) fn steps_concerned(&self, draft: &Draft) -> Vec<&StepRequest> {
        self.steps.iter().filter(|step| draft.actions.contains(&step.action)).collect()
    }
}
