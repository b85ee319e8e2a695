//! JSON writes a character beyond U+FFFF as two escapes, `\ud83d\ude00`, which YAML does not know. Each pair is joined to the
//! character that it means before the parsers see it, and places are counted in what was written.

use std::borrow::Cow;

/// A text whose pairs are joined.
pub(super) struct Joined<'a> {
    pub(super) text: Cow<'a, str>,
    /// How many bytes the author wrote.
    pub(super) written: usize,
    /// The characters that stand for a pair, by their number in `text`.
    pairs: Vec<usize>,
}

/// How many bytes a pair takes: two escapes of six characters.
const PAIR: usize = 12;

/// Joins the pairs of a text.
pub(super) fn joined(text: &str) -> Joined<'_> {
    let untouched = Joined { text: Cow::Borrowed(text), written: text.len(), pairs: Vec::new() };
    if !text.contains("\\u") {
        return untouched;
    }
    let mut out = String::with_capacity(text.len());
    let mut pairs = Vec::new();
    let (mut count, mut rest) = (0, text);
    while let Some(c) = rest.chars().next() {
        let width = match pair(rest) {
            Some(character) => {
                pairs.push(count);
                out.push(character);
                PAIR
            }
            // A backslash takes the character behind it along: `\\\\ud83d` is a backslash and no escape.
            None if rest.starts_with("\\\\") => {
                out.push_str("\\\\");
                count += 1;
                2
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        count += 1;
        rest = rest.get(width..).unwrap_or("");
    }
    match pairs.is_empty() {
        true => untouched,
        false => Joined { text: Cow::Owned(out), written: text.len(), pairs },
    }
}

/// The character that a text begins with as a pair of escapes.
fn pair(text: &str) -> Option<char> {
    let half = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        let is_hex = digits.chars().all(|c| c.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
    };
    let halves = [half(0)?, half(6)?];
    let mut decoded = char::decode_utf16(halves);
    // Two escapes that are a character each are no pair.
    decoded.next()?.ok().filter(|c| u32::from(*c) > 0xffff)
}

impl Joined<'_> {
    /// The byte at which each character was written; `None` where each is one byte long.
    pub(super) fn offsets(&self) -> Option<Vec<usize>> {
        if self.text.is_ascii() {
            return None;
        }
        let mut pairs = self.pairs.iter().peekable();
        let mut at = 0;
        let offsets = self.text.chars().enumerate().map(|(number, c)| {
            let start = at;
            at += match pairs.next_if_eq(&&number) {
                Some(_) => PAIR,
                None => c.len_utf8(),
            };
            start
        });
        Some(offsets.collect())
    }

    /// Whether a pair lies among some characters.
    pub(super) fn has_pair_in(&self, start: usize, end: usize) -> bool {
        let from = self.pairs.partition_point(|pair| *pair < start);
        self.pairs.get(from).is_some_and(|pair| *pair < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_joined_and_nothing_else_is() {
        let text = r#"{"a": "\ud83d\ude00é\u00e9", "b": "\\ud83d\\ude00", "c": "\ud83d", "d": "\ude00\ud83d", "e": "\u+123\ude00"}"#;
        let joined = joined(text);
        assert_eq!(joined.text, text.replacen(r"\ud83d\ude00", "😀", 1));
        let offsets = joined.offsets().unwrap();
        assert_eq!(offsets.len(), joined.text.chars().count());
        assert_eq!(text.get(offsets[8]..), text.get(19..));
        assert!(text.get(offsets[8]..).unwrap().starts_with('é'));
        assert!(joined.has_pair_in(7, 8) && !joined.has_pair_in(8, 900) && !joined.has_pair_in(0, 7));
    }
}
