//! The statements beside a bundle on disk: `FILE.cjar.KIND.sigstore.json`.

use std::path::{Path, PathBuf};

use crate::cli::error::CliError;
use crate::load;
use crate::trust::{MAX_STATEMENT, Statements};

const ENDING: &str = ".sigstore.json";

/// All files beside a bundle that are named as statements about it, of whatever kind.
pub(in crate::cli::cmd) fn beside(bundle: &Path) -> Result<Statements, CliError> {
    let start = format!("{}.", file_name(bundle));
    let mut statements = Statements::new();
    for name in load::names_in(folder(bundle))? {
        let Some(kind) = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(ENDING)) else {
            continue;
        };
        let bytes = load::read_at_most(&bundle.with_file_name(&name), MAX_STATEMENT)?;
        statements.insert(kind.to_owned(), bytes);
    }
    Ok(statements)
}

/// Makes these the statements beside a bundle: those of another bundle that lay there are removed.
#[cfg(feature = "registry")]
pub(in crate::cli::cmd) fn replace(bundle: &Path, statements: &Statements) -> Result<(), CliError> {
    write(bundle, statements)?;
    for kind in beside(bundle)?.into_keys() {
        if !statements.contains_key(&kind) {
            load::remove_if_present(&path_of(bundle, &kind))?;
        }
    }
    Ok(())
}

fn path_of(bundle: &Path, kind: &str) -> PathBuf {
    bundle.with_file_name(format!("{}.{kind}{ENDING}", file_name(bundle)))
}

/// Writes statements beside a bundle, and names their files.
pub(in crate::cli::cmd) fn write(bundle: &Path, statements: &Statements) -> Result<Vec<PathBuf>, CliError> {
    let mut written = Vec::new();
    for (kind, bytes) in statements {
        let path = path_of(bundle, kind);
        load::write_atomic(&path, bytes)?;
        written.push(path);
    }
    Ok(written)
}

fn file_name(bundle: &Path) -> String {
    bundle.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn folder(bundle: &Path) -> &Path {
    match bundle.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
