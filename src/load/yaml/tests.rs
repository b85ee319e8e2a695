//! What YAML means, where it stands, and what is refused.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> (Sources, Option<Node>, Diagnostics) {
    let mut sources = Sources::default();
    let file = sources.add("suite.yaml", text);
    let mut out = Diagnostics::new();
    let node = parse(&sources, file, &mut out);
    (sources, node, out)
}

fn good(text: &str) -> (Sources, Node) {
    let (sources, node, out) = read(text);
    assert!(out.is_empty(), "{text}: {out:?}");
    (sources, node.unwrap())
}

/// `code @ covered text: message` of each fault.
fn faults(text: &str) -> Vec<String> {
    let (sources, _, out) = read(text);
    let show = |d: &Diagnostic| {
        let span = d.primary().unwrap();
        format!("{} @ {} `{}`: {}", d.code, sources.location(span), sources.slice(span).escape_debug(), d.message)
    };
    out.iter().map(show).collect()
}

#[test]
fn scalars_mean_what_serde_yaml_says_and_keep_what_was_written() {
    let (_, node) = good("a: -5m\nb: 120.00\nc: 2026-03-01T10:00:00Z\nd: 0x1f\ne: \"7\"\nf: ~\ng: text\nh: true\ni:\n");
    let got: Vec<_> = node
        .as_map()
        .unwrap()
        .iter()
        .map(|(_, value)| (value.kind_name(), value.written().unwrap(), value.is_quoted()))
        .collect();
    assert_eq!(
        got,
        [
            ("text", "-5m", false),
            ("a number", "120.00", false),
            ("text", "2026-03-01T10:00:00Z", false),
            ("a whole number", "0x1f", false),
            ("text", "7", true),
            ("nothing", "~", false),
            ("text", "text", false),
            ("a boolean", "true", false),
            ("nothing", "", false),
        ]
    );
    assert_eq!(node.get("d").unwrap().as_int(), Some(31));
}

#[test]
fn spans_cover_the_value_in_bytes() {
    let text = "\u{feff}ö: {é: [1, \"ü\"], b: x}\r\nlist:\r\n  - one\r\n  - k: v\r\n    l: w\r\nend: |\r\n  block\r\n";
    let (sources, node) = good(text);
    let at = |path: &[&str]| {
        let found = path.iter().fold(&node, |node, key| match key.parse::<usize>() {
            Ok(index) => &node.as_list().unwrap()[index],
            Err(_) => node.get(key).unwrap(),
        });
        sources.slice(found.span).to_owned()
    };
    assert_eq!(at(&["ö"]), "{é: [1, \"ü\"], b: x}");
    assert_eq!(at(&["ö", "é"]), "[1, \"ü\"]");
    assert_eq!(at(&["ö", "é", "1"]), "\"ü\"");
    assert_eq!(at(&["list"]), "- one\r\n  - k: v\r\n    l: w");
    assert_eq!(at(&["list", "1"]), "k: v\r\n    l: w");
    assert_eq!(sources.slice(node.entry("list").unwrap().0.span), "list");
    assert!(at(&["end"]).starts_with("block"));
}

#[test]
fn an_alias_stands_where_it_is_written_and_its_content_where_it_is_defined() {
    let (sources, node) = good("calm: &calm {mfa: true}\nused: *calm\n");
    let used = node.get("used").unwrap();
    assert_eq!(sources.slice(used.span), "*calm");
    assert_eq!(sources.position(used.get("mfa").unwrap().span).line, 1);
}

#[test]
fn an_empty_document_is_null() {
    for text in ["", "\u{feff}", "# only a comment\n", "---\n", "\n\n"] {
        assert!(good(text).1.is_null(), "{text:?}");
    }
}

