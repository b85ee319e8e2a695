//! Packages and Cedar files on disk. Links inside a package are not followed, and only regular files are opened, so
//! neither a loop nor a device can hang a run.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is read")]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::find::find_files;
use super::package::{Content, Entry, MAX_FILE_BYTES, PackageFiles};
use super::part::{Part, TOP};
use super::path::link_to_nowhere;
use super::{package, part};
use crate::diag::Diagnostics;
use crate::load::LoadError;
use crate::text::{FileId, Sources};

/// Loads the package in a folder.
///
/// # Errors
/// Where there is no package; what is wrong with its files goes to `out`.
pub fn load_package(root: &Path, out: &mut Diagnostics) -> Result<PackageFiles, LoadError> {
    Ok(package::assemble(root.to_owned(), entries(root)?, out))
}

/// What lies in the places of a package.
pub(super) fn entries(root: &Path) -> Result<Vec<Entry>, LoadError> {
    let metadata = fs::metadata(root).map_err(|cause| LoadError::read(root, cause))?;
    let config = fs::symlink_metadata(root.join("gatewright.toml"));
    if !metadata.is_dir() || config.is_err() {
        return Err(LoadError::NotAPackage { path: root.to_owned(), around: around(root) });
    }
    Ok(walk(root))
}

/// Existing Cedar, named file by file.
#[derive(Debug, Clone, Copy)]
pub struct CedarInput<'a> {
    /// Policies, `.cedar`.
    pub policies: &'a [PathBuf],
    /// The schema, `.cedarschema`.
    pub schema: Option<&'a Path>,
    /// Entities, JSON.
    pub entities: Option<&'a Path>,
    /// Template links, JSON.
    pub links: Option<&'a Path>,
}

/// Loads Cedar files. Their names are the paths as given; links are followed, since the user named them.
///
/// # Errors
/// Where a file cannot be read; what is wrong inside it goes to `out`.
pub fn load_cedar(input: CedarInput<'_>, out: &mut Diagnostics) -> Result<PackageFiles, LoadError> {
    let mut package = PackageFiles::default();
    for path in input.policies {
        if package.find(&display_name(path)).is_none() {
            let file = add(&mut package.sources, path, Part::Cedar, out)?;
            package.cedar.extend(file);
        }
    }
    if let Some(path) = input.schema {
        let file = add(&mut package.sources, path, Part::CedarSchema, out)?;
        package.cedarschema.extend(file);
    }
    if let Some(path) = input.entities {
        package.entities = add(&mut package.sources, path, Part::ScenarioData, out)?;
    }
    if let Some(path) = input.links {
        package.links = add(&mut package.sources, path, Part::ScenarioData, out)?;
    }
    Ok(package)
}

/// Loads Gate files and those below folders, each once; a package's other files are left alone. Names are whole paths.
///
/// # Errors
/// Where a file or folder cannot be read; what is wrong inside files goes to `out`.
pub fn load_gate(paths: &[PathBuf], out: &mut Diagnostics) -> Result<PackageFiles, LoadError> {
    let mut package = PackageFiles::default();
    for path in paths {
        for path in find_files(path, &[".gate"])? {
            if package.find(&display_name(&path)).is_none() {
                let file = add(&mut package.sources, &path, Part::Gate, out)?;
                package.gate.extend(file);
            }
        }
    }
    Ok(package)
}

/// Loads YAML and JSON files and those below folders, each once, for verbs that read other tools' files. Names are the
/// paths as given.
///
/// # Errors
/// Where a file or folder cannot be read; what is wrong inside files goes to `out`.
pub fn load_manifests(
    paths: &[impl AsRef<Path>],
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Result<Vec<FileId>, LoadError> {
    let mut files = Vec::new();
    for path in paths {
        for path in find_files(path.as_ref(), &[".yaml", ".yml", ".json"])? {
            let name = display_name(&path);
            if !sources.iter().any(|(_, source)| source.name() == name) {
                files.extend(add(sources, &path, Part::Foreign, out)?);
            }
        }
    }
    Ok(files)
}

/// The bytes of a regular file; `None` where there is none. A link to nowhere, in its place or on the way to it, is not the same
/// as no file: whatever it led to may be back tomorrow.
///
/// # Errors
/// Where it cannot be read, is larger than [`MAX_FILE_BYTES`] or is not a file.
pub fn read_if_present(path: &Path) -> Result<Option<Vec<u8>>, LoadError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(LoadError::NotAFile(path.to_owned())),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return match link_to_nowhere(path) {
                Some(link) => Err(LoadError::LinkToNowhere(link)),
                None => Ok(None),
            };
        }
        Err(cause) => return Err(LoadError::read(path, cause)),
    }
    match read(path) {
        Ok(Some(bytes)) => Ok(Some(bytes)),
        Ok(None) => Err(LoadError::read(path, io::ErrorKind::FileTooLarge.into())),
        Err(cause) => Err(LoadError::read(path, cause)),
    }
}

