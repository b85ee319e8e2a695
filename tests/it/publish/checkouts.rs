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
