//! `gatewright mutate` in parts, interrupted, and after edits.

use std::path::Path;

use super::mutate::{shop, solved, with_solver};
use super::{Copy, gatewright};
use crate::prover::solver;

#[test]
fn reports_of_parts_merge_to_the_bytes_of_one_run() {
    if solver().is_none() {
        return;
    }
    let package = shop();
    let folder = package.dir.path();
    for part in 1..=3 {
        let run = solved(folder, &format!("mutate . --at 2026-03-01 --jobs 1 --shard {part}/3 --format json"));
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        package.write(&format!("{part}.json"), &run.out);
    }
    for format in ["json", "human"] {
        let whole = solved(folder, &format!("mutate . --at 2026-03-01 --min 90 --format {format}"));
        let merged = package.run(&format!("mutate . --min 90 --format {format} --merge 3.json 1.json 2.json"));
        assert_eq!((merged.code, &merged.out), (whole.code, &whole.out), "{}", merged.err);
    }
    let refused = |args: &str| {
        let run = package.run(&format!("mutate . --merge {args}"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args}");
        run.err
            .lines()
            .find(|line| line.contains('`') || line.contains("missing"))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let of_others = package.read("1.json").replace("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
    package.write("others.json", &of_others);
    package.write("whole.json", &solved(folder, "mutate . --format json").out);
    let mut wrong = vec![
        refused("1.json 2.json"),
        refused("1.json 2.json 2.json 3.json"),
        refused("others.json 2.json 3.json"),
        refused("whole.json"),
    ];
    package.replace("policy/shop.gate", "context.mfa because", "true because");
    wrong.push(refused("1.json 2.json 3.json"));
    insta::assert_snapshot!(wrong.join("\n"), @"
    error: the reports of these of 3 parts are missing: 3
    error: `2.json` and `2.json` are both part 2
    error: `2.json` and `others.json` are parts of different runs: `--at` is not the same
    error: `whole.json` is not the report of a part
    error: `1.json` was not made from this package as it is now by this version of gatewright
    ");
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_stopped() {
    if solver().is_none() {
        return;
    }
    let package = Copy::of("marketplace");
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let args = "mutate . --at 2026-03-01 --kind drop-grant --kind drop-guard --kind drop-clause --format json";
    let command = |cache: &Path| {
        let mut command = gatewright(package.dir.path());
        with_solver(&mut command);
        command.args(args.split(' ')).env("GATEWRIGHT_CACHE", cache).stdout(std::process::Stdio::piped());
        command
    };
    let notes = |cache: &Path| -> std::collections::BTreeMap<std::path::PathBuf, std::time::SystemTime> {
        let folders = std::fs::read_dir(cache.join("notes")).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
        let whole = files.filter(|file| file.path().extension().is_none());
        whole.map(|file| (file.path(), file.metadata().unwrap().modified().unwrap())).collect()
    };
    let mut killed = command(one.path()).spawn().unwrap();
    let begun = std::time::Instant::now();
    while notes(one.path()).len() < 10 && begun.elapsed().as_secs() < 120 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let before = notes(one.path());
    let resumed = command(one.path()).output().unwrap();
    let after = notes(one.path());
    assert!(before.len() >= 10 && before.len() < after.len(), "{} of {}", before.len(), after.len());
    for (file, written) in &before {
        assert_eq!(after.get(file), Some(written), "what was known is not tried again");
    }
    let whole = command(other.path()).output().unwrap();
    assert_eq!(String::from_utf8(resumed.stdout).unwrap(), String::from_utf8(whole.stdout).unwrap());
    assert_eq!(notes(other.path()).len(), after.len());
}

#[test]
fn an_edit_of_the_scenarios_is_seen_and_so_is_one_of_the_policy() {
    let package = shop();
    let score = |package: &Copy| {
        let run = package.run("mutate . --format json");
        let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        (report["killed"].as_u64().unwrap(), report["mutants"].as_array().unwrap().len())
    };
    let first = score(&package);
    assert_eq!(score(&package), first, "from the cache");
    package.replace("scenarios/bills.yaml", "cannot: {read: theirs}", "cannot: {pay: theirs}");
    let second = score(&package);
    assert!(second.0 < first.0 && second.1 == first.1, "{first:?} {second:?}");
    package.replace("policy/shop.gate", " when resource.paid", "");
    assert!(score(&package).1 < second.1);
}
