//! How a place is written: `oci://HOST/REPOSITORY[:TAG|@DIGEST]`, `oci-layout:FOLDER`, a folder, or `https://…`.

use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;

use super::RegistryError;
use super::digest::is_digest;

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
        let refuse = |why: &str| Err(RegistryError::Location { location: text.to_owned(), why: why.to_owned() });
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
            return Ok(Self { place: Place::Oci { host: host.to_owned(), repository: repository.to_owned() }, pin });
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            let rest = text.split_once("://").map_or("", |(_, rest)| rest);
            if rest.contains(['?', '#']) {
                return refuse("a location has no `?` and no `#`");
            }
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
            return Ok(Self { place: Place::Web(text.trim_end_matches('/').to_owned()), pin: None });
        }
        let (layout, folder) = match (text.strip_prefix("oci-layout:"), text.strip_prefix("file:")) {
            (Some(folder), _) => (true, folder),
            (None, Some(folder)) => (false, folder.strip_prefix("//").unwrap_or(folder)),
            (None, None) => (false, text),
        };
        if folder.is_empty() {
            return refuse("it names no folder");
        }
        if folder == text
            && let Some(instead) = not_a_folder(text)
        {
            return refuse(&instead);
        }
        let path = PathBuf::from(folder);
        Ok(Self { place: if layout { Place::Layout(path) } else { Place::Folder(path) }, pin: None })
    }

    /// The one spelling of a place on the network, however it is written: by this one knows what was seen of it before. `None`
    /// for a folder, whose one spelling is on the disk.
    #[must_use]
    pub fn canonical(&self) -> Option<String> {
        match &self.place {
            Place::Oci { host, repository } => Some(format!("oci://{}/{repository}", canonical_host(host))),
            Place::Web(url) => Some(canonical_url(url)),
            Place::Layout(_) | Place::Folder(_) => None,
        }
    }

    /// The place as it is written, without what is named of it.
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

/// What to write instead of a path that is probably meant as an address: bundles that land in a folder of that name are published to
/// nobody.
fn not_a_folder(path: &str) -> Option<String> {
    let first = path.split('/').next().unwrap_or_default();
    let is_drive = first.len() == 2 && first.ends_with(':');
    if first.contains(':') && !is_drive {
        let registry = match is_host(first) && path.contains('/') {
            true => format!("oci://{path}"),
            false => "oci://HOST/REPOSITORY".to_owned(),
        };
        return Some(format!(
            "write `{registry}` for a registry, `oci-layout:FOLDER`, `https://…`, or `./{path}` for a folder"
        ));
    }
    let is_name = first.contains('.') && !first.starts_with('.') && path.contains('/') && is_host(first);
    is_name.then(|| format!("write `oci://{path}` for a registry, or `./{path}` for a folder"))
}

/// The tag of a version: `+` cannot be in a tag and is written `_`, as Helm does. `None` where it cannot be one.
pub(super) fn tag_of(version: &str) -> Option<String> {
    let tag = version.replace('+', "_");
    let mut bytes = tag.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (first && rest && tag.len() <= 128).then_some(tag)
}

/// Whether a host with or without a port is this machine, by its address or as `localhost`.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a text is a host with or without a port. One with a dot at its end is the same as without, and is not written so.
fn is_host(host: &str) -> bool {
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    !host.is_empty()
        && !name.ends_with('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

/// A registry's host and port in their one spelling. Registries on this machine are asked with and without TLS, so that theirs
/// has no port that goes without saying.
fn canonical_host(host: &str) -> String {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse::<u16>().ok()),
        _ => (host, None),
    };
    let read = Url::parse(&format!("https://{name}/")).ok();
    let name = read.as_ref().and_then(Url::host_str).unwrap_or(name);
    match port {
        Some(HTTPS) if !is_loopback(name) => name.to_owned(),
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

/// The port of `https`.
const HTTPS: u16 = 443;

/// An address of a file server in its one spelling (RFC 3986, section 6.2): the reader of addresses does it for the host, the port
/// and dots; what is written in percents without need, and doubled slashes, are done here.
fn canonical_url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return text.to_owned();
    };
    let parts = url.path().split('/').filter(|part| !part.is_empty());
    let path: String = parts.map(|part| format!("/{}", canonical_part(part))).collect();
    url.set_path(&path);
    url.as_str().trim_end_matches('/').to_owned()
}

