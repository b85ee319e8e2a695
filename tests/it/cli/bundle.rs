//! `gatewright bundle`: one file, the same bytes everywhere, nothing less in it than was asked for, and nothing in it that
//! its sources do not give.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use gatewright::bundle::{ArchiveLimits, Bundle, Contract, canonical_json, pack};
use git2::{IndexAddOption, Repository, Signature, Time};

use crate::prover::solver;
use crate::support::{paths, root};

use super::mutate::solved;
use super::{Copy, Run, gatewright, run_in};

/// 2026-03-01T00:00:00Z.
const EPOCH: &str = "1772323200";

pub(super) fn opened(path: &Path) -> Bundle {
    Bundle::open(&fs::read(path).unwrap(), &ArchiveLimits::default()).unwrap()
}

fn made(package: &Copy) -> Bundle {
    let run = package.run("bundle . --out out/a.cjar --at 2026-03-01");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    opened(&package.path("out/a.cjar"))
}

fn commit(folder: &Path) -> String {
    let repository = Repository::init(folder).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(EPOCH.parse().unwrap(), 0)).unwrap();
    let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    let id = repository.commit(Some("HEAD"), &who, &who, "c", &tree, &parents).unwrap();
    id.to_string()
}

#[test]
fn the_same_package_is_the_same_bytes_wherever_and_whenever_it_is_bundled() {
    let mut bundles = Vec::new();
    for (zone, umask, reversed) in [("UTC", "022", false), ("Pacific/Kiritimati", "077", true)] {
        let folder = tempfile::tempdir().unwrap();
        // A folder lists its files in the order in which they were made, on some file systems.
        let mut names = paths("examples/marketplace");
        if reversed {
            names.reverse();
        }
        for path in names {
            let to = folder.path().join(zone.replace('/', "-")).join(&path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root().join(&path), to).unwrap();
        }
        let run = Command::new("sh")
            .current_dir(folder.path())
            .env_clear()
            .env("GATEWRIGHT_PROGRESS", "never")
            .env("TZ", zone)
            .env("LC_ALL", if reversed { "tr_TR.UTF-8" } else { "C" })
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .arg("-c")
            .arg(format!(
                "umask {umask}; exec '{}' bundle '{}/examples/marketplace' --out a.cjar",
                env!("CARGO_BIN_EXE_gatewright"),
                zone.replace('/', "-"),
            ))
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
        bundles.push(fs::read(folder.path().join("a.cjar")).unwrap());
    }
    assert!(bundles[0] == bundles[1], "the bundles differ");
}

#[test]
fn a_bundle_says_what_is_in_it_and_how_it_is_made_again() {
    let package = Copy::of("quickstart");
    let bundle = made(&package);
    let paths: Vec<&str> = bundle.tree.iter().map(|(path, _)| path).collect();
    for path in [
        "contract.json",
        "evidence/lint.json",
        "evidence/tests.json",
        "origins.json",
        "policies.json",
        "schema.cedarschema",
        "smoke.json",
        "source/gatewright.toml",
    ] {
        assert!(paths.contains(&path), "{path} is not in {paths:?}");
    }
    let manifest = &bundle.manifest;
    assert_eq!(manifest.git, None);
    assert_eq!(
        manifest.reproduce.join(" "),
        "gatewright bundle . --at 2026-03-01T00:00:00Z --evidence lint,tests --no-proofs"
    );
    assert_eq!(manifest.evidence.proofs, None);
    assert!(manifest.evidence.tests.is_some_and(|tests| tests.passed > 0 && tests.failed == 0));
    // The command that it names, in the folder that it carries.
    let carried = tempfile::tempdir().unwrap();
    for (name, text) in bundle.sources().unwrap() {
        let to = carried.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, text).unwrap();
    }
    let run = run_in(carried.path(), manifest.reproduce[1..].iter().chain([&"--out=again".to_owned()]));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(opened(&carried.path().join("again")).digest, bundle.digest);
}

#[test]
fn the_name_is_that_of_the_package_where_none_is_given() {
    let package = Copy::of("quickstart");
    let run = package.run("bundle . --at 2026-03-01 --format json");
    let said: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let file = said["file"].as_str().unwrap();
    assert_eq!(file, opened(&package.path(file)).file_name());
    let shown = package.run(&format!("bundle inspect {file} --format json"));
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&shown["digest"], &shown["manifest"]), (&said["digest"], &said["manifest"]));
    let printed = package.run(&format!("bundle inspect {file} --print source/gatewright.toml"));
    assert_eq!(printed.out, package.read("gatewright.toml"));
}

