//! `gatewright key`: keys that sign bundles.

use std::path::Path;

use crate::cli::args::{Format, Key, KeyGenerate, KeyInspect, KeyStep, SignerArgs};
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::config::Project;
use crate::diag::Diagnostics;
use crate::load;
use crate::load::Alone;
use crate::text::{Sources, safe};
use crate::trust::{Algorithm, KeyError, PrivateKey, PublicKey, Signer, policy_of_one};

use super::named;
use super::signing::SigningError;

/// The file that makes a folder a package.
const CONFIG: &str = "gatewright.toml";

pub(in crate::cli) fn run(args: &Key, console: &mut Console) -> Result<Exit, CliError> {
    match &args.step {
        KeyStep::Generate(args) => generate(args, console),
        KeyStep::Inspect(args) => inspect(args, console),
    }
}

fn generate(args: &KeyGenerate, console: &mut Console) -> Result<Exit, CliError> {
    let [private, public, trust] = ["private.pem", "public.pem", "trust.toml"].map(|name| args.out.join(name));
    // All are looked at before any is written, so that no half of a pair is left.
    if let Some(path) = [&private, &public, &trust].into_iter().find(|path| env::is_taken(path)) {
        return Err(SigningError::KeyExists { path: path.clone() }.into());
    }
    if let Some(path) = args.out.ancestors().find(|path| env::is_taken(path))
        && !env::is_folder(path)
    {
        return Err(SigningError::NotAFolder { path: path.to_owned() }.into());
    }
    let algorithm = match args.ed25519 {
        true => Algorithm::Ed25519,
        false => Algorithm::P256,
    };
    let package = match &args.package {
        Some(package) => Some(package.clone()),
        None => package_here()?,
    };
    let broken = |error| SigningError::Key { path: args.out.clone(), error };
    let key = PrivateKey::generate(algorithm).map_err(broken)?;
    let pem = key.public().to_pem().map_err(broken)?;
    load::write_secret(&private, key.to_pem().map_err(broken)?.as_bytes())?;
    load::write_atomic(&public, pem.as_bytes())?;
    load::write_atomic(&trust, policy_of_one(&args.name, &pem, package.as_deref()).as_bytes())?;
    console.print(&format!(
        "{}: {}\nkey id {}\nkeep {} secret; give {} to those who verify\n",
        args.out.display(),
        algorithm.name(),
        key.public().id(),
        private.display(),
        trust.display()
    ))?;
    Ok(Exit::Ok)
}

/// The name of the package that contains the current folder, if its file can be read.
fn package_here() -> Result<Option<String>, CliError> {
    let Some(folder) = env::package_here() else {
        return Ok(None);
    };
    let Some(bytes) = load::read_if_present(&folder.join(CONFIG))? else {
        return Ok(None);
    };
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::new());
    let file = load::add_text(&mut sources, CONFIG.to_owned(), bytes, Alone::Config, &mut faults);
    let project = Project::parse(&sources, file, &mut faults);
    Ok((!faults.has_errors()).then_some(project.name))
}

fn inspect(args: &KeyInspect, console: &mut Console) -> Result<Exit, CliError> {
    let pem = text(&args.file)?;
    let broken = |error| SigningError::Key { path: args.file.clone(), error };
    let (part, public) = match PrivateKey::from_pem(&pem) {
        Ok(key) => ("private", key.public().clone()),
        Err(KeyError::NotPem(_)) => ("public", PublicKey::from_pem(&pem).map_err(broken)?),
        Err(error) => return Err(broken(error).into()),
    };
    let algorithm = public.algorithm().name();
    let text = match args.output.format {
        Format::Json => {
            let value = serde_json::json!({
                "format": 1,
                "part": part,
                "algorithm": algorithm,
                "id": public.id(),
                "public": public.to_pem().map_err(broken)?,
            });
            safe::json(&value)
        }
        _ => format!("{}: {part} key, {algorithm}\nkey id {}\n", args.file.display(), public.id()),
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

/// Who signs, if anybody was named.
pub(super) fn signer(args: &SignerArgs) -> Result<Option<Signer>, CliError> {
    if let Some(path) = &args.key {
        return Ok(Some(Signer::Key(Box::new(private(path)?))));
    }
    let (Some(command), Some(path)) = (&args.signer_command, &args.public_key) else {
        return Ok(None);
    };
    Ok(Some(Signer::Command {
        command: command.split_whitespace().map(str::to_owned).collect(),
        public: Box::new(public(path)?),
    }))
}

fn private(path: &Path) -> Result<PrivateKey, CliError> {
    let key = PrivateKey::from_pem(&text(path)?);
    Ok(key.map_err(|error| SigningError::Key { path: path.to_owned(), error })?)
}

fn public(path: &Path) -> Result<PublicKey, CliError> {
    let key = PublicKey::from_pem(&text(path)?);
    Ok(key.map_err(|error| SigningError::Key { path: path.to_owned(), error })?)
}

fn text(path: &Path) -> Result<String, CliError> {
    let bytes = named::read(path, named::KEY)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
