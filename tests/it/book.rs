//! The book and the README: links lead somewhere, and pictures are current.

use std::path::Path;
use std::process::Command;

use gatewright::break_glass::Reason;
use gatewright::config::EvidenceKind;

use crate::support::{assert_none, file, files, root};

#[test]
fn links_lead_to_files_that_exist() {
    let mut offences = Vec::new();
    let pages = [files("book/src", ".md"), files("examples", ".md"), vec![file("README.md")]].concat();
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

#[test]
fn what_the_book_waives_and_explains_exists() {
    let pages = [files("book/src", ".md"), files("examples", ".md"), vec![file("README.md")]].concat();
    let mut named = Vec::new();
    for page in &pages {
        for before in ["@allow(", "gatewright explain "] {
            let ids = page.text.split(before).skip(1).map(|rest| {
                let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '-');
                &rest[..end.unwrap_or(rest.len())]
            });
            named.extend(ids.filter(|id| !id.is_empty()).map(|id| (&page.path, id)));
        }
    }
    assert!(named.len() > 5, "{named:?}");
    let known = |id: &str| {
        let mut explain = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        explain.args(["explain", id]).output().unwrap().status.success()
    };
    let unknown = named.iter().filter(|(_, id)| !known(id));
    assert_none("lints and codes that do not exist", unknown.map(|(page, id)| format!("{page}: {id}")).collect());
}

#[test]
fn the_scenario_reference_lists_every_cause_of_a_refusal() {
    /// What names in a suite are checked for before anything runs.
    const CHECKED: [Reason; 3] = [Reason::UnknownProfile, Reason::UnknownGrant, Reason::DuplicateGrant];
    let page = file("book/src/scenarios/reference.md").text;
    let (_, listed) = page.split_once("These are the causes.").unwrap();
    let (listed, _) = listed.split_once("### ").unwrap();
    let missing = Reason::ALL.iter().filter(|reason| {
        let shown = listed.contains(&format!("`{reason}`"));
        shown == CHECKED.contains(reason)
    });
    assert_none("causes that are not listed, or cannot happen", missing.map(ToString::to_string).collect());
}

#[test]
fn the_page_of_the_project_file_names_every_kind_of_evidence() {
    let page = file("book/src/reference/gatewright-toml.md").text;
    let row = page.lines().find(|line| line.starts_with("| `bundle.evidence`")).unwrap();
    let missing = EvidenceKind::NAMES.into_iter().filter(|(name, _)| !row.contains(&format!("`\"{name}\"`")));
    assert_none("kinds of evidence that are not named", missing.map(|(name, _)| name.to_owned()).collect());
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
