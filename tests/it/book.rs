//! The book and the README: links lead somewhere, and pictures are current.

use std::path::Path;
use std::process::Command;

use crate::support::assert_none;
use crate::support::file;
use crate::support::files;
use crate::support::root;

#[test]
fn links_lead_to_files_that_exist() {
    let mut offences = Vec::new();
    let pages = [
        files("book/src", ".md"),
        files("examples", ".md"),
        vec![file("README.md")],
    ]
    .concat();
    for page in &pages {
        let folder = root().join(&page.path).parent().unwrap().to_owned();
        for link in links(&page.text) {
            if !leads_somewhere(&folder, link) {
                offences.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert_none("links that lead nowhere", offences);
}

#[test]
fn the_picture_of_the_marketplace_is_current() {
    const PICTURE: &str = "book/src/language/marketplace.svg";
    let drawn = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["graph", "examples/marketplace", "--svg"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(drawn.status.success());
    let drawn = String::from_utf8(drawn.stdout).unwrap();
    let kept = std::fs::read_to_string(root().join(PICTURE)).unwrap_or_default();
    if kept != drawn {
        if std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1") {
            std::fs::write(root().join(PICTURE), drawn).unwrap();
        }
        panic!("{PICTURE} is not what `gatewright graph` draws; GATEWRIGHT_UPDATE=1 rewrites it");
    }
}

/// The targets of links outside of code, without those to other sites.
fn links(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, prose) in page.split("```").enumerate() {
        if at % 2 == 0 {
            let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            found.extend(targets.filter(|link| !link.starts_with("http")));
        }
    }
    found
}

fn leads_somewhere(folder: &Path, link: &str) -> bool {
    let path = link.split('#').next().unwrap();
    path.is_empty() || folder.join(path).exists()
}
