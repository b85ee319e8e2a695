//! Cobertura XML, without a time: a report of the same run is the same text.

use std::fmt::Write;

use super::lines::{lines, met};
use crate::report::Files;
use crate::scenario::{Coverage, Covered};
use crate::text::safe;

/// The report, by `coverage-04.dtd`. Each Gate file is a class; each obligation is a branch of its line.
#[must_use]
pub fn cobertura(coverage: &Coverage, files: Files<'_>) -> String {
    let lines = lines(coverage, files);
    let all: Vec<&[&Covered]> = lines.values().flat_map(|lines| lines.values().map(Vec::as_slice)).collect();
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n",
    );
    let counts = Counts::of(&all);
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<coverage {} lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" branches-valid=\"{}\" complexity=\"0\" version=\"{}\" timestamp=\"0\">\n  \
         <sources>\n    <source>.</source>\n  </sources>\n  <packages>\n    <package name=\"policy\" {} complexity=\"0\">\n      <classes>",
        counts.rates(),
        counts.hit,
        counts.lines,
        counts.met,
        counts.obligations,
        env!("CARGO_PKG_VERSION"),
        counts.rates(),
    );
    for (path, lines) in &lines {
        let of_file: Vec<&[&Covered]> = lines.values().map(Vec::as_slice).collect();
        let path = safe::xml(path);
        let _ = writeln!(
            xml,
            "        <class name=\"{path}\" filename=\"{path}\" {} complexity=\"0\">\n          <methods/>\n          <lines>",
            Counts::of(&of_file).rates(),
        );
        for (line, all) in lines {
            let (seen, of) = (met(all), all.len());
            let percent = seen.saturating_mul(100).checked_div(of).unwrap_or_default();
            let _ = writeln!(
                xml,
                "            <line number=\"{line}\" hits=\"{seen}\" branch=\"true\" condition-coverage=\"{percent}% ({seen}/{of})\"/>"
            );
        }
        xml.push_str("          </lines>\n        </class>\n");
    }
    xml.push_str("      </classes>\n    </package>\n  </packages>\n</coverage>\n");
    xml
}

/// What some lines come to.
struct Counts {
    lines: usize,
    hit: usize,
    obligations: usize,
    met: usize,
}

impl Counts {
    fn of(lines: &[&[&Covered]]) -> Self {
        Self {
            lines: lines.len(),
            hit: lines.iter().filter(|all| met(all) > 0).count(),
            obligations: lines.iter().map(|all| all.len()).sum(),
            met: lines.iter().map(|all| met(all)).sum(),
        }
    }

    fn rates(&self) -> String {
        let rate = |seen: usize, of: usize| match of {
            0 => "1.0000".to_owned(),
            _ => {
                let parts = seen.saturating_mul(10_000) / of;
                format!("{}.{:04}", parts / 10_000, parts % 10_000)
            }
        };
        let (lines, branches) = (rate(self.hit, self.lines), rate(self.met, self.obligations));
        format!("line-rate=\"{lines}\" branch-rate=\"{branches}\"")
    }
}
