//! The same faults are told in the same words in both languages, each at its place.

use proptest::prelude::*;

use super::*;
use crate::diag::Diagnostics;
use crate::load::{codes, toml, yaml};
use crate::text::{FileId, Sources};

static YAML: Format = format(Language::Yaml, Nulls::Values);
static TOML: Format = format(Language::Toml, Nulls::Values);
static LOOSE: Format = format(Language::Yaml, Nulls::Absent);

/// A format with codes of this room in place of its own.
const fn format(language: Language, nulls: Nulls) -> Format {
    Format {
        language,
        nulls,
        unknown_key: codes::YAML_KEY,
        missing_key: codes::UNUSED_FILE,
        wrong_type: codes::YAML_NUMBER,
        bad_value: codes::YAML_LIMIT,
    }
}

fn tree(format: &Format, sources: &Sources, file: FileId, out: &mut Diagnostics) -> Option<Node> {
    match format.language {
        Language::Yaml => yaml::parse(sources, file, out),
        Language::Toml => toml::parse(sources, file, out),
    }
}

/// What is wrong with a text of one mapping: code, the text at the place, message, and the help where it is asked for.
fn faults(format: &'static Format, text: &str) -> Vec<(String, String)> {
    let mut sources = Sources::default();
    let file = sources.add("a", text);
    let mut out = Diagnostics::new();
    let node = tree(format, &sources, file, &mut out).unwrap();
    let known = ["name", "size", "use", "tags", "also", "empty", "until", "inner"];
    let fields = format.fields(&node, "a thing", &known, &mut out).unwrap();
    fields.require_like("owner", "\"ann\"", &mut out);
    fields.text("name", &mut out);
    fields.number("size", 1..=9, &mut out);
    fields.at("use").unwrap().flag(&mut out);
    fields.at("tags").unwrap().texts(&mut out);
    fields.at("also").unwrap().names(&mut out);
    fields.at("empty").unwrap().filled(&mut out);
    fields.at("until").unwrap().date(&mut out);
    fields.at("inner").unwrap().list(&mut out);
    let told = out.sorted();
    let told = told.iter().map(|fault| {
        let at = sources.slice(fault.primary().unwrap());
        (format!("{} `{at}`: {}", fault.code, fault.message), fault.help.clone().unwrap_or_default())
    });
    told.collect()
}