#[test]
fn every_duplicate_and_every_odd_key_is_reported_in_one_run() {
    insta::assert_snapshot!(faults("a: 1\nb: {x: 1, x: 2}\na: 3\n1: c\n[d]: e\n<<: {f: 1}\n").join("\n"), @"
    yaml-duplicate-key @ suite.yaml:2:11 `x`: duplicate key `x`
    yaml-duplicate-key @ suite.yaml:3:1 `a`: duplicate key `a`
    yaml-key @ suite.yaml:4:1 `1`: a key must be text, found a whole number
    yaml-key @ suite.yaml:5:1 `[d]`: a key must be text, found a list
    yaml-unsupported @ suite.yaml:6:1 `<<`: merge keys are not supported
    ");
}

#[test]
fn syntax_faults_are_located() {
    let all: Vec<String> = [
        "a: \"open\nb: 2\n",
        "a: 'open\n",
        "a:\n\tb: 1\n",
        "\tk: 1",
        "a:\n  b: true\n\tc: d\n",
        "a: [1, 2\nb: 3",
        "a: b: c",
        "a: *nope",
        "a: @x",
        "a: {b: c",
        "a:\n  b: 1\n c: 2",
        "a\0b",
        "a: !t 1\nb: !!str 2\n",
        "a: 1\n---\nb: 2\n",
        "n: 99999999999999999999",
        "&a [*a]",
        "a: \"\\ud83d\"",
        "a: \"C:\\Windows\"",
    ]
    .into_iter()
    .flat_map(faults)
    .collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
    yaml-syntax @ suite.yaml:1:4 `\"`: a quoted text is not closed
    yaml-syntax @ suite.yaml:1:4 `\'`: a quoted text is not closed
    yaml-syntax @ suite.yaml:2:1 `\t`: a tab in the indentation
    yaml-syntax @ suite.yaml:1:1 `\t`: a tab in the indentation
    yaml-syntax @ suite.yaml:3:1 `\t`: a tab in the indentation
    yaml-syntax @ suite.yaml:1:4 `[`: a list in brackets is not closed
    yaml-syntax @ suite.yaml:1:5 `:`: unexpected `:`
    yaml-syntax @ suite.yaml:1:4 `*`: alias of an unknown anchor
    yaml-syntax @ suite.yaml:1:4 `@`: text that starts with `@` needs quotes
    yaml-syntax @ suite.yaml:1:4 `{`: a mapping in braces is not closed
    yaml-syntax @ suite.yaml:3:2 `c`: this key is not aligned with the other keys of its mapping
    yaml-syntax @ suite.yaml:1:2 `\0`: a control character in YAML
    yaml-unsupported @ suite.yaml:1:4 `!t 1`: tagged values are not supported
    yaml-unsupported @ suite.yaml:2:4 `!!str 2`: tagged values are not supported
    yaml-unsupported @ suite.yaml:2:1 `---`: more than one YAML document in the file
    yaml-number @ suite.yaml:1:4 `99999999999999999999`: `99999999999999999999` is out of range for a `Long`
    yaml-limit @ suite.yaml:1:5 `*a`: the document expands to too many values
    yaml-syntax @ suite.yaml:1:4 `\"`: invalid character escape
    yaml-syntax @ suite.yaml:1:4 `\"`: unknown YAML escape
    "#);
}

#[test]
fn what_the_versions_of_yaml_read_differently_is_refused_everywhere() {
    insta::assert_snapshot!(faults("n: 010\nlist: [no, \"no\", 1:30]\non: 'x'\nt: \"010\"\n").join("\n"), @r"
    yaml-ambiguous @ suite.yaml:1:4 `010`: YAML parsers disagree about `010`
    yaml-ambiguous @ suite.yaml:2:8 `no`: YAML parsers disagree about `no`
    yaml-ambiguous @ suite.yaml:2:18 `1:30`: YAML parsers disagree about `1:30`
    yaml-ambiguous @ suite.yaml:3:1 `on`: YAML parsers disagree about `on`
    ");
}

#[test]
fn json_in_yaml_keeps_its_characters_and_their_places() {
    let (sources, node) = good("é: {\"a\": \"x\\ud83d\\ude00y\", \"b\": [1]}\nlast: 2\n");
    let inner = node.get("é").unwrap();
    assert_eq!(inner.get("a").unwrap().as_text(), Some("x😀y"));
    assert_eq!(sources.slice(inner.get("b").unwrap().span), "[1]");
    assert_eq!(sources.slice(node.get("last").unwrap().span), "2");
    insta::assert_snapshot!(faults("a: \\ud83d\\ude00\nb: '\\ud83d\\ude00'\n").join("\n"), @r"
    yaml-ambiguous @ suite.yaml:1:4 `\\ud83d\\ude00`: a pair of escapes outside double quotes
    yaml-ambiguous @ suite.yaml:2:4 `\'\\ud83d\\ude00\'`: a pair of escapes outside double quotes
    ");
}

#[test]
fn merge_keys_are_taken_in_manifests() {
    let text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\none: {<<: *base, b: 5}\nboth:\n  <<: [*more, *base]\n  d: 6\nbad: {<<: 7}\ntwice: {<<: *base, <<: *more}\n";
    let mut sources = Sources::default();
    let file = sources.add("all.yaml", text);
    let mut out = Diagnostics::new();
    let read = parse_all(&sources, file, &mut out);
    let shown = |key: &str| -> Vec<String> {
        let entries = read[0].get(key).unwrap().as_map().unwrap();
        entries.iter().map(|(key, value)| format!("{}={}", key.text, value.written().unwrap())).collect()
    };
    assert_eq!(shown("one"), ["b=5", "a=1"]);
    assert_eq!(shown("both"), ["d=6", "b=3", "c=4", "a=1"]);
    let faults: Vec<_> = out.iter().map(|d| format!("{} {}", d.code, sources.location(d.primary().unwrap()))).collect();
    assert_eq!(faults, ["yaml-key all.yaml:7:11", "yaml-duplicate-key all.yaml:8:20"], "{out:?}");
}

#[test]
fn deep_nesting_is_a_located_error() {
    for open in ["[", "{a: ", "- ", "? ", ": "] {
        let text = open.repeat(10_000);
        let found = faults(&text);
        assert_eq!(found.len(), 1, "{open}: {found:?}");
    }
    let indented: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(faults(&indented)[0].starts_with("yaml-limit @ suite.yaml:65:"));
}

#[test]
fn alias_bombs_are_refused_before_they_grow() {
    let laughs = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10))
    });
    let squared = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(5_000), "*a,".repeat(5_000));
    for bomb in [laughs, squared] {
        assert!(faults(&bomb)[0].starts_with("yaml-limit"));
    }
}

