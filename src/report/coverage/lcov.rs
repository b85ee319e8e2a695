//! LCOV tracefiles. A line counts as run where a test showed something of it; each obligation is a branch of its line.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::lines::{lines, met};
use crate::report::{Files, printable};
use crate::scenario::Coverage;

/// The tracefile.
#[must_use]
pub fn lcov(coverage: &Coverage, files: Files<'_>) -> String {
    let mut text = String::new();
    for (path, lines) in lines(coverage, files) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "TN:\nSF:{}", printable(&path));
        let mut statements: BTreeMap<(u32, &str), bool> = BTreeMap::new();
        for covered in lines.values().flatten() {
            let obligation = &covered.obligation;
            if files.path(obligation.statement_at.file) == path {
                let line = files.sources.position(obligation.statement_at).line;
                *statements.entry((line, &obligation.statement.name)).or_default() |= covered.seen;
            }
        }
        for (line, name) in statements.keys() {
            let _ = writeln!(text, "FN:{line},{}", printable(name));
        }
        for ((_, name), seen) in &statements {
            let _ = writeln!(text, "FNDA:{},{}", u8::from(*seen), printable(name));
        }
        let run = statements.values().filter(|seen| **seen).count();
        let _ = writeln!(text, "FNF:{}\nFNH:{run}", statements.len());
        let (mut branches, mut taken) = (0, 0);
        for (line, all) in &lines {
            for (branch, covered) in all.iter().enumerate() {
                let _ = writeln!(text, "BRDA:{line},0,{branch},{}", u8::from(covered.seen));
            }
            branches += all.len();
            taken += met(all);
        }
        let _ = writeln!(text, "BRF:{branches}\nBRH:{taken}");
        for (line, all) in &lines {
            let _ = writeln!(text, "DA:{line},{}", met(all));
        }
        let hit = lines.values().filter(|all| met(all) > 0).count();
        let _ = writeln!(text, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
    }
    text
}
