//! The same bundle through every kind of place, and what becomes of it when it is interrupted, repeated, or taken back.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{has, root};

use super::Shop;
use super::server::{Access, Files, Registry, USER};

/// A place by its kind; `None` where the registry is absent.
fn place(kind: &str, registry: Option<&Registry>) -> Option<String> {
    match kind {
        "registry" => registry.map(|registry| format!("oci://{}/policies/quickstart", registry.address)),
        "layout" => Some("oci-layout:lay".to_owned()),
        _ => Some("bundles".to_owned()),
    }
}

#[test]
fn what_is_published_is_pulled_to_the_byte_and_channels_go_on_and_back() {
    let registry = Registry::start(Access::Anyone);
    for kind in ["folder", "layout", "registry"] {
        let Some(place) = place(kind, registry.as_ref()) else {
            continue;
        };
        let shop = Shop::new();
        let said = shop.publish("1.0.0", &place);
        assert!(said.contains("release 1\n") && said.contains("pointer 1,"), "{kind}: {said}");
        assert!(shop.pulled(&place) == shop.bytes("1.0.0"), "{kind}");

        // Again: nothing changes.
        let again = shop.publish("1.0.0", &place);
        assert!(again.contains("is already published") && again.contains("already points to"), "{kind}: {again}");

        shop.version("1.0.1");
        let said = shop.publish("1.0.1", &place);
        assert!(said.contains("release 2\n") && said.contains("pointer 2,"), "{kind}: {said}");
        assert!(shop.pulled(&place) == shop.bytes("1.0.1"), "{kind}");
        let shown = shop.ok(&format!("pull {place} --channel prod --trust k/trust.toml --out x.cjar --format json"));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let parent = format!("sha256:{}", gatewright::bundle::sha256_hex(&shop.bytes("1.0.0")));
        assert_eq!(shown["verified"]["release"]["parent"], Value::String(parent), "{kind}");

        let said = shop.ok(&format!("channel rollback {place} --channel prod --key k/private.pem"));
        assert!(said.contains("points to quickstart 1.0.0, pointer 3,"), "{kind}: {said}");
        assert!(shop.pulled(&place) == shop.bytes("1.0.0"), "{kind}: back by a later pointer");
        shop.ok(&format!("channel promote {place} 1.0.1 --channel prod --key k/private.pem"));
        assert!(shop.pulled(&place) == shop.bytes("1.0.1"), "{kind}");
        let shown = shop.ok(&format!("channel show {place} --channel prod --trust k/trust.toml"));
        assert!(shown.contains("points to quickstart 1.0.1") && shown.contains("pointer 4,"), "{kind}: {shown}");

        // By its version, without a channel.
        shop.ok(&format!("pull {place} --release 1.0.0 --trust k/trust.toml --out old.cjar"));
        assert!(fs::read(shop.path("old.cjar")).unwrap() == shop.bytes("1.0.0"));
    }
}

