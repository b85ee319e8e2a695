//! Golden snapshots in the file format of `insta`: a YAML header between `---` lines, then the text.
//! This computes texts, verdicts and what is to be done to the disk; `cli` does it.

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use crate::text::safe;

/// One accepted snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Golden {
    /// The file of the suite, relative to the package.
    pub source: String,
    /// The test.
    pub expression: String,
    /// The text, without trailing white space.
    pub contents: String,
}

impl Golden {
    /// The file's text. `insta` reads it, and writes the same bytes.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!(
            "---\nsource: {}\nexpression: {}\n---\n{}\n",
            yaml_text(&safe::line(&self.source)),
            yaml_text(&safe::line(&self.expression)),
            self.contents.trim_end()
        )
    }
}

/// The text that a snapshot file holds, normalised as `insta` does: LF, no trailing white space.
/// `None` where the header is not closed.
#[must_use]
pub fn contents_of_file(file: &str) -> Option<String> {
    let unified = file.replace("\r\n", "\n");
    let body = unified.strip_prefix("---\n")?;
    let contents = match body.strip_prefix("---\n") {
        Some(contents) => contents,
        None => body.split_once("\n---\n").map(|(_, contents)| contents)?,
    };
    Some(contents.trim_end().to_owned())
}

/// The snapshots that lie on disk, by path relative to the package (`snapshots/payouts__access-table.snap`).
pub type Accepted = BTreeMap<String, String>;

/// What to do with a snapshot that is not as accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotMode {
    /// Leave the new text beside the accepted one, as `.snap.new`.
    Pending,
    /// Replace the accepted text, and remove what no test writes.
    Accept,
    /// Write nothing: what `CI=true` asks for.
    ReadOnly,
}

/// Something to be done to the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotAction {
    /// Write a file.
    Write {
        /// Relative to the package.
        path: String,
        /// The whole text.
        text: String,
    },
    /// Remove a file, if it is there.
    Remove {
        /// Relative to the package.
        path: String,
    },
}

/// How a snapshot compares to the accepted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotVerdict {
    /// The same.
    Matches,
    /// No snapshot was accepted yet.
    Missing {
        /// Where it would lie.
        path: String,
        /// Its text.
        text: String,
    },
    /// It differs from the accepted one.
    Changed {
        /// Where the accepted one lies.
        path: String,
        /// A unified diff, accepted to new.
        diff: String,
    },
}

/// Compares a snapshot with the accepted ones.
#[must_use]
pub fn compare(path: &str, golden: &Golden, accepted: &Accepted) -> SnapshotVerdict {
    let Some(file) = accepted.get(path) else {
        return SnapshotVerdict::Missing { path: path.to_owned(), text: golden.contents.clone() };
    };
    let old = contents_of_file(file).unwrap_or_else(|| file.clone());
    if old == golden.contents.trim_end() {
        return SnapshotVerdict::Matches;
    }
    SnapshotVerdict::Changed { path: path.to_owned(), diff: diff(&old, golden.contents.trim_end()) }
}

/// What the disk needs after a run: `written` are the snapshots of the tests that ran, `owned` the paths of all tests
/// of the package, run or not.
#[must_use]
pub fn actions(
    mode: SnapshotMode,
    written: &BTreeMap<String, Golden>,
    owned: &BTreeSet<String>,
    accepted: &Accepted,
) -> Vec<SnapshotAction> {
    let mut actions = Vec::new();
    for (path, golden) in written {
        let matches = compare(path, golden, accepted) == SnapshotVerdict::Matches;
        let pending = pending_path(path);
        match (mode, matches) {
            (SnapshotMode::ReadOnly, _) => {}
            (SnapshotMode::Pending, false) => {
                actions.push(SnapshotAction::Write { path: pending, text: golden.to_file() })
            }
            (SnapshotMode::Accept, false) => {
                actions.push(SnapshotAction::Write { path: path.clone(), text: golden.to_file() });
                actions.push(SnapshotAction::Remove { path: pending });
            }
            // A pending text of an earlier run that now matches again is stale.
            (SnapshotMode::Pending | SnapshotMode::Accept, true) => {
                actions.push(SnapshotAction::Remove { path: pending });
            }
        }
    }
    if mode == SnapshotMode::Accept {
        actions.extend(unreferenced(owned, accepted).map(|path| SnapshotAction::Remove { path: path.to_owned() }));
    }
    actions
}

/// Accepted snapshots that no test of the package writes.
pub fn unreferenced<'a>(owned: &'a BTreeSet<String>, accepted: &'a Accepted) -> impl Iterator<Item = &'a str> {
    accepted.keys().map(String::as_str).filter(|path| !owned.contains(*path))
}

/// The path of a snapshot of a test: `insta` splits the file name at `__` into module and name.
#[must_use]
pub fn snapshot_path(suite: &str, test: &str) -> String {
    format!("snapshots/{}__{}.snap", slug(suite), slug(test))
}