#[test]
fn the_commit_is_told_and_whether_the_files_are_as_committed() {
    let package = Copy::of("quickstart");
    fs::create_dir_all(package.path("p")).unwrap();
    for name in ["gatewright.toml", "policy", "scenarios"] {
        fs::rename(package.path(name), package.path("p").join(name)).unwrap();
    }
    if package.path("snapshots").exists() {
        fs::rename(package.path("snapshots"), package.path("p/snapshots")).unwrap();
    }
    package.write(".gitignore", "ignored.gate\n");
    let id = commit(package.path("").as_path());
    let bundle = |args: &str| {
        let run = package.run(&format!("bundle p --out a.cjar {args}"));
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        let manifest = opened(&package.path("a.cjar")).manifest;
        (manifest.git.unwrap(), manifest.judged_at.unwrap(), run.out)
    };
    let (git, judged_at, _) = bundle("");
    assert_eq!((&git.commit, git.dirty), (&id, false));
    assert_eq!(judged_at, "2026-03-01T00:00:00Z", "the day of the commit");
    assert!(git.tree.is_some());
    package.write("elsewhere.txt", "not in the package");
    assert!(!bundle("").0.dirty, "the package is as committed");
    for (name, what) in [
        ("p/notes.md", "an untracked file, though nothing reads it"),
        ("p/policy/ignored.gate", "a file that git is told to ignore"),
    ] {
        package.write(name, "");
        let (git, _, said) = bundle("");
        assert!(git.dirty, "{what}");
        assert!(said.contains("`publish` refuses this bundle"), "{said}");
        assert!(!bundle("--at-rev HEAD").0.dirty, "a revision is as committed");
        fs::remove_file(package.path(name)).unwrap();
    }
    package.replace("p/gatewright.toml", "[package]", "# more\n[package]");
    assert!(bundle("").0.dirty, "a changed file");
}

#[test]
fn coverage_is_carried_counted_and_found_again_by_a_rebuild() {
    let package = Copy::of("quickstart");
    let bundle = |evidence: &str| {
        let run = package.run(&format!("bundle . --out a.cjar --at 2026-03-01 --evidence {evidence}"));
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        opened(&package.path("a.cjar"))
    };
    assert_eq!(bundle("lint,tests").manifest.evidence.coverage, None);
    let covered = bundle("tests,coverage");
    let report: serde_json::Value =
        serde_json::from_slice(covered.tree.get("evidence/coverage.json").unwrap()).unwrap();
    let totals = serde_json::to_value(covered.manifest.evidence.coverage.unwrap()).unwrap();
    assert_eq!(report["totals"], totals);
    let inspected = package.run("bundle inspect a.cjar");
    let line = inspected.out.lines().find(|line| line.contains("coverage: ")).unwrap();
    insta::assert_snapshot!(
        line.trim_start_matches("evidence").trim(),
        @"coverage: grants 10 of 10, denials 3 of 3, break-glass 0 of 0, conditions 6 of 6"
    );
    let rebuilt = package.run("bundle verify a.cjar --rebuild");
    assert_eq!((rebuilt.code, rebuilt.err.as_str()), (0, ""), "{}", rebuilt.out);

    // With fewer tests less is seen, and it is told what.
    let suite = package.read("scenarios/invoices.yaml");
    let (fixtures, _) = suite.split_once("tests:\n").unwrap();
    package.write(
        "scenarios/invoices.yaml",
        &format!("{fixtures}tests:\n  - {{name: a clerk reads, as: carl, in: plain, can: {{read: unpaid}}}}\n"),
    );
    fs::remove_dir_all(package.path("snapshots")).unwrap();
    let bundle = bundle("tests,coverage");
    let report: serde_json::Value = serde_json::from_slice(bundle.tree.get("evidence/coverage.json").unwrap()).unwrap();
    let isolate = (report["statements"].as_array().unwrap().iter()).find(|one| one["statement"] == "isolate.org");
    let alone = &isolate.unwrap()["obligations"][0];
    assert_eq!((&alone["what"], &alone["seen"]), (&"denying alone".into(), &false.into()), "{report:#}");
}

