//! What the assertions of a package come to, for verbs that fail by a refuted one: `lint`, `diff --gate`.

use crate::analysis::{Deciding, Outcome, Proof, Witness};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lint;
use crate::load::PackageFiles;
use crate::semdiff::{Asserted, Kept};
use crate::text::Span;

use super::{Checked, ProveError, ProveOptions, prove};

/// Proves assertions, of these names or all of them, and nothing else. `options.only` is set aside.
///
/// # Errors
/// As [`fn@prove`].
pub fn assertions(
    package: &PackageFiles,
    checked: &Checked,
    named: Option<&[String]>,
    options: ProveOptions<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Proof>, ProveError> {
    let all = checked.program.assertions.iter().map(|assertion| &assertion.name);
    let wanted = all.filter(|name| named.is_none_or(|named| named.contains(name)));
    let only: Vec<String> = wanted.map(|name| format!("assert {name}")).collect();
    if only.is_empty() {
        return Ok(Vec::new());
    }
    let options = ProveOptions { only: &only, ..options };
    Ok(prove(package, checked, options, progress)?.all)
}

/// What a change does to the assertions of the new side; without options, as there is no solver, none is asked about. Of the old
/// side only those are proved that the new one breaks; all, where the new one proves some in part. `options.only` is set aside.
///
/// # Errors
/// As [`fn@prove`].
pub fn asserted(
    old: (&PackageFiles, &Checked),
    new: (&PackageFiles, &Checked),
    kept: &Kept,
    options: Option<ProveOptions<'_>>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Asserted, ProveError> {
    let Some(options) = options else {
        return Ok(Asserted { unasked: new.1.program.assertions.len(), ..Asserted::default() });
    };
    let after = assertions(new.0, new.1, None, options, progress)?;
    let broken: Vec<String> = after
        .iter()
        .filter(|proof| matches!(proof.outcome, Outcome::Refuted(_) | Outcome::Impossible))
        .map(|proof| proof.name.clone())
        .collect();
    // One that is proved in part may have had another name.
    let named = (!after.iter().any(Proof::is_in_part)).then_some(broken.as_slice());
    let before = assertions(old.0, old.1, named, options, &|_, _| ())?;
    Ok(Asserted::new(after, &before, kept))
}

/// Assertions that do not hold, as errors, and those of which that is not known, as warnings.
#[must_use]
pub fn refuted(proofs: &[Proof], checked: &Checked) -> Diagnostics {
    proofs.iter().filter_map(|proof| finding(proof, checked)).collect()
}

fn finding(proof: &Proof, checked: &Checked) -> Option<Diagnostic> {
    let name = &proof.name;
    let refuted =
        || Diagnostic::error(codes::REFUTED_ASSERTION, proof.span, format!("the assertion `{name}` does not hold"));
    let open = |label: &str, why: Option<String>| {
        let message = format!("the assertion `{name}` is neither proved nor refuted");
        let told = Diagnostic::warning(lint::codes::UNPROVED, proof.span, message).label(label);
        why.into_iter().fold(told, Diagnostic::note)
    };
    let finding = match &proof.outcome {
        Outcome::Proved | Outcome::Shown(_) => return None,
        Outcome::Refuted(refutation) => {
            let decision = if proof.wants_allow() { "denied" } else { "allowed" };
            let mut told = refuted().label(format!("a request that it covers is {decision}"));
            for (span, one) in spans(&refutation.deciding, checked) {
                told = told.also(span, format!("{decision} by `{}`", one.statement));
            }
            told = told.note(format!("for example: {}", request(&refutation.witness)));
            match &proof.hint {
                Some(hint) => told.note(hint.clone()),
                None => told,
            }
        }
        Outcome::Impossible => {
            let mut told = refuted().label("no request of this kind is ever allowed");
            for (span, one) in spans(&proof.granting, checked) {
                told = told.also(span, format!("granted by `{}` but never allowed", one.statement));
            }
            told
        }
        Outcome::Empty => {
            return Some(open("vacuous: no request matches", None).help("fix its condition"));
        }
        Outcome::Unknown(all) => {
            open("the solver gave no answer", all.first().map(|open| format!("{}: {}", open.environment, open.why)))
        }
        Outcome::NotReplayed(why) => {
            open("the solver gave no answer", Some(format!("{}: {}", why.environment, why.why)))
        }
    };
    let help = format!("run `gatewright prove --only {name}` to see all details");
    Some(finding.help(help))
}

/// Where the statements stand that decide, each place once.
fn spans<'a>(deciding: &'a [Deciding], checked: &Checked) -> Vec<(Span, &'a Deciding)> {
    let lowered = &checked.lowered;
    let place = |one: &Deciding| {
        let gate = lowered.drafts.iter().find(|draft| draft.id == one.policy);
        let raw = || lowered.raw.iter().find(|raw| raw.policy.id().to_string() == one.policy);
        gate.map(|draft| draft.span).or_else(|| Some(raw()?.span))
    };
    let mut found: Vec<(Span, &Deciding)> = deciding.iter().filter_map(|one| Some((place(one)?, one))).collect();
    found.dedup_by_key(|(span, _)| *span);
    found
}

/// The request on one line; its entities are for `prove` to show.
fn request(witness: &Witness) -> String {
    let request = &witness.request;
    format!("{} {} {}", request.principal, request.action, request.resource)
}

/// The codes of this file.
mod codes {
    use crate::diag::Code;

    /// An assertion that some request breaks.
    pub(super) const REFUTED_ASSERTION: Code = Code::new("refuted-assertion");
}
