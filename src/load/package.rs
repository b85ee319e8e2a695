//! What a package is made of: which file plays which part, and what is wrong with those that cannot.
//! The files come as a list of names and contents, so a folder on disk and a git revision are the same here.

use std::path::PathBuf;

use crate::diag::{Diagnostic, Diagnostics, Severity, closest};
use crate::load::codes;
use crate::text::{FileId, Sources, Span};

use super::part::Part;
use super::text::text;

/// No file larger than this is read, whatever `limits.bytes` says. A file over it is never held in memory.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The files of a package by the part they play. Lists are sorted bytewise by name; a file that cannot be read is in
/// none of them, and an error says so. Names are relative to the package, with `/`.
#[derive(Debug, Clone, Default)]
pub struct PackageFiles {
    /// The package's folder as the user named it; empty for Cedar files named one by one.
    pub root: PathBuf,
    /// All texts.
    pub sources: Sources,
    /// `gatewright.toml`.
    pub config: Option<FileId>,
    /// `gateway.toml`.
    pub gateway: Option<FileId>,
    /// `policy/**/*.gate`.
    pub gate: Vec<FileId>,
    /// `policy/**/*.cedar`.
    pub cedar: Vec<FileId>,
    /// `policy/**/*.cedarschema`.
    pub cedarschema: Vec<FileId>,
    /// Cedar entities (JSON) named beside Cedar files.
    pub entities: Option<FileId>,
    /// Cedar template links (JSON) named beside Cedar files.
    pub links: Option<FileId>,
    /// `scenarios/**/*.yaml` and `.yml`.
    pub scenarios: Vec<FileId>,
    /// `scenarios/**/*.json`: data that suites may name.
    pub scenario_data: Vec<FileId>,
    /// `snapshots/**/*.snap`.
    pub snapshots: Vec<FileId>,
    /// `changes/**/*.yaml` and `.yml`: declared changes of access.
    pub changes: Vec<FileId>,
    /// `assignments/**/*.yaml` and `.yml`: who holds which role, where `gatewright.toml` names the file.
    pub assignments: Vec<FileId>,
}

impl PackageFiles {
    /// A package of texts in memory, by their names: what a page of the book, a template or an editor holds.
    #[must_use]
    pub fn in_memory<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut Diagnostics) -> Self {
        let entries = texts.into_iter().map(|(name, text)| Entry {
            name: name.to_owned(),
            // What plays no part on disk plays none here.
            content: match Part::of(name).is_read() {
                true => Content::Bytes(text.into()),
                false => Content::Unread,
            },
        });
        assemble(PathBuf::new(), entries.collect(), out)
    }

    /// The file with a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<FileId> {
        let mut files = self.sources.iter();
        files.find(|(_, source)| source.name() == name).map(|(file, _)| file)
    }

    /// Where a file lies on disk, as seen from where the user named the package.
    #[must_use]
    pub fn path(&self, file: FileId) -> PathBuf {
        self.root.join(self.sources.name(file))
    }
}

/// One thing found in a package.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// A file that plays no part; its bytes are left alone.
    Unread,
    TooLarge,
    SymbolicLink,
    /// Neither file nor folder, or one where the other belongs: `a device`, `a submodule`.
    NotAFile(&'static str),
    Unreadable(String),
    /// The name as far as it is UTF-8.
    BadName,
}