#[test]
fn what_does_not_pass_is_not_bundled_and_what_cannot_run_is_no_less() {
    let code = |args: &str, change: &dyn Fn(&Copy)| {
        let package = Copy::of("quickstart");
        change(&package);
        let run = package.run(&format!("bundle . --out a.cjar --at 2026-03-01 {args}"));
        assert!(!package.path("a.cjar").exists(), "{args}: {}", run.out);
        (run.code, run.out, run.err)
    };
    let nothing = |_: &Copy| {};
    // The environment is empty: there is no solver.
    for evidence in ["proofs", "mutation"] {
        let (exit, _, err) = code(&format!("--evidence {evidence}"), &nothing);
        assert_eq!(exit, 2, "{err}");
        assert!(err.contains("gatewright solver install"), "{err}");
    }
    let (exit, _, err) = code("", &|package| fs::remove_dir_all(package.path("scenarios")).unwrap());
    assert_eq!(exit, 2, "{err}");
    assert!(err.contains("has no scenarios"), "{err}");
    let (exit, out, _) = code("", &|package| {
        package.replace("policy/invoices.gate", "isolate by org;", "isolate by orgg;");
    });
    assert_eq!(exit, 1);
    assert!(out.contains("error[unknown-name]"), "{out}");
    let (exit, out, _) = code("", &|package| {
        package.replace("scenarios/invoices.yaml", "is: [carl]", "is: [mona]");
    });
    assert_eq!(exit, 1, "{out}");
    assert!(out.contains("failed"), "{out}");
    let (exit, _, err) = code("", &|package| {
        package.write("policy/größen.gate", "// no statement\n");
    });
    assert_eq!(exit, 2, "{err}");
    assert!(err.contains("not printable ASCII [entry-name]"), "{err}");
}

#[test]
fn a_bundle_of_a_package_without_assertions_says_that_it_has_none() {
    let package = Copy::of("quickstart");
    let file = "policy/invoices.gate";
    let without: Vec<String> =
        package.read(file).lines().filter(|line| !line.starts_with("assert ")).map(str::to_owned).collect();
    package.write(file, &format!("// assert nothing\n{}\n", without.join("\n")));
    made(&package);
    let run = package.run("bundle verify out/a.cjar --rebuild");
    assert!(run.out.contains("\n  it has no assertions\n"), "{}{}", run.out, run.err);
    let run = package.run("bundle inspect out/a.cjar");
    assert!(run.out.contains("proofs: none; it has no assertions\n"), "{}{}", run.out, run.err);
}

#[test]
fn a_bundle_that_its_sources_do_not_give_does_not_pass_for_rebuilt() {
    let package = Copy::of("quickstart");
    let bundle = made(&package);
    let run = package.run("bundle verify out/a.cjar --rebuild");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(
        run.out,
        format!(
            "out/a.cjar: quickstart 0.1.0\n  its sources rebuild to the same bytes\n  {} lints that prove were not run for its lint evidence\n  \
             its assertions were not proved\n  \
             the bundle says that it was built outside a git repository: its commit is unknown\n{}\n",
            bundle.manifest.evidence.lint.unwrap().not_run,
            bundle.digest
        )
    );

    let forged =
        |path: &str, change: &dyn Fn(String) -> String, manifest: &dyn Fn(&mut gatewright::bundle::Manifest)| -> Run {
            let mut tree = bundle.tree.clone();
            let text = String::from_utf8(tree.get(path).unwrap().to_vec()).unwrap();
            tree.insert(path, change(text));
            // Whoever forges a bundle forges its manifest as well.
            let mut said = bundle.manifest.clone();
            said.files = tree.entries();
            let digest = |path: &str| said.files.iter().find(|file| file.path == path).unwrap().sha256.clone();
            said.policy_set_digest = digest("policies.json");
            said.schema_digest = digest("schema.cedarschema");
            said.compat_digest = gatewright::bundle::sha256_hex(
                format!("{}\n{}\n", said.schema_digest, said.policy_set_digest).as_bytes(),
            );
            manifest(&mut said);
            tree.insert("bundle.json", canonical_json(&said).unwrap());
            fs::write(package.path("forged.cjar"), pack(&tree).unwrap()).unwrap();
            package.run("bundle verify forged.cjar --rebuild")
        };
    let same = |_: &mut gatewright::bundle::Manifest| {};
    let run = forged("policies.json", &|text| text.replace("\"forbid\"", "\"permit\""), &same);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.err, @"forged.cjar: refused: `policies.json` differs from what its sources produce [rebuild-differs]");
    let run =
        forged("evidence/tests.json", &|text| text.replace("\"failed\":0", "\"failed\":0,\"passed_more\":9"), &same);
    insta::assert_snapshot!(run.err, @"forged.cjar: refused: `evidence/tests.json` differs from what its sources produce [rebuild-differs]");
    let run = forged("smoke.json", &|text| text, &|said| said.evidence.tests.as_mut().unwrap().passed += 1);
    insta::assert_snapshot!(run.err, @"forged.cjar: refused: `evidence/tests.json` does not match its summary in the manifest [evidence-count]");
    let run = forged("smoke.json", &|text| text, &|said| said.limits.max_validity_days += 1);
    insta::assert_snapshot!(run.err, @"forged.cjar: refused: `bundle.json` differs from what its sources produce [rebuild-differs]");
    let run = forged("smoke.json", &|text| text, &|said| said.compiler.version = "0.0.9".to_owned());
    insta::assert_snapshot!(run.err, @"forged.cjar: refused: it was built by version 0.0.9, and only that version rebuilds the same bytes; this is 0.1.0 [rebuild-version]");
    let run = forged("source/gatewright.toml", &|text| text.replace("[package]", "[pakage]"), &same);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("forged.cjar/source/gatewright.toml:1:"), "{}", run.out);
}

