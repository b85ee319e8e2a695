//! Text that is laid out: on one line where it fits, and broken at its brackets and operators where it does not.

use std::fmt::Write as _;

/// The longest line, in characters, where the text can be broken.
const WIDTH: usize = 120;

/// A text that knows where it can be broken.
pub(super) enum Doc {
    /// Never broken.
    Text(String),
    /// One after the other.
    Row(Vec<Doc>),
    /// Operands of a chain of one operator, which whoever encloses it may break.
    Chain { parts: Vec<Doc>, operator: &'static str, width: usize },
    /// Parts between brackets: on one line, or each on its own. What separates them stands at the ends of lines.
    Block { open: &'static str, parts: Vec<Doc>, separator: &'static str, close: &'static str, width: usize },
}

impl Doc {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn block(open: &'static str, parts: Vec<Self>, separator: &'static str, close: &'static str) -> Self {
        let width = open.len() + list_width(&parts, separator) + close.len();
        Self::Block { open, parts, separator, close, width }
    }

    pub(super) fn chain(parts: Vec<Self>, operator: &'static str) -> Self {
        let width = list_width(&parts, operator);
        Self::Chain { parts, operator, width }
    }

    /// Its characters on one line.
    fn width(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Row(parts) => parts.iter().map(Self::width).sum(),
            Self::Chain { width, .. } | Self::Block { width, .. } => *width,
        }
    }

    pub(super) fn flat(&self) -> String {
        let mut out = String::new();
        self.write_flat(&mut out);
        out
    }

    fn write_flat(&self, out: &mut String) {
        let list = |out: &mut String, parts: &[Self], separator: &str| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push_str(separator);
                    out.push(' ');
                }
                part.write_flat(out);
            }
        };
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Row(parts) => parts.iter().for_each(|part| part.write_flat(out)),
            Self::Chain { parts, operator, .. } => list(out, parts, operator),
            Self::Block { open, parts, separator, close, .. } => {
                out.push_str(open);
                list(out, parts, separator);
                out.push_str(close);
            }
        }
    }

    /// Writes it behind what stands on the line, where `after` more characters will follow, and lines that it begins are
    /// indented by `indent`.
    pub(super) fn write(&self, out: &mut String, indent: usize, after: usize) {
        let before = out.rsplit('\n').next().map_or(0, |line| line.chars().count());
        if before + self.width() + after <= WIDTH {
            return self.write_flat(out);
        }
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Row(parts) => {
                let mut rest: usize = parts.iter().map(Self::width).sum();
                for part in parts {
                    rest -= part.width();
                    // Behind a part that is broken anyway stands only what follows it directly.
                    part.write(out, indent, if part.is_breakable() { 0 } else { rest + after });
                }
            }
            Self::Chain { parts, operator, .. } => lines(out, parts, operator, indent),
            Self::Block { open, parts, separator, close, .. } => {
                out.push_str(open.trim_end());
                let inner = indent + 2;
                let _ = write!(out, "\n{:inner$}", "");
                lines(out, parts, separator, inner);
                let _ = write!(out, "\n{:indent$}{}", "", close.trim_start());
            }
        }
    }

    fn is_breakable(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Row(parts) => parts.iter().any(Self::is_breakable),
            Self::Chain { .. } | Self::Block { .. } => true,
        }
    }
}

/// Each part on a line of its own.
fn lines(out: &mut String, parts: &[Doc], separator: &str, indent: usize) {
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        part.write(out, indent, if is_last { 0 } else { separator.len() });
        if !is_last {
            let _ = write!(out, "{separator}\n{:indent$}", "");
        }
    }
}

fn list_width(parts: &[Doc], separator: &str) -> usize {
    let parts_alone: usize = parts.iter().map(Doc::width).sum();
    parts_alone + parts.len().saturating_sub(1) * (separator.len() + 1)
}
