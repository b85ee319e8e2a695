//! Laws that hold for every text: parsing never panics and places its faults inside the file; formatting changes white
//! space only, and once is enough.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{MARKETPLACE, formatted, parsed};
use crate::syntax::equal_but_for_spans;
use crate::syntax::grammar::{Rule, parse_rule};
use crate::syntax::lex::{Kind, Token, lex};

/// Sound texts that between them hold every construct.
const SOUND: [&str; 8] = [
    MARKETPLACE,
    "@allow(no-guard, because: \"x\", until: \"2027-01-01\")\n@x_y a: allow any to any on any; // c\n/// d\nrole r;",
    "resource R in Org as org?, F tags Set<{ a: T }> { @masked a?: { x: Set<Set<T>>, }, /// d\n on: Bool,\n\
     // c\n sensitive action a, b in org { t?: String } action group w = a, b; actions crud; }",
    "role r on Org by o until \"2027-01-01T00:00:00Z\" when { a: 1 }.a == 1 extends Org.x, y for U, V\n\
     { l: allow a, b on T, U via org because \"x\" when { b: 1 } has b until \"2027-01-01T00:00:00Z\"; // c\n }",
    "condition c(a: T, b: Set<U>) = if a && !(b || -1 - -2 * 3 < 15m) then [1, \"b\", { \"c d\": x, }] else if e then\n\
     A::B::\"id\".on[\"x\"].m() has a.b else x is T in y || z like \"a\\*\" || q has \"s t\";",
    "liftable require a && b for T.a, U.b because \"x\"; isolate by o except A because \"x\" except B because \"y\";\n\
     separate A.x from A.y because \"z\" by w; deny A, B.c to any on D when x because \"y\";",
    "break-glass b { for a; grants any on any; grants per 24h at most 2; approved by none; alerts on a, b to \"c\"; }\n\
     assert a: never any to any on any unless break-glass b when c; actions s { @reads a, sensitive b, }",
    "namespace A::B; enum E { a, b, } ordered enum F { a } group G holds roles; context { from caller { a: B } }",
];

fn gap() -> impl Strategy<Value = &'static str> {
    select(vec![" ", " ", " ", "\n", "\n\n", "\t", "\r\n", "\n\n\n", " // note\n", "\n// note\n", "\n\n//\n\n"])
}

/// The text with other white space and more comments.
fn respaced(text: &str, gaps: &[&str]) -> String {
    let mut gaps = gaps.iter().cycle();
    let mut spaced = String::new();
    let mut before: Option<Token<'_>> = None;
    for token in lex(text) {
        if let Some(before) = before {
            let touching = before.end() == token.start;
            // A lint's id is one word to the grammar.
            let hyphen = touching && (before.is("-") || token.is("-"));
            let comment = matches!(before.kind, Kind::Doc | Kind::Comment);
            spaced += match gaps.next().copied().unwrap_or(" ") {
                _ if hyphen => "",
                gap if comment && !gap.starts_with('\n') => "\n",
                gap => gap,
            };
        }
        spaced += token.text;
        before = Some(token);
    }
    spaced
}

/// A change to a row of tokens.
#[derive(Debug, Clone)]
enum Edit {
    Drop(Index),
    Double(Index),
    Swap(Index, Index),
    Write(Index, &'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    let written = vec![
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ";",
        ",",
        ":",
        "::",
        ".",
        "=",
        "==",
        "&&",
        "||",
        "!",
        "-",
        "<",
        ">",
        "?",
        "@",
        "*",
        "/",
        "|",
        "\"",
        "\"a\"",
        "\"\\q\"",
        "1",
        "15m",
        "9x",
        "99999999999999999999",
        "if",
        "then",
        "else",
        "in",
        "is",
        "has",
        "like",
        "allow",
        "role",
        "deny",
        "when",
        "because",
        "until",
        "any",
        "on",
        "to",
        "for",
        "unless",
        "break-glass",
        "import",
        "resource",
        "principal",
        "context",
        "action",
        "from",
        "x",
        "Set",
        "// c\n",
        "/// d\n",
        "§",
        "\u{202e}",
        "\0",
        "\r",
        "\u{feff}",
    ];
    prop_oneof![
        any::<Index>().prop_map(Edit::Drop),
        any::<Index>().prop_map(Edit::Double),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (any::<Index>(), select(written)).prop_map(|(at, text)| Edit::Write(at, text)),
    ]
}

/// The text after some edits, its tokens apart.
fn edited(text: &str, edits: &[Edit]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for token in lex(text) {
        let end = if matches!(token.kind, Kind::Doc | Kind::Comment) || token.is(";") { "\n" } else { " " };
        pieces.push(format!("{}{end}", token.text));
    }
    for edit in edits {
        match edit {
            _ if pieces.is_empty() => {}
            Edit::Drop(at) => {
                pieces.remove(at.index(pieces.len()));
            }
            Edit::Double(at) => {
                let at = at.index(pieces.len());
                pieces.insert(at, pieces[at].clone());
            }
            Edit::Swap(a, b) => {
                let (a, b) = (a.index(pieces.len()), b.index(pieces.len()));
                pieces.swap(a, b);
            }
            Edit::Write(at, text) => pieces.insert(at.index(pieces.len()), (*text).to_owned()),
        }
    }
    pieces.concat()
}

/// Parses, and checks what holds for any text.
fn check(text: &str) {
    let (tree, out, sources) = parsed(text);
    for fault in out.iter() {
        assert!(fault.is_error() && fault.message.starts_with(|c: char| !c.is_uppercase()), "{fault:?}");
        for label in &fault.labels {
            assert!(sources.text(label.span.file).get(label.span.range()).is_some(), "{fault:?}");
        }
    }
    for item in &tree.items {
        assert!(!sources.slice(item.span).is_empty(), "{item:?}");
    }
    if out.is_empty() {
        // Nothing may be left out of the tree in silence.
        assert!(parse_rule(Rule::file, text).is_ok(), "{text}");
        formatted(text);
    }
}

#[test]
fn the_sound_texts_are_sound() {
    for text in SOUND {
        let (_, out, _) = parsed(text);
        assert!(out.is_empty(), "{text}\n{}", super::faults(text));
        formatted(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn white_space_and_comments_mean_nothing(text in select(SOUND.to_vec()), gaps in prop::collection::vec(gap(), 1..40)) {
        let spaced = respaced(text, &gaps);
        assert!(equal_but_for_spans(&parsed(text).0, &parsed(&spaced).0), "{spaced}");
        let neat = formatted(&spaced);
        let words = |text: &str| lex(text).iter().map(|token| token.text.to_owned()).collect::<Vec<_>>();
        assert!(words(&neat) == words(&spaced), "{spaced}\n->\n{neat}");
    }

    #[test]
    fn edited_programs_parse_or_have_faults(text in select(SOUND.to_vec()), edits in prop::collection::vec(edit(), 1..6)) {
        check(&edited(text, &edits));
    }

    #[test]
    fn any_text_parses_or_has_faults(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_bytes_parse_or_have_faults(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn symbols_and_words_at_random_parse_or_have_faults(text in "([a-c{}()\\[\\];,:.=<>!&|@?\" \n/-]|allow |role |on |when |if |\"a\"|1){0,80}") {
        check(&text);
    }
}
