//! A page as its tests: headings, fences, assertions.

use std::ops::Range;

use crate::support::File;

/// The tests of a page.
pub(super) struct Page {
    pub(super) tests: Vec<Test>,
    /// What is wrong with the page itself.
    pub(super) faults: Vec<String>,
}

/// What stands under one heading.
#[derive(Default)]
pub(super) struct Test {
    /// The headings above it, `Errors > unknown-name`.
    pub(super) name: String,
    pub(super) files: Vec<Fence>,
    pub(super) snapshot: Option<Snapshot>,
}

impl Test {
    /// Whether some line must raise a code.
    pub(super) fn asserts(&self, code: &str) -> bool {
        self.files.iter().flat_map(|file| &file.assertions).any(|assertion| assertion.code == code)
    }
}

/// A file of a test's package.
#[derive(Clone)]
pub(super) struct Fence {
    /// Where it lies in the package.
    pub(super) path: String,
    pub(super) text: String,
    /// The line of the page on which its first line stands.
    pub(super) line: usize,
    pub(super) assertions: Vec<Assertion>,
}

/// `// error: [code] "part of the message"`.
#[derive(Clone)]
pub(super) struct Assertion {
    /// The line of the fence that must raise it, from 1.
    pub(super) line: usize,
    pub(super) code: String,
    pub(super) message: String,
}

/// A `snapshot` fence.
pub(super) struct Snapshot {
    pub(super) text: String,
    /// Where its text stands in the page.
    pub(super) range: Range<usize>,
    pub(super) line: usize,
}

impl Page {
    pub(super) fn parse(file: &File) -> Self {
        let mut page = Self { tests: Vec::new(), faults: Vec::new() };
        let mut headings: Vec<&str> = Vec::new();
        let mut prelude: Option<Fence> = None;
        let mut test = Test::default();
        let mut at = 0;
        let mut lines = file.text.split_inclusive('\n').enumerate();
        while let Some((number, line)) = lines.next() {
            at += line.len();
            if let Some(info) = line.trim_end().strip_prefix("```") {
                let start = at;
                let mut closed = false;
                for (_, line) in lines.by_ref() {
                    let inside = at;
                    at += line.len();
                    if line.trim_end() == "```" {
                        closed = true;
                        page.fence(file, info, start..inside, number + 2, &mut test, &mut prelude);
                        break;
                    }
                }
                if !closed {
                    page.faults.push(format!("{}:{}: the fence is not closed", file.path, number + 1));
                }
            } else if line.starts_with('#') {
                let level = line.len() - line.trim_start_matches('#').len();
                page.close(std::mem::take(&mut test));
                headings.truncate(level - 1);
                headings.push(line.trim_start_matches('#').trim());
                test.name = headings.join(" > ");
                test.files.extend(prelude.clone());
            }
        }
        page.close(test);
        page
    }

    /// Ends a test, if it has more than the prelude.
    fn close(&mut self, test: Test) {
        if test.files.iter().any(|file| file.path != PRELUDE) {
            self.tests.push(test);
        }
    }

    fn fence(
        &mut self,
        file: &File,
        info: &str,
        range: Range<usize>,
        line: usize,
        test: &mut Test,
        prelude: &mut Option<Fence>,
    ) {
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or("");
        let text = file.text[range.clone()].to_owned();
        let path = match language {
            "gate" => "policy/main.gate",
            "cedar" => "policy/main.cedar",
            "cedarschema" => "policy/main.cedarschema",
            "toml" => "gatewright.toml",
            "yaml" => "scenarios/main.yaml",
            "json" if info.contains("path=") => "",
            "snapshot" => {
                test.snapshot = Some(Snapshot { text, range, line });
                return;
            }
            _ => return,
        };
        let mut fence = Fence { path: path.to_owned(), assertions: assertions(&text), text, line };
        for word in words {
            match word.split_once('=') {
                Some(("path", path)) => path.clone_into(&mut fence.path),
                Some(("error", code)) => {
                    fence.assertions.push(Assertion { line: 1, code: code.to_owned(), message: String::new() })
                }
                None if word == "prelude" => {
                    PRELUDE.clone_into(&mut fence.path);
                    *prelude = Some(fence.clone());
                    test.files.retain(|file| file.path != PRELUDE);
                }
                None if word == "alone" => test.files.retain(|file| file.path != PRELUDE),
                _ => self.faults.push(format!("{}:{}: no such fence: `{info}`", file.path, line - 1)),
            }
        }
        if test.files.iter().any(|other| other.path == fence.path) {
            self.faults.push(format!("{}:{}: `{}` twice under one heading", file.path, line - 1, fence.path));
        }
        test.files.push(fence);
    }
}

/// Where the prelude of a page lies in each of its packages.
const PRELUDE: &str = "policy/prelude.gate";

fn assertions(text: &str) -> Vec<Assertion> {
    let mut found = Vec::new();
    // Those that stand alone wait for the next line that does not.
    let mut waiting = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let assertion = ["// error: [", "# error: ["].iter().find_map(|mark| line.split_once(mark));
        let code_before = assertion.map_or(line, |(before, _)| before);
        if let Some((_, rest)) = assertion {
            let (code, rest) = rest.split_once(']').unwrap_or((rest, ""));
            waiting.push(Assertion {
                line: at + 1,
                code: code.to_owned(),
                message: rest.trim().trim_matches('"').to_owned(),
            });
        }
        if assertion.is_none() || !code_before.trim().is_empty() {
            found.extend(waiting.drain(..).map(|assertion| Assertion { line: at + 1, ..assertion }));
        }
    }
    found.append(&mut waiting);
    found
}

#[test]
fn a_page_falls_into_tests() {
    let page = File {
        path: "page.md".into(),
        text: "# Page\n```gate prelude\nenum A { x }\n```\n## One\ntext\n```gate\n// error: [above] \"part\"\nrole a; // error: [here]\nrole b;\n```\n\
               ```sh\nls\n```\n## Two\n```toml\n[x] # error: [toml]\n```\n```snapshot\nold\n```\n## Text\n"
            .into(),
    };
    let page = Page::parse(&page);
    assert_eq!(page.faults, Vec::<String>::new());
    let [one, two] = &page.tests[..] else { panic!("two tests") };
    assert_eq!(one.name, "Page > One");
    assert_eq!(one.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), [PRELUDE, "policy/main.gate"]);
    let found: Vec<_> = one.files[1].assertions.iter().map(|a| (a.line, a.code.as_str(), a.message.as_str())).collect();
    assert_eq!(found, [(2, "above", "part"), (2, "here", "")]);
    assert!(two.asserts("toml") && !two.asserts("here"));
    assert_eq!(two.snapshot.as_ref().unwrap().text, "old\n");
}
