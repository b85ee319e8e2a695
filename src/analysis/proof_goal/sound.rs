//! Findings that rest on a `forbid` that errors: Cedar skips it there, and a gateway denies.

use cedar_policy::Effect;

use crate::analysis::base::Base;
use crate::analysis::erring::where_none_errs;
use crate::analysis::prover::Asking;
use crate::analysis::question::{Claim, Question};
use crate::analysis::rule::{Rule, Rules};

/// What is told of a finding that no gateway shows.
pub(super) const ONLY_WHERE_A_FORBID_ERRORS: &str = "plain Cedar allows it, but only because a `forbid` errors; a gateway denies it. \
    Write the `forbid` so that it cannot error";

/// The same claim of those requests on which no forbid errors. `None` where none can, or where that cannot be said.
pub(super) fn without_errors(question: &Question, asking: &mut Asking<'_>, base: &Base) -> Option<Question> {
    let Claim::Disjoint(slice, requests) = &question.claim else {
        return None;
    };
    let mut erring = Vec::new();
    for rule in slice.iter().filter(|rule| rule.policy().effect() == Effect::Forbid) {
        let never = Question { environment: question.environment.clone(), claim: Claim::NeverErrors(rule.clone()) };
        if !asking.answer(&base.ground, &never).holds() {
            erring.push(rule.policy());
        }
    }
    if erring.is_empty() {
        return None;
    }
    let mut sound = Vec::new();
    for rule in requests.iter() {
        sound.push(match rule.policy().effect() {
            Effect::Permit => Rule::new(&where_none_errs(rule.policy(), erring.iter().copied())?)?,
            Effect::Forbid => rule.clone(),
        });
    }
    Some(Question {
        environment: question.environment.clone(),
        claim: Claim::Disjoint(slice.clone(), Rules::new(sound)),
    })
}