/// The bytes of a file that is no larger than some.
///
/// # Errors
/// Where it cannot be read, is larger or is not a file.
pub fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, LoadError> {
    let failed = |cause| LoadError::read(path, cause);
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    match fs::metadata(path).map_err(failed)? {
        metadata if !metadata.is_file() => Err(LoadError::NotAFile(path.to_owned())),
        metadata if metadata.len() > limit => Err(failed(io::ErrorKind::FileTooLarge.into())),
        _ => match read(path).map_err(failed)? {
            Some(bytes) if bytes.len() <= most => Ok(bytes),
            _ => Err(failed(io::ErrorKind::FileTooLarge.into())),
        },
    }
}

/// The names of what lies in a folder, sorted; names that are not UTF-8 are left out, as nothing that is read has one.
///
/// # Errors
/// Where the folder cannot be read.
pub fn names_in(folder: &Path) -> Result<Vec<String>, LoadError> {
    let failed = |cause| LoadError::read(folder, cause);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn add(sources: &mut Sources, path: &Path, part: Part, out: &mut Diagnostics) -> Result<Option<FileId>, LoadError> {
    let metadata = fs::metadata(path).map_err(|cause| LoadError::read(path, cause))?;
    if !metadata.is_file() {
        return Err(LoadError::NotAFile(path.to_owned()));
    }
    let content = match read(path).map_err(|cause| LoadError::read(path, cause))? {
        Some(bytes) => Content::Bytes(bytes),
        None => Content::TooLarge,
    };
    let name = display_name(path);
    Ok(package::place(sources, Entry { name, content }, part, out))
}

fn display_name(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/").replacen("//", "/", 1)
}

/// The nearest folder above a path that is a package.
fn around(path: &Path) -> Option<PathBuf> {
    let is_package = |folder: &Path| folder.join("gatewright.toml").is_file();
    let here = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
    if let Some(folder) = path.ancestors().skip(1).map(here).find(|folder| is_package(folder)) {
        return Some(folder);
    }
    // What is above the current folder has no name in a relative path.
    let real = fs::canonicalize(path).ok().filter(|_| path.is_relative())?;
    real.ancestors().skip(1).find(|folder| is_package(folder)).map(Path::to_owned)
}

/// Everything in the package's six places.
fn walk(root: &Path) -> Vec<Entry> {
    let mut entries = in_other_case(root);
    let mut waiting: Vec<String> = TOP.iter().map(ToString::to_string).collect();
    while let Some(name) = waiting.pop() {
        let path = root.join(&name);
        let content = match fs::symlink_metadata(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => Content::Unreadable(cause.kind().to_string()),
            Ok(metadata) if metadata.is_symlink() => Content::SymbolicLink,
            Ok(metadata) if metadata.is_dir() && Part::of(&name).is_one_file() => Content::NotAFile("a folder"),
            Ok(metadata) if metadata.is_dir() => match children(&path, &name) {
                Ok((children, mut faults)) => {
                    waiting.extend(children);
                    entries.append(&mut faults);
                    continue;
                }
                Err(cause) => Content::Unreadable(cause.kind().to_string()),
            },
            Ok(metadata) if !metadata.is_file() => Content::NotAFile("neither a file nor a folder"),
            Ok(_) => file(&path, Part::of(&name)),
        };
        entries.push(Entry { name, content });
    }
    entries
}

/// Folders and files that are called as a place of the package but for their case.
fn in_other_case(root: &Path) -> Vec<Entry> {
    let mut found = Vec::new();
    for child in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = child.file_name();
        let Some((name, meant)) = name.to_str().and_then(|name| Some((name, part::in_other_case(name)?))) else {
            continue;
        };
        let is_one_file = Part::of(meant).is_one_file();
        if child.file_type().is_ok_and(|kind| if is_one_file { kind.is_file() } else { kind.is_dir() }) {
            found.push(Entry { name: name.to_owned(), content: Content::Unread });
        }
    }
    found
}

