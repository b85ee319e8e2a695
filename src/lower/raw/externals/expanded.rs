//! How large a raw schema is once its common types are written out where they are used. Types of two lines double with each step:
//! sixteen of them are a hundred thousand attributes. What is beyond the limit, and what contains itself, is a fault at its
//! declaration and is cut to an empty record, so that nobody after this writes it out, Cedar included.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Reader, join, section};

/// The most attributes that all entity types and contexts of a package have together. Each takes some kilobytes by the time
/// that two sides are compared.
pub(crate) const MAX_ATTRIBUTES: u64 = 50_000;
/// The most records and sets within each other.
pub(crate) const MAX_DEPTH: usize = 64;

/// A declaration that is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// `entity`, `action` or `type`.
    pub(crate) keyword: &'static str,
    /// Its name, as it is declared.
    pub(crate) name: String,
    pub(crate) why: Why,
}

/// Why it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// With it there are so many attributes.
    Attributes(u64),
    /// So many records and sets are within each other.
    Depth(usize),
    /// It contains itself.
    Endless,
}

/// What something written out comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    attributes: u64,
    depth: usize,
}

impl Extent {
    fn fault(self) -> Option<Why> {
        match self {
            Self { depth, .. } if depth > MAX_DEPTH => Some(Why::Depth(depth)),
            Self { attributes, .. } if attributes > MAX_ATTRIBUTES => Some(Why::Attributes(attributes)),
            _ => None,
        }
    }
}

/// Cuts what is too large, and says what that is.
pub(crate) fn cut(json: &mut Map<String, Value>) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut places: Vec<[String; 3]> = Vec::new();
    let reader = Reader::of(json);
    let extents = common_types(&reader, &mut |space, name, why| {
        cuts.push(Cut { keyword: "type", name: name.to_owned(), why });
        places.push([space.to_owned(), "commonTypes".to_owned(), name.to_owned()]);
    });
    let mut total: u64 = 0;
    for (space, declarations) in json.iter() {
        for (key, keyword) in [("entityTypes", "entity"), ("actions", "action")] {
            for (name, declaration) in section(declarations, key) {
                let context = declaration.get("appliesTo").and_then(|applies| applies.get("context"));
                let own = [declaration.get("shape"), declaration.get("tags"), context];
                let own = own.into_iter().flatten().map(|ty| extent(&reader, space, ty, &extents));
                let own = own.fold(Extent::default(), |sum, one| Extent {
                    attributes: sum.attributes.saturating_add(one.attributes),
                    depth: sum.depth.max(one.depth),
                });
                let with = Extent { attributes: total.saturating_add(own.attributes), ..own };
                match with.fault() {
                    None => total = with.attributes,
                    Some(why) => {
                        cuts.push(Cut { keyword, name: name.clone(), why });
                        places.push([space.clone(), key.to_owned(), name.clone()]);
                    }
                }
            }
        }
    }
    for [space, key, name] in places {
        let declaration = json.get_mut(&space).and_then(|space| space.get_mut(&key)?.get_mut(&name));
        if let Some(declaration) = declaration {
            empty(declaration, &key);
        }
    }
    cuts
}

fn empty(declaration: &mut Value, key: &str) {
    let record = || json!({ "type": "Record", "attributes": {} });
    match (key, declaration.as_object_mut()) {
        ("commonTypes", _) => *declaration = record(),
        ("entityTypes", Some(fields)) => {
            fields.remove("tags");
            fields.insert("shape".to_owned(), record());
        }
        ("actions", Some(fields)) => {
            let applies = fields.get_mut("appliesTo").and_then(Value::as_object_mut);
            if let Some(applies) = applies {
                applies.insert("context".to_owned(), record());
            }
        }
        _ => {}
    }
}

/// What each common type comes to, by its full name. One that is cut comes to nothing.
fn common_types(reader: &Reader<'_>, cut: &mut dyn FnMut(&str, &str, Why)) -> BTreeMap<String, Extent> {
    let mut waiting: BTreeMap<String, (&str, &str, &Value, BTreeSet<String>)> = BTreeMap::new();
    for (space, declarations) in reader.json {
        for (name, ty) in section(declarations, "commonTypes") {
            let mut used = BTreeSet::new();
            names(reader, space, ty, &mut used);
            waiting.insert(join(space, name), (space, name, ty, used));
        }
    }
    let mut extents = BTreeMap::new();
    // A type comes after all those that it uses.
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (user, (.., used)) in &waiting {
        for name in used {
            users.entry(name.clone()).or_default().push(user.clone());
        }
    }
    let mut ready: BTreeSet<String> =
        waiting.iter().filter(|(_, (.., used))| used.is_empty()).map(|(name, _)| name.clone()).collect();
    while let Some(full) = ready.pop_first() {
        let Some((space, name, ty, _)) = waiting.remove(&full) else {
            continue;
        };
        let found = extent(reader, space, ty, &extents);
        let why = found.fault();
        if let Some(why) = why {
            cut(space, name, why);
        }
        extents.insert(full.clone(), if why.is_some() { Extent::default() } else { found });
        for user in users.remove(&full).unwrap_or_default() {
            if let Some((.., used)) = waiting.get_mut(&user) {
                used.remove(&full);
                if used.is_empty() {
                    ready.insert(user);
                }
            }
        }
    }
    // What is left waits for itself.
    for (full, (space, name, ..)) in waiting {
        cut(space, name, Why::Endless);
        extents.insert(full, Extent::default());
    }
    extents
}

