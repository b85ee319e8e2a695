//! Bytes of files as texts: UTF-8, with what is wrong with it told once, and the characters that no reviewer sees.

use crate::diag::{Diagnostic, Diagnostics, hidden_characters};
use crate::load::codes;
use crate::text::{FileId, Sources, Span, is_invisible};

use super::part::Part;

/// What a text is that lies outside of any package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// Settings, as a trust policy is.
    Config,
    /// A Gate file.
    Gate,
    /// A file of another tool, to be imported.
    Foreign,
}

/// Registers a text that lies outside of any package, be it from a file or from standard input; what is wrong with it goes to `out`.
pub fn add_text(sources: &mut Sources, name: String, bytes: Vec<u8>, is: Alone, out: &mut Diagnostics) -> FileId {
    let part = match is {
        Alone::Config => Part::Config,
        Alone::Gate => Part::Gate,
        Alone::Foreign => Part::Foreign,
    };
    text(sources, name, bytes, part, out)
}

/// Registers a text exactly as on disk. What is not UTF-8 is replaced and reported once, at the first bad byte; the
/// rest of the file stays readable for the stages after.
pub(super) fn text(sources: &mut Sources, name: String, bytes: Vec<u8>, part: Part, out: &mut Diagnostics) -> FileId {
    if let Some(text) = utf16(&bytes) {
        let file = sources.add(name.clone(), text);
        out.push(
            Diagnostic::error(codes::NOT_UTF8, Span::new(file, 0, 0), format!("`{name}` is UTF-16"))
                .help("save the file as UTF-8"),
        );
        return file;
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => {
            let file = sources.add(name, text);
            hidden(sources, file, part, out);
            merge_conflict(sources, file, out);
            return file;
        }
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let message = format!("`{name}` is not UTF-8: byte 0x{byte:02x} at offset {at}");
    let file = sources.add(name, String::from_utf8_lossy(error.as_bytes()));
    let span = Span::new(file, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
    out.push(
        Diagnostic::error(codes::NOT_UTF8, span, message).label("not UTF-8 from here").help("save the file as UTF-8"),
    );
    file
}

/// Tells of the first conflict that a merge left in a file: its three marks, each at the start of a line and in this order.
fn merge_conflict(sources: &Sources, file: FileId, out: &mut Diagnostics) {
    const MARKS: [&str; 3] = ["<<<<<<<", "=======", ">>>>>>>"];
    let text = sources.text(file);
    if !text.contains("<<<<<<<") {
        return;
    }
    let mut found: Vec<Span> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let Some(mark) = MARKS.get(found.len()) else { break };
        let rest = line.strip_prefix(mark);
        if rest.is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(' ')) {
            found.push(Span::new(file, at, at + line.trim_end().len()));
        }
        at += line.len();
    }
    if let [ours, middle, theirs] = found.as_slice() {
        out.push(
            Diagnostic::error(codes::MERGE_CONFLICT, *ours, "a merge of this file was not finished")
                .label("one side begins here")
                .also(*middle, "the other side begins here")
                .also(*theirs, "and ends here")
                .help("keep what is to stand of the two sides, and remove the three lines"),
        );
    }
}

/// The text of a file in UTF-16, which its byte order mark shows, or that every other byte of its start is zero.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (little, text) = match bytes {
        [0xff, 0xfe, rest @ ..] => (true, rest),
        [0xfe, 0xff, rest @ ..] => (false, rest),
        [one, 0, other, 0, ..] if *one != 0 && *other != 0 => (true, bytes),
        [0, one, 0, other, ..] if *one != 0 && *other != 0 => (false, bytes),
        _ => return None,
    };
    let units = text.chunks(2).map(|pair| match (pair, little) {
        ([first, second], true) => u16::from_le_bytes([*first, *second]),
        ([first, second], false) => u16::from_be_bytes([*first, *second]),
        _ => u16::from(b'?'),
    });
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// Most hidden characters that one file is told of.
const MOST_HIDDEN: usize = 100;

/// Reports the characters of a text that a reviewer does not see. The parser of Gate reports its own, and goes on without them;
/// those of YAML, JSON and TOML take no control characters anyway. Snapshots are held against what is written anew, and files of
/// other tools are not what is reviewed.
fn hidden(sources: &Sources, file: FileId, part: Part, out: &mut Diagnostics) {
    let counts: fn(char) -> bool = match part {
        Part::Cedar | Part::CedarSchema => |_| true,
        Part::Config | Part::Gateway | Part::Scenario | Part::ScenarioData | Part::Change | Part::Assignment => {
            is_invisible
        }
        Part::Gate | Part::Snapshot | Part::Foreign | Part::Folder | Part::Unused | Part::None => return,
    };
    let escape = |code: u32| match part {
        Part::Cedar | Part::CedarSchema => format!("`\\u{{{code:x}}}`"),
        Part::ScenarioData => {
            let mut units = [0; 2];
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            let units = c.encode_utf16(&mut units).iter();
            format!("`{}`", units.map(|unit| format!("\\u{unit:04x}")).collect::<String>())
        }
        _ if code > 0xffff => format!("`\\U{code:08x}` between double quotes"),
        _ => format!("`\\u{code:04x}` between double quotes"),
    };
    let found = hidden_characters(file, sources.text(file), counts, escape);
    found.take(MOST_HIDDEN).for_each(|fault| out.push(fault));
}
