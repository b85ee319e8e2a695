//! `gatewright bundle diff`: the access that lies between two bundles, by the policies that they ship.

use std::collections::BTreeSet;

use crate::bundle::{Bundle, MANIFEST, SOURCE};
use crate::cli::args::BundleDiff;
use crate::cli::cmd::compared;
use crate::cli::cmd::compared::Labels;
use crate::cli::cmd::diff::show;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::pipeline::Shard;
use crate::report::diff::{Mode, Review};
use crate::{pipeline, semdiff};

use super::opened;
use super::rebuild::{Again, Made, again, terms};

pub(super) fn run(args: &BundleDiff, console: &mut Console) -> Result<Exit, CliError> {
    if let Some(folder) = [&args.old, &args.new].into_iter().find(|file| env::is_folder(file)) {
        let (folder, old, new) = (folder.clone(), args.old.clone(), args.new.clone());
        return Err(CliError::FolderForBundle { folder, old, new });
    }
    let at = args.at.unwrap_or_else(env::today);
    let mut bundles = Vec::new();
    let mut ended = None;
    let mut by_sources = true;
    let mut beside = BTreeSet::new();
    for file in [&args.old, &args.new] {
        let named = file.display().to_string();
        // Both are opened before either fails the run, so that all that is wrong is told at once.
        let Some((_, bundle)) = opened::read_and_open(file, console)? else {
            ended = Some(Exit::PolicyFails);
            continue;
        };
        match again(&bundle, &named, Again::Compiled, console)? {
            Made::Same => {}
            Made::Elsewhere(elsewhere) => {
                console.tell(&opened::note(&named, &elsewhere.to_string()));
                by_sources &= elsewhere.decides_by_sources();
                beside.extend(elsewhere.beside().map(str::to_owned));
            }
            Made::Fails(exit) => ended = Some(exit),
            Made::Differs(refusals) => {
                console.tell(&opened::refused(&named, &refusals));
                ended = Some(Exit::PolicyFails);
            }
        }
        bundles.push((named, bundle));
    }
    let ([old, new], None) = (bundles.as_slice(), ended) else {
        return Ok(ended.unwrap_or(Exit::PolicyFails));
    };
    if !by_sources {
        console.tell(
            "note: this compares the shipped Cedar policies, schema, contract and roles, not the names used in their \
             sources\n",
        );
    }
    // Where the sources give what is shipped, they say the same, with the author's names.
    let package = |(named, bundle): &(String, Bundle)| match by_sources {
        true => opened::package(bundle, named, at),
        false => opened::shipped(bundle, named, at),
    };
    let (before, after) = (package(old)?, package(new)?);
    let shipped = match by_sources {
        true => None,
        false => Some([opened::roles(old)?, opened::roles(new)?]),
    };
    let uncompared = uncompared([&old.1, &new.1], beside, by_sources);
    let [old, new] = [old, new].map(|(_, bundle)| format!("{} {}", bundle.manifest.name, bundle.manifest.version));
    let labels = Labels { title: after.named.clone(), old, new };
    let with = compared::With { at, budget: &args.budget, shard: Shard::WHOLE, format: args.format };
    let Some(mut compared) = compared::packages(before, after, labels, &with, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    if let Some([old, new]) = &shipped {
        let (before, after) = (&compared.before.checked.lowered, &compared.after.checked.lowered);
        compared.difference.terms = semdiff::shipped((before, old), (after, new));
    }
    compared.difference.extent.uncompared = uncompared;
    let declared = pipeline::declared(&compared.before.loaded, &compared.after.loaded, &compared.difference, None, at);
    let review = Review { declared: &declared, mode: Mode::Shown, asserted: None };
    show(&compared, review, args.format, console)?;
    if let Some(caution) = compared.caution() {
        console.tell(&format!("warning: {caution}\n"));
    }
    Ok(Exit::Ok)
}

/// The files that differ and are not compared. What the sources of both sides give differs as the sources do, which are
/// compared unless something else than they is shipped.
fn uncompared([old, new]: [&Bundle; 2], beside: BTreeSet<String>, by_sources: bool) -> Vec<String> {
    let differs = |path: &String| match path.as_str() {
        MANIFEST => terms(&old.tree) != terms(&new.tree),
        path => old.tree.get(path) != new.tree.get(path),
    };
    let mut found: Vec<String> = beside.into_iter().filter(differs).collect();
    let sources = |bundle: &Bundle| -> BTreeSet<(String, Vec<u8>)> {
        let all = bundle.tree.iter().filter(|(path, _)| path.starts_with(SOURCE));
        all.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
    };
    if !by_sources && sources(old) != sources(new) {
        found.push(SOURCE.to_owned());
    }
    found
}
