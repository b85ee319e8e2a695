//! Where the documents of a YAML file begin. In YAML nothing but a document marker can stand at the start of a line as `---`,
//! not even inside a text, so lines are all that has to be looked at.

/// The documents of a text with the byte at which each begins, markers included. What stands before the first marker is a
/// document only if it holds more than comments and directives; a text without markers is one document. After an end marker,
/// `...`, a document need not begin with one.
pub(super) fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
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
    starts
        .into_iter()
        .zip(ends)
        .map(|(start, end)| (start, text.get(start..end).unwrap_or("")))
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
        let found: Vec<_> = split(text).collect();
        assert!(
            found
                .iter()
                .all(|(start, part)| text.get(*start..).is_some_and(|rest| rest.starts_with(part)))
        );
        found.into_iter().map(|(_, part)| part).collect()
    }

    #[test]
    fn documents_begin_at_markers_alone() {
        assert_eq!(texts(""), [""]);
        assert_eq!(texts("a: 1\n"), ["a: 1\n"]);
        assert_eq!(texts("# c\n%YAML 1.2\n---\na: 1"), ["# c\n%YAML 1.2\n---\na: 1"]);
        assert_eq!(
            texts("a: 1\n---\nb: 2\n--- c\n---"),
            ["a: 1\n", "---\nb: 2\n", "--- c\n", "---"]
        );
        assert_eq!(
            texts("a: 1\n...\n# c\nb: 2\n...\n---\nc: 3\n...\n%YAML 1.2\n---\nd: 4\n...\n"),
            [
                "a: 1\n...\n# c\n",
                "b: 2\n...\n",
                "---\nc: 3\n...\n",
                "%YAML 1.2\n---\nd: 4\n...\n"
            ]
        );
        assert_eq!(
            texts("a: |\n  x\n  ---\n----\n---x: 1\n"),
            ["a: |\n  x\n  ---\n----\n---x: 1\n"]
        );
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
}
