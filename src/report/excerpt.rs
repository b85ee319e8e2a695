//! The part of the sources that one diagnostic shows: the lines its labels stand on, and one line around them.
//! Long lines are cut around their labels and control characters made visible, so that no input, however hostile,
//! floods or steers the terminal. A label that covers several lines is drawn under its first one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::files::Files;
use super::printable::printable;
use crate::diag::{Diagnostic, Label};
use crate::text::{FileId, LineColumn, Span};

/// The most characters of one source line that are shown.
const LINE_CHARS: usize = 160;
/// How many characters stand before a label in a line that is cut.
const LEAD_CHARS: usize = 40;

/// Text as miette reads it: blocks of neighbouring lines, one after the other, of one file or several.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: String,
    blocks: Vec<Block>,
    /// Where the labels really start, by their offset in `text`.
    positions: BTreeMap<usize, LineColumn>,
}

/// Neighbouring lines of one file.
#[derive(Debug)]
struct Block {
    name: String,
    range: Range<usize>,
    first_line: u32,
    lines: usize,
}

/// The excerpt of a diagnostic, and its labels as ranges of the excerpt.
pub(super) fn excerpt(diagnostic: &Diagnostic, files: Files<'_>) -> (Excerpt, Vec<LabeledSpan>) {
    let mut excerpt = Excerpt { text: String::new(), blocks: Vec::new(), positions: BTreeMap::new() };
    let mut labels = Vec::new();
    let lead = lead(diagnostic);
    for file in labelled(diagnostic) {
        for block in blocks(diagnostic, files, file) {
            excerpt.add(diagnostic, lead, files, file, block, &mut labels);
        }
    }
    (excerpt, labels)
}

/// The label that is drawn as the primary one. Where that says nothing and others begin with it and stand within it, such
/// as the two sides of a comparison, one of them takes its place: lines on top of each other cannot be read.
fn lead(diagnostic: &Diagnostic) -> usize {
    let Some((primary, others)) = diagnostic.labels.split_first() else {
        return 0;
    };
    let inside = |label: &Label| {
        let within = primary.span.contains(label.span) && label.span != primary.span;
        within && label.span.start == primary.span.start
    };
    match others.iter().position(inside) {
        Some(at) if primary.text.is_empty() => at + 1,
        _ => 0,
    }
}

/// The files of the labels, that of the primary one first.
fn labelled(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut labelled = Vec::new();
    for label in &diagnostic.labels {
        if !labelled.contains(&label.span.file) {
            labelled.push(label.span.file);
        }
    }
    labelled
}

/// The lines of a file to show, as runs of neighbours.
fn blocks(diagnostic: &Diagnostic, files: Files<'_>, file: FileId) -> Vec<Range<u32>> {
    let wanted: BTreeSet<u32> = diagnostic
        .labels
        .iter()
        .filter(|label| label.span.file == file)
        .flat_map(|label| {
            let line = line_of(files, label.span);
            [line.saturating_sub(1), line, line + 1]
        })
        .filter(|line| files.sources.lines(file).is_some_and(|lines| lines.line_start(*line).is_some()))
        .collect();
    let mut runs: Vec<Range<u32>> = Vec::new();
    for line in wanted {
        match runs.last_mut() {
            Some(run) if run.end == line => run.end += 1,
            _ => runs.push(line..line + 1),
        }
    }
    runs
}

impl Excerpt {
    /// Adds the lines of one block, and the labels that stand on them.
    fn add(
        &mut self,
        diagnostic: &Diagnostic,
        lead: usize,
        files: Files<'_>,
        file: FileId,
        run: Range<u32>,
        labels: &mut Vec<LabeledSpan>,
    ) {
        let start = self.text.len();
        for line in run.clone() {
            if line > run.start {
                self.text.push('\n');
            }
            let span = line_span(files, file, line);
            let here: Vec<_> = diagnostic
                .labels
                .iter()
                .enumerate()
                .filter(|(at, label)| {
                    let drawn = *at > 0 || lead == 0;
                    drawn && label.span.file == file && line_of(files, label.span) == line
                })
                .collect();
            let ranges: Vec<_> = here.iter().map(|(_, label)| within(span, label.span)).collect();
            let (shown, ranges) = shorten(files.sources.slice(span), ranges);
            let base = self.text.len();
            for ((at, label), range) in here.into_iter().zip(ranges) {
                let text = (!label.text.is_empty()).then(|| printable(&label.text));
                let range = base + range.start..base + range.end;
                self.positions.entry(range.start).or_insert_with(|| files.sources.position(label.span));
                labels.push(match at {
                    at if at == lead => LabeledSpan::new_primary_with_span(text, range),
                    _ => LabeledSpan::new_with_span(text, range),
                });
            }
            // miette shows no line for nothing at all, and a label may stand on an empty last line.
            self.text.push_str(if shown.is_empty() { " " } else { &shown });
        }
        self.blocks.push(Block {
            name: printable(&files.path(file)),
            range: start..self.text.len(),
            first_line: run.start,
            lines: run.len(),
        });
        // Keeps the blocks apart, so that every offset belongs to one of them.
        self.text.push('\n');
    }
}

