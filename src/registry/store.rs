//! What every place can do, whatever it is made of.

use std::fmt;

use super::artifact::Artifacts;
use super::folder::Folder;
use super::layout::Layout;
use super::remote::Remote;
use super::web::Web;
use super::{Fetched, Location, Options, Overwrite, Pin, Place, Progress, Put, RegistryError, Release, Since};

/// A place.
pub struct Store {
    kind: Kind,
    name: String,
}

enum Kind {
    Oci(Box<Artifacts<Remote>>),
    Layout(Artifacts<Layout>),
    Folder(Folder),
    Web(Web),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Store {
    /// Gets ready to ask a place. Nothing is asked yet.
    ///
    /// # Errors
    /// Where credentials or certificates cannot be read.
    pub fn open(location: &Location, options: &Options) -> Result<Self, RegistryError> {
        let name = location.place_name();
        let kind = match &location.place {
            Place::Oci { host, repository } => {
                Kind::Oci(Box::new(Artifacts::new(Remote::new(host, repository, options)?, name.clone())))
            }
            Place::Layout(path) => Kind::Layout(Artifacts::new(Layout::new(path.clone()), name.clone())),
            Place::Folder(path) => Kind::Folder(Folder::new(path.clone())),
            Place::Web(url) => Kind::Web(Web::new(url.clone(), options)?),
        };
        Ok(Self { kind, name })
    }

    /// The place, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A bundle with its statements; `None` where there is none.
    ///
    /// # Errors
    /// Where the place cannot be asked, or what it gives is not what was asked for.
    pub fn fetch(&self, pin: &Pin, progress: Progress<'_>) -> Result<Option<Fetched>, RegistryError> {
        match (&self.kind, pin) {
            (Kind::Oci(artifacts), pin) => artifacts.fetch(pin, progress),
            (Kind::Layout(artifacts), pin) => artifacts.fetch(pin, progress),
            (Kind::Folder(folder), Pin::Version(version)) => folder.fetch(version, progress),
            (Kind::Web(web), Pin::Version(version)) => web.fetch(version, progress),
            (Kind::Folder(_) | Kind::Web(_), Pin::Digest(_)) => Err(RegistryError::Location {
                location: self.name.clone(),
                why: "only a registry supports lookup by manifest digest; name a version".to_owned(),
            }),
        }
    }

    /// Keeps a bundle with its statements under its version. What is interrupted is not to be seen, and finished by the same
    /// call.
    ///
    /// # Errors
    /// Where the version holds another bundle, or the place cannot be written.
    pub fn put(&self, release: &Release, overwrite: Overwrite, progress: Progress<'_>) -> Result<Put, RegistryError> {
        match &self.kind {
            Kind::Oci(artifacts) => artifacts.put(release, overwrite, progress),
            Kind::Layout(artifacts) => artifacts.put(release, overwrite, progress),
            Kind::Folder(folder) => folder.put(release, overwrite, progress),
            Kind::Web(_) => Err(RegistryError::ReadOnly(self.name.clone())),
        }
    }

    /// The signed pointer of a channel; `None` where there is none.
    ///
    /// # Errors
    /// Where the place cannot be asked.
    pub fn channel(&self, channel: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        Ok(match self.channel_since(channel, None)? {
            Since::Pointer { bytes, .. } => Some(bytes),
            Since::Absent | Since::Same => None,
        })
    }

    /// The same, unless it is the one of an entity tag that the place gave with it.
    ///
    /// # Errors
    /// Where the place cannot be asked.
    pub fn channel_since(&self, channel: &str, tag: Option<&str>) -> Result<Since, RegistryError> {
        let read = match &self.kind {
            Kind::Oci(artifacts) => artifacts.channel(channel)?,
            Kind::Layout(artifacts) => artifacts.channel(channel)?,
            Kind::Folder(folder) => folder.channel(channel)?,
            Kind::Web(web) => return web.channel(channel, tag),
        };
        Ok(read.map_or(Since::Absent, |bytes| Since::Pointer { bytes, tag: None }))
    }

    /// Moves a channel. `expected` is the pointer that was read before; `None`: there was none.
    ///
    /// # Errors
    /// Where it was moved meanwhile, or the place cannot be written.
    pub fn move_channel(&self, channel: &str, expected: Option<&[u8]>, pointer: &[u8]) -> Result<(), RegistryError> {
        let moved = || RegistryError::Moved { place: self.name.clone(), channel: channel.to_owned() };
        match &self.kind {
            Kind::Oci(artifacts) => artifacts.move_channel(channel, expected, pointer, &moved),
            Kind::Layout(artifacts) => artifacts.move_channel(channel, expected, pointer, &moved),
            Kind::Folder(folder) => folder.move_channel(channel, expected, pointer, &moved),
            Kind::Web(_) => Err(RegistryError::ReadOnly(self.name.clone())),
        }
    }

    /// Versions that are there, in no order that means anything.
    ///
    /// # Errors
    /// Where the place cannot be asked, or cannot list.
    pub fn versions(&self) -> Result<Vec<String>, RegistryError> {
        match &self.kind {
            Kind::Oci(artifacts) => artifacts.versions(),
            Kind::Layout(artifacts) => artifacts.versions(),
            Kind::Folder(folder) => folder.versions(),
            Kind::Web(_) => Err(RegistryError::Location {
                location: self.name.clone(),
                why: "a file server does not list versions; name one".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn release(version: &str) -> Release {
        Release {
            version: version.to_owned(),
            file: format!("docs-{version}.cjar"),
            bundle: version.as_bytes().to_vec(),
            revision: None,
            statements: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    #[test]
    fn of_releases_that_were_judged_before_any_was_there_one_gets_in() {
        for kind in [Place::Folder, Place::Layout] {
            let dir = tempfile::tempdir().unwrap();
            let location = Location { place: kind(dir.path().join("place")), pin: None };
            let put = |number: usize| {
                let store = Store::open(&location, &Options::default()).unwrap();
                store.put(&release(&format!("1.0.{number}")), Overwrite::Never, &|_, _| ()).is_ok()
            };
            let put = &put;
            let got_in = std::thread::scope(|scope| {
                let all: Vec<_> = (0..6).map(|number| scope.spawn(move || put(number))).collect();
                all.into_iter().map(|one| one.join().unwrap()).filter(|is_in| *is_in).count()
            });
            assert_eq!(got_in, 1);
        }
    }
}
