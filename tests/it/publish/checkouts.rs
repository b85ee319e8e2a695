//! One commit, checked out by git on machines with other settings: line ends, `ident`, a filter. The bundle has the same digest, is
//! not dirty, and is published.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::has;

use super::Shop;

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git").current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
}

#[test]
fn one_commit_is_one_bundle_whatever_a_checkout_makes_of_its_files() {
    if !has("git", Command::new("git").arg("--version").output().is_ok()) {
        return;
    }
    let shop = Shop::new();
    shop.replace("p/policy/invoices.gate", "resource ", "// $Id$\nresource ");
    // A filter of the user's own, as for files that lie elsewhere or are kept encrypted.
    let filter = "filter.loud";
    for (name, attributes, settings, made) in [
        ("plain", "", vec![], "// $Id$\n"),
        ("autocrlf", "", vec!["core.autocrlf=true".to_owned()], "// $Id$\r\n"),
        ("eol", "* text=auto\n", vec!["core.eol=crlf".to_owned()], "// $Id$\r\n"),
        ("crlf", "*.gate text eol=crlf\n", vec![], "// $Id$\r\n"),
        ("ident", "*.gate ident\n", vec![], "// $Id: "),
        (
            "filtered",
            "*.gate filter=loud\n",
            vec![
                format!("{filter}.clean=sed -e s/RESOURCE/resource/"),
                format!("{filter}.smudge=sed -e s/resource/RESOURCE/"),
                format!("{filter}.required=true"),
            ],
            "RESOURCE ",
        ),
    ] {
        fs::write(shop.path("p/.gitattributes"), attributes).unwrap();
        shop.commit();
        let mut args = vec!["clone", "-q"];
        args.extend(settings.iter().flat_map(|setting| ["-c", setting]));
        args.extend([".", name]);
        git(&shop.path(""), &args);
        let text = fs::read_to_string(shop.path(name).join("p/policy/invoices.gate")).unwrap();
        assert!(text.contains(made), "{name}: {text:?}");
        let said = shop.ok(&format!("bundle {name}/p --out {name}.cjar"));
        assert!(!said.contains("uncommitted changes"), "{name}: {said}");
        shop.ok(&format!("bundle p --at-rev HEAD --out {name}-rev.cjar"));
        assert!(shop.bytes(name) == shop.bytes(&format!("{name}-rev")), "{name}: not what was committed");
        shop.ok(&format!("publish {name}.cjar places/{name} --key k/private.pem"));
        // A change in such a checkout is one.
        let changed = text.replace("create, ", "");
        assert_ne!(changed, text);
        fs::write(shop.path(name).join("p/policy/invoices.gate"), changed).unwrap();
        let run = shop.run(&format!("bundle {name}/p --out {name}-dirty.cjar --evidence lint"));
        let said = run.out.contains("uncommitted changes");
        // What a filter made of it is not Gate any more.
        assert!(said || name == "filtered" && run.code != 0, "{name}: {run:?}");
    }
}

#[test]
fn a_sparse_checkout_is_clean_as_long_as_it_has_all_that_ships() {
    if !has("git", Command::new("git").arg("--version").output().is_ok()) {
        return;
    }
    let shop = Shop::new();
    fs::create_dir_all(shop.path("p/notes")).unwrap();
    fs::write(shop.path("p/notes/a.txt"), "a").unwrap();
    shop.commit();
    git(&shop.path(""), &["clone", "-q", ".", "sparse"]);
    let leave_out = |pattern: &str| {
        git(&shop.path("sparse"), &["sparse-checkout", "set", "--no-cone", "/*", &format!("!{pattern}")]);
        assert!(!shop.path("sparse").join(pattern.trim_start_matches('/')).exists());
        shop.run("bundle sparse/p --out sparse.cjar")
    };
    let run = leave_out("/p/notes/a.txt");
    assert!(run.code == 0 && !run.out.contains("uncommitted changes"), "{run:?}");
    shop.ok("publish sparse.cjar places/sparse --key k/private.pem");
    // A file that is deleted without being left out is a change.
    fs::remove_file(shop.path("sparse/p/README.md")).unwrap();
    let run = shop.run("bundle sparse/p --out sparse.cjar");
    assert!(run.out.contains("uncommitted changes"), "{run:?}");
    git(&shop.path("sparse"), &["checkout", "-q", "HEAD", "--", "p/README.md"]);
    // A scenario ships: what lacks it is not what was committed.
    let scenario = fs::read_dir(shop.path("p/scenarios")).unwrap().next().unwrap().unwrap().file_name();
    let run = leave_out(&format!("/p/scenarios/{}", scenario.to_string_lossy()));
    assert!(run.code != 0 || run.out.contains("uncommitted changes"), "{run:?}");
}

#[test]
fn a_repository_in_a_format_that_is_not_read_is_named() {
    if !has("git", Command::new("git").arg("--version").output().is_ok()) {
        return;
    }
    let shop = Shop::new();
    for (name, option, format) in [
        ("sha256", "--object-format=sha256", "SHA-256 object names"),
        ("reftable", "--ref-format=reftable", "reftables"),
    ] {
        let made = Command::new("git").current_dir(shop.path("")).args(["init", "-q", option, name]).output().unwrap();
        // An older git knows neither.
        if !made.status.success() {
            continue;
        }
        let copied = Command::new("cp").current_dir(shop.path("")).args(["-r", "p", name]).status();
        assert!(copied.unwrap().success());
        let run = shop.run(&format!("bundle {name}/p --out x.cjar"));
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(&format!("uses {format}")) && run.err.contains("not supported"), "{run:?}");
    }
}
