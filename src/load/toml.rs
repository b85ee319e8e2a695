//! TOML with a place on every value. All faults of the syntax are reported, as far as the parser can read on.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::codes;
use crate::load::document::{Key, Node, Value};
use crate::text::{FileId, Sources, Span};

/// Faults of the syntax that are reported; garbage has no end of them.
const MAX_SYNTAX_FAULTS: usize = 20;

/// Reads a file of `sources` as TOML. `None` after a fault of the syntax; the place of the whole is the start of the file.
pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(sources.text(file));
    for error in errors.iter().take(MAX_SYNTAX_FAULTS) {
        let at = error.span().unwrap_or(0..0);
        let span = Span::new(file, at.start, at.end);
        out.push(match error.message() {
            "duplicate key" => {
                let key = sources.slice(span);
                Diagnostic::error(codes::TOML_SYNTAX, span, format!("duplicate key `{key}`"))
                    .help("keep one of the two")
            }
            message => match unquoted_version(sources, file, at.start) {
                Some((span, version)) => {
                    Diagnostic::error(codes::TOML_SYNTAX, span, format!("invalid TOML: `{version}` is not a number"))
                        .help(format!("write text in double quotes: `\"{version}\"`"))
                }
                None => Diagnostic::error(codes::TOML_SYNTAX, span, format!("invalid TOML: {message}"))
                    .maybe_help(syntax_help(message, sources.slice(span))),
            },
        });
    }
    if !errors.is_empty() {
        return None;
    }
    let value = Tree { sources, file }.map(table.get_ref());
    Some(Node { span: Span::new(file, 0, 0), value, written: None, quoted: false })
}

/// The value that a fault lies in, where it begins like a number and has two dots or more: a version without its quotes.
fn unquoted_version(sources: &Sources, file: FileId, at: usize) -> Option<(Span, String)> {
    let text = sources.text(file);
    let ends = |c: char| c.is_whitespace() || matches!(c, '=' | ',' | '[' | ']' | '{' | '}' | '#' | '"' | '\'');
    let start = text.get(..at)?.rfind(ends).map_or(0, |before| before + 1);
    let rest = text.get(start..)?;
    let version = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.matches('.').count() > 1;
    is_version.then(|| (Span::new(file, start, start + version.len()), version.to_owned()))
}

fn syntax_help(message: &str, written: &str) -> Option<String> {
    let help = if message.starts_with("string values must be quoted") {
        "write text in double quotes"
    } else if message.starts_with("key with no value")
        || (message.starts_with("invalid unquoted key") && written == ":")
    {
        "write `KEY = VALUE`"
    } else if message.starts_with("unclosed table") {
        "close the section's name with `]`"
    } else if message.contains("string, expected") {
        "close the text on the same line, with the same quote"
    } else {
        return None;
    };
    Some(help.to_owned())
}

/// Places the values of a file. Recursion ends: the parser bounds the depth.
struct Tree<'a> {
    sources: &'a Sources,
    file: FileId,
}

impl Tree<'_> {
    fn node(&self, found: &Spanned<DeValue<'_>>) -> Node {
        let span = self.span(found);
        let value = match found.get_ref() {
            DeValue::String(text) => Value::Text(text.as_ref().to_owned()),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::HugeInt, Value::Int)
            }
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => self.map(table),
        };
        let quoted = matches!(value, Value::Text(_));
        let is_scalar = !matches!(value, Value::Text(_) | Value::List(_) | Value::Map(_));
        let written = is_scalar.then(|| self.sources.slice(span).into());
        Node { span, value, written, quoted }
    }

    /// A table, in the order of the file.
    fn map(&self, table: &DeTable<'_>) -> Value {
        let entry = |key: &Spanned<_>, value| (Key { text: text_of(key), span: self.span(key) }, self.node(value));
        let mut entries: Vec<(Key, Node)> = table.iter().map(|(key, value)| entry(key, value)).collect();
        entries.sort_by_key(|(key, _)| key.span);
        Value::Map(entries)
    }

    fn span<T>(&self, found: &Spanned<T>) -> Span {
        Span::new(self.file, found.span().start, found.span().end)
    }
}

fn text_of(key: &Spanned<std::borrow::Cow<'_, str>>) -> String {
    key.get_ref().as_ref().to_owned()
}
