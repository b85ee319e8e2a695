//! Byte offsets to lines and columns.

/// A position for people: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// What some editors write at the start of a file.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// Bytes between two places at which the characters before them are counted.
const STRIDE: usize = 1024;

/// The line starts of one text, and counts of characters: a position is found without reading its whole line, which may
/// be a megabyte with thousands of faults on it.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// The characters that start before byte `n * STRIDE`, and all of them at the end.
    characters: Vec<u32>,
}

impl LineIndex {
    /// Indexes a text. A line ends at `\n`; a `\r` before it belongs to the line it ends.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut characters = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut count = 0;
        for (offset, byte) in text.bytes().enumerate() {
            if offset % STRIDE == 0 {
                characters.push(count);
            }
            count += u32::from(starts_character(byte));
            if byte == b'\n' {
                starts.push(u32::try_from(offset + 1).unwrap_or(u32::MAX));
            }
        }
        characters.push(count);
        Self { starts, characters }
    }

    /// The position of a byte offset of `text`, the text this index was made from.
    #[must_use]
    pub fn line_column(&self, text: &str, offset: u32) -> LineColumn {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        // A byte order mark is no character to an editor.
        let mark = u32::from(line == 0 && text.starts_with(BYTE_ORDER_MARK) && offset > 0);
        let column = self.characters_before(text, offset) - self.characters_before(text, start) - mark;
        LineColumn { line: u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1), column: column.saturating_add(1) }
    }

    /// The characters that start before an offset.
    fn characters_before(&self, text: &str, offset: u32) -> u32 {
        let offset = (offset as usize).min(text.len());
        let stride = offset / STRIDE;
        let rest = text.as_bytes().get(stride * STRIDE..offset).unwrap_or_default();
        let rest = rest.iter().filter(|byte| starts_character(**byte)).count();
        let before = self.characters.get(stride).copied().unwrap_or(0);
        before.saturating_add(u32::try_from(rest).unwrap_or(u32::MAX))
    }

    /// The byte offset at which a line (from 1) starts; `None` past the end.
    #[must_use]
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }
}

/// Whether a byte of UTF-8 is the first of its character.
fn starts_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let text = "\u{feff}ab\nc";
        let index = LineIndex::new(text);
        let at = |offset| {
            let at = index.line_column(text, offset);
            (at.line, at.column)
        };
        assert_eq!([0, 3, 4, 6].map(at), [(1, 1), (1, 1), (1, 2), (2, 1)]);
    }

    #[test]
    fn columns_count_characters_and_lines_end_at_newlines() {
        let text = "aé\nb\r\nc";
        let index = LineIndex::new(text);
        assert_eq!(index.line_column(text, 3), LineColumn { line: 1, column: 3 });
        assert_eq!(index.line_column(text, 4), LineColumn { line: 2, column: 1 });
        assert_eq!(index.line_column(text, 7), LineColumn { line: 3, column: 1 });
        assert_eq!(index.line_start(3), Some(7));
        assert_eq!(index.line_start(4), None);
    }

    #[test]
    fn positions_in_long_lines_are_those_of_counting() {
        let text = format!("{}\n{}\n", "aé".repeat(3 * STRIDE), "ö".repeat(STRIDE));
        let index = LineIndex::new(&text);
        let offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
        for offset in offsets.step_by(7) {
            let before = text.get(..offset).unwrap();
            let line = before.matches('\n').count();
            let column = before.rsplit('\n').next().unwrap().chars().count();
            let expected =
                LineColumn { line: u32::try_from(line).unwrap() + 1, column: u32::try_from(column).unwrap() + 1 };
            assert_eq!(index.line_column(&text, u32::try_from(offset).unwrap()), expected, "{offset}");
        }
    }
}