/// Sorts what was found into the parts of a package.
pub(super) fn assemble(root: PathBuf, mut entries: Vec<Entry>, out: &mut Diagnostics) -> PackageFiles {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let mut package = PackageFiles { root, ..PackageFiles::default() };
    let mut has_policy = false;
    for entry in entries {
        let part = Part::of(&entry.name);
        // A policy that is there but cannot be read has its own error.
        has_policy |= part.is_policy() || matches!(part, Part::Folder) && entry.name == "policy";
        let Some(file) = place(&mut package.sources, entry, part, out) else {
            continue;
        };
        match part {
            Part::Config => package.config = Some(file),
            Part::Gateway => package.gateway = Some(file),
            Part::Gate => package.gate.push(file),
            Part::Cedar => package.cedar.push(file),
            Part::CedarSchema => package.cedarschema.push(file),
            Part::Scenario => package.scenarios.push(file),
            Part::ScenarioData => package.scenario_data.push(file),
            Part::Snapshot => package.snapshots.push(file),
            Part::Change => package.changes.push(file),
            Part::Assignment => package.assignments.push(file),
            Part::Foreign | Part::Folder | Part::Unused | Part::None => {}
        }
    }
    if !has_policy {
        out.push(
            Diagnostic::global_error(codes::EMPTY_PACKAGE, "the package has no policy file")
                .help("write `policy/main.gate`, or put `.cedar` files into `policy/`"),
        );
    }
    package
}

/// Registers one file, and says what is wrong with it. `None` where there is no text.
pub(super) fn place(sources: &mut Sources, entry: Entry, part: Part, out: &mut Diagnostics) -> Option<FileId> {
    let Entry { name, content } = entry;
    let (severity, code, message, help) = match content {
        Content::Bytes(bytes) => return Some(text(sources, name, bytes, part, out)),
        Content::Unread if part == Part::Unused => {
            let severity = if is_meant_as_policy(&name) { Severity::Error } else { Severity::Warning };
            (severity, codes::UNUSED_FILE, format!("nothing reads `{name}`"), unused_help(&name))
        }
        Content::Unread => return None,
        Content::SymbolicLink if part == Part::None => return None,
        Content::SymbolicLink => (
            Severity::Error,
            codes::SYMBOLIC_LINK,
            format!("`{name}` is a symbolic link"),
            "put the file itself there: links are not followed, so that a package is the same on every machine",
        ),
        Content::TooLarge => (
            Severity::Error,
            codes::UNREADABLE_FILE,
            format!("cannot read `{name}`: it is larger than {MAX_FILE_BYTES} bytes"),
            "split the file",
        ),
        Content::NotAFile(_) if part == Part::None => return None,
        Content::NotAFile(what) => (
            Severity::Error,
            codes::UNREADABLE_FILE,
            format!("`{name}` is {what}"),
            match part {
                Part::Folder => "a folder belongs there",
                _ => "only files and folders belong there",
            },
        ),
        Content::Unreadable(cause) => (
            Severity::Error,
            codes::UNREADABLE_FILE,
            format!("cannot read `{name}`: {cause}"),
            "make it readable, or move it out of the package",
        ),
        Content::BadName => {
            (Severity::Error, codes::FILE_NAME, format!("the file name `{name}` is not UTF-8"), "rename the file")
        }
    };
    // There is no text to point into; the empty file gives the diagnostic its name.
    let file = sources.add(name, "");
    out.push(Diagnostic::new(code, severity, Some(Span::new(file, 0, 0)), message).help(help));
    None
}

/// Whether a file in `policy/` that nothing reads ends almost as a policy does: a guard in it would protect nothing.
fn is_meant_as_policy(name: &str) -> bool {
    let ending = name.strip_prefix("policy/").and_then(|rest| rest.rsplit_once('.')).map(|(_, ending)| ending);
    ending.filter(|ending| ending.chars().all(char::is_alphanumeric)).is_some_and(|ending| {
        let known = ["gate", "cedar", "cedarschema"];
        known.contains(&ending.to_lowercase().as_str()) || closest(ending, known).is_some()
    })
}