#[test]
fn a_registry_finds_by_digest_and_by_tag_and_others_read_what_is_there() {
    let Some(registry) = Registry::start(Access::Anyone) else {
        return;
    };
    let shop = Shop::new();
    let place = format!("oci://{}/policies/quickstart", registry.address);
    let said = shop.ok(&format!("publish 1.0.0.cjar {place} --key k/private.pem --format json"));
    let said: Value = serde_json::from_str(&said).unwrap();
    let pinned = said["pinned"].as_str().unwrap();
    for pin in [format!("@{pinned}"), ":1.0.0".to_owned()] {
        let out = shop.ok(&format!("pull {place}{pin} --trust k/trust.toml --out by.cjar"));
        assert!(out.contains("it may not be the latest"), "{out}");
        assert!(fs::read(shop.path("by.cjar")).unwrap() == shop.bytes("1.0.0"));
    }
    // Another program: the registry's own interface, by `curl`.
    if !has("curl", Command::new("curl").arg("--version").output().is_ok()) {
        return;
    }
    let get = |path: &str| -> Value {
        let url = format!("http://{}/v2/policies/quickstart/{path}", registry.address);
        let accept = "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
        let output = Command::new("curl").args(["-sf", "-H", accept, &url]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{path}: {error}: {output:?}"))
    };
    let manifest = get("manifests/1.0.0");
    assert_eq!(manifest["artifactType"], "application/vnd.gatewright.bundle.v1");
    assert_eq!(manifest["layers"][0]["annotations"]["org.opencontainers.image.title"], "quickstart-1.0.0.cjar");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.created"], Value::Null);
    // This registry does not list referrers, so the list is under the tag that the specification gives it.
    let listed = get(&format!("manifests/{}", pinned.replace(':', "-")));
    let types: Vec<&str> = listed["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["annotations"]["dev.sigstore.bundle.predicateType"].as_str().unwrap())
        .collect();
    assert_eq!(types.len(), 3);
    assert!(types.contains(&"https://slsa.dev/provenance/v1"), "{types:?}");
}

#[test]
fn a_list_of_statements_keeps_what_others_wrote_into_it() {
    let shop = Shop::new();
    shop.ok("publish 1.0.0.cjar oci-layout:lay --key k/private.pem");
    // Another tool's entry, in the list that the layout keeps of those that refer to the bundle.
    let table: Value = serde_json::from_slice(&fs::read(shop.path("lay/index.json")).unwrap()).unwrap();
    let name = |entry: &Value| entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap().to_owned();
    let entries = table["manifests"].as_array().unwrap();
    let list = entries.iter().find(|entry| name(entry).starts_with("sha256-")).unwrap();
    let blob = |digest: &str| shop.path("lay/blobs").join(digest.replace(':', "/"));
    let mut index: Value = serde_json::from_slice(&fs::read(blob(list["digest"].as_str().unwrap())).unwrap()).unwrap();
    let foreign = serde_json::json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": format!("sha256:{}", "5".repeat(64)),
        "size": 7,
        "artifactType": "application/vnd.example.sbom",
        "urls": ["https://example.com/sbom"],
    });
    index["manifests"].as_array_mut().unwrap().push(foreign.clone());
    let bytes = index.to_string().into_bytes();
    let digest = format!("sha256:{}", gatewright::bundle::sha256_hex(&bytes));
    fs::write(blob(&digest), &bytes).unwrap();
    let text = fs::read_to_string(shop.path("lay/index.json")).unwrap();
    let size = |bytes: usize| format!("\"size\":{bytes}");
    let old_size = usize::try_from(list["size"].as_u64().unwrap()).unwrap();
    let text = text.replace(list["digest"].as_str().unwrap(), &digest).replace(&size(old_size), &size(bytes.len()));
    fs::write(shop.path("lay/index.json"), text).unwrap();
    // A second signer adds three statements.
    shop.keys("two");
    shop.ok("pull oci-layout:lay --release 1.0.0 --trust k/trust.toml --out again.cjar");
    shop.ok("bundle sign again.cjar --key two/private.pem");
    shop.ok("publish again.cjar oci-layout:lay --trust k/trust.toml");
    // Whoever trusts the second alone takes it now.
    shop.ok("pull oci-layout:lay --release 1.0.0 --trust two/trust.toml --out once-more.cjar");
    let table: Value = serde_json::from_slice(&fs::read(shop.path("lay/index.json")).unwrap()).unwrap();
    let entries = table["manifests"].as_array().unwrap();
    let list = entries.iter().find(|entry| name(entry).starts_with("sha256-")).unwrap();
    let index: Value = serde_json::from_slice(&fs::read(blob(list["digest"].as_str().unwrap())).unwrap()).unwrap();
    let listed = index["manifests"].as_array().unwrap();
    assert!(listed.contains(&foreign) && listed.len() == 7, "{index}");
}

