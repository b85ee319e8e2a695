//! `gatewright bundle PACKAGE`: compile, gather evidence, write the archive.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::analysis::solver;
use crate::bundle::{GitState, pack, sha256_hex};
use crate::cli::args::{AnswerArgs, BudgetArgs, BundleMake, Format};
use crate::cli::cmd::named;
use crate::cli::cmd::package::{Package, here};
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::config::EvidenceKind;
use crate::diag::Diagnostics;
use crate::pipeline::Origin;
use crate::report::printable;
use crate::text::{Instant, safe};
use crate::{lint, load, pipeline};

use super::assemble::{LintProofs, assemble};
use super::opened;
use super::told::lints_left_out;

pub(super) fn run(
    args: &BundleMake,
    budget: &BudgetArgs,
    output: &AnswerArgs,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => here()?,
    };
    let mut loading = Diagnostics::new();
    let (loaded, commit) = match &args.at_rev {
        Some(revision) => {
            (load::load_revision(&folder, revision, &mut loading)?, Some(load::commit_of(&folder, revision)?))
        }
        None => load::load_checkout(&folder, &mut loading)?,
    };
    // No clock where there is anything else to go by: the same commit is judged the same on every day.
    let at = match args.at {
        Some(at) => at,
        None => env::source_date()?
            .or_else(|| commit.as_ref().map(|commit| Instant(commit.time.saturating_mul(1000)).day()))
            .unwrap_or_else(env::today),
    };
    let folder = folder.display();
    let title = match &args.at_rev {
        Some(revision) => format!("{folder} at {revision}"),
        None => folder.to_string(),
    };
    let mut package = Package::of(loaded, loading, &title, at);
    if args.folder.is_none() {
        package.call_by_its_name(args.at_rev.as_deref());
    }
    let diagnostics = &package.checked.diagnostics;
    if package.checked.failed() {
        return package.show(diagnostics, output.format, console);
    }
    let changed = commit.as_ref().map(|commit| commit.changed.clone()).unwrap_or_default();
    let git = commit.map(|commit| GitState { dirty: commit.is_dirty(), commit: commit.id, tree: commit.tree });
    let kinds = match args.evidence.is_empty() {
        true => usual(&package, args.no_proofs)?,
        false => args.evidence.iter().map(|asked| asked.kind()).collect(),
    };
    let proofs = match args.no_proofs {
        true => LintProofs::LeftOut,
        false => lint_proofs(&package, &kinds)?,
    };
    let origin = Origin {
        git,
        judged_at: Some(at.to_string()),
        reproduce: reproduce(at, &kinds, proofs, budget),
        ..Origin::default()
    };
    let tree = match assemble(&package, &kinds, proofs, budget, at, origin, console)? {
        Ok(tree) => tree,
        Err(exit) => return Ok(exit),
    };
    let bytes = pack(&tree).map_err(|why| CliError::Refused { what: package.named.clone(), why })?;
    // What leaves here opens there.
    let bundle = opened::open(&bytes).map_err(|refusals| CliError::NotReadBack {
        what: format!("the bundle of {}", package.named),
        why: refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    })?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(bundle.file_name()));
    named::for_bundle(&out)?;
    load::write_atomic(&out, &bytes)?;
    let text = match output.format {
        Format::Json => {
            let made = serde_json::json!({
                "format": 1,
                "file": out.display().to_string(),
                "digest": format!("sha256:{}", sha256_hex(&bytes)),
                "size": bytes.len(),
                "manifest": bundle.manifest,
            });
            safe::json(&made)
        }
        _ => format!(
            "{}{}: {} {}, {} files, {} bytes\n{}\n",
            warnings(&package, console),
            out.display(),
            bundle.manifest.name,
            bundle.manifest.version,
            tree.iter().count(),
            bytes.len(),
            bundle.digest,
        ),
    };
    console.print(&text)?;
    if output.format == Format::Human && !kinds.contains(&EvidenceKind::Proofs) {
        console.print(&unproved(&package))?;
    }
    let left_out = lints_left_out(&bundle);
    for left_out in left_out.into_iter().filter(|_| output.format == Format::Human) {
        console.print(&format!("note: {left_out}\n"))?;
    }
    if output.format == Format::Human && !changed.is_empty() {
        let (title, changed) = (printable(&package.named), listed(&changed));
        console.print(&format!("note: {title} has uncommitted changes: {changed}; `publish` refuses this bundle\n"))?;
    }
    Ok(Exit::Ok)
}

