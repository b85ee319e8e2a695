//! `gatewright check --fix`: what is certain is mended, shown as a diff first, and written only where each file is still as it
//! was read.

use crate::cli::args::{Check, Format};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::progress;
use crate::pipeline::Mended;
use crate::{load, pipeline, report};

use super::package::{Package, options};

/// Shows the changes, and makes them unless that is all that is asked for.
pub(super) fn run(args: &Check, package: &Package, console: &mut Console) -> Result<(), CliError> {
    if package.loaded.config.is_none() {
        return Err(CliError::Package { message: "`--fix` works on a package, not on `.cedar` files" });
    }
    let options = options(&args.package, &args.lints)?;
    let mended = progress::during(&format!("fixing {}", package.named), || pipeline::mend(&package.loaded, &options))?;
    let files = mended.files.iter();
    let files: Vec<_> = files
        .map(|file| {
            let path = package.loaded.root.join(&file.name);
            (path.display().to_string(), file.old.as_str(), file.new.as_str())
        })
        .collect();
    let shown = format!("{}{}", report::changes(&files), summary(&mended, &package.named, args.dry_run));
    match args.output.format {
        Format::Human => console.print(&shown)?,
        // Standard output is for programs.
        _ => console.tell(&shown),
    }
    if args.dry_run {
        return Ok(());
    }
    // All are looked at before any is written.
    let root = &package.loaded.root;
    for file in &mended.files {
        let path = root.join(&file.name);
        if load::read_if_present(&path)?.as_deref() != Some(file.old.as_bytes()) {
            return Err(CliError::Edited { path });
        }
    }
    for file in &mended.files {
        load::write_atomic(&root.join(&file.name), file.new.as_bytes())?;
    }
    Ok(())
}

fn summary(mended: &Mended, named: &str, dry_run: bool) -> String {
    let faults = match mended.faults {
        0 => "no problem".to_owned(),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let done = match dry_run {
        true => "can be fixed automatically",
        false => "fixed",
    };
    let contested = match mended.contested {
        0 => String::new(),
        count => format!("; {count} skipped because their changes conflict"),
    };
    format!("{}: {faults} {done}{contested}\n\n", report::printable(named))
}