#[test]
fn credentials_are_those_that_docker_keeps_and_are_never_shown() {
    let Some(registry) = Registry::start(Access::Password) else {
        return;
    };
    let shop = Shop::new();
    let place = format!("oci://{}/policies/quickstart", registry.address);
    let publish = format!("publish 1.0.0.cjar {place} --channel prod --key k/private.pem");
    let config = |name: &str, user: &str, password: &str| {
        let encoded = base64(&format!("{user}:{password}"));
        let text = serde_json::json!({ "auths": { &registry.address: { "auth": encoded } } }).to_string();
        fs::create_dir_all(shop.path(name)).unwrap();
        fs::write(shop.path(name).join("config.json"), text).unwrap();
        shop.path(name)
    };
    let (user, password) = USER;
    let (right, wrong) = (config("right", user, password), config("wrong", user, "guessed"));
    for environment in [vec![], vec![("DOCKER_CONFIG", wrong.as_path())]] {
        let run = shop.run_with(&publish, &environment);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("denied permission to") && run.err.contains("docker login"), "{run:?}");
        assert!(!run.err.contains("guessed"), "{run:?}");
    }
    let environment = [("DOCKER_CONFIG", right.as_path())];
    let run = shop.run_with(&publish, &environment);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let run = shop.run_with(&format!("pull {place} --channel prod --trust k/trust.toml --out c.cjar"), &environment);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(fs::read(shop.path("c.cjar")).unwrap() == shop.bytes("1.0.0"));
}

pub(crate) fn base64(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text");
    fs::write(&path, text).unwrap();
    let output = Command::new("base64").arg("-w0").arg(&path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A publish that ends anywhere leaves neither the version nor the channel, and doing it again finishes it.
#[test]
fn an_interrupted_publish_is_not_seen_and_is_finished_by_the_next() {
    for (place, kind) in [("bundles", "folder"), ("oci-layout:lay", "layout")] {
        let shop = Shop::new();
        shop.publish("1.0.0", place);
        let folder = if kind == "folder" { "bundles" } else { "lay" };
        let whole = files(&shop.path(folder));
        let sign = shop.bytes("1.0.0");
        // Files are written in an order; what a crash leaves is a start of it. The last to be written make things seen.
        let seen: Vec<&String> = whole
            .iter()
            .filter(|path| ["release.json", "prod.sigstore.json", "index.json"].iter().any(|end| path.ends_with(end)))
            .collect();
        assert_eq!(seen.len(), if kind == "folder" { 2 } else { 1 });
        let other = Shop::new();
        for path in whole.iter().filter(|path| !seen.contains(path)) {
            let to = other.path(folder).join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(shop.path(folder).join(path), to).unwrap();
        }
        other.refused(&format!("pull {place} --channel prod --trust k/trust.toml"), &["no-channel"]);
        other.refused(&format!("pull {place} --release 1.0.0 --trust k/trust.toml"), &["no-release"]);
        other.publish("1.0.0", place);
        assert!(other.pulled(place) == sign, "{kind}");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_behind_a_file_server_is_pulled_from_and_asked_by_its_tag() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    let files = Files::honest(&shop.path("bundles"));
    assert!(shop.pulled(&files.url) == shop.bytes("1.0.0"));
    files.asked.lock().unwrap().clear();
    assert!(shop.pulled(&files.url) == shop.bytes("1.0.0"));
    let asked = files.asked.lock().unwrap().clone();
    assert!(asked.contains(&("channels/prod.sigstore.json".to_owned(), 304)), "{asked:?}");
    shop.version("1.0.1");
    shop.publish("1.0.1", "bundles");
    assert!(shop.pulled(&files.url) == shop.bytes("1.0.1"));
    let run = shop.run(&format!("publish 1.0.1.cjar {} --key k/private.pem", files.url));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("does not list versions"), "{run:?}");
}

#[test]
fn the_script_prints_an_address_of_this_machine_alone() {
    let Some(registry) = Registry::start(Access::Anyone) else {
        return;
    };
    assert!(registry.address.starts_with("127.0.0.1:"));
    assert!(root().join("tests/registry.sh").is_file());
}
