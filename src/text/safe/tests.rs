//! What each output may hold, whatever the text is.

use proptest::prelude::*;

use super::*;

/// Texts that are made of what outputs act on.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("::stop-commands::x".to_owned()),
        Just("##vso[task.setvariable]".to_owned()),
        Just("###[error]".to_owned()),
        Just("\u{1b}[2J".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("\u{1b}]0;title\u{7}".to_owned()),
        Just("\u{9b}2J".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{e0041}".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\t ".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("```".to_owned()),
        Just("|".to_owned()),
        Just("\\".to_owned()),
        Just("[a](javascript:b)".to_owned()),
        Just("@team".to_owned()),
        Just("</text><script>".to_owned()),
        Just("https://x.example".to_owned()),
        "[ -~]{0,6}",
        any::<String>(),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn steers(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && c != '\t' && !is_plain(c))
}

/// Whether a build server would act on a line. It looks past white space at the start.
fn commands(text: &str) -> bool {
    let marked = |line: &str| {
        line.match_indices("##").any(|(at, _)| {
            let after = line.split_at(at + 2).1.trim_start_matches(|c: char| c.is_alphanumeric());
            after.starts_with('[')
        })
    };
    text.lines().any(|line| line.trim_start().starts_with("::") || marked(line))
}

proptest! {
    #[test]
    fn nothing_steers_a_terminal_and_one_line_stays_one(text in hostile()) {
        prop_assert!(line(&text).chars().all(is_plain));
        prop_assert!(!steers(&block(&text)));
        prop_assert_eq!(line(&line(&text)), line(&text));
    }

    #[test]
    fn what_is_printed_holds_no_command(text in hostile()) {
        let plain = output(&text);
        prop_assert!(!steers(&plain) && !commands(&plain), "{plain:?}");
        prop_assert_eq!(output(&plain), plain.clone());
        let coloured = coloured_output(&text);
        prop_assert!(!commands(&coloured), "{coloured:?}");
        let mut rest = coloured.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            let colour = colour(rest.split_at(at).1);
            prop_assert!(colour.is_some(), "{coloured:?}");
            rest = rest.split_at(at + colour.unwrap().len()).1;
        }
    }

    #[test]
    fn a_command_is_one_line_with_its_own_properties(text in hostile()) {
        let (text, property) = (command_text(&text), command_property(&text));
        prop_assert!(text.chars().all(is_plain), "{text:?}");
        prop_assert!(property.chars().all(|c| is_plain(c) && c != ':' && c != ','), "{property:?}");
    }

    #[test]
    fn json_reads_back_as_the_same_value_and_is_printed_as_it_is(text in hostile()) {
        let written = json(&vec![text.clone()]);
        let read: Vec<String> = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(read, vec![text]);
        prop_assert_eq!(output(&written), written);
    }

    #[test]
    fn a_fence_is_closed_by_nothing_in_it(text in hostile()) {
        let fenced = markdown_block(&text);
        let fence = fenced.split("text\n").next().unwrap();
        let inside: Vec<&str> = fenced.lines().skip(1).collect();
        let (last, inside) = inside.split_last().unwrap();
        prop_assert_eq!(*last, fence);
        prop_assert!(inside.iter().all(|line| !line.contains(fence)));
    }

    #[test]
    fn xml_holds_any_text(text in hostile()) {
        let written = format!("<a b=\"{0}\">{0}</a>", xml(&text));
        let document = roxmltree::Document::parse(&written).unwrap();
        prop_assert_eq!(document.root_element().attribute("b"), document.root_element().text().or(Some("")));
        prop_assert!(!steers(&written) && !commands(&written));
    }

    #[test]
    fn markup_stays_on_its_line(text in hostile()) {
        for written in [markdown(&text), markdown_code(&text), mermaid(&text), dot(&text)] {
            prop_assert!(written.chars().all(is_plain), "{written:?}");
        }
        let shown = markdown(&text).replace("<!-- -->", "");
        prop_assert!(!shown.contains(['<', '>']), "{shown:?}");
    }
}

#[test]
fn commands_of_build_servers_are_taken_apart_and_all_else_stays() {
    for (text, shown) in [
        ("::stop-commands::x\n", ": :stop-commands::x\n"),
        ("  \t::error::no\n", "  \t: :error::no\n"),
        ("User::\"a\" :: b\n", "User::\"a\" :: b\n"),
        ("a ##[error] b", "a # #[error] b"),
        ("###vso[x]", "# # #vso[x]"),
        ("## Access: widened\n### x [y]\n", "## Access: widened\n### x [y]\n"),
        ("a\r\n::b\r\n", "a\n: :b\n"),
        ("\u{1b}[31mred", "␛[31mred"),
    ] {
        assert_eq!(output(text), shown, "{text:?}");
    }
    assert_eq!(coloured_output("\u{1b}[31;1mred\u{1b}[0m\u{1b}[2J\u{1b}"), "\u{1b}[31;1mred\u{1b}[0m␛[2J␛");
}

#[test]
fn names_in_markdown_are_shown_and_do_nothing() {
    assert_eq!(markdown("a_b|c <d>"), "a\\_b\\|c &lt;d&gt;");
    assert_eq!(markdown("@org/team closes #12"), "@<!-- -->org/team closes \\#<!-- -->12");
    assert_eq!(markdown("see https://x.example"), "see https:<!-- -->//x.example");
    assert_eq!(markdown("www.x.example"), "www<!-- -->.x.example");
    assert_eq!(markdown("- x"), "\\- x");
    assert_eq!(markdown_code("a`b|c\nd"), "``a`b\\|c d``");
    assert_eq!(sarif("see [here](https://x)"), "see [here] (https://x)");
}
