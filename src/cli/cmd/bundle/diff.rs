//! `gatewright bundle diff`: the access that lies between two bundles, by the sources that they carry.

use crate::cli::args::BundleDiff;
use crate::cli::cmd::compared;
use crate::cli::cmd::compared::Labels;
use crate::cli::cmd::diff::render;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::pipeline;
use crate::pipeline::Shard;
use crate::report::diff::Mode;
use crate::report::diff::Review;

use super::opened;

pub(super) fn run(args: &BundleDiff, console: &mut Console) -> Result<Exit, CliError> {
    let at = args.at.unwrap_or_else(env::today);
    let mut packages = Vec::new();
    let mut labels = Vec::new();
    for file in [&args.old, &args.new] {
        // Both are opened before either fails the run, so that all that is wrong is told at once.
        if let Some((_, bundle)) = opened::read_and_open(file, console)? {
            labels.push(format!("{} {}", bundle.manifest.name, bundle.manifest.version));
            packages.push(opened::package(&bundle, &file.display().to_string(), at)?);
        }
    }
    let (Ok([before, after]), Ok([old, new])) = (<[_; 2]>::try_from(packages), <[String; 2]>::try_from(labels)) else {
        return Ok(Exit::PolicyFails);
    };
    let labels = Labels {
        title: after.named.clone(),
        old,
        new,
    };
    let with = compared::With {
        at,
        budget: &args.budget,
        shard: Shard::WHOLE,
        format: args.format,
    };
    let Some(compared) = compared::packages(before, after, labels, &with, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let declared = pipeline::declared(
        &compared.before.loaded,
        &compared.after.loaded,
        &compared.difference,
        at,
    );
    let review = Review {
        declared: &declared,
        mode: Mode::Shown,
        asserted: None,
    };
    console.print(&render(&compared, review, args.format))?;
    if let Some(caution) = compared.caution() {
        console.tell(&format!("warning: {caution}\n"));
    }
    Ok(Exit::Ok)
}
