//! What the lints about errors share: the finding with the request that shows it.

use cedar_policy::Effect;

use crate::analysis::facts::Skipped;

use super::hazard::REMOTE_TIMES;
use super::{Cx, Sink, proofs};

/// Finds the statements of an effect that error.
pub(super) fn check(cx: &Cx<'_>, out: &mut Sink, effect: Effect) {
    for stated in proofs::statements(cx) {
        if stated.facts.effect != effect {
            continue;
        }
        let Some(erring) = proofs::known(&stated.facts.erring).and_then(Option::as_ref) else {
            continue;
        };
        let action = erring.witness.request.action.id().unescaped().to_owned();
        let (message, label) = match (effect, erring.outcome) {
            (Effect::Forbid, Skipped::Allowed) => (
                format!("{} errors on `{action}`, and the request is allowed", stated.name),
                "skipped, and another policy allows the request",
            ),
            (Effect::Forbid, Skipped::Denied) => (
                format!("{} errors on `{action}` and does not forbid it", stated.name),
                "skipped; no other policy allows the request",
            ),
            (Effect::Permit, _) => (format!("{} errors on `{action}` and does not allow it", stated.name), "skipped"),
        };
        let finding = match erring.remote {
            true => out.warning(stated.at, message).note(REMOTE_TIMES),
            false => out.finding(stated.at, message),
        };
        let mut finding = finding
            .label(label)
            .help("test optional attributes with `has`, and keep arithmetic within bounds")
            .evidence(proofs::evidence(erring.basis))
            .note(format!("Cedar: {}", erring.message));
        for line in erring.witness.lines() {
            finding = finding.note(line);
        }
        out.push(finding);
    }
}
