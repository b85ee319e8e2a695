//! TOML with places: one section of the file, read key by key. Every wrong value is reported where it stands.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{FileId, Sources, Span};

/// Faults of the syntax that are reported; garbage has no end of them.
const MAX_SYNTAX_FAULTS: usize = 20;

/// A TOML file as its top table, or nothing and its syntax faults in `out`.
pub(super) fn parse<'a>(sources: &'a Sources, file: FileId, out: &mut Diagnostics) -> Option<Spanned<DeTable<'a>>> {
    let (table, errors) = DeTable::parse_recoverable(sources.text(file));
    for error in errors.iter().take(MAX_SYNTAX_FAULTS) {
        let at = error.span().unwrap_or(0..0);
        let span = Span::new(file, at.start, at.end);
        out.push(match error.message() {
            "duplicate key" => {
                let key = sources.slice(span);
                Diagnostic::error(codes::CONFIG_SYNTAX, span, format!("duplicate key `{key}`"))
                    .help("keep one of the two")
            }
            message => Diagnostic::error(codes::CONFIG_SYNTAX, span, format!("invalid TOML: {message}"))
                .maybe_help(syntax_help(message)),
        });
    }
    errors.is_empty().then_some(table)
}

fn syntax_help(message: &str) -> Option<String> {
    let help = if message.starts_with("string values must be quoted") {
        "write text in double quotes"
    } else if message.starts_with("unclosed table") {
        "close the section's name with `]`"
    } else if message.contains("string, expected") {
        "close the text on the same line, with the same quote"
    } else {
        return None;
    };
    Some(help.to_owned())
}

/// A text and where it stands.
pub(super) type Placed<'a> = (&'a str, Span);

/// One section of the file.
pub(super) struct Section<'a> {
    name: String,
    /// As it is written in the file: `[name]`, or `[[name]]` for one of a list.
    title: String,
    /// Its header, or the start of the file where the section is absent.
    header: Span,
    table: Option<&'a DeTable<'a>>,
    file: FileId,
}

impl<'a> Section<'a> {
    /// The section with a name, empty where the file has none. `None` for a value that is no section, which is reported.
    pub(super) fn of(top: &'a DeTable<'a>, name: &'static str, file: FileId, out: &mut Diagnostics) -> Option<Self> {
        let Some(value) = top.get(name) else {
            return Some(Self {
                name: name.to_owned(),
                title: format!("[{name}]"),
                header: Span::new(file, 0, 0),
                table: None,
                file,
            });
        };
        let header = Span::new(file, value.span().start, value.span().end);
        match value.get_ref() {
            DeValue::Table(table) => {
                Some(Self { name: name.to_owned(), title: format!("[{name}]"), header, table: Some(table), file })
            }
            other => {
                let message = format!("`{name}` must be a section, found {}", kind(other));
                out.push(
                    Diagnostic::error(codes::CONFIG_TYPE, header, message)
                        .help(format!("write `[{name}]`, with its keys below")),
                );
                None
            }
        }
    }

