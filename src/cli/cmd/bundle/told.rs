//! What a bundle says of itself and a reader cannot see: where it comes from, and what its proofs leave out.

use crate::bundle::Bundle;
use crate::diag::Diagnostics;
use crate::syntax;
use crate::syntax::ast::ItemKind;
use crate::text::{Sources, counted};

/// Who says where a bundle comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli::cmd) enum Source {
    /// The bundle itself, as anybody may write it.
    #[default]
    Bundle,
    /// The signed provenance of a builder that the trust policy allows.
    #[cfg(feature = "signing")]
    Builder,
}

/// What is said of the state of the files that a bundle was made from, and who says it. A rebuild does not show it.
pub(in crate::cli::cmd) fn origin(bundle: &Bundle, source: Source) -> String {
    let who = match source {
        Source::Bundle => "the bundle says",
        #[cfg(feature = "signing")]
        Source::Builder => "the builder says",
    };
    let what = match &bundle.manifest.git {
        None => "it was built outside a git repository: its commit is unknown".to_owned(),
        Some(git) if git.dirty => format!("it is dirty: its sources differ from commit {}", git.commit),
        Some(git) => format!("its sources match commit {}", git.commit),
    };
    format!("{who} that {what}")
}

/// What a bundle's proofs leave out, if anything.
pub(in crate::cli::cmd) fn not_proved(bundle: &Bundle) -> Option<String> {
    match bundle.manifest.evidence.proofs {
        None => Some(without_proofs(bundle).to_owned()),
        Some(proofs) if proofs.in_part > 0 => Some(format!(
            "{} of its {} {} proved in part; see `evidence/proofs.json` for what each leaves out",
            proofs.in_part,
            counted(proofs.proved, "claim"),
            if proofs.in_part == 1 { "is" } else { "are" }
        )),
        Some(_) => None,
    }
}

/// What a bundle's lint evidence does not know: of lints that prove and did not run, and of their questions without an answer.
pub(in crate::cli::cmd) fn lints_left_out(bundle: &Bundle) -> Vec<String> {
    let Some(lint) = bundle.manifest.evidence.lint else {
        return Vec::new();
    };
    let (not_run, unanswered) = (lint.not_run, lint.unanswered);
    let left_out = [
        (not_run, format!("{} that prove {} not run for its lint evidence", counted(not_run, "lint"), was(not_run))),
        (unanswered, format!("{} of its lint evidence got no answer", counted(unanswered, "question"))),
    ];
    left_out.into_iter().filter(|(count, _)| *count > 0).map(|(_, said)| said).collect()
}

fn was(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// What is said of a bundle without proofs.
pub(super) fn without_proofs(bundle: &Bundle) -> &'static str {
    match asserts(bundle) {
        true => "its assertions were not proved",
        false => "it has no assertions",
    }
}

/// Whether the sources of a bundle assert anything. What cannot be read may.
fn asserts(bundle: &Bundle) -> bool {
    let mut sources = Sources::default();
    let mut faults = Diagnostics::new();
    let policies = bundle.tree.iter().filter(|(path, _)| path.starts_with("source/policy/") && path.ends_with(".gate"));
    let asserts = policies.filter(|(path, bytes)| {
        let file = sources.add(*path, String::from_utf8_lossy(bytes));
        let tree = syntax::parse(&sources, file, &syntax::Limits::default(), &mut faults);
        tree.items.iter().any(|item| matches!(item.kind, ItemKind::Assert(_)))
    });
    let count = asserts.count();
    count > 0 || faults.has_errors()
}
