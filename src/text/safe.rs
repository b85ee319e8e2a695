//! Text of others made safe for each output. Names, reasons and ids come from suites, entity files, bundles, git and
//! registries, and may hold anything: a control character that steers a terminal, a line break that begins a line of its own, a
//! workflow command, markup. Every report passes such text through the function of its output here, and nowhere else.
//!
//! | output | function |
//! |---|---|
//! | one line on a terminal, in a log, in a snapshot or in a comment | `line` |
//! | several lines | `block` |
//! | everything that is printed for people | `output`, `coloured_output` |
//! | GitHub workflow commands | `command_text`, `command_property` |
//! | Markdown | `markdown`, `markdown_code`, `markdown_block` |
//! | HTML and XML: summaries, SVG, JUnit | `xml` |
//! | SARIF messages | `sarif` |
//! | DOT and Mermaid | `dot`, `mermaid` |
//! | JSON | `json` |
//! | names of files | `file_stem` |
//! | words of commands to copy | `word` |

#[cfg(test)]
mod tests;

use std::fmt::Write;

use serde::Serialize;

/// What tells build servers that a command follows, wherever it stands in a line: `##[error]`, `##vso[…]`, `##teamcity[…]`.
const MARK: &str = "##";
/// What begins a workflow command at the start of a line.
const COMMAND: &str = "::";

/// One line: no character steers the reader's terminal, reorders the text or cannot be seen, and a line break is the sign `␊`.
#[must_use]
pub fn line(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A part of a file's name that every file system takes: what is not a plain letter, a digit or `_` is a `-`.
#[must_use]
pub fn file_stem(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// A word of a command that people copy into a shell: quoted unless it is plain.
#[must_use]
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@%+=,~".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('~') {
        true => text.to_owned(),
        false => format!("'{}'", line(text).replace('\'', "'\\''")),
    }
}

/// Several lines, each of them safe.
#[must_use]
pub fn block(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n")
}

/// Everything that is printed for people, as the last step: control characters become visible whatever was forgotten before,
/// and no line is a command to the build server that keeps the log. What [`line()`] made safe passes as it is.
#[must_use]
pub fn output(text: &str) -> String {
    each_line(text, |line, out| out.extend(line.chars().map(visible_or_tab)))
}

/// The same where colours may be shown: the escape sequences for them stay, and no others.
#[must_use]
pub fn coloured_output(text: &str) -> String {
    each_line(text, |line, out| {
        let mut rest = line;
        while let Some(at) = rest.find('\u{1b}') {
            let (before, from) = rest.split_at(at);
            out.extend(before.chars().map(visible_or_tab));
            let colour = colour(from);
            out.push_str(colour.unwrap_or("␛"));
            rest = from.get(colour.map_or(1, str::len)..).unwrap_or_default();
        }
        out.extend(rest.chars().map(visible_or_tab));
    })
}

/// The message of a workflow command. Its line breaks are shown as such by GitHub.
#[must_use]
pub fn command_text(text: &str) -> String {
    without_marks(&block(text)).replace('%', "%25").replace('\n', "%0A")
}

/// A property of a workflow command, such as a file or a title.
#[must_use]
pub fn command_property(text: &str) -> String {
    command_text(&line(text)).replace(':', "%3A").replace(',', "%2C")
}

/// Text in Markdown as it is: nothing in it starts markup, a table cell or an element, mentions somebody or becomes a link.
#[must_use]
pub fn markdown(text: &str) -> String {
    /// What is between two characters that forges would join to a mention or a link; it is not shown.
    const APART: &str = "<!-- -->";
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.chars().enumerate() {
        match c {
            '\n' | '\r' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            '#' => {
                safe.push_str("\\#");
                safe.push_str(APART);
            }
            '@' => {
                safe.push('@');
                safe.push_str(APART);
            }
            '/' if before == ':' => {
                safe.push_str(APART);
                safe.push('/');
            }
            '.' if ends_in_www(&safe) => {
                safe.push_str(APART);
                safe.push('.');
            }
            '-' | '+' | '=' if at == 0 => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(visible(c)),
        }
        before = c;
    }
    safe
}