    /// The sections of a list, `[[name]]`, or the one of `[name]`, in the order of the file. What is neither is reported.
    pub(super) fn each(top: &'a DeTable<'a>, name: &'static str, file: FileId, out: &mut Diagnostics) -> Vec<Self> {
        let Some(value) = top.get(name) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            return Self::of(top, name, file, out).into_iter().collect();
        };
        let mut sections = Vec::new();
        for item in items.iter() {
            let header = Span::new(file, item.span().start, item.span().end);
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Self {
                    name: name.to_owned(),
                    title: format!("[[{name}]]"),
                    header,
                    table: Some(table),
                    file,
                }),
                other => {
                    let message = format!("`{name}` must be a list of sections, found {}", kind(other));
                    out.push(
                        Diagnostic::error(codes::CONFIG_TYPE, header, message)
                            .help(format!("write `[[{name}]]`, with its keys below")),
                    );
                }
            }
        }
        sections
    }

    /// The section under a key; `None` where there is none, or something else, which is reported.
    pub(super) fn under(&self, key: &str, out: &mut Diagnostics) -> Option<Self> {
        let (value, header) = self.value(key)?;
        let name = format!("{}.{key}", self.name);
        match value {
            DeValue::Table(table) => {
                Some(Self { title: format!("[{name}]"), name, header, table: Some(table), file: self.file })
            }
            other => {
                let message = format!("`{name}` must be a section, found {}", kind(other));
                out.push(
                    Diagnostic::error(codes::CONFIG_TYPE, header, message)
                        .help(format!("write `{key} = {{ … }}`, with its keys in the braces")),
                );
                None
            }
        }
    }

    /// The sections inside this one, each with its own name and the place of it. What is no section is reported.
    pub(super) fn inner(&self, out: &mut Diagnostics) -> Vec<(&'a str, Span, Self)> {
        let mut inner = Vec::new();
        for (key, key_span, value, span) in self.entries() {
            let name = format!("{}.{key}", self.name);
            match value {
                DeValue::Table(table) => inner.push((
                    key,
                    key_span,
                    Self { title: format!("[{name}]"), name, header: span, table: Some(table), file: self.file },
                )),
                other => {
                    let message = format!("`{name}` must be a section, found {}", kind(other));
                    out.push(
                        Diagnostic::error(codes::CONFIG_TYPE, span, message)
                            .help(format!("write `[{name}]`, with its keys below")),
                    );
                }
            }
        }
        inner
    }

    /// The text under a key, or the texts of a list of one or more, each once. What is something else is reported, and left out.
    pub(super) fn some_texts(&self, key: &str, example: &str, out: &mut Diagnostics) -> Vec<(&'a str, Span)> {
        let Some((value, span)) = self.value(key) else {
            return Vec::new();
        };
        if let DeValue::String(text) = value {
            return vec![(text.as_ref(), span)];
        }
        let Some(texts) = self.texts(key, example, out) else {
            return Vec::new();
        };
        if texts.is_empty() {
            let message = format!("`{}.{key}` must not be empty", self.name);
            out.push(Diagnostic::error(codes::CONFIG_VALUE, span, message).help(format!("write {example}")));
        }
        let mut once: Vec<(&str, Span)> = Vec::new();
        for (text, span) in texts.into_iter().flatten() {
            match once.iter().find(|(known, _)| *known == text) {
                Some((_, first)) => out.push(
                    Diagnostic::error(codes::CONFIG_VALUE, span, format!("duplicate `{text}`"))
                        .also(*first, "first here")
                        .help("list it once"),
                ),
                None => once.push((text, span)),
            }
        }
        once
    }

    /// Every key with its text, in the order of the file; what is no text is reported, and left out.
    pub(super) fn pairs(&self, out: &mut Diagnostics) -> Vec<(Placed<'a>, Placed<'a>)> {
        let entries = self.entries().into_iter();
        entries.filter_map(|(key, span, ..)| Some(((key, span), self.text(key, out)?))).collect()
    }

    /// The texts of the list under a key, each with its place; what is no text is reported, and `None` in the list.
    pub(super) fn texts(
        &self,
        key: &str,
        example: &str,
        out: &mut Diagnostics,
    ) -> Option<Vec<Option<(&'a str, Span)>>> {
        let (value, span) = self.value(key)?;
        let help = format!("write a list, as in {example}");
        let DeValue::Array(items) = value else {
            out.push(self.wrong_type(key, "a list", value, span).help(help));
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            let span = self.span(item.span());
            match item.get_ref() {
                DeValue::String(text) => texts.push(Some((text.as_ref(), span))),
                other => {
                    let message = format!("`{}.{key}` must be a list of text values, found {}", self.name, kind(other));
                    texts.push(None);
                    out.push(Diagnostic::error(codes::CONFIG_TYPE, span, message).help(help.clone()));
                }
            }
        }
        Some(texts)
    }

    /// The yes or no under a key.
    pub(super) fn boolean(&self, key: &str, out: &mut Diagnostics) -> Option<bool> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::Boolean(value) => Some(*value),
            other => {
                out.push(self.wrong_type(key, "`true` or `false`", other, span).help("write it without quotes"));
                None
            }
        }
    }

    /// Where the section begins.
    pub(super) fn header(&self) -> Span {
        self.header
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    /// All keys with their values, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, Span, &'a DeValue<'a>, Span)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .flat_map(|table| table.iter())
            .map(|(key, value)| {
                let key_span = self.span(key.span());
                (key.get_ref().as_ref(), key_span, value.get_ref(), self.span(value.span()))
            })
            .collect();
        entries.sort_by_key(|(_, span, ..)| *span);
        entries
    }

    /// Reports keys that are not among the known ones.
    pub(super) fn only(&self, known: &[&str], out: &mut Diagnostics) {
        for (key, span, ..) in self.entries() {
            if !known.contains(&key) {
                let message = format!("unknown key `{key}` in `{}`", self.title);
                out.push(Diagnostic::error(codes::CONFIG_UNKNOWN_KEY, span, message).meant(
                    span,
                    key,
                    known.iter().copied(),
                ));
            }
        }
    }

    /// Reports that a key is missing.
    pub(super) fn missing(&self, key: &str, example: &str, out: &mut Diagnostics) {
        let message = format!("`{}.{key}` is missing", self.name);
        out.push(
            Diagnostic::error(codes::CONFIG_MISSING_KEY, self.header, message)
                .help(format!("write `{key} = {example}` under `{}`", self.title)),
        );
    }

    /// The text under a key.
    pub(super) fn text(&self, key: &str, out: &mut Diagnostics) -> Option<(&'a str, Span)> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::String(text) => Some((text.as_ref(), span)),
            other => {
                out.push(self.wrong_type(key, "text", other, span).help("write it in double quotes"));
                None
            }
        }
    }

    /// The whole number under a key, if it lies in a range.
    pub(super) fn whole_number(&self, key: &str, range: RangeInclusive<u32>, out: &mut Diagnostics) -> Option<u32> {
        let (value, span) = self.value(key)?;
        let DeValue::Integer(number) = value else {
            out.push(self.wrong_type(key, "a whole number", value, span).help("write digits only, without quotes"));
            return None;
        };
        let number = u32::from_str_radix(number.as_str(), number.radix()).ok();
        let valid = number.filter(|number| range.contains(number));
        if valid.is_none() {
            let (least, most) = (range.start(), range.end());
            out.push(
                Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{}.{key}` is out of range", self.name))
                    .help(format!("write a number from {least} to {most}")),
            );
        }
        valid
    }

    /// The place of the date under a key, if it is one in TOML's form.
    pub(super) fn date(&self, key: &str, out: &mut Diagnostics) -> Option<Span> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::Datetime(_) => Some(span),
            other => {
                out.push(
                    self.wrong_type(key, "a date or a date with time", other, span)
                        .help("write `2026-03-01T10:00:00Z` or `2026-03-01`, without quotes"),
                );
                None
            }
        }
    }

    /// Whether the key is there, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn value(&self, key: &str) -> Option<(&'a DeValue<'a>, Span)> {
        let value = self.table?.get(key)?;
        Some((value.get_ref(), self.span(value.span())))
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &DeValue<'_>, span: Span) -> Diagnostic {
        let message = format!("`{}.{key}` must be {wanted}, found {}", self.name, kind(found));
        Diagnostic::error(codes::CONFIG_TYPE, span, message)
    }
}

/// What a value is, for messages.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