fn unused_help(name: &str) -> &'static str {
    match name.split_once('/') {
        Some(("policy", rest)) if !rest.contains("/.") && !rest.starts_with('.') => {
            "policy files end in `.gate`, `.cedar` or `.cedarschema`; move anything else out of `policy/`"
        }
        Some(("scenarios", rest)) if !rest.contains("/.") && !rest.starts_with('.') => {
            "scenarios end in `.yaml`, their data in `.json`; move anything else out of `scenarios/`"
        }
        Some(("changes", rest)) if !rest.contains("/.") && !rest.starts_with('.') => {
            "declared changes end in `.yaml`; move anything else out of `changes/`"
        }
        Some(("assignments", rest)) if !rest.contains("/.") && !rest.starts_with('.') => {
            "files of assignments end in `.yaml`; move anything else out of `assignments/`"
        }
        _ => "names that start with a dot are skipped; rename it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, content: Content) -> Entry {
        Entry { name: name.to_owned(), content }
    }

    fn shown(package: &PackageFiles, out: &Diagnostics) -> Vec<String> {
        let show = |d: &Diagnostic| match d.primary() {
            Some(span) => format!("{} {}: {}", d.code, package.sources.location(span), d.message),
            None => format!("{}: {}", d.code, d.message),
        };
        out.iter().map(show).collect()
    }

    #[test]
    fn names_play_their_parts() {
        for (name, part) in [
            ("gatewright.toml", Part::Config),
            ("gateway.toml", Part::Gateway),
            ("policy/gateway.toml", Part::Unused),
            ("README.md", Part::None),
            ("policy", Part::Folder),
            ("policy/a/b.gate", Part::Gate),
            ("policy/x.cedar", Part::Cedar),
            ("policy/x.cedarschema", Part::CedarSchema),
            ("policy/x.gate~", Part::Unused),
            ("policy/gate", Part::Unused),
            ("policy/README.md", Part::None),
            ("policy/.x.gate", Part::Unused),
            ("policy/.git/x.gate", Part::Unused),
            ("policy/.x.gate.swp", Part::None),
            ("policy/.#x.gate", Part::None),
            ("scenarios/a.yml", Part::Scenario),
            ("scenarios/a.json", Part::ScenarioData),
            ("scenarios/a.yam", Part::Unused),
            ("snapshots/a.snap", Part::Snapshot),
            ("snapshots/a.snap.new", Part::None),
            ("assignments/people.yaml", Part::Assignment),
            ("assignments/people.json", Part::Unused),
            ("changes", Part::Folder),
            ("changes/2026/fin-40.yaml", Part::Change),
            ("changes/README.md", Part::None),
            ("changes/fin-40.txt", Part::Unused),
            ("changes/.fin-40.yaml", Part::Unused),
        ] {
            assert_eq!(Part::of(name), part, "{name}");
        }
    }

    #[test]
    fn everything_wrong_is_reported_in_one_run_in_the_order_of_names() {
        let mut out = Diagnostics::new();
        let package = assemble(
            "p".into(),
            vec![
                entry("scenarios/l.yaml", Content::SymbolicLink),
                entry("policy/b.gate", Content::Bytes(b"// caf\xe9\nrole r".to_vec())),
                entry("policy/a.gate", Content::Unreadable("permission denied".to_owned())),
                entry("policy/c.txt", Content::Unread),
                entry("policy/c.GATE", Content::Unread),
                entry("policy/d.gate", Content::TooLarge),
                entry("policy/e.gate", Content::NotAFile("a device")),
                entry("policy/.#f.gate", Content::SymbolicLink),
            ],
            &mut out,
        );
        insta::assert_snapshot!(shown(&package, &out).join("\n"), @r"
        unreadable-file policy/a.gate:1:1: cannot read `policy/a.gate`: permission denied
        not-utf8 policy/b.gate:1:7: `policy/b.gate` is not UTF-8: byte 0xe9 at offset 6
        unused-file policy/c.GATE:1:1: nothing reads `policy/c.GATE`
        unused-file policy/c.txt:1:1: nothing reads `policy/c.txt`
        unreadable-file policy/d.gate:1:1: cannot read `policy/d.gate`: it is larger than 67108864 bytes
        unreadable-file policy/e.gate:1:1: `policy/e.gate` is a device
        symbolic-link scenarios/l.yaml:1:1: `scenarios/l.yaml` is a symbolic link
        ");
        assert_eq!(package.gate.len(), 1, "the lossy text is still there for the parser");
        assert_eq!(package.sources.text(package.gate[0]), "// caf\u{fffd}\nrole r");
    }

    #[test]
    fn what_no_reviewer_sees_is_reported_in_every_text_but_snapshots_and_gate() {
        let mut out = Diagnostics::new();
        let text = |text: &str| Content::Bytes(text.into());
        let entries = vec![
            entry("gatewright.toml", text("a = \"\u{200b}\"")),
            entry("policy/a.cedar", text("\u{feff}// \u{202e}\u{1b}\r\n// \r")),
            entry("policy/a.cedarschema", text("entity A\u{ad};")),
            entry("policy/a.gate", text("role a\u{200b};")),
            entry("scenarios/a.yaml", text("suite: \u{2066}a")),
            entry("scenarios/a.json", text("\"\u{e0041}\"")),
            entry("changes/a.yaml", text("a: \u{2028}b")),
            entry("snapshots/a.snap", text("a\u{200b}")),
        ];
        let package = assemble("p".into(), entries, &mut out);
        insta::assert_snapshot!(shown(&package, &out).join("\n"), @r"
        hidden-character changes/a.yaml:1:4: hidden character U+2028
        hidden-character gatewright.toml:1:6: hidden character U+200B
        hidden-character policy/a.cedar:1:4: hidden character U+202E
        hidden-character policy/a.cedar:2:4: hidden character U+000D
        hidden-character policy/a.cedarschema:1:9: hidden character U+00AD
        hidden-character scenarios/a.json:1:2: hidden character U+E0041
        hidden-character scenarios/a.yaml:1:8: hidden character U+2066
        ");
        let helps: Vec<&str> = out.iter().filter_map(|fault| fault.help.as_deref()).collect();
        insta::assert_snapshot!(helps.join("\n"), @r"
        remove it; in a string, write `\u2028` between double quotes
        remove it; in a string, write `\u200b` between double quotes
        remove it; in a string, write `\u{202e}`
        remove it; in a string, write `\u{d}`
        remove it; in a string, write `\u{ad}`
        remove it; in a string, write `\udb40\udc41`
        remove it; in a string, write `\u2066` between double quotes
        ");
    }

    #[test]
    fn utf16_is_one_fault_and_its_text_is_read() {
        let wide = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(order).collect() };
        for (bytes, expected) in [
            (wide("\u{feff}role a\u{e9};", u16::to_le_bytes), "role a\u{e9};"),
            (wide("\u{feff}role a;", u16::to_be_bytes), "role a;"),
            (wide("role a;", u16::to_le_bytes), "role a;"),
            (wide("role a;", u16::to_be_bytes), "role a;"),
        ] {
            let mut out = Diagnostics::new();
            let package = assemble("p".into(), vec![entry("policy/a.gate", Content::Bytes(bytes))], &mut out);
            assert_eq!(shown(&package, &out), ["not-utf8 policy/a.gate:1:1: `policy/a.gate` is UTF-16"]);
            assert_eq!(package.sources.text(package.gate[0]), expected);
        }
    }

    #[test]
    fn a_file_that_ends_almost_as_a_policy_is_an_error() {
        for (name, is_error) in [
            ("policy/x.GATE", true),
            ("policy/a/x.gat", true),
            ("policy/x.cedr", true),
            ("policy/x.CedarSchema", true),
            ("policy/x.gate~", false),
            ("policy/x.txt", false),
            ("scenarios/x.gat", false),
        ] {
            assert_eq!(is_meant_as_policy(name), is_error, "{name}");
        }
        let mut out = Diagnostics::new();
        assemble("p".into(), vec![entry("policy/x.GATE", Content::Unread)], &mut out);
        assert!(out.iter().any(|found| found.code == codes::UNUSED_FILE && found.is_error()));
    }

    #[test]
    fn a_package_without_policies_is_empty() {
        let mut out = Diagnostics::new();
        let config = entry("gatewright.toml", Content::Bytes(Vec::new()));
        let package = assemble("p".into(), vec![config, entry("policy/x.txt", Content::Unread)], &mut out);
        assert_eq!(
            shown(&package, &out),
            [
                "unused-file policy/x.txt:1:1: nothing reads `policy/x.txt`",
                "empty-package: the package has no policy file"
            ]
        );
    }
}
