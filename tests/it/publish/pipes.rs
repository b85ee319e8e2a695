//! A named pipe, which never answers, in the place of every file that the command line reads or writes over: each is an error, at
//! once.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::Shop;

/// Long enough for a busy machine, short of for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// How a run ends, and what it says; it must end.
fn ended(shop: &Shop, args: &str) -> (i32, String) {
    let mut child = shop.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("`{args}` waits for a pipe");
        }
        thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn a_pipe_where_a_file_is_named_is_an_error_at_once() {
    let shop = Shop::new();
    pipe(&shop.path("pipe"));
    let lead = |args: &str| args.replace("PIPE", "pipe");
    for args in [
        "bundle inspect PIPE",
        "bundle diff PIPE 1.0.0.cjar",
        "bundle verify PIPE --rebuild",
        "bundle verify 1.0.0.cjar --trust PIPE",
        "bundle sign PIPE --key k/private.pem",
        "bundle sign 1.0.0.cjar --key PIPE",
        "bundle sign 1.0.0.cjar --signer-command true --public-key PIPE",
        "key inspect PIPE",
        "publish PIPE bundles --key k/private.pem",
        "publish 1.0.0.cjar bundles --key PIPE",
        "publish 1.0.0.cjar bundles --key k/private.pem --trust PIPE",
        "publish 1.0.0.cjar bundles --key k/private.pem --ca PIPE",
        "pull bundles --channel prod --trust PIPE",
        "channel promote bundles 1.0.0 --channel prod --key PIPE",
        "check PIPE",
        "check PIPE --schema PIPE",
        "check p --baseline PIPE",
        "lint p --no-proofs --baseline PIPE",
        "fmt PIPE",
        "test PIPE",
        "diff --from PIPE --to p",
        "import k8s-rbac PIPE --out new",
        "import cedar PIPE --schema PIPE --out new",
        "solver install --from PIPE",
    ] {
        let (code, said) = ended(&shop, &lead(args));
        assert_eq!(code, 2, "{args}: {said}");
    }
}

#[test]
fn a_pipe_at_a_place_is_an_error_at_once() {
    for (place, files) in [
        (
            "bundles",
            vec![
                "channels/prod.sigstore.json",
                "versions/1.0.0/release.json",
                "versions/1.0.0/quickstart-1.0.0.cjar",
                "versions/1.0.0/quickstart-1.0.0.cjar.release.sigstore.json",
            ],
        ),
        ("oci-layout:lay", vec!["index.json"]),
    ] {
        for file in files {
            let shop = Shop::new();
            shop.publish("1.0.0", place);
            pipe(&shop.path(place.trim_start_matches("oci-layout:")).join(file));
            let (code, said) = ended(&shop, &format!("pull {place} --channel prod --trust k/trust.toml"));
            assert_eq!(code, 2, "{file}: {said}");
            assert!(said.contains("it is not a file"), "{file}: {said}");
        }
    }
    for (place, lock) in [("bundles", "bundles/.lock"), ("oci-layout:lay", "lay/.lock")] {
        let shop = Shop::new();
        pipe(&shop.path(lock));
        let (code, said) = ended(&shop, &format!("publish 1.0.0.cjar {place} --channel prod --key k/private.pem"));
        assert_eq!(code, 2, "{place}: {said}");
        assert!(said.contains("it is not a file"), "{place}: {said}");
    }
}

#[test]
fn a_pipe_beside_what_is_read_is_an_error_at_once() {
    // Statements, marks, credentials.
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    pipe(&shop.path("1.0.0.cjar.release.sigstore.json"));
    for args in ["bundle verify 1.0.0.cjar --trust k/trust.toml", "bundle sign 1.0.0.cjar --key k/private.pem"] {
        let (code, said) = ended(&shop, args);
        assert_eq!(code, 2, "{args}: {said}");
    }
    let marks = shop.path("home/.local/state/gatewright/channels");
    let all: Vec<_> = fs::read_dir(&marks).unwrap().map(|entry| entry.unwrap().path()).collect();
    for mark in all {
        let kept = fs::read(&mark).unwrap();
        pipe(&mark);
        let (code, said) = ended(&shop, "pull bundles --channel prod --trust k/trust.toml --out x.cjar");
        assert_eq!(code, 2, "{}: {said}", mark.display());
        fs::remove_file(&mark).unwrap();
        fs::write(&mark, kept).unwrap();
    }
    pipe(&shop.path("home/.docker/config.json"));
    let (code, said) = ended(&shop, "pull bundles --channel prod --trust k/trust.toml --out x.cjar");
    assert_eq!(code, 2, "{said}");
    // A package, and what git reads of its folder; elsewhere a pipe is nothing that can be committed.
    for (name, plays_a_part) in [
        ("p/gatewright.toml", true),
        ("p/policy/pipe.gate", true),
        ("p/scenarios/pipe.yaml", true),
        ("p/notes", false),
        ("p/.gitignore", true),
        ("p/policy/.gitattributes", true),
        (".gitattributes", true),
    ] {
        let shop = Shop::new();
        pipe(&shop.path(name));
        let (code, said) = ended(&shop, "bundle p --out x.cjar");
        assert_eq!(code != 0, plays_a_part, "{name}: {code}: {said}");
    }
}
