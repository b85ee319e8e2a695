//! `gatewright bundle verify`: whether a bundle is whole, and what it says it was made from.

use crate::bundle::{Bundle, EvidenceSummary};
use crate::cli::args::{AnswerFormat, BundleVerify};
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::report::printable;
use crate::text::safe;
use crate::trust;
use crate::trust::Verified;

use super::rebuild::{Again, Made, again};
use super::{opened, statements};

/// What is said of a bundle without proofs.
pub(super) const UNPROVED: &str = "its assertions were not proved";

/// What a bundle's proofs leave out, if anything.
pub(in crate::cli::cmd) fn not_proved(evidence: &EvidenceSummary) -> Option<String> {
    match evidence.proofs {
        None => Some(UNPROVED.to_owned()),
        Some(proofs) if proofs.in_part > 0 => Some(format!(
            "{} of its {} claims are proved in part; `evidence/proofs.json` names what each leaves out",
            proofs.in_part, proofs.proved
        )),
        Some(_) => None,
    }
}

pub(super) fn run(args: &BundleVerify, console: &mut Console) -> Result<Exit, CliError> {
    let named = args.file.display().to_string();
    let Some((_, bundle)) = opened::read_and_open(&args.file, console)? else {
        return Ok(Exit::PolicyFails);
    };
    let mut said = Vec::new();
    let mut verified = None;
    if let Some(path) = &args.trust {
        let Some(policy) = super::trust::read(path, console)? else {
            return Ok(Exit::CouldNotRun);
        };
        let statements = statements::beside(&args.file)?;
        match trust::verify(&bundle, &statements, &policy, args.at.unwrap_or_else(env::now)) {
            Ok(facts) => {
                said.extend(trusted(&facts));
                verified = Some(facts);
            }
            Err(refusals) => {
                console.tell(&opened::refused(&named, &refusals));
                return Ok(Exit::PolicyFails);
            }
        }
    }
    let what = match (args.rebuild, &verified) {
        (true, _) => Some(Again::Whole(&args.budget)),
        // Whoever is trusted made it again, and a gateway that verifies has no time to.
        (false, Some(verified)) if verified.release.rebuilt => None,
        (false, _) => Some(Again::Compiled),
    };
    let made = what.map(|what| again(&bundle, &named, what, console)).transpose()?;
    match made {
        None => {}
        Some(Made::Same) if args.rebuild => said.push("its sources give the same bytes again".to_owned()),
        Some(Made::Same) => said.push("its sources give the policies that it ships".to_owned()),
        Some(Made::Elsewhere(elsewhere)) => said.push(elsewhere.to_string()),
        Some(Made::Fails(exit)) => return Ok(exit),
        Some(Made::Differs(refusals)) => {
            console.tell(&opened::refused(&named, &refusals));
            return Ok(Exit::PolicyFails);
        }
    }
    said.extend(not_proved(&bundle.manifest.evidence));
    said.push(origin(&bundle));
    let text = match args.output.format {
        AnswerFormat::Human => {
            let said: Vec<String> = said.iter().map(|line| format!("  {}\n", printable(line))).collect();
            let (name, version) = (&bundle.manifest.name, &bundle.manifest.version);
            format!("{}: {name} {version}\n{}{}\n", printable(&named), said.concat(), bundle.digest)
        }
        AnswerFormat::Json => {
            let value = serde_json::json!({
                "format": 1,
                "digest": bundle.digest,
                "git": bundle.manifest.git,
                "rebuilt": args.rebuild,
                "proved": bundle.manifest.evidence.proofs.is_some(),
                "proved_in_part": bundle.manifest.evidence.proofs.map_or(0, |proofs| proofs.in_part),
                "verified": verified.as_ref().map(json),
            });
            safe::json(&value)
        }
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

/// What a bundle says of the state of the files that it was made from.
pub(in crate::cli::cmd) fn origin(bundle: &Bundle) -> String {
    match &bundle.manifest.git {
        None => "made outside any git repository: no commit says where it is from".to_owned(),
        Some(git) if git.dirty => format!("dirty: its sources are not as committed in {}", git.commit),
        Some(git) => format!("its sources are as committed in {}", git.commit),
    }
}

/// What trusted keys say, a line each.
pub(in crate::cli::cmd) fn trusted(verified: &Verified) -> Vec<String> {
    let release = &verified.release;
    let mut lines = vec![format!("release {}, signed by {}", release.sequence, verified.released_by.join(", "))];
    lines.push(match release.rebuilt {
        true => "whoever signed it rebuilt it from its sources".to_owned(),
        false => "nobody says that it was rebuilt from its sources".to_owned(),
    });
    if let Some(parent) = &release.parent {
        lines.push(format!("the release before it is {parent}"));
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
        "release": { "sequence": release.sequence, "parent": release.parent, "rebuilt": release.rebuilt, "by": verified.released_by },
        "provenance": verified.built.as_ref().map(|built| serde_json::json!({
            "builder": built.builder, "slsa_build_level": built.slsa_level, "by": built.by,
        })),
        "evidence": verified.evidence_by.as_ref().map(|by| serde_json::json!({ "by": by })),
    })
}