/// Where a text that waits for review lies.
#[must_use]
pub fn pending_path(path: &str) -> String {
    format!("{path}.new")
}

/// A unified diff with three lines of context.
#[must_use]
pub fn diff(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for (at, group) in diff.grouped_ops(3).iter().enumerate() {
        if at > 0 {
            text.push_str("  …\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            text.push_str(match change.tag() {
                ChangeTag::Delete => "- ",
                ChangeTag::Insert => "+ ",
                ChangeTag::Equal => "  ",
            });
            text.push_str(change.value().trim_end_matches('\n'));
            text.push('\n');
        }
    }
    text
}

/// Letters and digits of any script in lower case, everything between them one `-`.
fn slug(name: &str) -> String {
    let words: Vec<String> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("-")
}

/// A text as YAML: plain where YAML reads it back as this text, quoted as JSON otherwise.
fn yaml_text(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '/' | '.' | '_' | '-'))
        && !text.ends_with(' ')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn golden(expression: &str, contents: &str) -> Golden {
        Golden {
            source: "scenarios/payouts.yaml".to_owned(),
            expression: expression.to_owned(),
            contents: contents.to_owned(),
        }
    }

    fn written(path: &str, golden: Golden) -> BTreeMap<String, Golden> {
        BTreeMap::from([(path.to_owned(), golden)])
    }

    fn insta_reads(path: &Path) -> (String, String, String) {
        let read = insta::Snapshot::from_file(path).unwrap();
        (
            read.metadata().source().unwrap().to_owned(),
            read.metadata().expression().unwrap().to_owned(),
            read.as_text().unwrap().to_string(),
        )
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "insta reads and writes snapshots on disk only")]
    fn insta_reads_what_is_written_here_and_writes_the_same_bytes() {
        for expression in ["access table", "who: \"can\" #1", "no", "what's é?", "- x", "a\\b"] {
            let golden = golden(expression, "Payout\n\nfinance\n  approve  allow\n");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("payouts__x.snap");
            std::fs::write(&path, golden.to_file()).unwrap();
            assert_eq!(
                insta_reads(&path),
                (golden.source.clone(), expression.to_owned(), "Payout\n\nfinance\n  approve  allow".to_owned())
            );
            let again = folder.path().join("again.snap");
            insta::Snapshot::from_file(&path).unwrap().save(&again).unwrap();
            let theirs = std::fs::read_to_string(&again).unwrap();
            assert_eq!(contents_of_file(&theirs), contents_of_file(&golden.to_file()));
            if expression == "access table" {
                assert_eq!(theirs, golden.to_file());
            }
        }
    }

    #[test]
    fn line_ends_and_header_changes_do_not_count_as_a_change() {
        let new = golden("access table", "a\nb");
        let crlf = "---\r\nsource: elsewhere.yaml\r\n---\r\na\r\nb\r\n\r\n";
        let accepted = Accepted::from([("p.snap".to_owned(), crlf.to_owned())]);
        assert_eq!(compare("p.snap", &new, &accepted), SnapshotVerdict::Matches);
    }

    #[test]
    fn a_changed_snapshot_shows_only_what_changed() {
        let accepted = Accepted::from([("p.snap".to_owned(), golden("t", "a\nb\nc").to_file())]);
        let SnapshotVerdict::Changed { diff, .. } = compare("p.snap", &golden("t", "a\nB\nc"), &accepted) else {
            panic!("a changed text must not match");
        };
        insta::assert_snapshot!(diff, @"
          a
        - b
        + B
          c
        ");
    }

    #[test]
    fn ci_writes_nothing_pending_writes_beside_and_accept_replaces() {
        let accepted = Accepted::from([
            ("p.snap".to_owned(), golden("t", "old").to_file()),
            ("stale.snap".to_owned(), golden("gone", "x").to_file()),
        ]);
        let new = written("p.snap", golden("t", "new"));
        let owned = BTreeSet::from(["p.snap".to_owned()]);
        assert_eq!(actions(SnapshotMode::ReadOnly, &new, &owned, &accepted), []);
        assert_eq!(
            actions(SnapshotMode::Pending, &new, &owned, &accepted),
            [SnapshotAction::Write { path: "p.snap.new".to_owned(), text: golden("t", "new").to_file() }]
        );
        assert_eq!(
            actions(SnapshotMode::Accept, &new, &owned, &accepted),
            [
                SnapshotAction::Write { path: "p.snap".to_owned(), text: golden("t", "new").to_file() },
                SnapshotAction::Remove { path: "p.snap.new".to_owned() },
                SnapshotAction::Remove { path: "stale.snap".to_owned() },
            ]
        );
    }

    #[test]
    fn snapshot_names_hold_nothing_that_a_file_system_or_insta_reads_otherwise() {
        assert_eq!(snapshot_path("Pay outs", "who/can: approve__p1?"), "snapshots/pay-outs__who-can-approve-p1.snap");
    }
}
