//! `--baseline FILE` of check and lint: known findings are left out, and the file may only shrink.

use crate::cli::args::BaselineArgs;
use crate::cli::error::CliError;
use crate::config::Level;
use crate::diag::Diagnostics;
use crate::lint::{Baseline, Names, Reads};
use crate::{lint, load};

use super::package::Package;

/// Whether lints that need proofs ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proofs {
    /// They did.
    Asked,
    /// They did not: nothing is known of the findings that the baseline lists of them.
    LeftOut,
}

/// What a package's diagnostics come to beside the baseline, which is written first where that is asked for.
pub(super) fn apply(args: &BaselineArgs, package: &Package, proofs: Proofs) -> Result<Diagnostics, CliError> {
    let checked = &package.checked;
    let found = checked.diagnostics.clone();
    let Some(path) = &args.baseline else { return Ok(found) };
    let names = Names::new(&checked.program, &checked.lowered, &package.loaded.sources);
    let known = match load::read_if_present(path)? {
        Some(text) => Some(
            Baseline::parse(&text)
                .map_err(|error| CliError::Baseline { path: path.clone(), message: error.to_string() })?,
        ),
        None if args.write_baseline => None,
        None => return Err(CliError::NoBaseline { path: path.clone() }),
    };
    let ran = |id: &str| {
        lint::find(id).is_none_or(|lint| {
            let asked = proofs == Proofs::Asked || lint.reads != Reads::Proofs;
            asked && lint.level_in(&checked.project.levels) != Level::Allow
        })
    };
    let baseline = match (known, args.write_baseline) {
        (Some(known), false) => known,
        (known, _) => {
            let now = Baseline::of(&found, &names);
            let kept = known.map_or_else(|| now.clone(), |known| known.shrunk_to(&now, ran));
            load::write_atomic(path, kept.to_text().as_bytes())?;
            kept
        }
    };
    Ok(baseline.apply(found, &names, ran))
}
