//! Text with places where a line may break, and the printer that decides which of them do. Knows no language.

/// The most characters of a line, where it can be broken at all.
const WIDTH: usize = 100;

/// The blanks of one step of indentation.
const INDENT: usize = 4;

/// A piece of laid-out text.
#[derive(Debug)]
pub(super) enum Doc<'t> {
    /// A token or a comment on a line of its own.
    Text(&'t str),
    /// A blank.
    Space,
    /// A line break in a broken group, this text in a flat one. `blank`: with an empty line before it.
    Line { flat: &'static str, blank: bool },
    /// A line break. It breaks every group around it.
    Hard { blank: bool },
    /// A comment at the end of a line, and the line's end. It breaks every group around it.
    Trail(&'t str),
    /// Parts that are printed flat if they fit on the line, and with all their breaks if not.
    Group { parts: Vec<Self>, broken: bool },
    /// Parts whose line breaks are indented one step more.
    Indent { parts: Vec<Self>, broken: bool },
}

impl Doc<'_> {
    /// Whether a group around it must break.
    pub(super) fn breaks(&self) -> bool {
        match self {
            Self::Text(_) | Self::Space | Self::Line { .. } => false,
            Self::Hard { .. } | Self::Trail(_) => true,
            Self::Group { broken, .. } | Self::Indent { broken, .. } => *broken,
        }
    }
}

/// Parts that stay on a line if they fit.
pub(super) fn group(parts: Vec<Doc<'_>>) -> Doc<'_> {
    let broken = parts.iter().any(Doc::breaks);
    Doc::Group { parts, broken }
}

/// Parts one step further to the right.
pub(super) fn indent(parts: Vec<Doc<'_>>) -> Doc<'_> {
    let broken = parts.iter().any(Doc::breaks);
    Doc::Indent { parts, broken }
}

/// Whether parts fit on one line that begins with some steps of indentation.
pub(super) fn fits_on_a_line(parts: &[Doc<'_>], steps: usize) -> bool {
    let rest: Vec<Open<'_, '_>> = Vec::new();
    fits(WIDTH.saturating_sub(steps * INDENT), parts, &rest)
}

/// The text, its last line ended; nothing for no parts.
pub(super) fn print(parts: &[Doc<'_>]) -> String {
    let mut printer = Printer::default();
    let mut stack: Vec<Open<'_, '_>> = vec![Open { parts, step: 0, mode: Mode::Broken }];
    while let Some(top) = stack.last_mut() {
        let Open { parts, step, mode } = *top;
        let Some((doc, after)) = parts.split_first() else {
            stack.pop();
            continue;
        };
        top.parts = after;
        match doc {
            Doc::Text(text) => printer.text(text),
            Doc::Space => printer.flat(" "),
            Doc::Line { flat, .. } if mode == Mode::Flat => printer.flat(flat),
            Doc::Line { blank, .. } | Doc::Hard { blank } => printer.line(step, *blank),
            Doc::Trail(comment) => {
                printer.flat(" ");
                printer.text(comment);
                printer.line(step, false);
            }
            Doc::Indent { parts, .. } => stack.push(Open { parts, step: step + 1, mode }),
            Doc::Group { parts, broken } => {
                let flat = mode == Mode::Flat || (!broken && fits(printer.left(), parts, &stack));
                let mode = if flat { Mode::Flat } else { Mode::Broken };
                stack.push(Open { parts, step, mode });
            }
        }
    }
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// Parts still to be printed.
struct Open<'d, 't> {
    parts: &'d [Doc<'t>],
    step: usize,
    mode: Mode,
}

/// Whether parts fit, flat, into some columns, together with what follows them up to the next line break.
fn fits(columns: usize, parts: &[Doc<'_>], rest: &[Open<'_, '_>]) -> bool {
    let mut left = columns;
    let mut todo = vec![(parts, Mode::Flat)];
    let mut rest = rest.iter().rev();
    loop {
        let Some((parts, mode)) = todo.pop() else {
            let Some(open) = rest.next() else { return true };
            todo.push((open.parts, open.mode));
            continue;
        };
        let Some((doc, after)) = parts.split_first() else {
            continue;
        };
        todo.push((after, mode));
        let text = match doc {
            Doc::Text(text) => text,
            Doc::Space => " ",
            Doc::Line { flat, .. } if mode == Mode::Flat => flat,
            // A comment may run over the edge.
            Doc::Line { .. } | Doc::Hard { .. } | Doc::Trail(_) => return true,
            Doc::Indent { parts, .. } => {
                todo.push((parts, mode));
                ""
            }
            Doc::Group { parts, .. } => {
                // A group after the parts may still break: then its first line break ends the line.
                todo.push((parts, mode));
                ""
            }
        };
        let width = text.chars().take(left + 1).count();
        let Some(remaining) = left.checked_sub(width) else {
            return false;
        };
        left = remaining;
    }
}

/// The text so far, and the line break that waits for the next token: several in a row are one.
#[derive(Default)]
struct Printer {
    out: String,
    column: usize,
    waiting: Option<Break>,
}

#[derive(Clone, Copy)]
struct Break {
    step: usize,
    blank: bool,
}

impl Printer {
    fn left(&self) -> usize {
        let column = self.waiting.map_or(self.column, |waiting| waiting.step * INDENT);
        WIDTH.saturating_sub(column)
    }

    fn line(&mut self, step: usize, blank: bool) {
        let blank = blank || self.waiting.is_some_and(|waiting| waiting.blank);
        self.waiting = Some(Break { step, blank });
    }

    fn flat(&mut self, text: &str) {
        if self.waiting.is_none() {
            self.out.push_str(text);
            self.column += text.len();
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(Break { step, blank }) = self.waiting.take().filter(|_| !self.out.is_empty()) {
            // No empty line at the edges of a block.
            let edge = self.out.ends_with(['{', '(', '[']) || text.starts_with(['}', ')', ']']);
            self.out.push_str(if blank && !edge { "\n\n" } else { "\n" });
            self.column = step * INDENT;
            self.out.extend(std::iter::repeat_n(' ', self.column));
        }
        self.out.push_str(text);
        self.column += text.chars().count();
    }
}
