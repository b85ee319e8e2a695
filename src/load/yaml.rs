//! YAML with positions. `serde_yaml` says what a document means, `saphyr-parser` where its parts stand; both trees are
//! walked side by side, and where they differ the document is refused as ambiguous. Left out on purpose: tags and merge
//! keys. Faults never stop at the first where reading on makes sense.

mod brackets;
mod documents;
mod events;
mod fault;
mod node;
mod values;

use std::collections::BTreeMap;
use std::collections::HashMap;

pub use node::Key;
pub use node::Node;
pub use node::Value;

use events::Kind;
use events::Part;
use events::Places;
use fault::Faults;
use values::Plain;
use values::RefusalKind;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::load::codes;
use crate::text::FileId;
use crate::text::Sources;
use crate::text::Span;

/// Reads a file of `sources` as one YAML document. An empty document is [`Value::Null`].
///
/// `None` where nothing can be read. After a fault that leaves the rest readable (a duplicate key: the first counts)
/// the tree is returned nevertheless; `out` says that it is not what the author wrote.
pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Option<Node> {
    let whole = sources.text(file);
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    document(text, file, whole.len() - text.len(), out)
}

/// Reads a file of `sources` as YAML documents one after another, as Kubernetes manifests come. Each is read by itself:
/// one with a fault that leaves nothing to read is left out, and `out` says so. Anchors do not reach across documents.
pub fn parse_all(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Vec<Node> {
    let whole = sources.text(file);
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    let base = whole.len() - text.len();
    documents::split(text)
        .filter_map(|(start, text)| document(text, file, base + start, out))
        .filter(|node| !(node.is_null() && node.written() == Some("")))
        .collect()
}

/// One document that begins `base` bytes into its file.
fn document(text: &str, file: FileId, base: usize, out: &mut Diagnostics) -> Option<Node> {
    let mut out = Faults::new(out);
    let places = Places::new(file, base, text);
    // Events come first: they bound the nesting before anything recurses, and they expand no alias.
    let parts = events::read(&places, &mut out)?;
    let value = match values::interpret(text) {
        Ok(value) => value,
        Err(refusal) => {
            out.push(match refusal.kind {
                RefusalKind::Syntax => fault::syntax(&refusal.message, refusal.at.unwrap_or(0), &places),
                RefusalKind::Limit => fault::too_large(first_alias(&parts), places.point(0)),
            });
            return None;
        }
    };
    if parts.is_empty() {
        return Some(Node {
            span: places.span(0, 0),
            value: Value::Null,
            written: Some("".into()),
            quoted: false,
        });
    }
    let mut walk = Walk {
        parts: &parts,
        anchors: anchors(&parts),
        at: 0,
        out: &mut out,
    };
    match walk.node(value) {
        Ok(node) => Some(node),
        Err(Ambiguous(span)) => {
            out.push(
                Diagnostic::error(codes::YAML_AMBIGUOUS, span.unwrap_or(places.point(0)), "ambiguous YAML")
                    .label("YAML parsers disagree about what this is")
                    .help("quote the text, or write the list or mapping one entry to a line"),
            );
            None
        }
    }
}

fn first_alias(parts: &[Part<'_>]) -> Option<Span> {
    let alias = parts.iter().find(|part| matches!(part.kind, Kind::Alias(_)));
    alias.map(|part| part.span)
}

/// The part at which each anchor is defined.
fn anchors(parts: &[Part<'_>]) -> BTreeMap<usize, usize> {
    let defined = parts.iter().enumerate().filter(|(_, part)| part.anchor > 0);
    defined.map(|(at, part)| (part.anchor, at)).collect()
}

/// The two trees differ at this place.
struct Ambiguous(Option<Span>);

/// A position in the parts, moved forward as values are placed.
struct Walk<'a, 'o> {
    parts: &'a [Part<'a>],
    anchors: BTreeMap<usize, usize>,
    at: usize,
    out: &'a mut Faults<'o>,
}

impl<'a> Walk<'a, '_> {
    fn next(&mut self) -> Result<&'a Part<'a>, Ambiguous> {
        let part = self.parts.get(self.at).ok_or(Ambiguous(None))?;
        self.at += 1;
        Ok(part)
    }

    /// Places a value. Recursion ends: the value is a finite tree of bounded depth.
    fn node(&mut self, plain: Plain) -> Result<Node, Ambiguous> {
        let part = self.next()?;
        if let Kind::Alias(target) = part.kind {
            let back = self.at;
            self.at = *self.anchors.get(&target).ok_or(Ambiguous(Some(part.span)))?;
            let node = self.node(plain)?;
            self.at = back;
            return Ok(Node {
                span: part.span,
                ..node
            });
        }
        match (plain, &part.kind) {
            (Plain::List(items), Kind::ListStart) => self.list(items, part.span),
            (Plain::Map(entries), Kind::MapStart) => self.map(entries, part.span),
            (plain, Kind::Scalar { text, quoted }) => self.scalar(plain, text, *quoted, part.span),
            _ => Err(Ambiguous(Some(part.span))),
        }
    }

    fn scalar(&mut self, plain: Plain, text: &str, quoted: bool, span: Span) -> Result<Node, Ambiguous> {
        let value = match plain {
            Plain::Text(value) if value == text => Value::Text(value),
            Plain::Null if !quoted => Value::Null,
            Plain::Bool(value) if !quoted => Value::Bool(value),
            Plain::Int(value) if !quoted => Value::Int(value),
            Plain::Float(value) if !quoted => Value::Float(value),
            Plain::HugeInt if !quoted => {
                self.out.push(
                    Diagnostic::error(
                        codes::YAML_NUMBER,
                        span,
                        format!("`{text}` is beyond the range of a `Long`"),
                    )
                    .help("quote it if it is meant as text"),
                );
                Value::Null
            }
            _ => return Err(Ambiguous(Some(span))),
        };
        let written = (!matches!(value, Value::Text(_))).then(|| text.into());
        // A value left out has the span of the token after it; it stands before that token.
        let span = if text.is_empty() && !quoted {
            span.at_start()
        } else {
            span
        };
        Ok(Node {
            span,
            value,
            written,
            quoted,
        })
    }

    fn list(&mut self, plain: Vec<Plain>, start: Span) -> Result<Node, Ambiguous> {
        let mut items = Vec::with_capacity(plain.len());
        let mut inner = start;
        for item in plain {
            let item = self.node(item)?;
            inner = inner.to(item.span);
            items.push(item);
        }
        let end = self.next()?;
        match end.kind {
            Kind::ListEnd => Ok(collection(Value::List(items), inner, end.span)),
            _ => Err(Ambiguous(Some(end.span))),
        }
    }

    fn map(&mut self, plain: Vec<(Plain, Plain)>, start: Span) -> Result<Node, Ambiguous> {
        let mut entries = Vec::with_capacity(plain.len());
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(plain.len());
        let mut inner = start;
        for (key, value) in plain {
            let key = self.node(key)?;
            let value = self.node(value)?;
            inner = inner.to(key.span).to(value.span);
            let Some(key) = self.key(key) else { continue };
            match seen.get(&key.text) {
                Some(first) => self.out.push(
                    Diagnostic::error(
                        codes::YAML_DUPLICATE_KEY,
                        key.span,
                        format!("the key `{}` is given twice", key.text),
                    )
                    .label("again here")
                    .also(*first, "first here")
                    .help("keep one of the two, or rename one"),
                ),
                None => {
                    seen.insert(key.text.clone(), key.span);
                    entries.push((key, value));
                }
            }
        }
        let end = self.next()?;
        match end.kind {
            Kind::MapEnd => Ok(collection(Value::Map(entries), inner, end.span)),
            _ => Err(Ambiguous(Some(end.span))),
        }
    }

    /// A key must be text, and not a merge key.
    fn key(&mut self, node: Node) -> Option<Key> {
        let span = node.span;
        let fault = match node.value {
            Value::Text(text) if text == "<<" && !node.quoted => {
                Diagnostic::error(codes::YAML_UNSUPPORTED, span, "merge keys are not supported")
                    .help("write the entries out, or use `extends` where the format has it")
            }
            Value::Text(text) => return Some(Key { text, span }),
            _ => {
                let kind = node.kind_name();
                let fault = Diagnostic::error(codes::YAML_KEY, span, format!("a key must be text, this is {kind}"));
                match node.written() {
                    Some(written) if !written.is_empty() => fault.help(format!("write \"{written}\"")),
                    _ => fault.help("write the name before the `:`"),
                }
            }
        };
        self.out.push(fault);
        None
    }
}

/// A list or mapping with its span: up to its closing bracket, or to the end of its last entry if it has none.
fn collection(value: Value, inner: Span, end: Span) -> Node {
    let bracketed = end.start < end.end;
    Node {
        span: if bracketed { inner.to(end) } else { inner },
        value,
        written: None,
        quoted: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Sources, Option<Node>, Diagnostics) {
        let mut sources = Sources::default();
        let file = sources.add("suite.yaml", text);
        let mut out = Diagnostics::new();
        let node = parse(&sources, file, &mut out);
        (sources, node, out)
    }

    fn good(text: &str) -> (Sources, Node) {
        let (sources, node, out) = read(text);
        assert!(out.is_empty(), "{text}: {out:?}");
        (sources, node.unwrap())
    }

    /// `code @ covered text: message` of each fault.
    fn faults(text: &str) -> Vec<String> {
        let (sources, _, out) = read(text);
        let show = |d: &Diagnostic| {
            let span = d.primary().unwrap();
            format!(
                "{} @ {} `{}`: {}",
                d.code,
                sources.location(span),
                sources.slice(span).escape_debug(),
                d.message
            )
        };
        out.iter().map(show).collect()
    }

    #[test]
    fn scalars_mean_what_serde_yaml_says_and_keep_what_was_written() {
        let (_, node) =
            good("a: -5m\nb: 120.00\nc: 2026-03-01T10:00:00Z\nd: 0x1f\ne: \"7\"\nf: ~\ng: yes\nh: true\ni:\n");
        let got: Vec<_> = node
            .as_map()
            .unwrap()
            .iter()
            .map(|(_, value)| (value.kind_name(), value.written().unwrap(), value.is_quoted()))
            .collect();
        assert_eq!(
            got,
            [
                ("text", "-5m", false),
                ("a number", "120.00", false),
                ("text", "2026-03-01T10:00:00Z", false),
                ("a whole number", "0x1f", false),
                ("text", "7", true),
                ("nothing", "~", false),
                ("text", "yes", false),
                ("a boolean", "true", false),
                ("nothing", "", false),
            ]
        );
        assert_eq!(node.get("d").unwrap().as_int(), Some(31));
    }

    #[test]
    fn spans_cover_the_value_in_bytes() {
        let text =
            "\u{feff}ö: {é: [1, \"ü\"], b: x}\r\nlist:\r\n  - one\r\n  - k: v\r\n    l: w\r\nend: |\r\n  block\r\n";
        let (sources, node) = good(text);
        let at = |path: &[&str]| {
            let found = path.iter().fold(&node, |node, key| match key.parse::<usize>() {
                Ok(index) => &node.as_list().unwrap()[index],
                Err(_) => node.get(key).unwrap(),
            });
            sources.slice(found.span).to_owned()
        };
        assert_eq!(at(&["ö"]), "{é: [1, \"ü\"], b: x}");
        assert_eq!(at(&["ö", "é"]), "[1, \"ü\"]");
        assert_eq!(at(&["ö", "é", "1"]), "\"ü\"");
        assert_eq!(at(&["list"]), "- one\r\n  - k: v\r\n    l: w");
        assert_eq!(at(&["list", "1"]), "k: v\r\n    l: w");
        assert_eq!(sources.slice(node.entry("list").unwrap().0.span), "list");
        assert!(at(&["end"]).starts_with("block"));
    }

    #[test]
    fn an_alias_stands_where_it_is_written_and_its_content_where_it_is_defined() {
        let (sources, node) = good("calm: &calm {mfa: true}\nused: *calm\n");
        let used = node.get("used").unwrap();
        assert_eq!(sources.slice(used.span), "*calm");
        assert_eq!(sources.position(used.get("mfa").unwrap().span).line, 1);
    }

    #[test]
    fn an_empty_document_is_null() {
        for text in ["", "\u{feff}", "# only a comment\n", "---\n", "\n\n"] {
            assert!(good(text).1.is_null(), "{text:?}");
        }
    }

    #[test]
    fn every_duplicate_and_every_odd_key_is_reported_in_one_run() {
        insta::assert_snapshot!(faults("a: 1\nb: {x: 1, x: 2}\na: 3\n1: c\n[d]: e\n<<: {f: 1}\n").join("\n"), @r"
        yaml-duplicate-key @ suite.yaml:2:11 `x`: the key `x` is given twice
        yaml-duplicate-key @ suite.yaml:3:1 `a`: the key `a` is given twice
        yaml-key @ suite.yaml:4:1 `1`: a key must be text, this is a whole number
        yaml-key @ suite.yaml:5:1 `[d]`: a key must be text, this is a list
        yaml-unsupported @ suite.yaml:6:1 `<<`: merge keys are not supported
        ");
    }

    #[test]
    fn syntax_faults_are_located() {
        let all: Vec<String> = [
            "a: \"open\nb: 2\n",
            "a: 'open\n",
            "a:\n\tb: 1\n",
            "\tk: 1",
            "a:\n  b: true\n\tc: d\n",
            "a: [1, 2\nb: 3",
            "a: b: c",
            "a: *nope",
            "a: @x",
            "a: {b: c",
            "a:\n  b: 1\n c: 2",
            "a\0b",
            "a: !t 1\nb: !!str 2\n",
            "a: 1\n---\nb: 2\n",
            "n: 99999999999999999999",
            "&a [*a]",
            "a: \"\\ud83d\\ude00\"",
            "a: \"C:\\Windows\"",
        ]
        .into_iter()
        .flat_map(faults)
        .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        yaml-syntax @ suite.yaml:1:4 `\"`: a quoted text is not closed
        yaml-syntax @ suite.yaml:1:4 `\'`: a quoted text is not closed
        yaml-syntax @ suite.yaml:2:1 `\t`: a tab in the indentation
        yaml-syntax @ suite.yaml:1:1 `\t`: a tab in the indentation
        yaml-syntax @ suite.yaml:3:1 `\t`: a tab in the indentation
        yaml-syntax @ suite.yaml:1:4 `[`: a list in brackets is not closed
        yaml-syntax @ suite.yaml:1:5 `:`: a `:` where no key can stand
        yaml-syntax @ suite.yaml:1:4 `*`: an alias of an anchor that does not exist
        yaml-syntax @ suite.yaml:1:4 `@`: text that starts with `@` needs quotes
        yaml-syntax @ suite.yaml:1:4 `{`: a mapping in braces is not closed
        yaml-syntax @ suite.yaml:3:2 `c`: a key is not aligned with its mapping
        yaml-syntax @ suite.yaml:1:2 `\0`: a control character in YAML
        yaml-unsupported @ suite.yaml:1:4 `!t 1`: a tag on a value
        yaml-unsupported @ suite.yaml:2:4 `!!str 2`: a tag on a value
        yaml-unsupported @ suite.yaml:2:1 `---`: a second YAML document in one file
        yaml-number @ suite.yaml:1:4 `99999999999999999999`: `99999999999999999999` is beyond the range of a `Long`
        yaml-limit @ suite.yaml:1:5 `*a`: the document expands to too many values
        yaml-syntax @ suite.yaml:1:4 `\"`: an escape of something that is no character
        yaml-syntax @ suite.yaml:1:4 `\"`: an escape that YAML does not know
        "#);
    }

    #[test]
    fn deep_nesting_is_a_located_error() {
        for open in ["[", "{a: ", "- ", "? ", ": "] {
            let text = open.repeat(10_000);
            let found = faults(&text);
            assert_eq!(found.len(), 1, "{open}: {found:?}");
        }
        let indented: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(faults(&indented)[0].starts_with("yaml-limit @ suite.yaml:65:"));
    }

    #[test]
    fn alias_bombs_are_refused_before_they_grow() {
        let laughs = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10))
        });
        let squared = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(5_000), "*a,".repeat(5_000));
        for bomb in [laughs, squared] {
            assert!(faults(&bomb)[0].starts_with("yaml-limit"));
        }
    }

    #[test]
    fn a_file_full_of_faults_reports_the_first_hundred() {
        assert_eq!(faults(&"a:\n".repeat(100_000)).len(), 100);
        assert_eq!(faults(&"- !t x\n".repeat(50_000)).len(), 100);
    }

    #[test]
    fn a_megabyte_line_is_read() {
        let (_, node) = good(&format!("a: {}\n", "x".repeat(1 << 20)));
        assert_eq!(node.get("a").unwrap().as_text().map(str::len), Some(1 << 20));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            read(&text);
        }

        #[test]
        fn no_yaml_like_text_panics_and_plain_spans_cover_what_is_written(
            text in r#"([ \n\t]|\r\n|[a-c0-9é]|[-?:,\[\]{}#&*!|>'"%@<~]|: |- |&a |\*a|a: |\u{feff}){0,60}"#
        ) {
            let (sources, node, _) = read(&text);
            if let Some(node) = node {
                check_spans(&sources, &node);
            }
        }
    }

    /// Every span lies in the text, and a plain scalar of one line without an anchor covers exactly its characters.
    fn check_spans(sources: &Sources, node: &Node) {
        let covered = sources.text(node.span.file).get(node.span.range()).unwrap();
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| check_spans(sources, item)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| check_spans(sources, value)),
            _ => {
                let simple = !node.is_quoted() && !covered.contains(['\n', '\r', '&', '*']);
                assert!(
                    !simple || node.written() == Some(covered),
                    "{node:?} covers {covered:?}"
                );
            }
        }
    }
}
