//! `gatewright import`: a package made of other systems' files, in a new folder. What is made is checked before it is
//! written, so that what is there afterwards checks.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::args::{Format, Import, ImportCedar, ImportFrom, ImportK8s};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::diag::Diagnostics;
use crate::import::{CedarFiles, Imported, K8sOptions};
use crate::load::{Alone, CedarInput, LoadError, PackageFiles};
use crate::pipeline::Checked;
use crate::report::Files;
use crate::text::{Sources, counted};
use crate::{import, lint, load, pipeline, report};

use super::init::package_name;

pub(in crate::cli) fn run(args: &Import, console: &mut Console) -> Result<Exit, CliError> {
    match &args.from {
        ImportFrom::K8sRbac(args) => k8s_rbac(args, console),
        ImportFrom::Cedar(args) => cedar(args, console),
    }
}

fn k8s_rbac(args: &ImportK8s, console: &mut Console) -> Result<Exit, CliError> {
    let name = new_package(&args.out)?;
    let mut sources = Sources::default();
    let mut out = Diagnostics::new();
    let imported = progress::during("importing roles", || {
        let (standard_input, paths): (Vec<_>, Vec<_>) = args.paths.iter().partition(|path| path.as_os_str() == "-");
        let mut files = load::load_manifests(&paths, &mut sources, &mut out).map_err(manifests_missing)?;
        if !standard_input.is_empty() {
            let name = "<stdin>".to_owned();
            let bytes = console.read_all()?;
            files.push(load::add_text(&mut sources, name, bytes, Alone::Foreign, &mut out));
        }
        let options = K8sOptions { name: &name, namespace: &args.namespace };
        let imported = import::k8s_rbac(&sources, &files, options, &mut out)?;
        imported.map(sound).transpose()
    })?;
    let out = out.sorted();
    show(&out, Files::new(&sources), args.output.format, console)?;
    write(imported, &args.out, args.output.format, console)
}

fn cedar(args: &ImportCedar, console: &mut Console) -> Result<Exit, CliError> {
    let name = new_package(&args.out)?;
    let input = CedarInput {
        policies: &args.policies,
        schema: Some(&args.schema),
        entities: args.entities.as_deref(),
        links: args.links.as_deref(),
    };
    let mut loading = Diagnostics::new();
    let original = load::load_cedar(input, &mut loading)?;
    // Where the original has faults they are told in its own files; what lints think of it is for the package's check.
    let checked = check(&original, loading);
    let mut faults = faults(&checked.diagnostics);
    if !faults.has_errors() {
        faults.extend(pipeline::check_entities(&original, &checked)?);
    }
    if faults.has_errors() {
        show(&faults, Files::new(&original.sources), args.output.format, console)?;
        return Ok(Exit::PolicyFails);
    }
    let files = CedarFiles {
        policies: &original.cedar,
        schemas: &original.cedarschema,
        links: original.links,
        entities: original.entities,
    };
    let mut out = Diagnostics::new();
    let imported = import::cedar(&original.sources, files, &name, &mut out);
    show(&out, Files::new(&original.sources), args.output.format, console)?;
    let imported = imported.map(sound).transpose()?;
    write(imported, &args.out, args.output.format, console)
}

/// Loading speaks of packages, and these paths are none.
fn manifests_missing(error: LoadError) -> CliError {
    match error {
        LoadError::Missing(path) => CliError::NoManifest { path },
        other => other.into(),
    }
}

/// The name of a package in a folder that is still to be made.
fn new_package(out: &Path) -> Result<String, CliError> {
    if env::is_taken(out) {
        return Err(CliError::NotNew { path: out.to_owned() });
    }
    package_name(out)
}

fn show(all: &Diagnostics, files: Files<'_>, format: Format, console: &mut Console) -> Result<(), CliError> {
    match format {
        Format::Json => console.print(&report::json(all, files)),
        Format::Github => console.print_exactly(&report::annotations(all, files)),
        _ if all.is_empty() => Ok(()),
        _ => {
            let shown = report::diagnostics(all, files, console.style());
            console.print(&format!("{shown}\n{}\n", report::summary(all)))
        }
    }
}

fn write(imported: Option<Imported>, out: &Path, format: Format, console: &mut Console) -> Result<Exit, CliError> {
    let Some(imported) = imported else {
        return Ok(Exit::PolicyFails);
    };
    let files = imported.files.iter();
    let files = files.map(|(name, text)| (name.as_str(), text.as_bytes()));
    load::replace_tree(out, &BTreeSet::new(), files)?;
    if format == Format::Human {
        let dir = out.display();
        console.print(&format!(
            "imported {}\nwrote {} in {dir}\nnext: gatewright check {dir}\n",
            imported.summary,
            counted(imported.files.len(), "file")
        ))?;
    }
    Ok(Exit::Ok)
}

/// Lints of one cause: what the first finds by reading, the second finds by a proof, which only `lint` asks for.
const SAME_CAUSE: [(&str, &str); 1] = [("fail-open-forbid", "erring-forbid")];

/// The package with those lints at `warn` that would fail it: what was good enough elsewhere is brought in, and told.
fn sound(mut imported: Imported) -> Result<Imported, CliError> {
    let mut loading = Diagnostics::new();
    let texts = imported.files.iter();
    let texts = texts.map(|(name, text)| (name.as_str(), text.as_str()));
    let package = PackageFiles::in_memory(texts, &mut loading);
    let checked = check(&package, loading);
    let mut failing = BTreeSet::new();
    for error in checked.diagnostics.iter().filter(|found| found.is_error()) {
        match lint::find(error.code.as_str()) {
            Some(lint) => failing.insert(lint.id()),
            None => {
                return Err(CliError::Unsound { message: error.message.clone() });
            }
        };
    }
    for (shown, proved) in SAME_CAUSE {
        if failing.contains(shown) {
            failing.insert(proved);
        }
    }
    imported.tolerate(&failing);
    Ok(imported)
}

fn check(package: &PackageFiles, loading: Diagnostics) -> Checked {
    let options = pipeline::Options { at: env::today(), levels: Vec::new(), roles: None };
    pipeline::check(package, &options, loading)
}

/// What is not a lint's.
fn faults(all: &Diagnostics) -> Diagnostics {
    all.iter().filter(|found| lint::find(found.code.as_str()).is_none()).cloned().collect()
}
