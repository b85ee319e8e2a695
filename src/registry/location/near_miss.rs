//! Texts that would be read as a folder and are probably meant as an address. Bundles that land in a folder of such a name are
//! published to nobody.

use std::path::Path;

use super::{Location, is_loopback};

/// What to write instead of a text that would be read as a folder; `None` where it is a folder's name. A name without `/` that
/// might be a host's is a folder's where there is such a folder.
pub(super) fn instead(written: &str, is_folder: &dyn Fn(&Path) -> bool) -> Option<String> {
    let text = written.trim();
    let (first, rest) = text.split_once('/').map_or((text, None), |(first, rest)| (first, Some(rest)));
    if let Some(rest) = text.strip_prefix("//") {
        let rest = rest.trim_start_matches('/');
        return Some(format!(
            "write `{}` for a registry, `{}` for a file server, or `/{rest}` for a folder",
            registry(rest),
            web("https", rest)
        ));
    }
    let is_drive = first.strip_suffix(':').is_some_and(|drive| drive.len() == 1);
    // Absolute, beside this folder, or hidden in it.
    if first.is_empty() || first.starts_with('.') || is_drive {
        return None;
    }
    let scheme = first.split(':').next().unwrap_or_default().to_lowercase();
    let after = text.get(scheme.len()..).unwrap_or_default().trim_start_matches([':', '/', '\\']);
    let is_address = || match scheme.as_str() {
        "oci" => Some(format!("write `{}`", registry(after))),
        "http" | "https" => Some(format!("write `{}`", web(&scheme, after))),
        _ => None,
    };
    if first.contains(':') {
        let instead = is_address().or_else(|| match scheme.as_str() {
            "oci-layout" | "file" => Some(format!("write `{scheme}:{after}`")),
            _ if is_host_and_port(first) => {
                Some(format!("write `{}` for a registry, or `./{text}` for a folder", registry(text)))
            }
            _ if first.contains('@') => None,
            _ if rest.is_some_and(|rest| rest.starts_with('/')) => {
                Some(format!("bundles are not kept at `{scheme}://`; write {KINDS}, or a folder"))
            }
            _ => None,
        });
        return instead.or_else(|| Some(format!("write {KINDS}, or `./{text}` for a folder")));
    }
    let is_word = matches!(scheme.as_str(), "oci" | "http" | "https");
    let is_doubled = rest.is_some_and(|rest| rest.starts_with('/'));
    if is_doubled && (is_word || !is_folder(Path::new(first))) {
        let folder = text.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        return is_address().or_else(|| Some(format!("write {KINDS}, or `./{folder}` for a folder")));
    }
    let host = first.rsplit('@').next().unwrap_or_default();
    let is_host = host.trim_end_matches('.').contains('.') || host.eq_ignore_ascii_case("localhost") || host != first;
    let has_path = rest.is_some_and(|rest| !rest.is_empty());
    let is_meant_so = is_host && has_path || (is_host || is_word) && !is_folder(Path::new(first));
    if !is_meant_so {
        return None;
    }
    if let (true, Some(address)) = (is_word, is_address()) {
        return Some(format!("{address}, or `./{text}` for a folder"));
    }
    let path = text.get(first.len() - host.len()..).unwrap_or_default();
    Some(format!("write `{}` for a registry, or `./{text}` for a folder", registry(path)))
}

/// How places are written that are no folders.
const KINDS: &str =
    "`oci://HOST/REPOSITORY` for a registry, `https://…` for a file server, `oci-layout:FOLDER` for a layout";

