//! Files below a folder, written so that a reader sees the old one or the new one.
#![expect(clippy::disallowed_methods, reason = "this is where bundles are kept on disk")]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::RegistryError;

/// Files below a folder.
pub(super) struct Disk {
    root: PathBuf,
}

impl Disk {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) fn name(&self) -> String {
        self.root.display().to_string()
    }

    pub(super) fn invalid_response(&self, why: String) -> RegistryError {
        RegistryError::InvalidResponse { place: self.name(), why }
    }

    fn failed(&self, path: &str, error: &io::Error) -> RegistryError {
        RegistryError::Disk { path: self.root.join(path).display().to_string(), why: error.kind().to_string() }
    }

    fn not_a_file(&self, path: &str) -> RegistryError {
        RegistryError::Disk { path: self.root.join(path).display().to_string(), why: "it is not a file".to_owned() }
    }

    /// A file of at most some bytes; `None` where there is none. A pipe or device is not opened: it may never answer.
    pub(super) fn read(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>, RegistryError> {
        if !self.is_file(path)? {
            return Ok(None);
        }
        let file = match File::open(self.root.join(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(path, &error)),
        };
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(|error| self.failed(path, &error))?;
        match bytes.len() > most {
            true => Err(self.invalid_response(format!("`{path}` is larger than {most} bytes"))),
            false => Ok(Some(bytes)),
        }
    }

    /// Whether there is a file, or something that leads to one; what is neither a file nor absent is an error.
    fn is_file(&self, path: &str) -> Result<bool, RegistryError> {
        match fs::metadata(self.root.join(path)) {
            Ok(metadata) if metadata.is_file() => Ok(true),
            Ok(_) => Err(self.not_a_file(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.is_absent(path).map(|()| false),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Sees to it that what was not found is absent. A link to nowhere, in its place or on the way to it, hides what was there: a
    /// version that cannot be seen would be published again.
    fn is_absent(&self, path: &str) -> Result<(), RegistryError> {
        let whole = self.root.join(path);
        let missing = |path: &&Path| fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let mut on_the_way = whole.ancestors().take_while(missing);
        match on_the_way.find(|path| fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())) {
            None => Ok(()),
            Some(link) => Err(RegistryError::Disk {
                path: link.display().to_string(),
                why: "it is a symbolic link to something that does not exist".to_owned(),
            }),
        }
    }

    /// Makes the folders of a file. A link among them could lead the write anywhere, so it is refused.
    fn make_folders(&self, path: &str) -> Result<(), RegistryError> {
        fs::create_dir_all(&self.root).map_err(|error| self.failed("", &error))?;
        let names: Vec<&str> = path.split('/').collect();
        for end in 1..names.len() {
            let folder = names.get(..end).unwrap_or_default().join("/");
            let at = self.root.join(&folder);
            match fs::create_dir(&at) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(self.failed(&folder, &error)),
                _ => {}
            }
            if !fs::symlink_metadata(&at).map_err(|error| self.failed(&folder, &error))?.is_dir() {
                let path = at.display().to_string();
                return Err(RegistryError::Disk { path, why: "it is not a folder".to_owned() });
            }
        }
        Ok(())
    }

    /// Writes a file so that a reader sees the old one or the new one, also after a crash. What is there is replaced and never
    /// opened, be it a link.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        self.make_folders(path)?;
        let target = self.root.join(path);
        let mut temporary = target.clone().into_os_string();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let written = || -> io::Result<()> {
            // What an interrupted run left there is of nobody. Whatever else it is, it is never opened.
            let _ = fs::remove_file(&temporary);
            let mut file = File::create_new(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &target)?;
            // The name is safe when the folder is; not every system can say so, and none of those loses it otherwise.
            if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
                let _ = folder.sync_all();
            }
            Ok(())
        };
        written().map_err(|error| {
            // Best effort: what is reported is why the write failed.
            let _ = fs::remove_file(&temporary);
            self.failed(path, &error)
        })
    }

    /// Keeps other writers out until it is dropped.
    pub(super) fn lock(&self) -> Result<File, RegistryError> {
        const LOCK: &str = ".lock";
        let failed = |error: io::Error| self.failed(LOCK, &error);
        fs::create_dir_all(&self.root).map_err(failed)?;
        let path = self.root.join(LOCK);
        // Whoever may write to the folder may have put anything there. A new file is made without following a link; one that is
        // there must be a file, and its content is left alone.
        let file = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !fs::symlink_metadata(&path).map_err(failed)?.is_file() {
                    return Err(self.not_a_file(LOCK));
                }
                File::options().write(true).open(&path)
            }
            made => made,
        };
        let file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    /// The names in a folder, sorted; none where there is no folder.
    pub(super) fn names(&self, path: &str) -> Result<Vec<String>, RegistryError> {
        let entries = match fs::read_dir(self.root.join(path)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.is_absent(path).map(|()| Vec::new());
            }
            Err(error) => return Err(self.failed(path, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(|error| self.failed(path, &error))?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe(path: &std::path::Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_file_is_an_error_and_nobody_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::new(dir.path().to_owned());
        for name in ["file", ".lock"] {
            pipe(&dir.path().join(name));
        }
        std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
        for name in ["file", "link", "."] {
            let said = disk.read(name, 10).unwrap_err().to_string();
            assert!(said.ends_with("it is not a file"), "{said}");
        }
        assert!(disk.lock().unwrap_err().to_string().ends_with("it is not a file"));
        // A pipe where a write begins, and one that is written over.
        pipe(&dir.path().join(format!("new.{}.tmp", std::process::id())));
        disk.write("new", b"1").unwrap();
        disk.write("file", b"2").unwrap();
        assert_eq!(disk.read("new", 1).unwrap(), Some(b"1".to_vec()));
        assert_eq!(disk.read("link", 1).unwrap(), Some(b"2".to_vec()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_does_not_hide_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let link = |name: &str| std::os::unix::fs::symlink("gone", dir.path().join(name)).unwrap();
        link("place");
        link("file");
        for root in ["place", "."] {
            let disk = Disk::new(dir.path().join(root));
            let file = if root == "." { "file" } else { "channels/prod" };
            for said in [disk.read(file, 10).unwrap_err(), disk.names(file).unwrap_err()] {
                assert!(said.to_string().ends_with("a symbolic link to something that does not exist"), "{said}");
            }
        }
        let disk = Disk::new(dir.path().to_owned());
        assert_eq!((disk.read("none/a", 10).unwrap(), disk.names("none").unwrap()), (None, Vec::new()));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_a_write_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (root, victim) = (dir.path().join("place"), dir.path().join("victim"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        fs::write(&victim, "precious").unwrap();
        let disk = Disk::new(root.clone());
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        for to in ["../victim", "../nothing", "../elsewhere"] {
            link(to, ".lock");
            let said = disk.lock().unwrap_err().to_string();
            assert!(said.ends_with("it is not a file"), "{said}");
            fs::remove_file(root.join(".lock")).unwrap();
        }
        // What another run wrote there stays.
        fs::write(root.join(".lock"), "7").unwrap();
        drop(disk.lock().unwrap());
        assert_eq!(fs::read_to_string(root.join(".lock")).unwrap(), "7");
        // A link in the place of a file is replaced, one in the place of a folder is an error.
        link("../victim", "file");
        disk.write("file", b"new").unwrap();
        link("../elsewhere", "channels");
        for path in ["channels/prod", "channels/a/b"] {
            let said = disk.write(path, b"new").unwrap_err().to_string();
            assert!(said.ends_with("channels`: it is not a folder"), "{said}");
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::read_dir(dir.path().join("elsewhere")).unwrap().count(), 0);
        assert!(!dir.path().join("nothing").exists());
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::new(dir.path().to_owned());
        disk.write("a/b", b"123").unwrap();
        assert_eq!(disk.read("a/b", 3).unwrap(), Some(b"123".to_vec()));
        let said = disk.read("a/b", 2).unwrap_err().to_string();
        assert!(said.contains("`a/b` is larger than 2 bytes"), "{said}");
        assert_eq!(disk.read("a/c", 3).unwrap(), None);
        assert_eq!(disk.names("a").unwrap(), ["b"], "nothing else is left");
        assert_eq!(disk.names("c").unwrap(), Vec::<String>::new());
    }
}
