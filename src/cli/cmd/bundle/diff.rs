//! `gatewright bundle diff`: the access that lies between two bundles, by the policies that they ship.

use crate::bundle::Bundle;
use crate::cli::args::BundleDiff;
use crate::cli::cmd::compared;
use crate::cli::cmd::compared::Labels;
use crate::cli::cmd::diff::show;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::pipeline;
use crate::pipeline::Shard;
use crate::report::diff::{Mode, Review};

use super::rebuild::{Again, Made, again};
use super::shipped::Unlike;
use super::{opened, shipped};

pub(super) fn run(args: &BundleDiff, console: &mut Console) -> Result<Exit, CliError> {
    if let Some(folder) = [&args.old, &args.new].into_iter().find(|file| env::is_folder(file)) {
        let (folder, old, new) = (folder.clone(), args.old.clone(), args.new.clone());
        return Err(CliError::FolderForBundle { folder, old, new });
    }
    let at = args.at.unwrap_or_else(env::today);
    let mut bundles = Vec::new();
    let mut ended = None;
    let mut unlike = Unlike::none();
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
                unlike.note(&elsewhere);
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
    let label = |(_, bundle): &(String, Bundle)| format!("{} {}", bundle.manifest.name, bundle.manifest.version);
    let labels = |title: &str| Labels { title: title.to_owned(), old: label(old), new: label(new) };
    let with = compared::With { at, budget: &args.budget, shard: Shard::WHOLE, output: args.format.into() };
    // Where the sources give what is shipped, they say the same, with the author's names.
    let compared = match unlike.by_sources {
        true => {
            let package = |(named, bundle): &(String, Bundle)| opened::package(bundle, named, at);
            let (before, after) = (package(old)?, package(new)?);
            let labels = labels(&after.named);
            let mut compared = compared::packages(before, after, labels, &with, console)?;
            if let Some(compared) = &mut compared {
                compared.difference.extent.uncompared = unlike.uncompared([&old.1, &new.1]);
            }
            compared
        }
        false => {
            console.tell(
                "note: this compares the shipped Cedar policies, schema, contract and roles, not the names used in \
                 their sources\n",
            );
            shipped::compare((&old.0, &old.1), (&new.0, &new.1), &unlike, labels(&new.0), &with, console)?
        }
    };
    let Some(compared) = compared else {
        return Ok(Exit::CouldNotRun);
    };
    let declared = pipeline::declared(&compared.before.loaded, &compared.after.loaded, &compared.difference, None, at);
    let review = Review { declared: &declared, mode: Mode::Shown, asserted: None };
    show(&compared, review, args.format.into(), console)?;
    if let Some(caution) = compared.caution() {
        console.tell(&format!("warning: {caution}\n"));
    }
    Ok(Exit::Ok)
}
