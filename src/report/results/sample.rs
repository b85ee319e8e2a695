//! A run in which most things that can fail do, for the tests of all formats.

use crate::scenario::golden::{Accepted, SnapshotMode};
use crate::scenario::{RunReport, testing};
use crate::text::Sources;

const TESTS: &str = r#"tests:
  - {name: holds, as: fred, in: calm, can: {approve: p1}}
  - {name: later, skip: "FIN-9: not decided", as: fred, in: calm, can: {read: p1}}
  - {name: "denied <by risk> & more", as: fred, in: risky, can: {approve: p1}, because: finance.Payout.approve}
  - {name: allowed too far, as: fred, in: calm, cannot: {approve: p1}}
  - {name: other cause, as: shopify, in: calm, cannot: {read: p1}, because: no-grant}
  - {name: exact set, who-can: {approve: p1, in: calm}, is: []}
  - {name: left out, as: fred, can: {approve: p1}}
  - {name: table, snapshot: {roles: [support], actions: [read], in: calm, to: [p1, p2]}}
"#;

/// The run and the files it read.
pub(super) fn failed() -> (RunReport, Sources) {
    let loaded = testing::suite(TESTS);
    let compiled = testing::marketplace();
    let old = "---\nsource: scenarios/payouts.yaml\nexpression: table\n---\nPayout in calm\n\n  support · mia\n    read  p1  deny     no-grant\n    \
               read  p2  deny     no-grant\n";
    let accepted = Accepted::from([
        ("snapshots/payouts__table.snap".to_owned(), old.to_owned()),
        ("snapshots/payouts__gone.snap".to_owned(), old.to_owned()),
    ]);
    let report = testing::run_with(&loaded, &compiled, SnapshotMode::ReadOnly, &accepted);
    (report, loaded.sources)
}
