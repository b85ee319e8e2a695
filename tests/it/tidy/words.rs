//! Messages and help texts use the words of the glossary, and none that it lists as words to avoid.

use crate::support::{assert_none, file};

use super::layers::{code, quoted, sources};

const GLOSSARY: &str = "book/src/reference/glossary.md";

#[test]
fn messages_use_none_of_the_words_that_the_glossary_avoids() {
    let avoided = avoided(&file(GLOSSARY).text);
    assert!(avoided.len() > 10, "{GLOSSARY}: the table was not understood");
    let mut offences = Vec::new();
    for source in sources() {
        for line in code(&source).filter(|line| !line.test) {
            for text in texts(&line.text) {
                offences.extend(found(&avoided, text).map(|word| format!("{}: `{word}` in {text}", line.place)));
            }
        }
        // The doc comments of arguments are their help.
        let is_help = source.file.path.starts_with("src/cli/args");
        for (at, line) in source.file.text.lines().enumerate().filter(|_| is_help) {
            if let Some(help) = line.trim().strip_prefix("///") {
                let place = format!("{}:{}", source.file.path, at + 1);
                offences.extend(found(&avoided, help).map(|word| format!("{place}: `{word}` in{help}")));
            }
        }
    }
    assert_none("words that the glossary avoids", offences);
}

#[test]
fn a_word_is_found_as_a_word_only() {
    let avoided = avoided("<!-- words: -->\n| not | but |\n|---|---|\n| `lets in`, `in vain` | x |\n");
    assert_eq!(avoided, ["lets in", "in vain"]);
    assert_eq!(found(&avoided, "a grant lets in nobody").collect::<Vec<_>>(), ["lets in"]);
    assert_eq!(found(&avoided, "outlets include").count(), 0);
    assert_eq!(texts(r#"f("a \"b\"", 'x', "c")"#), [r#"a \"b\""#, "c"]);
}

/// The words of the first column.
fn avoided(page: &str) -> Vec<String> {
    let table = page.split("<!-- words:").nth(1).unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| quoted(row.split('|').nth(1).unwrap_or_default()).map(str::to_owned)).collect()
}

fn found<'a>(avoided: &'a [String], text: &str) -> impl Iterator<Item = &'a str> {
    avoided.iter().map(String::as_str).filter(move |word| {
        text.match_indices(word).any(|(at, _)| {
            let is_letter = |c: char| c.is_alphabetic();
            !text[..at].ends_with(is_letter) && !text[at + word.len()..].starts_with(is_letter)
        })
    })
}

/// The string literals of a line.
fn texts(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (c, start) {
            _ if escaped => escaped = false,
            ('\\', Some(_)) => escaped = true,
            ('"', None) if !line[..at].ends_with('\'') => start = Some(at + 1),
            ('"', Some(from)) => {
                found.push(&line[from..at]);
                start = None;
            }
            _ => {}
        }
    }
    found
}
