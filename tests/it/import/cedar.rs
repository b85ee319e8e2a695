//! Cedar's example applications, imported: what is built of the package decides every published request as it is published,
//! and policies that run elsewhere come in or are refused at their place.

use std::fs;
use std::path::{Path, PathBuf};

use cedar_policy::EntityUid;
use gatewright::decide::{Engine, Request, Strictness};
use gatewright::diag::Diagnostics;
use gatewright::import::{CedarFiles, Imported};
use gatewright::load::{CedarInput, load_cedar};
use gatewright::{import, pipeline};
use serde_json::Value;

use crate::support::{assert_none, corpora};

use super::Package;

/// Folder, policies, schema, how many requests it publishes, and whether its entities break its own schema.
const APPLICATIONS: [(&str, &str, &str, usize, bool); 10] = [
    ("cedar-example-use-cases/document_cloud", "policies", "policies", 5, true),
    ("cedar-example-use-cases/github_example", "policies", "policies", 7, true),
    ("cedar-example-use-cases/sales_orgs/static", "policies", "policies", 3, false),
    ("cedar-example-use-cases/sales_orgs/templated", "policies", "policies", 3, false),
    ("cedar-example-use-cases/tags_n_roles", "policies", "policies", 3, false),
    ("cedar-example-use-cases/tax_preparer", "policies", "policies", 5, false),
    ("cedar-policy-language-in-action/GitApp", "gitapp", "gitapp", 10, false),
    ("cedar-policy-language-in-action/PhotoApp", "photoapp", "photoapp", 16, false),
    ("tinytodo", "policies", "tinytodo", 0, false),
    ("tinytodo", "policies-templates", "tinytodo-templates", 0, false),
];

struct Files {
    policies: PathBuf,
    schema: PathBuf,
    links: Option<PathBuf>,
}

/// What the original is, and what it was imported as.
fn imported(files: &Files) -> (Option<Imported>, Package, Diagnostics) {
    let input = CedarInput {
        policies: std::slice::from_ref(&files.policies),
        schema: Some(&files.schema),
        entities: None,
        links: files.links.as_deref(),
    };
    let mut out = Diagnostics::new();
    let loaded = load_cedar(input, &mut out).unwrap();
    let cedar =
        CedarFiles { policies: &loaded.cedar, schemas: &loaded.cedarschema, links: loaded.links, entities: None };
    let imported = import::cedar(&loaded.sources, cedar, "app", &mut out);
    let original = Package::check(loaded);
    (imported, original, out)
}

fn engine(package: &Package) -> Engine {
    let tree = pipeline::build(&package.checked, &package.loaded.sources).unwrap();
    Engine::from_tree(&tree).unwrap().with_strictness(Strictness::Cedar)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The requests that an application publishes, and whether they are allowed.
fn requests(folder: &Path) -> Vec<(PathBuf, Request, bool)> {
    let mut found = Vec::new();
    for (verdict, allowed) in [("ALLOW", true), ("DENY", false)] {
        for entry in fs::read_dir(folder.join(verdict)).into_iter().flatten() {
            let path = entry.unwrap().path();
            let body = json(&path);
            let uid = |key: &str| body[key].as_str().unwrap().parse::<EntityUid>().unwrap();
            let request = Request {
                principal: uid("principal"),
                action: uid("action"),
                resource: uid("resource"),
                context: body["context"].as_object().cloned().unwrap_or_default(),
            };
            found.push((path, request, allowed));
        }
    }
    found
}

#[test]
fn what_is_imported_decides_as_the_original_and_by_the_same_policies() {
    let Some(corpora) = corpora() else { return };
    let mut offences = Vec::new();
    for (folder, policies, schema, published, unchecked) in APPLICATIONS {
        let folder = corpora.join("cedar-examples").join(folder);
        let links = folder.join("linked");
        let (imported, original, said) = imported(&Files {
            policies: folder.join(format!("{policies}.cedar")),
            schema: folder.join(format!("{schema}.cedarschema")),
            links: links.exists().then_some(links),
        });
        let imported = imported.unwrap_or_else(|| panic!("{}: {said:?}", folder.display()));
        let package = Package::of(&imported.files);
        let faults = package.faults();
        assert!(faults.is_empty(), "{}: {faults:?}", folder.display());
        let (before, after) = (engine(&original), engine(&package));
        assert_eq!(package.policies(), original.policies(), "{}", folder.display());
        let requests = requests(&folder);
        assert_eq!(requests.len(), published, "{}", folder.display());
        let Some(entities) = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_str().unwrap().ends_with("entities.json"))
        else {
            continue;
        };
        for (path, request, allowed) in requests {
            let decided = [&before, &after].map(|engine| {
                let entities = match unchecked {
                    true => engine.unchecked_entities(&json(&entities)),
                    false => engine.entities(&json(&entities)),
                };
                engine.decide(&request, &entities.unwrap()).unwrap()
            });
            let [was, is] = &decided;
            if is.is_allow() != allowed || was != is {
                offences.push(format!("{}: {decided:?}", path.display()));
            }
        }
    }
    assert_none("requests that came out otherwise", offences);
}

#[test]
fn policies_from_the_wild_come_in_or_are_refused_at_their_place() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("cedar-wild/openclaw/policies/cedar");
    let came = ["policies", "policies-delegation", "policies-tpe"].map(|name| {
        let files = Files {
            policies: folder.join(format!("{name}.cedar")),
            schema: folder.join("schema.cedarschema"),
            links: None,
        };
        let (imported, original, _) = imported(&files);
        let package = Package::of(&imported.unwrap().files);
        assert_eq!(package.faults().len(), original.faults().len(), "{name}");
        assert_eq!(package.policies(), original.policies(), "{name}");
        let codes: Vec<_> = original.faults().iter().map(|(code, _)| code.clone()).collect();
        let located = original.faults().iter().all(|(_, place)| place.contains(&format!("{name}.cedar:")));
        (codes.is_empty(), codes.iter().all(|code| code == "untested-optional") && located)
    });
    // The first reads optional attributes without a test, which strict validation refuses.
    assert_eq!(came, [(false, true), (true, true), (true, true)]);
}
