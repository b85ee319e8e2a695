//! Plain scalars that the versions of YAML read differently. YAML 1.1, which most parsers of manifests and many libraries
//! speak, has octal numbers with a leading zero, underlines in numbers, numbers of base 60, and more words for booleans.

/// Why a plain scalar is not the same to everybody.
pub(super) struct Doubt {
    pub(super) label: &'static str,
    pub(super) help: &'static str,
}

/// Words that YAML 1.1 takes for booleans and YAML 1.2 for text.
const BOOLEANS: [&str; 4] = ["yes", "no", "on", "off"];

/// The doubt about a plain scalar, if there is one.
pub(super) fn doubt(text: &str) -> Option<Doubt> {
    // Most scalars are words that begin otherwise.
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-yYnNoO".contains(first)) {
        return None;
    }
    let is_word = BOOLEANS.iter().any(|word| {
        let capital = word.chars().next().map(|c| c.to_ascii_uppercase());
        let is_capitalized = text.starts_with(|c| Some(c) == capital) && text.get(1..) == word.get(1..);
        text == *word || is_capitalized || text == word.to_ascii_uppercase()
    });
    if is_word {
        return Some(Doubt {
            label: "a boolean in YAML 1.1, text in YAML 1.2",
            help: "write `true` or `false`, or quote it if it is text",
        });
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && digits(unsigned);
    let prefixed = |prefix: &str, most: char| {
        let rest = unsigned.strip_prefix(prefix);
        rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| ('0'..=most).contains(&c) || c == '_'))
    };
    let grouped = unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.contains('_')
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.'));
    let grouped_hex = unsigned
        .strip_prefix("0x")
        .is_some_and(|rest| rest.contains('_') && rest.chars().all(|c| c.is_ascii_hexdigit() || c == '_'));
    let is_number = leading_zero || prefixed("0b", '1') || prefixed("0o", '7') || grouped || grouped_hex;
    if is_sexagesimal(unsigned) {
        return Some(Doubt {
            label: "YAML 1.1 reads this as a number of base 60, YAML 1.2 as text",
            help: "quote it if it is text; write a time with its date and zone, `2026-03-01T09:55:00Z`",
        });
    }
    is_number.then_some(Doubt {
        label: "YAML 1.1 and YAML 1.2 read this as different values",
        help: "write plain digits without a leading zero, or quote it if it is text",
    })
}

/// `1:30` is ninety in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    rest.peek().is_some()
        && is_digits(first)
        && rest.all(|part| part.len() <= 2 && is_digits(part) && part.parse::<u8>().is_ok_and(|n| n < 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_versions_of_yaml_read_differently_is_in_doubt() {
        for text in [
            "010",
            "-010",
            "+08",
            "00",
            "0b11",
            "0o17",
            "1_000",
            "1_000.5",
            "0x_1f",
            "1:30",
            "190:20:30",
            "1:30.5",
            "yes",
            "No",
            "OFF",
            "on",
        ] {
            assert!(doubt(text).is_some(), "{text}");
        }
        for text in [
            "0",
            "10",
            "-5m",
            "0.10",
            "01.5",
            "0x1f",
            "1e3",
            "true",
            "~",
            "",
            "2026-03-01T10:00:00Z",
            "10.0.0.1",
            "1:99",
            "a:1",
            "_1",
            "none",
            "yEs",
            "1:",
            ":30",
            "v1_000",
            "::1",
        ] {
            assert!(doubt(text).is_none(), "{text}");
        }
    }
}