/// The common types that a type uses by name.
fn names(reader: &Reader<'_>, space: &str, ty: &Value, found: &mut BTreeSet<String>) {
    match reader.common(space, ty) {
        Some((full, _)) => {
            found.insert(full);
        }
        None => parts(ty).for_each(|part| names(reader, space, part, found)),
    }
}

fn extent(reader: &Reader<'_>, space: &str, ty: &Value, known: &BTreeMap<String, Extent>) -> Extent {
    if let Some((full, _)) = reader.common(space, ty) {
        return known.get(&full).copied().unwrap_or_default();
    }
    let is_record = ty.get("attributes").is_some();
    let mut all = Extent::default();
    for part in parts(ty) {
        let one = extent(reader, space, part, known);
        all.attributes = all.attributes.saturating_add(one.attributes).saturating_add(u64::from(is_record));
        all.depth = all.depth.max(one.depth.saturating_add(1));
    }
    all
}

/// The types of the attributes of a record, or that of the elements of a set.
fn parts(ty: &Value) -> impl Iterator<Item = &Value> {
    let attributes = ty.get("attributes").and_then(Value::as_object);
    let attributes = attributes.into_iter().flatten().map(|(_, ty)| ty);
    attributes.chain(ty.get("element"))
}

#[cfg(test)]
mod tests {
    use cedar_policy::SchemaFragment;

    use super::*;

    fn cuts(schema: &str) -> Vec<(String, Why)> {
        let (fragment, _) = SchemaFragment::from_cedarschema_str(schema).unwrap();
        let Value::Object(mut json) = fragment.to_json_value().unwrap() else { unreachable!() };
        let found = cut(&mut json);
        // What is left is within the limits.
        assert_eq!(cut(&mut json), []);
        found.into_iter().map(|cut| (cut.name, cut.why)).collect()
    }

    /// Common types each of which uses the one before so often, and an entity with the last.
    fn chain(length: usize, times: usize) -> String {
        let mut text = "type T0 = { a: Long };\n".to_owned();
        for at in 1..length {
            let fields: Vec<String> = (0..times).map(|field| format!("a{field}: T{}", at - 1)).collect();
            text.push_str(&format!("type T{at} = {{ {} }};\n", fields.join(", ")));
        }
        format!("{text}entity A {{ a: T{} }};", length - 1)
    }

    #[test]
    fn what_doubles_is_cut_where_it_is_too_large_and_nothing_above_it() {
        assert_eq!(cuts(&chain(12, 2)), []);
        // 3 * 2^n - 2 attributes in `Tn`.
        assert_eq!(cuts(&chain(17, 2)), [("T15".to_owned(), Why::Attributes(98_302))]);
        let found = cuts(&chain(200, 2));
        assert_eq!(found.first(), Some(&("T15".to_owned(), Why::Attributes(98_302))));
        assert!(found.len() < 20, "{found:?}");
    }

    #[test]
    fn what_is_too_deep_is_cut() {
        assert_eq!(cuts(&chain(60, 1)), []);
        assert_eq!(cuts(&chain(100, 1)), [("T64".to_owned(), Why::Depth(65))]);
        assert_eq!(cuts(&chain(3000, 1)).len(), 3000 / 65);
    }

    #[test]
    fn what_contains_itself_is_cut_however_long_the_way() {
        let own = "type A = { a: A, b: A };";
        assert_eq!(cuts(own), [("A".to_owned(), Why::Endless)]);
        let ring = "type A = { a: B, b: B }; type B = { a: Set<A> }; type C = { a: A };";
        let names: Vec<String> = cuts(ring).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["A", "B", "C"]);
    }

    #[test]
    fn many_uses_of_what_is_small_count_together() {
        let mut text = chain(12, 2);
        for at in 0..10 {
            text.push_str(&format!("entity E{at} {{ a: T11 }};"));
        }
        text.push_str("action go appliesTo { principal: [A], resource: [A], context: { a: T11 } };");
        let found = cuts(&text);
        assert!(!found.is_empty() && found.len() < 6, "{found:?}");
        assert!(found.iter().all(|(_, why)| matches!(why, Why::Attributes(_))), "{found:?}");
    }
}
