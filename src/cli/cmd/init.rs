//! `gatewright init`: a package to start from, the book's quickstart under the folder's own name. It checks and passes
//! its tests as it stands, which a test of the command line demands.

use std::path::Path;

use crate::cli::args::Init;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::load;
use crate::text::safe;

/// The files of `examples/quickstart`, by their place in a package.
const FILES: [(&str, &str); 5] = [
    ("gatewright.toml", include_str!("../../../examples/quickstart/gatewright.toml")),
    ("policy/invoices.gate", include_str!("../../../examples/quickstart/policy/invoices.gate")),
    ("scenarios/invoices.yaml", include_str!("../../../examples/quickstart/scenarios/invoices.yaml")),
    (
        "snapshots/invoices__access-table.snap",
        include_str!("../../../examples/quickstart/snapshots/invoices__access-table.snap"),
    ),
    ("README.md", include_str!("../../../examples/quickstart/README.md")),
];

pub(in crate::cli) fn run(args: &Init, console: &mut Console) -> Result<Exit, CliError> {
    let name = package_name(&args.dir)?;
    if let Some(taken) = FILES.iter().map(|(file, _)| args.dir.join(file)).find(|path| env::is_taken(path)) {
        return Err(CliError::Exists { path: taken });
    }
    for (file, text) in FILES {
        let text = match file {
            "gatewright.toml" => text.replace("\"quickstart\"", &format!("\"{name}\"")),
            "README.md" => text.replace("# Quickstart", &format!("# {name}")),
            _ => text.to_owned(),
        };
        load::write_atomic(&args.dir.join(file), text.as_bytes())?;
    }
    let named = |path: &Path| safe::word(&path.display().to_string());
    let (dir, policy) = (named(&args.dir), named(&args.dir.join("policy/invoices.gate")));
    console.print(&format!("wrote package `{name}`\nnext: gatewright test {dir}, then change {policy}\n"))?;
    Ok(Exit::Ok)
}

/// The folder's name in the letters that a package name may have.
pub(super) fn package_name(dir: &Path) -> Result<String, CliError> {
    let folder = match dir.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        // `.` and `..` have no name of their own.
        None => env::real_name(dir),
    };
    // To leave out letters would give a name that nobody recognizes.
    if folder.chars().any(|character| character.is_alphabetic() && !character.is_ascii()) {
        return Err(CliError::PackageName { folder });
    }
    let mut name = String::new();
    for character in folder.chars().take(64) {
        match character.to_ascii_lowercase() {
            letter @ 'a'..='z' => name.push(letter),
            digit @ '0'..='9' if !name.is_empty() => name.push(digit),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    match name.trim_end_matches('-') {
        "" => Err(CliError::PackageName { folder }),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_come_from_folder_names() {
        for (folder, name) in
            [("shop", "shop"), ("a/My Shop!", "my-shop"), ("2 go/3rd-try", "rd-try"), ("x--y_", "x-y")]
        {
            assert_eq!(package_name(Path::new(folder)).unwrap(), name);
        }
        for folder in ["123", "…", "店", "Ünï", "caf\u{e9}"] {
            assert!(matches!(package_name(Path::new(folder)), Err(CliError::PackageName { .. })));
        }
    }
}
