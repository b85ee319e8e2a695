//! The sources with what was never seen below each line, and what is not counted at the end.

use std::fmt::Write;

use super::lines::{lines, met};
use crate::report::{Files, printable};
use crate::scenario::Coverage;
use crate::text::safe;

/// The annotated sources. Before each line that tests must show something of stands how much they did; below it, what is missing.
#[must_use]
pub fn annotated(coverage: &Coverage, files: Files<'_>) -> String {
    let lines = lines(coverage, files);
    let mut text = String::new();
    for (file, source) in files.sources.iter() {
        let path = files.path(file);
        let Some(of_file) = lines.get(&path) else { continue };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", printable(&path));
        for (number, line) in (1_u32..).zip(source.text().lines()) {
            let all = of_file.get(&number).map(Vec::as_slice).unwrap_or_default();
            let count = match all {
                [] => String::new(),
                all => format!("{}/{}", met(all), all.len()),
            };
            let _ = writeln!(text, "{count:>7} {number:>4} | {}", safe::line(line).trim_end());
            for one in all.iter().filter(|covered| !covered.seen).map(|covered| &covered.obligation) {
                let (name, what) = (printable(&one.statement.name), printable(&one.what));
                let _ = writeln!(text, "        {:>4} ! never seen: `{name}` {what}", "");
            }
        }
        text.push('\n');
    }
    for one in &coverage.excluded {
        let at = files.sources.position(one.at);
        let path = printable(&files.path(one.at.file));
        let (name, why) = (printable(&one.statement.name), printable(&one.why));
        let _ = writeln!(text, "not counted: {path}:{}: `{name}`: {why}", at.line);
    }
    text
}
