//! The assertions that the new side does not keep, as reports tell them.

use serde::Serialize;

use crate::analysis::solver::REMEDY;
use crate::analysis::{Outcome, Proof};
use crate::report::{Files, proofs};
use crate::semdiff::{Asserted, Before, Broken, InPart, Judged};
use crate::text::Span;

use super::review;
use super::review::Review;

/// An assertion, or several of which one thing is said.
pub(super) struct Told {
    /// `breaks assert cancelling: only manager to cancel on Invoice`
    pub(super) heading: String,
    /// Whether it is known to be broken.
    pub(super) is_broken: bool,
    pub(super) span: Option<Span>,
    /// What is known of it, a line each.
    pub(super) known: Vec<String>,
    /// The request that breaks it, a line each.
    pub(super) request: Vec<String>,
}

/// What is to be told of assertions; nothing of those that hold as they did.
pub(super) fn told(review: Review<'_>, files: Files<'_>) -> Vec<Told> {
    let Some(asserted) = review.asserted else { return Vec::new() };
    let mut all: Vec<Told> = asserted.broken.iter().map(|broken| self::broken(broken, files)).collect();
    all.extend(asserted.open.iter().map(|proof| open(proof, files)));
    let judged = asserted.in_part.iter().enumerate();
    all.extend(judged.map(|(at, one)| in_part(one, review.proof(at), files)));
    if asserted.unasked > 0 {
        all.push(Told {
            heading: match asserted.unasked {
                1 => "does not prove the assertion of the package".to_owned(),
                count => format!("does not prove the {count} assertions of the package"),
            },
            is_broken: false,
            span: None,
            known: vec![format!("no solver found; {REMEDY}")],
            request: Vec::new(),
        });
    }
    all
}

fn broken(broken: &Broken, files: Files<'_>) -> Told {
    let proof = &broken.proof;
    let verb = match broken.before {
        Before::Held => "breaks",
        Before::Refuted => "still violates",
        Before::Unknown | Before::Absent => "violates",
    };
    let mut known = vec![place(proof, files)];
    let mut request = Vec::new();
    match &proof.outcome {
        Outcome::Refuted(refutation) => {
            known.push(proofs::decided(proof, refutation, files));
            known.extend(proof.hint.clone());
            request = refutation.witness.lines();
        }
        _ => known.push("no request of this kind is ever allowed".to_owned()),
    }
    Told {
        heading: format!("{verb} {}: {}", proof.title(), proof.words),
        is_broken: true,
        span: Some(proof.span),
        known,
        request,
    }
}

fn open(proof: &Proof, files: Files<'_>) -> Told {
    let why = match &proof.outcome {
        Outcome::Unknown(open) => open.first().map(|open| format!("{}: {}", open.environment, open.why)),
        Outcome::NotReplayed(open) => Some(format!("{}: {}", open.environment, open.why)),
        _ => Some("vacuous: no request matches".to_owned()),
    };
    Told {
        heading: format!("does not prove {}: {}", proof.title(), proof.words),
        is_broken: false,
        span: Some(proof.span),
        known: std::iter::once(place(proof, files)).chain(why).collect(),
        request: Vec::new(),
    }
}

fn in_part(one: &InPart, declared: Option<&Judged>, files: Files<'_>) -> Told {
    let (proof, now) = (&one.proof, if one.before == Before::Held { "now " } else { "" });
    let left_out = proofs::left_out(&one.left_out).unwrap_or_default();
    let declared = match declared {
        Some(judged) => Some(review::declared_by(judged, files)),
        None => one.is_less().then(|| format!("`{}` is not declared", one.path())),
    };
    let mut known = vec![place(proof, files), format!("{now}proved only in part: not for {left_out}")];
    known.extend(declared);
    Told {
        heading: format!("proves only in part {}: {}", proof.title(), proof.words),
        is_broken: false,
        span: Some(proof.span),
        known,
        request: Vec::new(),
    }
}

fn place(proof: &Proof, files: Files<'_>) -> String {
    let line = files.sources.position(proof.span).line;
    format!("{}:{line}", files.path(proof.span.file))
}

/// An assertion for programs: as `prove` tells it, and how it stood before.
#[derive(Serialize)]
pub(super) struct AssertionItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'static str>,
    /// The file that declares that less is proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<String>,
    #[serde(flatten)]
    proof: proofs::Item<'a>,
}

/// All that do not hold, are not known to, or are proved of less than before.
pub(super) fn items<'a>(review: Review<'a>, asserted: &'a Asserted, files: Files<'_>) -> Vec<AssertionItem<'a>> {
    let broken = asserted.broken.iter().map(|broken| AssertionItem {
        before: Some(broken.before.name()),
        declared: None,
        proof: proofs::Item::new(&broken.proof, files),
    });
    let open = asserted.open.iter().map(|proof| AssertionItem {
        before: None,
        declared: None,
        proof: proofs::Item::new(proof, files),
    });
    let in_part = asserted.in_part.iter().enumerate().map(|(at, one)| AssertionItem {
        before: Some(one.before.name()),
        declared: review.proof(at).map(|judged| files.path(judged.declaration.file)),
        proof: proofs::Item::new(&one.proof, files),
    });
    broken.chain(open).chain(in_part).collect()
}
