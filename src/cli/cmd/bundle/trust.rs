//! The trust policy of a verb that verifies, and what the keys say that it trusts.

use std::path::Path;

use crate::bundle::Bundle;
use crate::cli::args::BundleVerify;
use crate::cli::cmd::named;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::diag::Diagnostics;
use crate::load::Alone;
use crate::report::Files;
use crate::text::Sources;
use crate::trust::{TrustPolicy, Verified};
use crate::{load, report, trust};

use super::told::Source;
use super::vouched::Vouched;
use super::{opened, statements};

/// Reads a trust policy. `None` where it has faults, which are told on standard error.
pub(in crate::cli::cmd) fn read(path: &Path, console: &mut Console) -> Result<Option<TrustPolicy>, CliError> {
    let bytes = named::read(path, named::TRUST)?;
    let mut sources = Sources::default();
    let mut faults = Diagnostics::new();
    let file = load::add_text(&mut sources, path.display().to_string(), bytes, Alone::Config, &mut faults);
    let policy = TrustPolicy::read(&sources, file, &mut faults);
    let faults = faults.sorted();
    if !faults.is_empty() {
        console.tell(&report::diagnostics(&faults, Files::new(&sources), console.error_style()));
    }
    Ok(policy)
}

/// What the keys of a trust policy say of a bundle, by the statements beside it. How the run ends where they do not vouch for it,
/// which is told.
pub(super) fn vouched(
    policy: &Path,
    args: &BundleVerify,
    bundle: &Bundle,
    console: &mut Console,
) -> Result<Result<Vouched, Exit>, CliError> {
    let Some(policy) = read(policy, console)? else {
        return Ok(Err(Exit::CouldNotRun));
    };
    let statements = statements::beside(&args.file)?;
    Ok(match trust::verify(bundle, &statements, &policy, args.at.unwrap_or_else(env::now)) {
        Ok(verified) => Ok(Vouched {
            rebuilt: verified.release.rebuilt,
            source: source(&verified),
            said: trusted(&verified),
            json: Some(json(&verified)),
        }),
        Err(refusals) => {
            console.tell(&opened::refused(&args.file.display().to_string(), &refusals));
            Err(Exit::PolicyFails)
        }
    })
}

/// Who says where a bundle comes from: verification compares the commit of its provenance with the manifest's.
pub(in crate::cli::cmd) fn source(verified: &Verified) -> Source {
    match verified.built {
        Some(_) => Source::Builder,
        None => Source::Bundle,
    }
}

/// What trusted keys say, a line each.
pub(in crate::cli::cmd) fn trusted(verified: &Verified) -> Vec<String> {
    let release = &verified.release;
    let mut lines = vec![format!("release {}, signed by {}", release.sequence, verified.released_by.join(", "))];
    if verified.package.is_none() {
        lines.push("the trust policy names no package: it accepts bundles of any".to_owned());
    }
    lines.push(match release.rebuilt {
        true => "the signer rebuilt it from its sources".to_owned(),
        false => "no statement says that it was rebuilt from its sources".to_owned(),
    });
    if let Some(parent) = &release.parent {
        lines.push(format!("previous release: {parent}"));
    }
    if let Some(built) = &verified.built {
        let (builder, level, by) = (&built.builder, built.slsa_level, built.by.join(", "));
        lines.push(format!("built by {builder}, SLSA Build L{level}, signed by {by}"));
    }
    if let Some(by) = &verified.evidence_by {
        lines.push(format!("evidence signed by {}", by.join(", ")));
    }
    lines
}

/// The same for programs.
pub(in crate::cli::cmd) fn json(verified: &Verified) -> serde_json::Value {
    let release = &verified.release;
    serde_json::json!({
        "package": verified.package,
        "release": { "sequence": release.sequence, "parent": release.parent, "rebuilt": release.rebuilt, "by": verified.released_by },
        "provenance": verified.built.as_ref().map(|built| serde_json::json!({
            "builder": built.builder, "slsa_build_level": built.slsa_level, "by": built.by,
        })),
        "evidence": verified.evidence_by.as_ref().map(|by| serde_json::json!({ "by": by })),
    })
}