#[test]
fn a_file_full_of_faults_reports_the_first_hundred() {
    assert_eq!(faults(&"a:\n".repeat(100_000)).len(), 100);
    assert_eq!(faults(&"- !t x\n".repeat(50_000)).len(), 100);
}

#[test]
fn a_megabyte_line_is_read() {
    let (_, node) = good(&format!("a: {}\n", "x".repeat(1 << 20)));
    assert_eq!(node.get("a").unwrap().as_text().map(str::len), Some(1 << 20));
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        read(&text);
    }

    #[test]
    fn no_yaml_like_text_panics_and_plain_spans_cover_what_is_written(
        text in r#"([ \n\t]|\r\n|[a-c0-9é]|[-?:,\[\]{}#&*!|>'"%@<~]|: |- |&a |\*a|a: |\u{feff}){0,60}"#
    ) {
        let (sources, node, _) = read(&text);
        if let Some(node) = node {
            check_spans(&sources, &node);
        }
    }

    /// What is read along with its parts is what is read after them, and nothing with a fault is.
    #[test]
    fn a_document_is_the_same_however_its_parts_come(
        text in r#"([ \n]|[a-c0-9é]|[-?:,\[\]{}#&*!|>'"%~]|: |- |&a |\*a|a: |\n[a-c]: |\n- ){0,40}"#
    ) {
        let joined = surrogates::joined(&text);
        let mut sources = Sources::default();
        let places = Places::new(sources.add("suite.yaml", text.as_str()), 0, &joined);
        if let Some(node) = walk::along(&places, MergeKeys::Refused) {
            let mut found = Diagnostics::new();
            let mut out = Faults::new(&mut found);
            let parts = events::all(&places, &mut out).unwrap();
            prop_assert_eq!(walk::of(&parts, &places, MergeKeys::Refused, &mut out).unwrap(), node);
            prop_assert!(found.is_empty());
        }
    }
}

/// Every span lies in the text, and a plain scalar of one line without an anchor covers exactly its characters.
fn check_spans(sources: &Sources, node: &Node) {
    let covered = sources.text(node.span.file).get(node.span.range()).unwrap();
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| check_spans(sources, item)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| check_spans(sources, value)),
        _ => {
            let simple = !node.is_quoted() && !covered.contains(['\n', '\r', '&', '*']);
            assert!(!simple || node.written() == Some(covered), "{node:?} covers {covered:?}");
        }
    }
}
