//! The files of one run, in memory. A revision of a git repository and a folder on disk look the same from here.

use std::borrow::Cow;
use std::sync::Arc;

use super::{BYTE_ORDER_MARK, FileId, LineColumn, LineIndex, Span, Utf16Position};

/// One file: a name as the user knows it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: Arc<str>,
    lines: LineIndex,
}

impl Source {
    /// The name shown to the user: a path relative to the package, with `/` between its parts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, shared.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }
}

/// All files of one run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let text = text.into();
        let lines = LineIndex::new(&text);
        self.files.push(Source { name: name.into(), text, lines });
        id
    }

    /// The same files, one of them with another text.
    #[must_use]
    pub fn with_text(&self, file: FileId, text: impl Into<Arc<str>>) -> Self {
        let mut changed = self.clone();
        if let Some(source) = changed.files.get_mut(file.0 as usize) {
            source.text = text.into();
            source.lines = LineIndex::new(&source.text);
        }
        changed
    }

    /// A file by id.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// The name of a file; empty for an id of another `Sources`.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.get(file).map_or("", Source::name)
    }

    /// The text of a file; empty for an id of another `Sources`.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", Source::text)
    }

    /// The text for readers that know no byte order mark: spaces stand in its place, as many as it has bytes.
    #[must_use]
    pub fn code(&self, file: FileId) -> Cow<'_, str> {
        match self.text(file).strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => Cow::Owned(format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len_utf8()))),
            None => Cow::Borrowed(self.text(file)),
        }
    }

    /// The text a span covers; empty where the span does not fit its file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// Line and column of a span's start.
    #[must_use]
    pub fn position(&self, span: Span) -> LineColumn {
        match self.get(span.file) {
            Some(source) => source.lines.line_column(&source.text, span.start),
            None => LineColumn { line: 1, column: 1 },
        }
    }

    /// `name:line:column` of a span's start.
    #[must_use]
    pub fn location(&self, span: Span) -> String {
        let at = self.position(span);
        format!("{}:{}:{}", self.name(span.file), at.line, at.column)
    }

    /// Start and end of a span as an editor has them; `None` for a file of another `Sources`.
    #[must_use]
    pub fn utf16(&self, span: Span) -> Option<(Utf16Position, Utf16Position)> {
        let source = self.get(span.file)?;
        let at = |offset| source.lines.utf16(&source.text, offset);
        Some((at(span.start), at(span.end)))
    }

    /// The byte offset of an editor's position; `None` where the file has no such line.
    #[must_use]
    pub fn offset_of(&self, file: FileId, position: Utf16Position) -> Option<u32> {
        let source = self.get(file)?;
        source.lines.offset_of(&source.text, position)
    }

    /// The line index of a file.
    #[must_use]
    pub fn lines(&self, file: FileId) -> Option<&LineIndex> {
        self.get(file).map(|source| &source.lines)
    }

    /// All files with their ids, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, source)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), source))
    }

    /// The number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
