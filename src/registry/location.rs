//! How a place is written: `oci://HOST/REPOSITORY[:TAG|@DIGEST]`, `oci-layout:FOLDER`, a folder, or `https://…`.

use std::net::IpAddr;
use std::path::PathBuf;

use super::RegistryError;

/// A place, and what of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Where.
    pub place: Place,
    /// Which version, where one is named.
    pub pin: Option<Pin>,
}

/// Where bundles are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A repository of an OCI registry.
    Oci {
        /// The registry, with its port.
        host: String,
        /// The repository in it.
        repository: String,
    },
    /// An OCI image layout on disk.
    Layout(PathBuf),
    /// A folder.
    Folder(PathBuf),
    /// The same folder behind a file server; no `/` at its end.
    Web(String),
}

/// What is named of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// A version by its tag.
    Version(String),
    /// A manifest of an OCI registry or layout by its digest, `sha256:…`.
    Digest(String),
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// Where it is none, with what to write instead.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let refuse = |why: &str| {
            Err(RegistryError::Location {
                location: text.to_owned(),
                why: why.to_owned(),
            })
        };
        if let Some(rest) = text.strip_prefix("oci://") {
            let Some((host, path)) = rest.split_once('/') else {
                return refuse("write `oci://HOST/REPOSITORY`");
            };
            let (repository, pin) = match (path.split_once('@'), path.rsplit_once(':')) {
                (Some((repository, digest)), _) if is_digest(digest) => {
                    (repository, Some(Pin::Digest(digest.to_owned())))
                }
                (Some(_), _) => return refuse("a digest is `sha256:` and 64 lower-case hexadecimal digits"),
                (None, Some((repository, tag))) => (repository, Some(Pin::Version(tag.to_owned()))),
                (None, None) => (path, None),
            };
            if !is_host(host) {
                return refuse("its host is no host");
            }
            if !is_repository(repository) {
                return refuse("a repository is lower-case letters, digits, `.`, `_`, `-` and `/`");
            }
            if matches!(&pin, Some(Pin::Version(tag)) if tag_of(tag).is_none()) {
                return refuse("what follows `:` is no version");
            }
            return Ok(Self {
                place: Place::Oci {
                    host: host.to_owned(),
                    repository: repository.to_owned(),
                },
                pin,
            });
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            let rest = text.split_once("://").map_or("", |(_, rest)| rest);
            let host = rest.split('/').next().unwrap_or_default();
            if host.contains('@') {
                return refuse("credentials do not belong into a location");
            }
            if !is_host(host) {
                return refuse("its host is no host");
            }
            if text.starts_with("http://") && !is_loopback(host) {
                return refuse("plain HTTP is for this machine only; write `https://`");
            }
            return Ok(Self {
                place: Place::Web(text.trim_end_matches('/').to_owned()),
                pin: None,
            });
        }
        let (layout, folder) = match (text.strip_prefix("oci-layout:"), text.strip_prefix("file:")) {
            (Some(folder), _) => (true, folder),
            (None, Some(folder)) => (false, folder.strip_prefix("//").unwrap_or(folder)),
            (None, None) => (false, text),
        };
        if folder.is_empty() {
            return refuse("it names no folder");
        }
        if folder == text && text.contains("://") {
            return refuse("write `oci://HOST/REPOSITORY`, `oci-layout:FOLDER`, `https://…` or a folder");
        }
        let path = PathBuf::from(folder);
        Ok(Self {
            place: if layout {
                Place::Layout(path)
            } else {
                Place::Folder(path)
            },
            pin: None,
        })
    }

    /// The place as it is written, without what is named of it: the same for every way to write one place on the network.
    #[must_use]
    pub fn place_name(&self) -> String {
        match &self.place {
            Place::Oci { host, repository } => format!("oci://{host}/{repository}"),
            Place::Layout(path) => format!("oci-layout:{}", path.display()),
            Place::Folder(path) => path.display().to_string(),
            Place::Web(url) => url.clone(),
        }
    }
}

/// The tag of a version: `+` cannot be in a tag and is written `_`, as Helm does. `None` where it cannot be one.
pub(super) fn tag_of(version: &str) -> Option<String> {
    let tag = version.replace('+', "_");
    let mut bytes = tag.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (first && rest && tag.len() <= 128).then_some(tag)
}

/// Whether a text is `sha256:` and its digits.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64
        && hex
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether a host with or without a port is this machine, by its address or as `localhost`.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        part.bytes().all(|byte| plain(byte) || b"._-".contains(&byte))
            && part.bytes().next().is_some_and(plain)
            && part.bytes().last().is_some_and(plain)
    };
    text.len() <= 255 && text.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let oci = |host: &str, repository: &str| Place::Oci {
            host: host.to_owned(),
            repository: repository.to_owned(),
        };
        let digest = format!("sha256:{}", "0".repeat(64));
        for (text, place, pin) in [
            (
                "oci://127.0.0.1:5000/policies/marketplace",
                oci("127.0.0.1:5000", "policies/marketplace"),
                None,
            ),
            (
                "oci://r.example.com/a:1.0.0",
                oci("r.example.com", "a"),
                Some(Pin::Version("1.0.0".to_owned())),
            ),
            (
                &format!("oci://[::1]:5000/a@{digest}"),
                oci("[::1]:5000", "a"),
                Some(Pin::Digest(digest.clone())),
            ),
            ("oci-layout:out", Place::Layout("out".into()), None),
            ("out/bundles", Place::Folder("out/bundles".into()), None),
            ("file:///srv/bundles", Place::Folder("/srv/bundles".into()), None),
            ("file:out", Place::Folder("out".into()), None),
            (
                "https://example.com/b/",
                Place::Web("https://example.com/b".to_owned()),
                None,
            ),
            (
                "http://localhost:8080/b",
                Place::Web("http://localhost:8080/b".to_owned()),
                None,
            ),
            (
                "http://[::1]:8080/b",
                Place::Web("http://[::1]:8080/b".to_owned()),
                None,
            ),
        ] {
            assert_eq!(Location::parse(text).unwrap(), Location { place, pin }, "{text}");
        }
    }

    #[test]
    fn what_is_no_place_says_what_to_write() {
        for (text, says) in [
            ("oci://host", "write `oci://HOST/REPOSITORY`"),
            ("oci:///a", "no host"),
            ("oci://h/A", "lower-case"),
            ("oci://h/a//b", "lower-case"),
            ("oci://h/../b", "lower-case"),
            ("oci://h/a:", "no version"),
            ("oci://h/a@sha256:12", "64 lower-case hexadecimal digits"),
            ("http://example.com/b", "write `https://`"),
            ("http://localhost.example.com/b", "write `https://`"),
            ("http://127.0.0.1.example.com/b", "write `https://`"),
            ("https://me:secret@example.com/", "credentials do not belong"),
            ("ftp://example.com", "`https://…` or a folder"),
            ("oci-layout:", "names no folder"),
            ("", "names no folder"),
        ] {
            let error = Location::parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn versions_become_tags() {
        assert_eq!(tag_of("1.0.0-rc.1+build.5").as_deref(), Some("1.0.0-rc.1_build.5"));
        for none in ["", "-1", "1/2", "ä"] {
            assert_eq!(tag_of(none), None);
        }
    }
}
