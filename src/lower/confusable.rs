//! Strings that a reader may take for others: letters of several scripts in one, as in `аlice` with a Cyrillic `а`, and strings
//! that look like another one of the package. Only what stands in the text counts; an escape is plain to see.

use std::collections::BTreeMap;

use unicode_security::{MixedScript, skeleton};

use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{FileId, Sources, Span};

use super::codes;

/// Warns of the confusable names in Gate and Cedar files: ids of entities, attributes in quotes and texts to compare with.
pub fn confusable(sources: &Sources, files: impl IntoIterator<Item = FileId>, out: &mut Diagnostics) {
    let mut found: Vec<(Span, &str)> = Vec::new();
    for file in files {
        let text = sources.text(file);
        found.extend(names(file, text).into_iter().filter_map(|span| {
            let name = text.get(span.range())?;
            (!name.is_empty()).then_some((span, name))
        }));
    }
    if found.iter().all(|(_, name)| name.is_ascii()) {
        return;
    }
    let mut alike: BTreeMap<String, BTreeMap<&str, Span>> = BTreeMap::new();
    for (span, name) in &found {
        let known = alike.entry(skeleton(name).collect()).or_default();
        known.entry(name).or_insert(*span);
    }
    for (span, name) in found.into_iter().filter(|(_, name)| !name.is_ascii()) {
        let twins = alike.get(&skeleton(name).collect::<String>());
        let twin = twins.and_then(|known| known.iter().find(|(other, _)| **other != name));
        let message = match twin {
            Some((other, _)) => format!("`{name}` looks like `{other}`, but is a different name"),
            None if !name.is_single_script() => format!("`{name}` mixes letters of several scripts"),
            None => continue,
        };
        let mut warning = Diagnostic::warning(codes::CONFUSABLE_IDENTIFIER, span, message).label(letters(name));
        if let Some((_, at)) = twin {
            warning = warning.also(*at, "the other name");
        }
        out.push(warning.help(match name.chars().find(|c| !c.is_ascii()) {
            Some(c) => format!("if this is intended, write its letters as escapes, as `\\u{{{:x}}}`", u32::from(c)),
            None => "write its letters as escapes".to_owned(),
        }));
    }
}

/// `has U+0430 and 2 more`: what is not plain in a name.
fn letters(name: &str) -> String {
    let mut odd: Vec<u32> = name.chars().filter(|c| !c.is_ascii()).map(u32::from).collect();
    odd.sort_unstable();
    odd.dedup();
    match odd.as_slice() {
        [] => String::new(),
        [one] => format!("has U+{one:04X}"),
        [one, more @ ..] => format!("has U+{one:04X} and {} more", more.len()),
    }
}

/// The strings of a text that name something, without their quotes. Prose is left out: comments, reasons, and annotations other
/// than `@id`.
fn names(file: FileId, text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    // The annotation whose arguments are read, and the last word.
    let mut annotation: Option<&str> = None;
    let mut word = "";
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let length = match first {
            '"' => {
                let length = quoted(rest);
                let is_prose = word == "because" || annotation.is_some_and(|name| name != "id");
                if !is_prose {
                    found.push(Span::new(file, at + 1, (at + length).saturating_sub(1)));
                }
                word = "";
                length
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '@' => {
                let name = rest.get(1..).unwrap_or_default().trim_start();
                let name = name.get(..word_length(name)).unwrap_or_default();
                annotation = Some(name);
                1
            }
            ')' => {
                annotation = None;
                1
            }
            _ if is_word(first) => {
                let length = word_length(rest);
                word = rest.get(..length).unwrap_or_default();
                // An annotation without a value ends where the next word begins.
                annotation = annotation.filter(|name| {
                    let written = text.get(..at).unwrap_or_default().trim_end();
                    written.ends_with('@') && *name == word || written.ends_with(['(', ',', ':', '"'])
                });
                length
            }
            c => {
                if !c.is_whitespace() {
                    word = "";
                }
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word_length(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// The length of the string at the start of a text, quotes included.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let spans = names(FileId(0), text).into_iter();
        spans.map(|span| text.get(span.range()).unwrap()).collect()
    }

    #[test]
    fn names_are_strings_that_are_not_prose() {
        let text = "// \"no\"\n@id(\"yes\") @why(\"no\") @plain permit (principal == User::\"a\\\"b\", action, resource) \
                    when { resource[\"odd\"] like \"x*\" }; @x_note(\"no\", k: \"no\") l: deny r to a on B when c == \"z\" because \"no\";";
        assert_eq!(found(text), ["yes", "a\\\"b", "odd", "x*", "z"]);
    }

    fn warned(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add("p.cedar", text);
        let mut out = Diagnostics::new();
        confusable(&sources, [file], &mut out);
        let shown = |found: &Diagnostic| format!("{}: {}", sources.location(found.primary().unwrap()), found.message);
        out.iter().map(shown).collect()
    }

    #[test]
    fn mixed_scripts_and_look_alikes_are_told_at_the_name() {
        assert_eq!(
            warned("permit (principal == User::\"say_\u{4bb}ello\", action, resource);"),
            ["p.cedar:1:29: `say_\u{4bb}ello` mixes letters of several scripts"]
        );
        assert_eq!(
            warned("permit (principal in [U::\"\u{441}\u{43e}\u{441}\u{43e}\", U::\"coco\"], action, resource);"),
            ["p.cedar:1:27: `\u{441}\u{43e}\u{441}\u{43e}` looks like `coco`, but is a different name"]
        );
        for fine in [
            "User::\"jos\u{e9}\"",
            "User::\"\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}\"",
            "User::\"\\u{430}lice\"",
            "U::\"l\" U::\"1\"",
        ] {
            assert_eq!(warned(fine), [] as [String; 0], "{fine}");
        }
    }
}
