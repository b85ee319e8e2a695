//! What is different about a mutant on which every test passes.

use std::collections::BTreeMap;

use cedar_policy::EntityTypeName;

use crate::bundle::{BreakGlassProfile, PROFILE_TYPE};
use crate::mutation::{Decided, Mutant, Outcome, Shown};
use crate::semdiff;
use crate::semdiff::{Basis, CompareError, Difference, Effect, Side, Verdict};

use super::lab::{Compiled, Lab};
use super::same::same;

/// What is different about a mutant on which every test passes.
pub(super) fn compare(lab: &Lab<'_>, mutant: &Mutant, compiled: &Compiled) -> Result<Outcome, CompareError> {
    let program = lab.program();
    let other = compiled.side();
    let difference = lab.difference(program, other)?;
    if let Some(shown) = shown(&difference) {
        return Ok(Outcome::Missed(Box::new(shown)));
    }
    // What a grant takes and how long it lasts is no matter of single requests. What it lifts is: policies decide it.
    let terms = |side: &Side<'_>| {
        let profiles = side.lowered.contract.break_glass.clone().into_iter();
        let terms = profiles.map(|(name, profile)| (name, BreakGlassProfile { lifts: Vec::new(), ..profile }));
        terms.collect::<BTreeMap<_, _>>()
    };
    let profiles = (terms(&program), terms(&other));
    if profiles.0 != profiles.1 {
        let changed = profiles.0.iter().find(|(name, profile)| profiles.1.get(*name) != Some(*profile));
        let name = changed.map_or("", |(name, _)| name.as_str());
        return Ok(Outcome::Missed(Box::new(Shown {
            what: format!("break-glass {name} grants on different terms; only a test with steps can show it"),
            request: None,
        })));
    }
    // No request of today shows what links of a template may be allowed.
    let opened = difference.terms.iter().find(|term| term.effect == Effect::Weakens);
    Ok(match difference.verdict() {
        Verdict::Widened | Verdict::Both if opened.is_some() => {
            let term = opened.map_or("", |term| term.path.as_str());
            Outcome::Undecided(format!("every request is decided as before, but on weaker terms: `{term}`"))
        }
        Verdict::Equivalent if difference.extent.assuming > 0 => Outcome::Undecided(
            "it is equivalent for times within 146 million years of 1970; further out Cedar's arithmetic overflows"
                .to_owned(),
        ),
        Verdict::Equivalent => Outcome::Equivalent(same(lab, mutant, compiled)?),
        Verdict::SchemaBreaking => {
            Outcome::Undecided("it accepts different requests than the original policy".to_owned())
        }
        _ => {
            let doubts = difference.accesses.iter().flat_map(semdiff::Access::doubts);
            Outcome::Undecided(doubts.min().map(ToString::to_string).unwrap_or_default())
        }
    })
}

/// The first change of access with a request; one that a scenario can put, where there is any.
fn shown(difference: &Difference) -> Option<Shown> {
    let mut all = Vec::new();
    for access in &difference.accesses {
        for (finding, way) in [(&access.gained, "gains"), (&access.lost, "loses")] {
            let Some(example) = finding.example() else { continue };
            let request = &example.witness.request;
            // Requests about a break-glass profile are the gateway's own; tests tell them as steps.
            let is_own = is_profile(request.resource.type_name());
            let is_known = example.before.cause != "no-such-request" && example.basis != Basis::Merged;
            let kind = &access.request;
            all.push(Shown {
                what: format!("{} {way} {} on {}", access.who(), kind.action, kind.resource),
                request: Some(Decided {
                    witness: example.witness.clone(),
                    allowed: example.before.allowed,
                    is_asked: is_known && !is_own,
                }),
            });
        }
    }
    let is_asked = |shown: &Shown| shown.request.as_ref().is_some_and(|decided| decided.is_asked);
    let best = all.iter().position(is_asked).unwrap_or(0);
    (best < all.len()).then(|| all.swap_remove(best))
}

fn is_profile(ty: &EntityTypeName) -> bool {
    ty.basename() == PROFILE_TYPE
}
