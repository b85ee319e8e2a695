//! `gatewright bundle verify`: whether a bundle is whole, and what it says it was made from.

use std::collections::BTreeSet;

use crate::bundle::Bundle;
use crate::bundle::MANIFEST;
use crate::bundle::Refusal;
use crate::bundle::pack;
use crate::cli::args::AnswerFormat;
use crate::cli::args::BudgetArgs;
use crate::cli::args::BundleVerify;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::config::EvidenceKind;
use crate::pipeline::Origin;
use crate::report::printable;
use crate::text::Instant;
use crate::trust;
use crate::trust::Verified;

use super::assemble::assemble;
use super::opened;
use super::statements;

/// What is said of a bundle without proofs.
pub(in crate::cli::cmd) const UNPROVED: &str = "its assertions were not proved";

pub(super) fn run(args: &BundleVerify, console: &mut Console) -> Result<Exit, CliError> {
    let named = args.file.display().to_string();
    let Some((bytes, bundle)) = opened::read_and_open(&args.file, console)? else {
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
    if args.rebuild {
        match rebuild(&bundle, &bytes, &named, &args.budget, console)? {
            Rebuilt::Same => said.push("its sources give the same bytes again".to_owned()),
            Rebuilt::Fails(exit) => return Ok(exit),
            Rebuilt::Differs(refusals) => {
                console.tell(&opened::refused(&named, &refusals));
                return Ok(Exit::PolicyFails);
            }
        }
    }
    if bundle.manifest.evidence.proofs.is_none() {
        said.push(UNPROVED.to_owned());
    }
    let text = match args.output.format {
        AnswerFormat::Human => {
            let said: Vec<String> = said.iter().map(|line| format!("  {}\n", printable(line))).collect();
            let (name, version) = (&bundle.manifest.name, &bundle.manifest.version);
            format!(
                "{}: {name} {version}\n{}{}\n",
                printable(&named),
                said.concat(),
                bundle.digest
            )
        }
        AnswerFormat::Json => {
            let value = serde_json::json!({
                "format": 1,
                "digest": bundle.digest,
                "rebuilt": args.rebuild,
                "proved": bundle.manifest.evidence.proofs.is_some(),
                "verified": verified.as_ref().map(json),
            });
            format!("{value:#}\n")
        }
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

/// What trusted keys say, a line each.
pub(in crate::cli::cmd) fn trusted(verified: &Verified) -> Vec<String> {
    let release = &verified.release;
    let mut lines = vec![format!(
        "release {}, signed by {}",
        release.sequence,
        verified.released_by.join(", ")
    )];
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
        "release": { "sequence": release.sequence, "parent": release.parent, "by": verified.released_by },
        "provenance": verified.built.as_ref().map(|built| serde_json::json!({
            "builder": built.builder, "slsa_build_level": built.slsa_level, "by": built.by,
        })),
        "evidence": verified.evidence_by.as_ref().map(|by| serde_json::json!({ "by": by })),
    })
}

enum Rebuilt {
    Same,
    /// The sources do not pass; what is wrong is shown.
    Fails(Exit),
    Differs(Vec<Refusal>),
}

/// Compiles what the bundle carries and gathers its evidence, as on the day that it was judged.
fn rebuild(
    bundle: &Bundle,
    bytes: &[u8],
    named: &str,
    budget: &BudgetArgs,
    console: &mut Console,
) -> Result<Rebuilt, CliError> {
    let manifest = &bundle.manifest;
    let differs = |code, message: String| Ok(Rebuilt::Differs(vec![Refusal::new(code, message)]));
    let (made, here) = (&manifest.compiler.version, env!("CARGO_PKG_VERSION"));
    if made != here {
        let message = format!("it was made by version {made}, which alone gives the same bytes; this is {here}");
        return differs("rebuild-version", message);
    }
    let judged_at = manifest.judged_at.as_deref();
    let Some(at) = judged_at.and_then(Instant::parse) else {
        return differs("rebuild-day", "it does not say on which day it was judged".to_owned());
    };
    let package = opened::package(bundle, named, at)?;
    if package.checked.failed() {
        let exit = package.show(&package.checked.diagnostics, crate::cli::args::Format::Human, console)?;
        return Ok(Rebuilt::Fails(exit));
    }
    let evidence = &manifest.evidence;
    let kinds: BTreeSet<EvidenceKind> = [
        (EvidenceKind::Lint, evidence.lint.is_some()),
        (EvidenceKind::Tests, evidence.tests.is_some()),
        (EvidenceKind::Coverage, evidence.coverage.is_some()),
        (EvidenceKind::Proofs, evidence.proofs.is_some()),
        (EvidenceKind::Mutation, evidence.mutation.is_some()),
    ]
    .into_iter()
    .filter_map(|(kind, carried)| carried.then_some(kind))
    .collect();
    let origin = Origin {
        git: manifest.git.clone(),
        judged_at: manifest.judged_at.clone(),
        reproduce: manifest.reproduce.clone(),
        ..Origin::default()
    };
    let tree = match assemble(&package, &kinds, budget, at, origin, console)? {
        Ok(tree) => tree,
        Err(exit) => return Ok(Rebuilt::Fails(exit)),
    };
    if pack(&tree).is_ok_and(|packed| packed == bytes) {
        return Ok(Rebuilt::Same);
    }
    let paths: BTreeSet<&str> = [&tree, &bundle.tree]
        .into_iter()
        .flat_map(|tree| tree.iter().map(|(path, _)| path))
        .collect();
    let other = paths.into_iter().filter(|path| tree.get(path) != bundle.tree.get(path));
    // The manifest holds the digests of the others, and differs with them.
    let mut other: Vec<&str> = other.collect();
    if other.len() > 1 {
        other.retain(|path| *path != MANIFEST);
    }
    let refusals = other.into_iter().map(|path| {
        let how = match (bundle.tree.get(path), tree.get(path)) {
            (Some(_), None) => "is not made by its sources",
            (None, _) => "is missing: its sources make one",
            (Some(_), Some(_)) => "is not what its sources give",
        };
        Refusal::new("rebuild-differs", format!("`{path}` {how}"))
    });
    Ok(Rebuilt::Differs(refusals.collect()))
}
