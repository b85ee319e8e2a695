//! The book and the README: links lead somewhere.

use std::path::Path;

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
