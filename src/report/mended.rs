//! What mending a package changes, as a diff for people.

use std::fmt::Write;

use super::printable::printable;
use crate::scenario::golden;
use crate::text::safe;

/// A file by its path from where the user stands, its old text and its new one.
type Changed<'a> = (String, &'a str, &'a str);

/// The changes of each file. A file keeps its characters but for these.
#[must_use]
pub fn changes(files: &[Changed<'_>]) -> String {
    let mut text = String::new();
    for (path, old, new) in files {
        let _ = writeln!(text, "{}", printable(path));
        for line in golden::diff(old, new).lines() {
            let _ = writeln!(text, "  {}", safe::line(line).trim_end());
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_in_its_lines() {
        let old = "role a for User {\n    allow raed on X;\u{1b}\n}\n";
        let new = old.replace("raed", "read");
        insta::assert_snapshot!(changes(&[("policy/a.gate".to_owned(), old, &new)]), @"
        policy/a.gate
            role a for User {
          -     allow raed on X;␛
          +     allow read on X;␛
            }
        ");
    }
}
