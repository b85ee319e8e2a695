//! Where the documents of a YAML file begin. In YAML nothing but a document marker can stand at the start of a line as `---`,
//! not even inside a text, so lines are all that has to be looked at. Beyond YAML, and as `kubectl` takes it, JSON objects may
//! stand one after another without a marker.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// The documents of a text with the byte at which each begins, markers included. What stands before the first marker is a
/// document only if it holds more than comments and directives; a text without markers is one document. After an end marker,
/// `...`, a document need not begin with one. JSON objects one after another are a document each.
pub(super) fn split(text: &str) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
    marked(text).flat_map(|(start, text)| {
        let objects = objects(text);
        match objects.is_empty() {
            true => vec![(start, Cow::Borrowed(text))],
            false => objects.into_iter().map(|(at, text)| (start + at, text)).collect(),
        }
    })
}

/// The documents between markers.
fn marked(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut starts = vec![0];
    let mut at = 0;
    let mut content = false;
    let mut ended = false;
    for line in text.split_inclusive('\n') {
        let directive = line.starts_with('%');
        let says = !(line.trim().is_empty() || line.starts_with('#'));
        let end = is_marker(line, "...");
        let begin = is_marker(line, "---");
        if content && ((ended && says && !end) || begin) {
            starts.push(at);
            (content, ended) = (false, false);
        }
        content |= says && !directive && !end;
        ended |= content && end;
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| (start, text.get(start..end).unwrap_or("")))
}

/// The JSON objects that a document consists of; what follows the last of them and is no object is one more, for YAML to
/// judge. None where the document does not begin with one.
fn objects(text: &str) -> Vec<(usize, Cow<'_, str>)> {
    let mut at = text.len() - without_marker(text).len();
    let mut found = Vec::new();
    while let Some(rest) = text.get(at..).map(str::trim_start).filter(|rest| rest.starts_with('{')) {
        let start = text.len() - rest.len();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        if !matches!(values.next(), Some(Ok(_))) {
            break;
        }
        at = start + values.byte_offset();
        // JSON may be indented by tabs, which YAML takes for a mistake. Within its texts they are escapes.
        let object = text.get(start..at).unwrap_or_default();
        found.push((
            start,
            match object.contains('\t') {
                true => Cow::Owned(object.replace('\t', " ")),
                false => Cow::Borrowed(object),
            },
        ));
    }
    let rest = text.get(at..).unwrap_or_default();
    let says_more = rest.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#') && line != "...");
    match (found.len(), says_more) {
        // `{a: b}: c` is a mapping whose key begins like an object.
        (0 | 1, true) if !rest.trim_start().starts_with('{') => Vec::new(),
        (0, _) => Vec::new(),
        (_, true) => {
            found.push((at, Cow::Borrowed(rest)));
            found
        }
        (_, false) => found,
    }
}

/// What follows the marker and the comments that a document begins with.
fn without_marker(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start();
        rest = match trimmed.strip_prefix("---").filter(|_| is_marker(trimmed, "---")) {
            Some(after) => after,
            None if trimmed.starts_with('#') => trimmed.split_once('\n').map_or("", |(_, after)| after),
            None => return trimmed,
        };
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    let rest = line.strip_prefix(marker);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::load::yaml::parse_all;
    use crate::text::Sources;

    fn texts(text: &str) -> Vec<&str> {
        let found: Vec<_> = marked(text).collect();
        assert!(found.iter().all(|(start, part)| text.get(*start..).is_some_and(|rest| rest.starts_with(part))));
        found.into_iter().map(|(_, part)| part).collect()
    }

    #[test]
    fn documents_begin_at_markers_alone() {
        assert_eq!(texts(""), [""]);
        assert_eq!(texts("a: 1\n"), ["a: 1\n"]);
        assert_eq!(texts("# c\n%YAML 1.2\n---\na: 1"), ["# c\n%YAML 1.2\n---\na: 1"]);
        assert_eq!(texts("a: 1\n---\nb: 2\n--- c\n---"), ["a: 1\n", "---\nb: 2\n", "--- c\n", "---"]);
        assert_eq!(
            texts("a: 1\n...\n# c\nb: 2\n...\n---\nc: 3\n...\n%YAML 1.2\n---\nd: 4\n...\n"),
            ["a: 1\n...\n# c\n", "b: 2\n...\n", "---\nc: 3\n...\n", "%YAML 1.2\n---\nd: 4\n...\n"]
        );
        assert_eq!(texts("a: |\n  x\n  ---\n----\n---x: 1\n"), ["a: |\n  x\n  ---\n----\n---x: 1\n"]);
    }

    #[test]
    fn each_document_has_its_places_and_its_faults() {
        let text = "\u{feff}é: 1\n---\n# nothing\n---\n[1\n---\nb: {c: ü, c: 2}\n---\n";
        let mut sources = Sources::default();
        let file = sources.add("all.yaml", text);
        let mut out = Diagnostics::new();
        let read = parse_all(&sources, file, &mut out);
        let slices: Vec<_> = read.iter().map(|node| sources.slice(node.span)).collect();
        assert_eq!(slices, ["é: 1", "b: {c: ü, c: 2}"]);
        let faults: Vec<_> = out.iter().map(|d| sources.location(d.primary().unwrap())).collect();
        assert_eq!(faults, ["all.yaml:5:1", "all.yaml:7:11"], "{out:?}");
    }

    #[test]
    fn json_objects_are_documents_each_with_their_places() {
        let text = "{\n\t\"a\": \"\\ud83d\\ude00\"}{\"b\": {}}\n\n{\"c\": 1, \"c\": 2}\n---\n# x\n{\"d\": 1}\n{\"e\": [}\n---\n{f: 1}\n";
        let mut sources = Sources::default();
        let file = sources.add("all.json", text);
        let mut out = Diagnostics::new();
        let read = parse_all(&sources, file, &mut out);
        let keys: Vec<_> = read.iter().map(|node| node.as_map().unwrap()[0].0.text.as_str()).collect();
        assert_eq!(keys, ["a", "b", "c", "d", "f"]);
        assert_eq!(read[0].get("a").unwrap().as_text(), Some("😀"));
        assert_eq!(sources.slice(read[0].get("a").unwrap().span), r#""\ud83d\ude00""#);
        assert_eq!(sources.slice(read[1].span), "{\"b\": {}}");
        let faults: Vec<_> =
            out.iter().map(|d| format!("{} {}", d.code, sources.location(d.primary().unwrap()))).collect();
        assert_eq!(faults, ["yaml-duplicate-key all.json:4:10", "yaml-syntax all.json:8:7"], "{out:?}");
    }
}