/// What is gathered where nobody says what: proofs, too, where they can be had.
fn usual(package: &Package, no_proofs: bool) -> Result<BTreeSet<EvidenceKind>, CliError> {
    let mut kinds = BTreeSet::from([EvidenceKind::Lint, EvidenceKind::Tests]);
    if no_proofs || pipeline::claims(&package.checked)? == 0 {
        return Ok(kinds);
    }
    // One that was named and does not work is no reason to do without.
    if solver::find(&env::solver_places())?.is_some() {
        kinds.insert(EvidenceKind::Proofs);
    }
    Ok(kinds)
}

/// Whether lint evidence includes the lints that prove: where there is a solver, or somebody set one to "error".
fn lint_proofs(package: &Package, kinds: &BTreeSet<EvidenceKind>) -> Result<LintProofs, CliError> {
    if !kinds.contains(&EvidenceKind::Lint) {
        return Ok(LintProofs::LeftOut);
    }
    let is_demanded = !lint::demanded(&package.checked.project.levels).is_empty();
    Ok(match is_demanded || solver::find(&env::solver_places())?.is_some() {
        true => LintProofs::Run,
        false => LintProofs::LeftOut,
    })
}

/// The first of some paths, and how many there are beyond.
fn listed(paths: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = paths.iter().take(SHOWN).map(|path| format!("`{}`", printable(path))).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// That the bundle carries no proofs, of a package that asserts something.
fn unproved(package: &Package) -> String {
    match package.checked.program.assertions.len() {
        0 => String::new(),
        1 => "note: the assertion of the package is not proved\n".to_owned(),
        count => format!("note: the {count} assertions of the package are not proved\n"),
    }
}

/// Findings that are no errors, for people to read.
fn warnings(package: &Package, console: &Console) -> String {
    package.human(&package.checked.diagnostics, console.style())
}

/// The command that gives the same bytes in the folder of the sources.
fn reproduce(at: Instant, kinds: &BTreeSet<EvidenceKind>, proofs: LintProofs, limits: &BudgetArgs) -> Vec<String> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let mut command = vec!["gatewright".to_owned(), "bundle".to_owned(), ".".to_owned()];
    command.extend(["--at".to_owned(), at.to_string(), "--evidence".to_owned(), names.join(",")]);
    if kinds.contains(&EvidenceKind::Lint) && proofs == LintProofs::LeftOut {
        command.push("--no-proofs".to_owned());
    }
    // With other limits, other questions are answered.
    for (name, limit) in [(RLIMIT_PER, limits.rlimit_per), (TIME, limits.time)] {
        command.extend(limit.into_iter().flat_map(|limit| [name.to_owned(), limit.to_string()]));
    }
    command
}

const RLIMIT_PER: &str = "--rlimit-per";
const TIME: &str = "--time";

/// The limits with which a bundle was made, by its command; those that whoever makes it again asks for come first.
pub(super) fn limits(command: &[String], asked: &BudgetArgs) -> BudgetArgs {
    let said = |name: &str| {
        let mut values = command.iter().skip_while(|word| *word != name).skip(1);
        values.next()?.parse::<u64>().ok().filter(|limit| *limit > 0)
    };
    BudgetArgs { rlimit_per: asked.rlimit_per.or_else(|| said(RLIMIT_PER)), time: asked.time.or_else(|| said(TIME)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_records_the_limits_and_a_rebuild_reads_them() {
        let kinds = BTreeSet::from([EvidenceKind::Lint]);
        let command = |limits| reproduce(Instant(0), &kinds, LintProofs::Run, &limits);
        let both = |limits: BudgetArgs| (limits.rlimit_per, limits.time);
        for (rlimit_per, time) in [(None, None), (Some(7), None), (None, Some(9)), (Some(7), Some(9))] {
            let made = command(BudgetArgs { rlimit_per, time });
            assert_eq!(both(limits(&made, &BudgetArgs::default())), (rlimit_per, time), "{made:?}");
            let asked = BudgetArgs { rlimit_per: Some(1), time: Some(2) };
            assert_eq!(both(limits(&made, &asked)), (Some(1), Some(2)));
        }
        let odd = ["--time".to_owned(), "x".to_owned(), "--rlimit-per".to_owned()];
        assert_eq!(both(limits(&odd, &BudgetArgs::default())), (None, None));
    }
}
