//! Texts made to break a parser: too deep, too long, too large. Each works or is one located fault; none may panic,
//! overflow the stack of a test's thread, or take long.

use super::{faults, parsed};
use crate::diag::Diagnostics;
use crate::syntax::{Limits, parse};
use crate::text::Sources;

/// The first line of the faults of a condition.
fn first(body: &str) -> String {
    faults(&format!("condition c = {body};")).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn nesting_up_to_the_limit_parses_and_beyond_it_is_one_fault() {
    let nested =
        |open: &str, inner: &str, close: &str, depth| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
    let forms = [
        ("(", "a", ")"),
        ("[", "a", "]"),
        ("{a: ", "a", "}"),
        ("if a then b else ", "c", ""),
        ("f(", "a", ")"),
        ("a.m(", "a", ")"),
        ("", "a", ".b"),
        ("a + ", "a", ""),
        ("a * ", "a", ""),
        ("-(", "a", ")"),
        ("!(a && ", "b", ")"),
    ];
    for (open, inner, close) in forms {
        let steps =
            (open.matches(['(', '[', '{', '.', '+', '*', '-', '!']).count() + close.matches('.').count()).max(1);
        let depth = 64 / steps;
        assert_eq!(first(&nested(open, inner, close, depth)), "1 kept", "{open}{close}");
        for too_deep in [depth + 1, 10_000] {
            let said = first(&nested(open, inner, close, too_deep));
            assert!(said.starts_with("nesting-too-deep 1:"), "{open}{close}: {said}");
        }
    }
}

#[test]
fn what_one_role_adds_to_the_nesting_does_not_count_for_the_next() {
    let roles: String =
        (0..500).map(|n| format!("role r{n} for User when principal.a && principal.b {{\n}}\n")).collect();
    let said = faults(&roles);
    assert!(said.ends_with("500 kept"), "{said}");
}

#[test]
fn the_bracket_that_goes_too_deep_is_the_one_shown() {
    insta::assert_snapshot!(faults(&format!("condition c = {}a{};\nrole r;", "(".repeat(10_000), ")".repeat(10_000))), @r"
    nesting-too-deep 1:79 nested deeper than 64 levels
      1:79 `(` the first level past the limit
      = move parts of the expression into a `condition`
    1 kept
    ");
    insta::assert_snapshot!(faults(&format!("resource R {{ a: {}T{}, b: Bool }}", "Set<".repeat(200), ">".repeat(200))), @r"
    nesting-too-deep 1:272 nested deeper than 64 levels
      1:272 `<` the first level past the limit
      = move parts of the expression into a `condition`
    1 kept
    ");
    assert!(faults(&"(".repeat(10_000)).starts_with("unclosed-bracket 1:1 "));
    assert!(faults(&"{".repeat(10_000)).starts_with("unclosed-block 1:1 "));
}

#[test]
fn chains_and_lists_have_a_longest_length() {
    for (unit, count) in [("a && ", 4095), ("a || ", 4095)] {
        assert_eq!(first(&format!("{}a", unit.repeat(count))), "1 kept");
        assert!(first(&format!("{}a", unit.repeat(count + 1))).starts_with("chain-too-long 1:"));
    }
    assert_eq!(first(&format!("[{}a]", "a, ".repeat(4095))), "1 kept");
    assert!(first(&format!("[{}a]", "a, ".repeat(4096))).starts_with("chain-too-long 1:"));
}

#[test]
fn a_line_of_a_megabyte_works_or_is_one_fault() {
    let megabyte = 1_000_000;
    assert_eq!(first(&"a".repeat(megabyte)), "1 kept");
    assert_eq!(first(&format!("\"{}\"", "a".repeat(megabyte))), "1 kept");
    assert!(first(&"9".repeat(megabyte)).starts_with("bad-number 1:15 "));
    assert!(first(&format!("{}a", "a && ".repeat(megabyte / 5))).starts_with("chain-too-long 1:"));
    assert!(first(&"!".repeat(megabyte / 10)).starts_with("nesting-too-deep 1:79 "));
    assert!(first(&"§".repeat(megabyte / 10)).starts_with("stray-character 1:15 "));
    assert_eq!(faults(&format!("// {}\nrole r;", "a".repeat(megabyte))), "1 kept");
}

#[test]
fn a_file_of_faults_is_cut_short() {
    let (tree, out, sources) = parsed(&format!("role good;\n{}role late;", "allow x n T;\n".repeat(10_000)));
    assert_eq!(out.len(), 101);
    let last = out.iter().last().unwrap();
    assert_eq!(last.code.as_str(), "too-many-faults");
    assert_eq!(sources.location(last.primary().unwrap()), "p.gate:102:9");
    assert_eq!(tree.items.len(), 1);
}

#[test]
fn blocks_that_never_close_are_read_once() {
    let shown = faults(&"role a {\nallow U to x on T;\n".repeat(5_000));
    assert!(shown.starts_with("unclosed-block 1:8 "), "{shown}");
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let mut sources = Sources::default();
    let file = sources.add("p.gate", "role r; garbage");
    let mut out = Diagnostics::new();
    let tree = parse(&sources, file, &Limits { bytes: 14, ..Limits::default() }, &mut out);
    assert!(tree.items.is_empty());
    let messages: Vec<_> = out.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(messages, ["this file has 15 bytes, more than the limit of 14"]);
}

#[test]
fn empty_files_marks_and_line_ends_are_fine() {
    for text in ["", "\u{feff}", " \t\r\n", "// only a comment", "//", "////", "\u{feff}// x\r\n"] {
        assert_eq!(faults(text), "0 kept", "{text:?}");
    }
    let (tree, out, _) = parsed("\u{feff}/// A doc.\r\n/// Two lines.\r\nrole r;\r\n");
    assert!(out.is_empty());
    assert_eq!(tree.items[0].doc.as_deref(), Some("A doc.\nTwo lines."));
    assert!(faults("role a;\rrole b;").starts_with("hidden-character 1:8 hidden character U+000D"));
    assert!(faults("role a; \u{feff}role b;").starts_with("hidden-character 1:9 hidden character U+FEFF"));
}
