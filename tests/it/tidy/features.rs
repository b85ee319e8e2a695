//! Cargo features and rooms: the second table in `architecture.md` says which feature builds what, and manifest and code agree.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::layers::{TABLE, quoted, rows, shared};
use crate::support::{assert_none, file, files, root};

/// A row of the table.
struct Feature {
    /// The rooms that are built with it, whole or in part.
    rooms: Vec<String>,
    /// The crates that it brings.
    crates: BTreeSet<String>,
}

/// The features that have a room: those of a later version have none yet.
fn features() -> BTreeMap<String, Feature> {
    let page = file(TABLE).text;
    let table = page.split("<!-- features:").nth(1).expect("the page marks its table");
    let lines = table.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with("| `"));
    let all = lines.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [name, rooms, crates, _] = cells[..] else {
            panic!("{TABLE}: a row has four cells: {line}");
        };
        let words = |cell| quoted(cell).map(str::to_owned);
        (words(name).next().unwrap(), Feature { rooms: words(rooms).collect(), crates: words(crates).collect() })
    });
    let (all, later): (BTreeMap<_, _>, BTreeMap<_, _>) =
        all.partition(|(_, feature)| feature.rooms.iter().any(|room| root().join("src").join(room).exists()));
    assert!(
        all.len() > 2 && later.values().all(|feature| feature.crates.is_empty()),
        "{TABLE}: features without a room"
    );
    all
}

fn manifest() -> Table {
    file("Cargo.toml").text.parse().unwrap()
}

/// What the manifest says that each feature turns on.
fn turned_on() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = manifest();
    let each = manifest["features"].as_table().unwrap().iter();
    let words = |list: &Value| list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    each.map(|(name, list)| (name.clone(), words(list))).collect()
}

#[test]
fn the_manifest_has_the_features_of_the_table_all_of_them_by_default() {
    let names: BTreeSet<String> = features().into_keys().collect();
    let mut turned_on = turned_on();
    assert_eq!(turned_on.remove("default"), Some(names.clone()), "the default features");
    assert_eq!(turned_on.into_keys().collect::<BTreeSet<_>>(), names);
    // The integration tests run the binary with everything in it.
    let required: Value = manifest()["test"].as_array().unwrap()[0]["required-features"].clone();
    let required: BTreeSet<String> =
        required.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(required, names, "what the integration tests require");
}

#[test]
fn each_optional_crate_belongs_to_a_room_of_the_feature_that_brings_it() {
    let (features, turned_on, rows, shared) = (features(), turned_on(), rows(), shared());
    let mut offences = Vec::new();
    for (name, feature) in &features {
        let brought = turned_on[name].iter().filter_map(|word| word.strip_prefix("dep:"));
        let brought: BTreeSet<String> = brought.map(|name| name.replace('-', "_")).collect();
        if brought != feature.crates {
            offences.push(format!("`{name}` brings {brought:?}, and {TABLE} says {:?}", feature.crates));
        }
        let owned = |name: &String| feature.rooms.iter().any(|room| rows[room].owns.contains(name));
        offences.extend(
            brought
                .iter()
                .filter(|name| !owned(name) && !shared.contains(*name))
                .map(|of| format!("`{of}` of the feature `{name}` belongs to none of its rooms")),
        );
    }
    let all: BTreeSet<&String> = features.values().flat_map(|feature| &feature.crates).collect();
    for (name, how) in manifest()["dependencies"].as_table().unwrap() {
        let is_optional = how.get("optional").and_then(Value::as_bool) == Some(true);
        if is_optional != all.contains(&name.replace('-', "_")) {
            offences.push(format!("Cargo.toml: `{name}` must be optional exactly if a feature brings it"));
        }
    }
    assert_none("features and crates that do not fit", offences);
}

/// A room of a feature is left out as a whole, at its one door, or asks for the feature itself; `cli` leaves verbs out. No other
/// room knows of features.
#[test]
fn features_are_asked_for_only_by_their_rooms_and_by_the_command_line() {
    let features = features();
    let mut offences = Vec::new();
    for (name, feature) in &features {
        let asks = format!("feature = \"{name}\"");
        for room in &feature.rooms {
            let door = format!("#[cfg({asks})]\npub mod {room};");
            let inside = files(&format!("src/{room}"), ".rs").iter().any(|file| file.text.contains(&asks));
            if file("src/lib.rs").text.contains(&door) == inside {
                offences
                    .push(format!("src/lib.rs: `{room}` is left out without `{name}` here or inside, and not both"));
            }
        }
        for source in files("src", ".rs").into_iter().filter(|source| source.text.contains(&asks)) {
            let room = source.path.split('/').nth(1).unwrap();
            if !["cli", "lib.rs"].contains(&room) && !feature.rooms.iter().any(|own| own == room) {
                offences.push(format!("{}: `{room}` asks for the feature `{name}`", source.path));
            }
        }
    }
    assert_none("features asked for in the wrong place", offences);
}