/// Code in Markdown that may stand in a table cell.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let code = line(&text.replace("\r\n", " ").replace(['\n', '\r'], " "));
    let fence = "`".repeat(longest_run(&code) + 1);
    let pad = match code.starts_with('`') || code.ends_with('`') {
        true => " ",
        false => "",
    };
    format!("{fence}{pad}{}{pad}{fence}", code.replace('|', "\\|"))
}

/// Lines in a fence that nothing in them closes. A log that holds the Markdown finds no command in it.
#[must_use]
pub fn markdown_block(text: &str) -> String {
    let text = output(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

/// Text of an element or of a quoted attribute, in XML and in HTML. Line breaks and tabs are references, since parsers turn
/// bare ones in attributes into spaces.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push_str("&#9;"),
            // Two of them begin a command in the log of a build server.
            '#' => safe.push_str("&#35;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(visible(c)),
        }
    }
    safe
}

/// The text of a SARIF message: a link is written in it as `[text](target)`, and no text of others is one.
#[must_use]
pub fn sarif(text: &str) -> String {
    block(text).replace("](", "] (")
}

/// A quoted string of DOT, quotes included. Its line breaks stay.
#[must_use]
pub fn dot(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|part| line(part).replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", lines.join("\\n"))
}

/// Text between double quotes of Mermaid, with the characters that it reads as its entities.
#[must_use]
pub fn mermaid(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '"' => safe.push_str("#quot;"),
            '#' => safe.push_str("#35;"),
            '<' => safe.push_str("#lt;"),
            '>' => safe.push_str("#gt;"),
            '&' => safe.push_str("#amp;"),
            '`' => safe.push_str("#96;"),
            c => safe.push(visible(c)),
        }
    }
    safe
}

/// A value as one JSON document with a newline at the end. What a terminal or a build server would act on is written as an
/// escape, so that programs read the same value.
#[must_use]
pub fn json(value: &impl Serialize) -> String {
    // What reports hold, strings, numbers and lists of them, always serializes.
    let plain = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut safe = String::with_capacity(plain.len() + 1);
    let mut before = ' ';
    for c in plain.chars() {
        match c {
            // JSON itself has neither outside of its strings.
            '#' if before == '#' => safe.push_str("\\u0023"),
            '\n' => safe.push('\n'),
            c if visible(c) != c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(safe, "\\u{unit:04x}");
                }
            }
            c => safe.push(c),
        }
        before = c;
    }
    safe.push('\n');
    safe
}

/// Whether a character is shown as it is: it steers no terminal, moves no text and can be seen.
#[must_use]
pub fn is_plain(c: char) -> bool {
    visible(c) == c
}

fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' => '\u{fffd}',
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => '\u{fffd}',
        '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        c => c,
    }
}

/// Tables and source lines have tabs.
fn visible_or_tab(c: char) -> char {
    match c {
        '\t' => '\t',
        c => visible(c),
    }
}

/// Each line by itself, without commands. Line breaks are `\n` alone.
fn each_line(text: &str, safe: impl Fn(&str, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for whole in text.split_inclusive('\n') {
        let (line, end) = match whole.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (whole, ""),
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        let start = line.trim_start();
        if let Some(rest) = start.strip_prefix(COMMAND) {
            let indent = line.get(..line.len() - start.len()).unwrap_or_default();
            safe(&without_marks(&format!("{indent}: :{rest}")), &mut out);
        } else if line.contains(MARK) {
            safe(&without_marks(line), &mut out);
        } else {
            safe(line, &mut out);
        }
        out.push_str(end);
    }
    out
}

/// Takes apart `##` where a word and a bracket follow.
fn without_marks(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(MARK) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let word = from.trim_start_matches('#').trim_start_matches(|c: char| c.is_alphanumeric());
        // One `#` at a time, since any two of a row may be the mark.
        out.push_str(if word.starts_with('[') { "# " } else { "#" });
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The escape sequence for a colour that a text begins with.
fn colour(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let end = inner.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inner.get(end..)?.starts_with('m').then_some(())?;
    text.get(..end + "\u{1b}[m".len())
}

fn ends_in_www(text: &str) -> bool {
    text.len() >= 3 && text.get(text.len() - 3..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
