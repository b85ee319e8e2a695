//! `gatewright bundle inspect`: what a bundle says of itself.

use crate::bundle::{Bundle, Share};
use crate::cli::args::{BundleInspect, Format};
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::report::printable;
use crate::text::{counted, safe};

use super::opened;
use super::rebuild::{Again, Made, again};
use super::told::without_proofs;

pub(super) fn run(args: &BundleInspect, console: &mut Console) -> Result<Exit, CliError> {
    let Some((bytes, bundle)) = opened::read_and_open(&args.file, console)? else {
        return Ok(Exit::PolicyFails);
    };
    if let Some(path) = &args.print {
        let Some(content) = bundle.tree.get(path) else {
            return Err(CliError::NoEntry {
                path: path.clone(),
                known: bundle.tree.iter().map(|(path, _)| path.to_owned()).collect(),
            });
        };
        let content = String::from_utf8_lossy(content);
        // A bundle may be anybody's: what it holds goes into files and pipes as it is, and to a terminal made safe.
        match env::is_shown() {
            true => console.print(&content)?,
            false => console.print_exactly(&content)?,
        }
        return Ok(Exit::Ok);
    }
    let named = args.file.display().to_string();
    let sources = match again(&bundle, &named, Again::Compiled, console)? {
        Made::Same => "match the policies".to_owned(),
        Made::Elsewhere(elsewhere) => elsewhere.to_string(),
        Made::Fails(exit) => return Ok(exit),
        Made::Differs(refusals) => {
            console.tell(&opened::refused(&named, &refusals));
            return Ok(Exit::PolicyFails);
        }
    };
    let text = match args.output.format {
        Format::Json => {
            let value = serde_json::json!({
                "format": 1,
                "digest": bundle.digest,
                "size": bytes.len(),
                "manifest": bundle.manifest,
            });
            safe::json(&value)
        }
        _ => human(&bundle, bytes.len(), sources),
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

fn human(bundle: &Bundle, size: usize, sources: String) -> String {
    let manifest = &bundle.manifest;
    let git = manifest.git.as_ref().map_or_else(
        || "none".to_owned(),
        |git| format!("{}{}", git.commit, if git.dirty { ", with uncommitted changes" } else { "" }),
    );
    let profiles = match manifest.break_glass.is_empty() {
        true => "none".to_owned(),
        false => manifest.break_glass.join(", "),
    };
    let rows = [
        ("package", format!("{} {}", manifest.name, manifest.version)),
        ("digest", bundle.digest.clone()),
        ("same policy", format!("sha256:{}", manifest.compat_digest)),
        ("size", format!("{size} bytes, {}", counted(manifest.files.len() + 1, "file"))),
        ("commit", git),
        ("as of", manifest.judged_at.clone().unwrap_or_else(|| "no date".to_owned())),
        (
            "compiler",
            format!(
                "{} {}, edition {}, Cedar language {}",
                manifest.compiler.name, manifest.compiler.version, manifest.compiler.edition, manifest.cedar.language
            ),
        ),
        ("sources", sources),
        ("break-glass", profiles),
        ("evidence", evidence(bundle).join("\n             ")),
        ("reproduce", manifest.reproduce.join(" ")),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        let lines: Vec<String> = value.lines().map(printable).collect();
        text.push_str(&format!("{name:<12} {}\n", lines.join("\n")));
    }
    text.push_str("\nthis does not verify who made it: run `gatewright bundle verify FILE --trust trust.toml`\n");
    text
}

fn evidence(bundle: &Bundle) -> Vec<String> {
    let evidence = &bundle.manifest.evidence;
    let lint = evidence.lint.map(|lint| {
        let totals = [(lint.errors, "error"), (lint.warnings, "warning"), (lint.waivers, "waiver")];
        let not_run = match lint.not_run {
            0 => String::new(),
            count => format!("; {} that prove not run", counted(count, "lint")),
        };
        let unanswered = match lint.unanswered {
            0 => String::new(),
            count => format!("; {} without an answer", counted(count, "question")),
        };
        format!("lint: {}{not_run}{unanswered}", totals.map(|(count, what)| counted(count, what)).join(", "))
    });
    let tests = evidence.tests.map(|tests| {
        let (passed, failed, skipped) = (tests.passed, tests.failed, tests.skipped);
        let decisions = counted(tests.decisions, "decision");
        format!("tests: {passed} passed, {failed} failed, {skipped} skipped; {decisions}")
    });
    let coverage = evidence.coverage.map(|coverage| {
        let share = |share: Share| format!("{} of {}", share.seen, share.of);
        let (grants, denials) = (share(coverage.grants), share(coverage.denials));
        let (break_glass, conditions) = (share(coverage.break_glass), share(coverage.conditions));
        format!("coverage: grants {grants}, denials {denials}, break-glass {break_glass}, conditions {conditions}")
    });
    let proofs = evidence.proofs.map(|proofs| {
        let (proved, refuted, unknown, beyond) = (proofs.proved, proofs.refuted, proofs.unknown, proofs.beyond);
        let in_part = match proofs.in_part {
            0 => String::new(),
            count => format!(" ({count} in part)"),
        };
        format!("proofs: {proved} proved{in_part}, {refuted} refuted, {unknown} unknown; {beyond} beyond proof")
    });
    let mutation = evidence.mutation.map(|mutation| {
        let (killed, missed, equivalent, undecided) =
            (mutation.killed, mutation.missed, mutation.equivalent, mutation.undecided);
        let score = mutation.score().map_or_else(|| "no".to_owned(), |score| format!("{score}%"));
        format!(
            "mutation: {killed} killed, {missed} missed, {equivalent} equivalent, {undecided} undecided; score {score}"
        )
    });
    let proofs = proofs.unwrap_or_else(|| format!("proofs: none; {}", without_proofs(bundle)));
    let all = [lint, tests, coverage, Some(proofs), mutation];
    all.into_iter().flatten().collect()
}
