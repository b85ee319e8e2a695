//! Positions as editors send them: lines and units of UTF-16, both from 0.

use super::{BYTE_ORDER_MARK, LineIndex};

/// A position for an editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utf16Position {
    /// Line, from 0.
    pub line: u32,
    /// Column in units of UTF-16, from 0.
    pub character: u32,
}

impl LineIndex {
    /// The position of a byte offset of `text`, the text this index was made from. One inside a character is that of its start.
    #[must_use]
    pub fn utf16(&self, text: &str, offset: u32) -> Utf16Position {
        let line = self.line_column(text, offset).line;
        let mut character = 0;
        for (at, c) in self.line(text, line).into_iter().flatten() {
            if at + c.len_utf8() > offset as usize {
                break;
            }
            character += c.len_utf16();
        }
        Utf16Position { line: line - 1, character: u32::try_from(character).unwrap_or(u32::MAX) }
    }

    /// The byte offset of a position in `text`, the text this index was made from; past the end of a line its end, inside a
    /// character its start. `None` where the text has no such line.
    #[must_use]
    pub fn offset_of(&self, text: &str, position: Utf16Position) -> Option<u32> {
        let mut left = position.character as usize;
        let mut end = None;
        for (at, c) in self.line(text, position.line.checked_add(1)?)? {
            if left < c.len_utf16()
                || c == '\n'
                || (c == '\r' && text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")))
            {
                return u32::try_from(at).ok();
            }
            left -= c.len_utf16();
            end = Some(at + c.len_utf8());
        }
        u32::try_from(end.unwrap_or(text.len())).ok()
    }

    /// The characters from the start of a line (from 1), without a byte order mark, which is no character to an editor.
    fn line<'t>(&self, text: &'t str, line: u32) -> Option<impl Iterator<Item = (usize, char)> + use<'t>> {
        let start = self.line_start(line)? as usize;
        let rest = text.get(start..)?;
        let mark = line == 1 && rest.starts_with(BYTE_ORDER_MARK);
        Some(rest.char_indices().map(move |(at, c)| (start + at, c)).skip(usize::from(mark)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Utf16Position {
        Utf16Position { line, character }
    }

    #[test]
    fn characters_count_as_many_units_as_utf16_has() {
        let text = "aé😀b\r\nc";
        let index = LineIndex::new(text);
        let found = [0, 1, 3, 7, 8, 10].map(|offset| index.utf16(text, offset));
        assert_eq!(found, [at(0, 0), at(0, 1), at(0, 2), at(0, 4), at(0, 5), at(1, 0)]);
        assert_eq!(index.utf16(text, 5), at(0, 2), "inside a character");
        assert_eq!(index.offset_of(text, at(0, 3)), Some(3), "inside a character");
        assert_eq!(index.offset_of(text, at(0, 99)), Some(8), "past the end of a line");
        assert_eq!(index.offset_of(text, at(1, 99)), Some(11));
        assert_eq!(index.offset_of(text, at(2, 0)), None);
    }

    #[test]
    fn a_position_leads_back_to_its_offset() {
        for text in ["", "\n", "a\n\nb", "\u{feff}ab\nc", "ä😀\r\n\rx\n"] {
            let index = LineIndex::new(text);
            let offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
            // A mark is before the first position, and `\r\n` is one end of a line.
            let is_place = |offset: &usize| {
                let (before, after) = text.split_at(*offset);
                let marked = before.is_empty() && after.starts_with('\u{feff}');
                let in_end = before.ends_with('\r') && after.starts_with('\n');
                !marked && !in_end
            };
            for offset in offsets.filter(is_place) {
                let offset = u32::try_from(offset).unwrap();
                assert_eq!(index.offset_of(text, index.utf16(text, offset)), Some(offset), "{text:?} {offset}");
            }
        }
    }
}