fn canonical_part(part: &str) -> String {
    let mut pieces = part.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).unwrap_or(("", piece));
        match u8::from_str_radix(code, 16) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => text.push(char::from(byte)),
            Ok(byte) => text.push_str(&format!("%{byte:02X}")),
            Err(_) => text.push_str(&format!("%{code}")),
        }
        text.push_str(rest);
    }
    text
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
        let oci =
            |host: &str, repository: &str| Place::Oci { host: host.to_owned(), repository: repository.to_owned() };
        let digest = format!("sha256:{}", "0".repeat(64));
        for (text, place, pin) in [
            ("oci://127.0.0.1:5000/policies/marketplace", oci("127.0.0.1:5000", "policies/marketplace"), None),
            ("oci://r.example.com/a:1.0.0", oci("r.example.com", "a"), Some(Pin::Version("1.0.0".to_owned()))),
            (&format!("oci://[::1]:5000/a@{digest}"), oci("[::1]:5000", "a"), Some(Pin::Digest(digest.clone()))),
            ("oci-layout:out", Place::Layout("out".into()), None),
            ("out/bundles", Place::Folder("out/bundles".into()), None),
            ("file:///srv/bundles", Place::Folder("/srv/bundles".into()), None),
            ("file:out", Place::Folder("out".into()), None),
            ("./ghcr.io/a", Place::Folder("./ghcr.io/a".into()), None),
            ("bundles.d", Place::Folder("bundles.d".into()), None),
            ("https://example.com/b/", Place::Web("https://example.com/b".to_owned()), None),
            ("http://localhost:8080/b", Place::Web("http://localhost:8080/b".to_owned()), None),
            ("http://[::1]:8080/b", Place::Web("http://[::1]:8080/b".to_owned()), None),
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
            ("https://example.com./b", "no host"),
            ("oci://r.example.com.:5000/a", "no host"),
            ("https://example.com/b?x=1", "no `?`"),
            ("https://example.com/b#x", "no `?` and no `#`"),
            ("ftp://example.com", "`https://…`, or `./ftp://example.com` for a folder"),
            ("ghcr.io/a/b", "write `oci://ghcr.io/a/b` for a registry, or `./ghcr.io/a/b`"),
            ("localhost:5000/a", "write `oci://localhost:5000/a` for a registry"),
            ("oci:/ghcr.io/a", "for a registry"),
            ("docker:a/b", "for a registry"),
            ("oci-layout:", "names no folder"),
            ("", "names no folder"),
        ] {
            let error = Location::parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_place_on_the_network_has_one_spelling() {
        for (one, others) in [
            (
                "oci://r.example.com/a",
                vec!["oci://R.Example.COM/a", "oci://r.example.com:443/a", "oci://r.example.com/a:1.0.0"],
            ),
            ("oci://127.0.0.1:5000/a", vec!["oci://127.1:5000/a", "oci://0x7f.0.0.1:05000/a"]),
            ("oci://[::1]:5000/a", vec!["oci://[0:0:0:0:0:0:0:1]:5000/a"]),
            ("oci://localhost:443/a", vec!["oci://LOCALHOST:443/a"]),
            (
                "https://example.com/b",
                vec![
                    "https://EXAMPLE.com/b/",
                    "https://example.com:443/b",
                    "https://example.com//b",
                    "https://example.com/./b",
                    "https://example.com/c/../b",
                    "https://example.com/c/%2e%2E/b",
                    "https://example.com/%62",
                ],
            ),
            ("https://example.com/%C3%BC%20", vec!["https://example.com/%c3%bc%20", "https://example.com/ü%20"]),
        ] {
            for other in std::iter::once(one).chain(others) {
                assert_eq!(Location::parse(other).unwrap().canonical().as_deref(), Some(one), "{other}");
            }
        }
        let distinct = [
            "oci://r.example.com/a",
            "oci://r.example.com:5000/a",
            "oci://r.example.com/b",
            "https://example.com/a",
            "https://example.com/A",
            "https://example.com:8443/a",
            "https://example.com/a%2Fb",
            "https://example.com/a/b",
        ];
        let spelled: std::collections::BTreeSet<_> =
            distinct.map(|text| Location::parse(text).unwrap().canonical()).into();
        assert_eq!(spelled.len(), distinct.len());
        assert_eq!(Location::parse("bundles").unwrap().canonical(), None);
    }

    #[test]
    fn versions_become_tags() {
        assert_eq!(tag_of("1.0.0-rc.1+build.5").as_deref(), Some("1.0.0-rc.1_build.5"));
        for none in ["", "-1", "1/2", "ä"] {
            assert_eq!(tag_of(none), None);
        }
    }
}