#[test]
fn the_difference_of_two_bundles_is_that_of_what_they_ship() {
    let package = Copy::of("quickstart");
    made(&package);
    fs::rename(package.path("out/a.cjar"), package.path("old.cjar")).unwrap();
    package.replace("gatewright.toml", "version = \"", "version = \"1");
    made(&package);
    let run = package.run("bundle diff old.cjar out/a.cjar --at 2026-03-01");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("equivalent: no change affects access"), "{}", run.out);
    package.replace("policy/invoices.gate", "allow list, create, read on Invoice;", "allow list, read on Invoice;");
    let run = package.run("bundle . --out out/a.cjar --at 2026-03-01 --evidence lint");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = package.run("bundle diff old.cjar out/a.cjar --at 2026-03-01");
    assert!(run.out.contains("clerk loses Invoice.create on Org"), "{}", run.out);
    let run = package.run("bundle diff missing.cjar out/a.cjar");
    assert_eq!(run.code, 2, "{}", run.err);
    fs::write(package.path("bad.cjar"), "PK").unwrap();
    fs::write(package.path("worse.cjar"), "").unwrap();
    let run = package.run("bundle diff bad.cjar worse.cjar");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    insta::assert_snapshot!(run.err, @"
    bad.cjar: refused: it is not a complete bundle archive: it does not start with an entry [archive-broken]
    worse.cjar: refused: it is not a complete bundle archive: it does not start with an entry [archive-broken]
    ");
}

#[test]
fn a_time_that_is_none_is_refused() {
    let package = Copy::of("quickstart");
    let output = gatewright(package.path("").as_path())
        .args(["bundle", "."])
        .env("SOURCE_DATE_EPOCH", "yesterday")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    error: `SOURCE_DATE_EPOCH` is `yesterday`, which is not a valid time
      help: set it to whole seconds since 1970 UTC, as printed by `git log -1 --format=%ct`
    ");
}

