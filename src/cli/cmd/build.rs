//! `gatewright build`: a package as Cedar policies, schema, roles, source map and manifest, in a folder.

use std::collections::BTreeSet;
use std::path::Path;

use crate::bundle::Manifest;
use crate::cli::args::{Build, Format};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::{load, pipeline};

use super::package::Package;

/// The file that says what a build wrote.
const MANIFEST: &str = "bundle.json";

pub(in crate::cli) fn run(args: &Build, console: &mut Console) -> Result<Exit, CliError> {
    let package = Package::check(&args.package, &args.lints)?;
    let exit = package.show(&package.checked.diagnostics, args.output.format, console)?;
    if exit != Exit::Ok {
        return Ok(exit);
    }
    let tree = pipeline::build(&package.checked, &package.loaded.sources)?;
    load::replace_tree(&args.out, &earlier(&args.out)?, tree.iter())?;
    if args.output.format == Format::Human {
        let count = tree.iter().count();
        console.print(&format!("{}: {count} files in {}\n", package.named, args.out.display()))?;
    }
    Ok(Exit::Ok)
}

/// What an earlier build wrote into the folder. A manifest that cannot be read names nothing, and nothing is replaced.
fn earlier(out: &Path) -> Result<BTreeSet<String>, CliError> {
    let manifest = load::read_if_present(&out.join(MANIFEST))?;
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    Ok(manifest.map_or_else(BTreeSet::new, |manifest| {
        let files = manifest.files.into_iter().map(|file| file.path);
        files.chain([MANIFEST.to_owned()]).collect()
    }))
}