fn file(path: &Path, part: Part) -> Content {
    match part {
        Part::Folder => Content::NotAFile("a file"),
        part if !part.is_read() => Content::Unread,
        _ => match read(path) {
            Ok(Some(bytes)) => Content::Bytes(bytes),
            Ok(None) => Content::TooLarge,
            Err(cause) => Content::Unreadable(cause.kind().to_string()),
        },
    }
}

/// The names in a folder, and an entry for each that is not UTF-8.
fn children(path: &Path, name: &str) -> io::Result<(Vec<String>, Vec<Entry>)> {
    let mut children = Vec::new();
    let mut faults = Vec::new();
    for child in fs::read_dir(path)? {
        let child = child?.file_name();
        match child.to_str() {
            Some(child) => children.push(format!("{name}/{child}")),
            None => {
                faults.push(Entry { name: format!("{name}/{}", child.to_string_lossy()), content: Content::BadName })
            }
        }
    }
    Ok((children, faults))
}

/// The bytes of a file; `None` if it is too large. It may grow while it is read, so its stated size is not trusted.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    if file.metadata()?.len() > MAX_FILE_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE_BYTES);
    Ok(fits.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn load(dir: &TempDir) -> (PackageFiles, Vec<String>) {
        let mut out = Diagnostics::new();
        let package = load_package(dir.path(), &mut out).unwrap();
        let faults = out.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        (package, faults)
    }

    fn names(package: &PackageFiles, files: &[FileId]) -> Vec<String> {
        files.iter().map(|file| package.sources.name(*file).to_owned()).collect()
    }

    #[test]
    fn a_folder_that_is_a_part_but_for_its_case_is_reported() {
        let dir = folder(&[("gatewright.toml", ""), ("Policy/a.gate", ""), ("CHANGES", ""), ("scenarios/a.yaml", "")]);
        let (package, faults) = load(&dir);
        assert_eq!(names(&package, &package.gate), Vec::<String>::new());
        assert_eq!(faults, ["unused-file: nothing reads `Policy`: it is not called `policy`"]);
    }

    #[test]
    fn a_package_is_read_in_the_order_of_its_names() {
        let dir = folder(&[
            ("gatewright.toml", "[package]"),
            ("gateway.toml", "[[route]]"),
            ("policy/b.gate", "b"),
            ("policy/a/c.gate", "\u{feff}c\r\n"),
            ("policy/a.gate", "a"),
            ("policy/raw.cedar", ""),
            ("policy/raw.cedarschema", ""),
            ("policy/folder.gate/d.gate", ""),
            ("scenarios/x/s.yaml", ""),
            ("scenarios/data.json", "{}"),
            ("snapshots/t.snap", ""),
            ("snapshots/t.snap.new", ""),
            ("target/z.gate", ""),
        ]);
        let (package, faults) = load(&dir);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            names(&package, &package.gate),
            ["policy/a.gate", "policy/a/c.gate", "policy/b.gate", "policy/folder.gate/d.gate"]
        );
        assert_eq!(package.sources.text(package.gate[1]), "\u{feff}c\r\n", "texts stay as they are");
        assert_eq!(names(&package, &package.scenarios), ["scenarios/x/s.yaml"]);
        assert_eq!(names(&package, &package.scenario_data), ["scenarios/data.json"]);
        assert_eq!(names(&package, &package.snapshots), ["snapshots/t.snap"]);
        assert_eq!((package.cedar.len(), package.cedarschema.len()), (1, 1));
        assert!(package.path(package.config.unwrap()).ends_with("gatewright.toml"));
        assert_eq!(package.sources.text(package.gateway.unwrap()), "[[route]]");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_is_not_an_absent_file() {
        let dir = folder(&[("there/file", "1")]);
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
        link("there", "folder");
        link("gone", "nowhere");
        link("gone", "there/nowhere");
        let read = |name: &str| read_if_present(&dir.path().join(name));
        assert_eq!(read("folder/file").unwrap(), Some(b"1".to_vec()));
        for absent in ["absent", "absent/file", "folder/absent"] {
            assert_eq!(read(absent).unwrap(), None, "{absent}");
        }
        for (name, link) in [
            ("nowhere", "nowhere"),
            ("nowhere/a/file", "nowhere"),
            ("folder/nowhere", "folder/nowhere"),
            ("folder/nowhere/file", "folder/nowhere"),
        ] {
            let error = read(name).unwrap_err();
            assert!(matches!(&error, LoadError::LinkToNowhere(found) if *found == dir.path().join(link)), "{error}");
        }
    }

    #[test]
    fn what_is_not_a_package_is_an_error_that_says_what_one_is() {
        let dir = folder(&[("p/gatewright.toml", ""), ("p/policy/a.gate", ""), ("q/policy/a.gate", "")]);
        let error = |path: &str| load_package(&dir.path().join(path), &mut Diagnostics::new()).unwrap_err();
        assert!(matches!(error("nowhere"), LoadError::Missing(_)));
        assert!(error("nowhere").help().unwrap().contains("a package is a folder"));
        assert!(matches!(error("q"), LoadError::NotAPackage { around: None, .. }));
        for inside in ["p/policy", "p/policy/a.gate"] {
            let help = error(inside).help().unwrap();
            assert!(help.contains(&dir.path().join("p").display().to_string()), "{help}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_loops_sockets_and_pipes_are_errors_and_do_not_hang() {
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;

        let dir = folder(&[("gatewright.toml", ""), ("policy/a.gate", "")]);
        let at = |name: &str| dir.path().join(name);
        symlink("loop.gate", at("policy/loop.gate")).unwrap();
        symlink("..", at("policy/up")).unwrap();
        symlink("/etc/hostname", at("policy/out.gate")).unwrap();
        symlink("user@host.1", at("policy/.#a.gate")).unwrap();
        symlink(dir.path(), at("scenarios")).unwrap();
        let _socket = UnixListener::bind(at("policy/socket.gate")).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the standard library makes no named pipe")]
        let made = std::process::Command::new("mkfifo").arg(at("policy/pipe.gate")).status();
        assert!(made.unwrap().success());
        let (package, faults) = load(&dir);
        insta::assert_snapshot!(faults.join("\n"), @r"
        symbolic-link: `policy/loop.gate` is a symbolic link
        symbolic-link: `policy/out.gate` is a symbolic link
        unreadable-file: `policy/pipe.gate` is neither a file nor a folder
        unreadable-file: `policy/socket.gate` is neither a file nor a folder
        symbolic-link: `policy/up` is a symbolic link
        symbolic-link: `scenarios` is a symbolic link
        ");
        assert_eq!(package.gate.len(), 1);
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let dir = folder(&[("gatewright.toml", ""), ("policy/a.gate", ""), ("policy/huge.gate", "")]);
        let huge = File::create(dir.path().join("policy/huge.gate")).unwrap();
        huge.set_len(1 << 42).unwrap();
        let (package, faults) = load(&dir);
        assert_eq!(faults, ["unreadable-file: cannot read `policy/huge.gate`: it is larger than 67108864 bytes"]);
        assert_eq!(package.gate.len(), 1);
    }

    #[test]
    fn folders_and_files_must_not_change_places() {
        let dir = folder(&[("gatewright.toml/x", ""), ("gateway.toml/x", ""), ("policy", "")]);
        let (_, faults) = load(&dir);
        assert_eq!(
            faults,
            [
                "unreadable-file: `gateway.toml` is a folder",
                "unreadable-file: `gatewright.toml` is a folder",
                "unreadable-file: `policy` is a file"
            ]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf8_is_an_error() {
        use std::os::unix::ffi::OsStrExt;

        let dir = folder(&[("gatewright.toml", ""), ("policy/a.gate", "")]);
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.gate");
        fs::write(dir.path().join("policy").join(name), "").unwrap();
        assert_eq!(load(&dir).1, ["file-name: the file name `policy/caf\u{fffd}.gate` is not UTF-8"]);
    }

    #[test]
    fn cedar_files_are_loaded_by_the_names_given() {
        let dir = folder(&[("a.cedar", "permit"), ("s.cedarschema", "entity"), ("e.json", "[]")]);
        let at = |name: &str| dir.path().join(name);
        let input = CedarInput {
            policies: &[at("a.cedar"), at("a.cedar")],
            schema: Some(&at("s.cedarschema")),
            entities: Some(&at("e.json")),
            links: None,
        };
        let mut out = Diagnostics::new();
        let package = load_cedar(input, &mut out).unwrap();
        assert!(out.is_empty());
        assert_eq!(package.cedar.len(), 1, "named twice, read once");
        assert_eq!(package.sources.name(package.cedar[0]), at("a.cedar").display().to_string());
        assert_eq!(package.sources.text(package.entities.unwrap()), "[]");
        assert_eq!(package.path(package.cedar[0]), at("a.cedar"));

        let missing = CedarInput { links: Some(&at("nope.json")), ..input };
        assert!(matches!(load_cedar(missing, &mut out), Err(LoadError::Missing(_))));
        let folder = CedarInput { links: Some(dir.path()), ..input };
        assert!(matches!(load_cedar(folder, &mut out), Err(LoadError::NotAFile(_))));
    }
}