#[test]
fn what_gateway_toml_says_travels_with_its_source() {
    let package = Copy::of("marketplace");
    let bundle = |out: &str| {
        let run = package.run(&format!("bundle . --out {out} --at 2026-03-01"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
        opened(&package.path(out))
    };
    let with = bundle("with.cjar");
    assert_eq!(with.tree.get("source/gateway.toml").unwrap(), package.read("gateway.toml").as_bytes());
    let contract =
        |bundle: &Bundle| -> Contract { serde_json::from_slice(bundle.tree.get("contract.json").unwrap()).unwrap() };
    let carried = contract(&with);
    let gateway = carried.gateway.clone().unwrap();
    let actions: BTreeSet<&str> = gateway.routes.iter().map(|route| route.action.as_str()).collect();
    assert!(actions.into_iter().eq(carried.actions.keys().map(String::as_str)), "each action has its route");
    let (route, names) = gateway.route("POST", Some("api.example"), &["payouts", "p1", "approval"]).unwrap();
    assert_eq!((route.action.as_str(), names["id"].as_str()), ("Payout.approve", "p1"));
    let run = package.run("bundle verify with.cjar --rebuild");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);

    fs::remove_file(package.path("gateway.toml")).unwrap();
    let without = bundle("without.cjar");
    let mut plain = carried;
    plain.gateway = None;
    for action in plain.actions.values_mut() {
        for name in ["session_id", "source_ip"] {
            action.context.get_mut(name).unwrap().masked = false;
        }
    }
    assert!(contract(&without) == plain, "the file changes nothing else");
    for path in ["policies.json", "schema.cedarschema", "origins.json", "smoke.json"] {
        assert_eq!(with.tree.get(path), without.tree.get(path), "{path}");
    }
    let run = package.run("bundle diff without.cjar with.cjar --at 2026-03-01");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    // No request is decided otherwise, and who reaches which action by which route is a term of access.
    assert!(run.out.contains("every request is decided as before, on weaker terms"), "{}", run.out);
    assert!(run.out.contains("gateway.subjects.User weakened"), "{}", run.out);
}

/// A package with a denial that never applies, which only a proof shows.
fn with_idle_deny(level: &str) -> Copy {
    let package = Copy::of("quickstart");
    let file = "policy/invoices.gate";
    package.write(
        file,
        &format!("{}\ndeny clerk to read on Invoice when resource.paid && !resource.paid;\n", package.read(file)),
    );
    package.write(
        "gatewright.toml",
        &format!("{}\n[lint]\ndead-statement = \"{level}\"\n", package.read("gatewright.toml")),
    );
    package
}

#[test]
fn lint_evidence_includes_the_lints_that_prove_or_says_that_they_did_not_run() {
    let package = with_idle_deny("warn");
    // The environment is empty: there is no solver.
    let bundle = made(&package);
    let lint = bundle.manifest.evidence.lint.unwrap();
    assert!(lint.not_run > 0);
    assert_eq!(bundle.manifest.reproduce.last().unwrap(), "--no-proofs");
    let not_run = format!("{} lints that prove", lint.not_run);
    let run = package.run("bundle inspect out/a.cjar");
    assert!(run.out.contains(&format!("waivers; {not_run} not run\n")), "{}", run.out);
    let run = package.run("bundle verify out/a.cjar --rebuild");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains(&format!("\n  {not_run} were not run for its lint evidence\n")), "{}", run.out);
    if solver().is_none() {
        return;
    }
    // Where there is a solver, it rebuilds what was made without one.
    let run = solved(&package.path(""), "bundle verify out/a.cjar --rebuild");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = solved(&package.path(""), "bundle . --out out/b.cjar --at 2026-03-01 --evidence lint,tests");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let proved = opened(&package.path("out/b.cjar"));
    let totals = proved.manifest.evidence.lint.unwrap();
    assert_eq!((totals.not_run, totals.warnings), (0, lint.warnings + 1));
    assert!(String::from_utf8_lossy(proved.tree.get("evidence/lint.json").unwrap()).contains("dead-statement"));
    let run = solved(&package.path(""), "bundle verify out/b.cjar --rebuild");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    // Without one, what it says is counted, and a rebuild is refused.
    let run = package.run("bundle inspect out/b.cjar");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(!run.out.contains("not run"), "{}", run.out);
    assert_eq!(package.run("bundle verify out/b.cjar --rebuild").code, 2);
}

#[test]
fn a_lint_that_proves_and_fails_keeps_a_package_from_being_bundled() {
    let package = with_idle_deny("error");
    let bundle = "bundle . --out out/a.cjar --at 2026-03-01 --evidence lint,tests";
    // Somebody demands the lint, and there is no solver.
    let run = package.run(bundle);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("gatewright solver install"), "{}", run.err);
    if solver().is_some() {
        let run = solved(&package.path(""), bundle);
        assert_eq!(run.code, 1, "{}{}", run.out, run.err);
        assert!(run.out.contains("error[dead-statement]"), "{}", run.out);
    }
    assert!(!package.path("out/a.cjar").exists());
    // Left out on purpose: the bundle says so.
    assert_eq!(package.run(&format!("{bundle} --no-proofs")).code, 0);
    assert!(opened(&package.path("out/a.cjar")).manifest.evidence.lint.unwrap().not_run > 0);
}

#[test]
fn limits_are_part_of_how_a_bundle_is_made_again_and_questions_without_an_answer_are_counted() {
    if solver().is_none() {
        return;
    }
    let package = with_idle_deny("warn");
    let run =
        solved(&package.path(""), "bundle . --out out/a.cjar --at 2026-03-01 --evidence lint,tests --rlimit-per 1");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let bundle = opened(&package.path("out/a.cjar"));
    assert!(bundle.manifest.reproduce.ends_with(&["--rlimit-per".to_owned(), "1".to_owned()]));
    let lint = bundle.manifest.evidence.lint.unwrap();
    assert!(lint.not_run == 0 && lint.unanswered > 0, "{lint:?}");
    let said = format!("{} question", lint.unanswered);
    assert!(run.out.contains(&format!("note: {said}")), "{}", run.out);
    let run = package.run("bundle inspect out/a.cjar");
    assert!(run.out.contains(&said) && run.out.contains("without an answer"), "{}", run.out);
    let run = solved(&package.path(""), "bundle verify out/a.cjar --rebuild");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains(&said) && run.out.contains("of its lint evidence got no answer"), "{}", run.out);
    // Who asks for other limits gets other answers.
    let run = solved(&package.path(""), "bundle verify out/a.cjar --rebuild --rlimit-per 100000000");
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
}