/// miette asks for the surroundings of a label with `context` lines, and for its bare position with none.
impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_before: usize,
        _context_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let block = self
            .blocks
            .iter()
            .find(|block| block.range.start <= span.offset() && end <= block.range.end)
            .ok_or(MietteError::OutOfBounds)?;
        let position = match context_before {
            0 => self.positions.get(&span.offset()).copied(),
            _ => None,
        };
        let position = position.unwrap_or(LineColumn { line: block.first_line, column: 1 });
        let data = self.text.get(block.range.clone()).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            block.name.clone(),
            data.as_bytes(),
            (block.range.start, block.range.len()).into(),
            position.line.saturating_sub(1) as usize,
            position.column.saturating_sub(1) as usize,
            block.lines,
        )))
    }
}

fn line_of(files: Files<'_>, span: Span) -> u32 {
    files.sources.position(span).line
}

/// A line without its ending.
fn line_span(files: Files<'_>, file: FileId, line: u32) -> Span {
    let text = files.sources.text(file);
    let start_of = |line| files.sources.lines(file).and_then(|lines| lines.line_start(line));
    let start = start_of(line).map_or(text.len(), |start| start as usize);
    let end = start_of(line + 1).map_or(text.len(), |end| end as usize);
    let content = text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
    Span::new(file, start, start + content.len())
}

/// The part of a label that stands on its first line, from the start of that line.
fn within(line: Span, label: Span) -> Range<usize> {
    let length = line.range().len();
    let from_line = |offset: u32| (offset.saturating_sub(line.start) as usize).min(length);
    from_line(label.start)..from_line(label.end).max(from_line(label.start))
}

/// A line cut to what is shown of it, with the ranges in it moved along.
fn shorten(line: &str, ranges: impl IntoIterator<Item = Range<usize>> + Clone) -> (String, Vec<Range<usize>>) {
    let first = ranges.clone().into_iter().map(|range| range.start).min().unwrap_or(0);
    let mut start = 0;
    if first > LINE_CHARS - LEAD_CHARS && line.len() > LINE_CHARS {
        let before = line.get(..first).unwrap_or("");
        start = before.char_indices().rev().nth(LEAD_CHARS).map_or(0, |(at, _)| at);
    }
    let rest = line.get(start..).unwrap_or("");
    let end = rest.char_indices().nth(LINE_CHARS).map_or(line.len(), |(at, _)| start + at);

    let mut shown = String::from(if start > 0 { "…" } else { "" });
    // The offset in `shown` of each character kept, and of the end.
    let mut moved = BTreeMap::new();
    for (at, character) in line.get(start..end).unwrap_or("").char_indices() {
        moved.insert(start + at, shown.len());
        match character {
            '\t' => shown.push('\t'),
            other => shown.push_str(&printable(other.encode_utf8(&mut [0; 4]))),
        }
    }
    moved.insert(end, shown.len());
    if end < line.len() {
        shown.push('…');
    }
    let place = |offset: usize| {
        let offset = offset.clamp(start, end);
        moved.range(..=offset).next_back().map_or(0, |(_, place)| *place)
    };
    let ranges = ranges.into_iter().map(|range| place(range.start)..place(range.end)).collect();
    (shown, ranges)
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let line = format!("{}BAD{}", "x".repeat(500_000), "y".repeat(500_000));
        let (shown, ranges) = shorten(&line, once(500_000..500_003));
        assert!(shown.chars().count() <= LINE_CHARS + 2);
        assert_eq!(shown.get(ranges[0].clone()), Some("BAD"));
        assert!(shown.starts_with('…') && shown.ends_with('…'));
    }

    #[test]
    fn a_label_longer_than_what_is_shown_ends_where_the_line_does() {
        let line = "z".repeat(10_000);
        let (shown, ranges) = shorten(&line, once(0..10_000));
        assert_eq!(ranges[0], 0..LINE_CHARS);
        assert_eq!(shown.chars().count(), LINE_CHARS + 1);
    }

    #[test]
    fn labels_stay_on_their_text_beside_control_and_wide_characters() {
        let line = "a\0é\u{202e}b";
        let (shown, ranges) = shorten(line, [line.len() - 1..line.len(), 1..2]);
        assert_eq!(shown.get(ranges[0].clone()), Some("b"));
        assert_eq!(shown.get(ranges[1].clone()), Some("␀"));
        assert!(!shown.contains(['\0', '\u{202e}']));
    }
}