#[test]
fn one_fault_has_the_same_words_in_both_languages() {
    let yaml = faults(
        &YAML,
        "name: 5\nsize: 10\nuse: \"yes\"\ntags: [a, 1]\nalso: [b, b]\nempty: ''\nuntil: 1.5\ninner: text\nnaem: x\n",
    );
    let toml = faults(
        &TOML,
        "name = 5\nsize = 10\nuse = \"yes\"\ntags = [\"a\", 1]\nalso = [\"b\", \"b\"]\nempty = ''\nuntil = 1.5\n\
         inner = \"text\"\nnaem = \"x\"\n",
    );
    let shown = |faults: &[(String, String)]| {
        faults.iter().map(|(fault, help)| format!("{fault}; {help}")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown(&yaml), @r#"
    unused-file `name`: missing key `owner` in a thing; write `owner: "ann"`
    yaml-number `5`: `name` must be text, found a whole number; quote it: "5"
    yaml-limit `10`: `size` is out of range; write a number from 1 to 9
    yaml-number `"yes"`: `use` must be `true` or `false`, found text; write it without quotes
    yaml-number `1`: an entry of `tags` must be text, found a whole number; quote it: "1"
    yaml-limit `b`: duplicate `b` in `also`; list it once
    yaml-limit `''`: `empty` must not be empty; write a value
    yaml-limit `1.5`: `until` must be a date or an instant; write a date, `2026-03-01`, or an instant with `T` and a time zone, `2026-03-01T10:00:00Z`
    yaml-number `text`: `inner` must be a list, found text; write each entry on its own line, after a `-`
    yaml-key `naem`: unknown key `naem` in a thing; did you mean `name`?
    "#);
    let messages = |faults: &[(String, String)]| {
        // Quotes belong to the places of TOML, and its dates have a type of their own.
        let faults = faults.iter().filter(|(fault, _)| !fault.contains("`1.5`") && !fault.contains("unused-file"));
        faults.map(|(fault, _)| fault.replace('"', "")).collect::<Vec<_>>()
    };
    assert_eq!(messages(&yaml), messages(&toml));
    insta::assert_snapshot!(shown(&toml), @r#"
    unused-file ``: missing key `owner` in a thing; write `owner = "ann"` at the top
    yaml-number `5`: `name` must be text, found a whole number; quote it: "5"
    yaml-limit `10`: `size` is out of range; write a number from 1 to 9
    yaml-number `"yes"`: `use` must be `true` or `false`, found text; write it without quotes
    yaml-number `1`: an entry of `tags` must be text, found a whole number; quote it: "1"
    yaml-limit `"b"`: duplicate `b` in `also`; list it once
    yaml-limit `''`: `empty` must not be empty; write a value
    yaml-number `1.5`: `until` must be a date or a date with time, found a number; write `2026-03-01T10:00:00Z` or `2026-03-01`, without quotes
    yaml-number `"text"`: `inner` must be a list, found text; write a list in brackets
    yaml-key `naem`: unknown key `naem` in a thing; did you mean `name`?
    "#);
}

#[test]
fn a_section_that_is_not_there_lacks_its_keys_at_the_section_around_it() {
    let mut sources = Sources::default();
    let file = sources.add("a.toml", "[a]\nx = 1\n[[many]]\n[[many]]\nb = 3\n[a.c]\n");
    let mut out = Diagnostics::new();
    let node = toml::parse(&sources, file, &mut out).unwrap();
    let top = TOML.at(&node, "a file").section(&mut out).unwrap();
    let inner = top.section("a", &mut out).and_then(|a| a.section("none", &mut out)).unwrap();
    let missing = inner.missing("key");
    assert_eq!(missing.message, "missing key `key` in `[a.none]`");
    assert_eq!(sources.slice(missing.primary().unwrap()), "[a]");
    let many = top.sections("many", &mut out);
    assert_eq!(many.iter().map(|one| one.entries().len()).collect::<Vec<_>>(), [0, 1]);
    assert!(out.is_empty());
    let a = top.section("a", &mut out).unwrap();
    assert!(a.at("x").unwrap().section(&mut out).is_none());
    assert_eq!(out.iter().next().unwrap().message, "`a.x` must be a section, found a whole number");
}

#[test]
fn where_nulls_are_absent_a_key_without_a_value_is_not_there() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", "a: ~\nb:\n");
    let mut out = Diagnostics::new();
    let node = yaml::parse(&sources, file, &mut out).unwrap();
    for (format, is_there) in [(&LOOSE, false), (&YAML, true)] {
        let fields = format.fields(&node, "a thing", &["a", "b"], &mut out).unwrap();
        assert_eq!((fields.has("a"), fields.at("b").is_some()), (is_there, is_there));
    }
}

fn check_places(sources: &Sources, node: &Node) {
    assert!(sources.text(node.span.file).get(node.span.range()).is_some());
    for item in node.as_list().unwrap_or_default() {
        check_places(sources, item);
    }
    let entries = node.as_map().unwrap_or_default();
    assert!(entries.is_sorted_by_key(|(key, _)| key.span));
    for (key, value) in entries {
        assert!(sources.slice(key.span).contains(key.text.as_str()) || key.text.contains(['\\', '"']));
        check_places(sources, value);
    }
}

proptest! {
    #[test]
    fn every_value_of_toml_has_its_place_and_no_text_panics(
        text in r#"(\n|\[(a|b|a\.c|é)\]\n|\[\[d\]\]\n|(x|y|"z z"|a\.b) = (-?[0-9]{1,22}|0x1f|1e3|nan|"[a-zé]{0,6}"|'é'|2026-0[0-9]-01|true|\[1, "2", \[\]\]|\{a = 1, b\.c = 2\})\n|[=\[\]"'#é]){0,16}"#
    ) {
        let mut sources = Sources::default();
        let file = sources.add("a.toml", text);
        let mut out = Diagnostics::new();
        let node = toml::parse(&sources, file, &mut out);
        prop_assert_eq!(node.is_none(), out.has_errors());
        if let Some(node) = node {
            check_places(&sources, &node);
        }
    }
}
