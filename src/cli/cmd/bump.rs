//! `gatewright bump`: the version that a package takes by what changed in it, and the request that is the reason.

use std::num::NonZeroUsize;

use crate::cli::args::{Bump, Format};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::pipeline::Shard;
use crate::semdiff::Bumped;
use crate::{config, load, pipeline, report};

use super::compared;
use super::package::Package;

pub(in crate::cli) fn run(args: &Bump, console: &mut Console) -> Result<Exit, CliError> {
    let (old, new) = compared::named("bump", &args.compared)?;
    if let (true, Some(revision)) = (args.write, &new.revision) {
        return Err(CliError::WriteRevision { revision: revision.clone() });
    }
    let whole = Shard { part: 1, of: NonZeroUsize::MIN };
    let Some(compared) = compared::compare((&old, &new), &args.compared, whole, args.output.format.into(), console)?
    else {
        return Ok(Exit::CouldNotRun);
    };
    let (before, after) = (&compared.before, &compared.after);
    let bumped =
        pipeline::bump((&before.loaded, &before.checked), (&after.loaded, &after.checked), &compared.difference)?;
    let sides = compared.sides();
    let mut text = match args.output.format {
        Format::Json => report::diff::bump_json(&bumped, &compared.difference, sides),
        _ => report::diff::bump(&bumped, &compared.difference, sides),
    };
    if args.output.format == Format::Human
        && let Some(caution) = compared.caution()
    {
        text.push_str(&format!("warning: {caution}\n"));
    }
    console.print(&text)?;
    if args.write {
        let said = write(after, &bumped)?;
        match args.output.format {
            Format::Json => console.tell(&said),
            _ => console.print(&said)?,
        }
    }
    Ok(match args.check {
        true => checked(&bumped),
        false => Exit::Ok,
    })
}

/// A version that is too low for what is known fails. What is not known is no pass, however high the version is.
fn checked(bumped: &Bumped) -> Exit {
    if !bumped.reaches(bumped.required.at_least) {
        Exit::PolicyFails
    } else if !bumped.required.is_certain() {
        Exit::NotProved
    } else {
        Exit::Ok
    }
}

/// Writes the version that the package should have, if it has a lower one.
fn write(package: &Package, bumped: &Bumped) -> Result<String, CliError> {
    let (Some(file), Some(place)) = (package.loaded.config, package.checked.project.version_place) else {
        return Ok(String::new());
    };
    let path = package.loaded.path(file);
    let shown = path.display();
    if bumped.reaches(bumped.required.step) {
        return Ok(format!("{shown} is unchanged\n"));
    }
    let version = bumped.next.to_string();
    if let Some(text) = config::with_version(package.loaded.sources.text(file), place, &version) {
        load::write_atomic(&path, text.as_bytes())?;
    }
    Ok(format!("wrote version {version} into {shown}\n"))
}
