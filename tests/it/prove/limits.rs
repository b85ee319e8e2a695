//! Runs with an end: limits of a question, the time of a run, and parts of one.

use std::collections::BTreeSet;
use std::fs;

use super::{SHOP, package, prove, text};
use crate::prover::solver;

#[test]
fn a_question_over_its_limit_is_unknown_and_given_to_whoever_looks_into_it() {
    if solver().is_none() {
        return;
    }
    let claim = "resource.level * 3 > resource.level * 2 + resource.level * resource.level";
    let folder = package(&format!("{SHOP}\nassert puzzle: never boss to approve on Payout when {claim};\n"));
    let run = |more: &[&str]| prove(folder.path(), &[&["--rlimit-per", "1"], more].concat());
    let unknown = run(&[]);
    let told = text(&unknown.stdout);
    assert_eq!(unknown.status.code(), Some(3), "{told}{}", text(&unknown.stderr));
    assert!(told.contains("unknown  assert puzzle"), "{told}");
    assert!(told.contains("Action::\"Payout.approve\" × Payout: the resource limit of the question"), "{told}");
    assert!(told.contains("`--dump DIR`"), "{told}");
    let json: serde_json::Value = serde_json::from_slice(&run(&["--format", "json"]).stdout).unwrap();
    let open = &json["properties"][0]["open"][0];
    assert_eq!(json["properties"][0]["outcome"], "unknown");
    assert!(open["question"].as_str().unwrap().ends_with("(check-sat)\n"), "{open}");
}

#[test]
fn what_is_not_answered_is_no_pass_and_its_question_is_kept() {
    if solver().is_none() {
        return;
    }
    let folder = package(SHOP);
    let dump = folder.path().join("unsolved");
    let unknown = prove(folder.path(), &["--time", "0", "--dump", dump.to_str().unwrap()]);
    let told = text(&unknown.stdout);
    assert_eq!(unknown.status.code(), Some(3), "{told}");
    assert!(told.contains("unknown  isolate isolate.org"), "{told}");
    let kept: Vec<_> = fs::read_dir(&dump).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!kept.is_empty());
    for path in kept {
        let script = fs::read_to_string(&path).unwrap();
        assert!(script.starts_with("; User × Action::") && script.ends_with("(check-sat)\n"), "{}", path.display());
    }
}

#[test]
fn the_parts_of_a_run_are_the_whole() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!(
        "{SHOP}\nassert a: never boss to read on Payout;\nassert b: only finance, boss to approve on Payout;\n"
    ));
    let whole = text(&prove(folder.path(), &[]).stdout);
    let mut parts = BTreeSet::new();
    let mut count = 0;
    for part in ["1/2", "2/2"] {
        let out = text(&prove(folder.path(), &["--shard", part]).stdout);
        let lines = out.lines().filter(|line| line.starts_with("proved ") || line.starts_with("refuted "));
        for line in lines {
            count += 1;
            parts.insert(line.to_owned());
        }
    }
    let lines = whole.lines().filter(|line| line.starts_with("proved ") || line.starts_with("refuted "));
    assert_eq!(lines.map(str::to_owned).collect::<BTreeSet<_>>(), parts);
    assert_eq!(count, parts.len());
    assert_eq!(count, 3);
    // Such a part passes, and says that it proved nothing.
    let told = |more: &[&str]| {
        let run = prove(folder.path(), more);
        let out = text(&run.stdout);
        (out.lines().find(|line| line.starts_with("note: ")).map(str::to_owned), run.status.code())
    };
    assert_eq!(told(&["--shard", "3/9"]).0, None);
    let empty = "note: nothing was proved in part 4/9: there are fewer claims (3) than parts".to_owned();
    assert_eq!(told(&["--shard", "4/9"]), (Some(empty), Some(0)));
    let empty = "note: nothing was proved in part 2/2: there are fewer claims (1) than parts".to_owned();
    assert_eq!(told(&["--shard", "2/2", "--only", "b"]), (Some(empty), Some(0)));
}