fn is_host_and_port(text: &str) -> bool {
    let port = text.rsplit_once(':').map_or("", |(_, port)| port);
    super::is_host(text) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// The address of a registry, as far as a text without its scheme says it.
fn registry(text: &str) -> String {
    let text = text.trim_end_matches('/');
    let (host, path) = text.split_once('/').unwrap_or((text, "REPOSITORY"));
    let address = format!("oci://{}/{path}", host.trim_end_matches('.').to_lowercase());
    match Location::parse(&address, |_| false) {
        Ok(_) => address,
        Err(_) if address.contains("REPOSITORY") && super::is_host(host) => address,
        Err(_) => "oci://HOST/REPOSITORY".to_owned(),
    }
}

/// The address of a file server, as far as a text without its scheme says it. Plain HTTP is for this machine only.
fn web(scheme: &str, text: &str) -> String {
    let (host, path) = text.split_once('/').map_or((text, String::new()), |(host, path)| (host, format!("/{path}")));
    let scheme = if scheme == "http" && is_loopback(host) { "http" } else { "https" };
    let address = format!("{scheme}://{}{path}", host.to_lowercase());
    match Location::parse(&address, |_| false) {
        Ok(_) => address,
        Err(_) => format!("{scheme}://HOST/…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a text, where `bundles.d`, `localhost` and `oci` are folders.
    fn said(text: &str) -> String {
        let is_folder = |path: &Path| ["bundles.d", "localhost", "oci"].iter().any(|folder| path == Path::new(folder));
        match Location::parse(text, is_folder) {
            Ok(_) => "a place".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_almost_an_address_is_no_folder() {
        for (text, instead) in [
            ("https//x.example/b", "write `https://x.example/b`"),
            ("HTTPS//x.example/b", "write `https://x.example/b`"),
            ("htps//x.example/b", "write `oci://HOST/REPOSITORY` for a registry, `https://…` for a file server"),
            ("https：//x.example/b", "write `oci://HOST/REPOSITORY`"),
            ("bundles//prod", "or `./bundles/prod` for a folder"),
            (
                "//reg/x",
                "write `oci://reg/x` for a registry, `https://reg/x` for a file server, or `/reg/x` for a folder",
            ),
            ("ghcr.io", "write `oci://ghcr.io/REPOSITORY` for a registry, or `./ghcr.io` for a folder"),
            ("ghcr.io/a/b", "write `oci://ghcr.io/a/b` for a registry, or `./ghcr.io/a/b` for a folder"),
            ("GHCR.io./a", "write `oci://ghcr.io/a` for a registry"),
            (" ghcr.io/a", "write `oci://ghcr.io/a` for a registry"),
            ("me@ghcr.io/a", "write `oci://ghcr.io/a` for a registry"),
            ("bücher.example/a", "write `oci://HOST/REPOSITORY` for a registry"),
            ("127.0.0.1/a", "write `oci://127.0.0.1/a` for a registry"),
            ("localhost/x", "write `oci://localhost/x` for a registry, or `./localhost/x` for a folder"),
            ("LOCALHOST/x", "write `oci://localhost/x` for a registry"),
            ("localhost:5000/a", "write `oci://localhost:5000/a` for a registry"),
            ("[::1]:5000/a", "write `oci://[::1]:5000/a` for a registry"),
            ("https:/reg.example/b", ": write `https://reg.example/b`"),
            ("https:reg.example/b", ": write `https://reg.example/b`"),
            (r"https:\\reg.example", ": write `https://reg.example`"),
            ("HTTPS://Reg.example/b", ": write `https://reg.example/b`"),
            ("http:/localhost:8080/b", ": write `http://localhost:8080/b`"),
            ("http:/reg.example/b", ": write `https://reg.example/b`"),
            ("oci:/ghcr.io/a", ": write `oci://ghcr.io/a`"),
            ("OCI://ghcr.io/a", ": write `oci://ghcr.io/a`"),
            ("oci:ghcr.io", ": write `oci://ghcr.io/REPOSITORY`"),
            ("oci://", "write `oci://HOST/REPOSITORY`"),
            ("OCI-LAYOUT:out", ": write `oci-layout:out`"),
            ("oci-layout://out", ": write `oci-layout:out`"),
            ("FILE:out", ": write `file:out`"),
            ("file://srv/bundles", ": write `file:///srv/bundles`, or `./srv/bundles`"),
            ("s3://bucket/b", "bundles are not kept at `s3://`; write `oci://HOST/REPOSITORY` for a registry"),
            ("docker:a/b", "write `oci://HOST/REPOSITORY` for a registry"),
            ("https/x.example", "write `https://x.example`, or `./https/x.example` for a folder"),
            ("https", "write `https://HOST/…`, or `./https` for a folder"),
            ("new.d", "or `./new.d` for a folder"),
        ] {
            let said = said(text);
            assert!(said.contains(instead), "{text}: {said}");
        }
    }

    #[test]
    fn what_is_said_to_write_is_a_place() {
        for text in ["https//x.example/b", "//reg/x", "ghcr.io/a", "me@ghcr.io/a", "http:/reg.example/b", "FILE:out"] {
            let said = said(text);
            let written: Vec<&str> =
                said.split("write ").skip(1).flat_map(|rest| rest.split('`').skip(1).step_by(2)).collect();
            assert!(!written.is_empty(), "{said}");
            for instead in written {
                Location::parse(instead, |_| false).unwrap();
            }
        }
    }

    #[test]
    fn folders_that_are_there_and_plain_names_are_folders() {
        for text in [
            "bundles",
            "bundles/prod",
            "bundles.d",
            "bundles.d/",
            "localhost",
            "oci",
            "oci/prod",
            "bundles/v1.0",
            "./ghcr.io/a",
            "../ghcr.io",
            "/srv/ghcr.io/a",
            ".bundles/a",
            "C:/bundles",
            "file:ghcr.io/a",
            "oci-layout:ghcr.io",
        ] {
            assert_eq!(said(text), "a place", "{text}");
        }
    }
}
