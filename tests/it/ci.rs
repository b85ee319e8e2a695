//! What the book gives to copy into CI systems: held against the schemas of those systems and linted by programs that are not
//! ours, and run, step by step, in a repository of its own up to a registry that asks for a password. SARIF is held against its
//! validator.

mod reports;
mod shop;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::prover::solver;
use crate::publish::places::base64;
use crate::publish::server::{Access, Registry, USER};
use crate::support::{file, has, root};

use self::shop::{BUILDER, Shop};

const GITHUB: &str = "book/src/ci/github.yml";
const GITLAB: &str = "book/src/ci/gitlab.yml";
const HOOKS: &str = ".pre-commit-hooks.yaml";

#[test]
fn each_file_fits_the_schema_of_its_system() {
    let Some(tools) = tools() else { return };
    let schema = |schema: &'static [&'static str], text: &str| {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("file.yml");
        fs::write(&copy, text).unwrap();
        let mut command = module(&tools, "check_jsonschema");
        command.args(schema).arg(copy);
        output(&mut command)
    };
    const WORKFLOW: &[&str] = &["--builtin-schema", "vendor.github-workflows"];
    const TIMEOUTS: &[&str] = &["--builtin-schema", "custom.github-workflows-require-timeout"];
    const JOBS: &[&str] = &["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    let (workflow, jobs) = (file(GITHUB).text, file(GITLAB).text);
    for (as_what, text) in [(WORKFLOW, &workflow), (TIMEOUTS, &workflow), (JOBS, &jobs)] {
        let found = schema(as_what, text);
        assert!(found.status.success(), "{as_what:?}: {}", all(&found));
    }
    // The programs do refuse.
    for (as_what, text) in [
        (WORKFLOW, workflow.replace("runs-on", "runs-in")),
        (TIMEOUTS, workflow.replace("timeout-minutes", "#")),
        (JOBS, jobs.replace("when: always", "when: sometimes")),
    ] {
        assert!(!schema(as_what, &text).status.success(), "{as_what:?}");
    }

    let validate = |text: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("hooks.yaml"), text).unwrap();
        let mut command = module(&tools, "pre_commit");
        command.arg("validate-manifest").arg(dir.path().join("hooks.yaml")).env("HOME", dir.path());
        output(&mut command)
    };
    let found = validate(&file(HOOKS).text);
    assert!(found.status.success(), "{}", all(&found));
    assert!(!validate(&file(HOOKS).text.replace("language: rust", "language: gate")).status.success());

    let lint = |text: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Dockerfile"), text).unwrap();
        output(Command::new(tools.join("bin/hadolint")).arg(dir.path().join("Dockerfile")))
    };
    let found = lint(&file("Dockerfile").text);
    assert!(found.status.success(), "{}", all(&found));
    assert!(!lint("FROM debian\nRUN cd /tmp\n").status.success());
}

#[test]
fn the_image_is_built_where_there_is_an_engine() {
    let engine = Command::new("docker").arg("info").output();
    if !has("docker", engine.is_ok_and(|info| info.status.success())) {
        return;
    }
    let built =
        output(Command::new("docker").args(["build", "--quiet", "--tag", "gatewright:test", "."]).current_dir(root()));
    assert!(built.status.success(), "{}", all(&built));
    let ran = output(Command::new("docker").args(["run", "--rm", "gatewright:test", "gatewright", "solver", "status"]));
    assert!(ran.status.success(), "{}", all(&ran));
}

/// What the compiler includes must reach the image, and the filter for it starts from nothing.
#[test]
fn the_image_gets_every_file_that_the_crate_includes() {
    let passed: Vec<String> =
        (file(".dockerignore").text.lines()).filter_map(|line| line.strip_prefix('!').map(str::to_owned)).collect();
    let is_passed = |path: &str| {
        let below = |folder: &String| path == folder || path.starts_with(&format!("{folder}/"));
        passed.iter().any(below)
    };
    let mut included = vec!["Cargo.lock".to_owned(), "grammar/gate.pest".to_owned()];
    for source in crate::support::files("src", ".rs") {
        let folder = Path::new(&source.path).parent().unwrap();
        for rest in source.text.split("include_str!(\"").skip(1) {
            let mut path = folder.to_owned();
            for part in rest.split('"').next().unwrap().split('/') {
                match part {
                    ".." => assert!(path.pop()),
                    _ => path.push(part),
                }
            }
            included.push(path.to_str().unwrap().to_owned());
        }
    }
    assert!(included.len() > 5, "{included:?}");
    included.retain(|path| !is_passed(path));
    assert_eq!(included, [""; 0]);
}

#[test]
fn every_step_of_the_github_workflow_runs_and_only_what_is_wrong_fails() {
    if solver().is_none() {
        return;
    }
    let Some(registry) = Registry::start(Access::Password) else {
        return;
    };
    let workflow = yaml(GITHUB);
    let shop = Shop::new();
    let user = format!("{}:{}", USER.0, USER.1);
    let docker = serde_json::json!({ "auths": { &registry.address: { "auth": base64(&user) } } });
    shop.write("docker/config.json", &docker.to_string());
    let mut environment = shop.environment();
    for (name, value) in [
        ("PLACE", format!("oci://{}/shop/policy", registry.address)),
        ("BASE", shop.git("rev-parse HEAD~1")),
        ("DOCKER_CONFIG", shop.text_path("docker")),
        ("RUNNER_TEMP", shop.text_path("temp")),
        ("GITHUB_STEP_SUMMARY", shop.text_path("summary.md")),
        ("GITHUB_REF_NAME", "v1.0.1".to_owned()),
        ("BUILDER", BUILDER.to_owned()),
        ("INVOCATION", format!("{BUILDER}/1")),
        ("BUILDER_KEY", shop.read("builder/private.pem")),
        ("RELEASE_KEY", shop.read("release/private.pem")),
    ] {
        environment.insert(name.to_owned(), value);
    }
    for name in ["PACKAGE", "CHANNEL"] {
        let value = workflow["env"][name].as_str().unwrap();
        environment.insert(name.to_owned(), value.to_owned());
    }
    let run = |job: &str, shop: &Shop, environment: &BTreeMap<String, String>| {
        let (mut ran, mut failed) = (0, Vec::new());
        for step in workflow["jobs"][job]["steps"].as_array().unwrap() {
            let (Some(name), Some(script)) = (step["name"].as_str(), step["run"].as_str()) else {
                continue;
            };
            assert!(!script.contains("${{"), "{name} takes values from its environment only");
            if name == "Install" {
                continue;
            }
            let done = shop.bash(script, environment);
            ran += 1;
            if !done.status.success() {
                failed.push((name.to_owned(), all(&done)));
            }
        }
        (ran, failed)
    };
    assert_eq!(run("verify", &shop, &environment), (8, vec![]), "verify");
    assert!(shop.read("summary.md").contains("Access: equivalent"));
    assert!(shop.read("tests.xml").contains("<testsuites"));
    for report in ["lint.sarif", "tests.json", "diff.json"] {
        serde_json::from_str::<Value>(&shop.read(report)).unwrap();
    }
    assert_eq!(run("publish", &shop, &environment), (5, vec![]), "publish");
    assert!(!shop.path("temp/release.pem").exists(), "no key is left behind");
    // Said again, nothing is new and nothing fails.
    assert_eq!(run("publish", &shop, &environment), (5, vec![]), "published again");

    // A guard is weaker: the steps that can know say so, and the reports are there all the same.
    shop.replace("policy/policy/invoices.gate", "require context.mfa for", "require context.mfa || !resource.paid for");
    shop.commit();
    fs::remove_file(shop.path("summary.md")).unwrap();
    let (_, failed) = run("verify", &shop, &environment);
    let failed: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(failed, ["Test", "Mutate", "Access that changes", "Version"]);
    assert!(shop.read("summary.md").contains("Access: widened"), "{}", shop.read("summary.md"));
    assert!(shop.read("tests.xml").contains("<failure"));
}

#[test]
fn the_gitlab_jobs_run() {
    if solver().is_none() {
        return;
    }
    let Some(registry) = Registry::start(Access::Password) else {
        return;
    };
    let jobs = yaml(GITLAB);
    let shop = Shop::new();
    let mut environment = shop.environment();
    for (name, value) in [
        ("CI_REGISTRY", registry.address.clone()),
        ("CI_REGISTRY_IMAGE", format!("{}/shop", registry.address)),
        ("CI_REGISTRY_USER", USER.0.to_owned()),
        ("CI_REGISTRY_PASSWORD", USER.1.to_owned()),
        ("CI_PROJECT_DIR", shop.text_path("")),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", shop.git("rev-parse HEAD~1")),
        ("CI_SERVER_URL", "https://github.com".to_owned()),
        ("CI_PROJECT_PATH", "example/shop/.github/workflows/policy.yml".to_owned()),
        ("CI_JOB_URL", format!("{BUILDER}/1")),
        ("POLICY_BUILDER_KEY", shop.text_path("builder/private.pem")),
        ("POLICY_RELEASE_KEY", shop.text_path("release/private.pem")),
    ] {
        environment.insert(name.to_owned(), value);
    }
    for job in ["policy", "publish-policy"] {
        let mut script = String::new();
        for (name, value) in jobs["variables"].as_object().unwrap() {
            // A variable may name others.
            script.push_str(&format!("export {name}=\"{}\"\n", value.as_str().unwrap()));
        }
        for part in ["before_script", "script"] {
            for line in jobs[job][part].as_array().into_iter().flatten() {
                script.push_str(line.as_str().unwrap());
                script.push('\n');
            }
        }
        let done = shop.bash(&script, &environment);
        assert!(done.status.success(), "{job}: {}", all(&done));
    }
    assert!(shop.read("diff.md").contains("Access: equivalent"));
    assert_eq!(fs::read(shop.path("policy.cjar")).unwrap(), fs::read(shop.path("pulled.cjar")).unwrap());
    // Each file that a job shows is one that it writes.
    for path in jobs["policy"]["artifacts"]["paths"].as_array().unwrap() {
        assert!(shop.path(path.as_str().unwrap()).is_file(), "{path}");
    }
}

/// pre-commit itself runs the hooks, as they stand but for where the program comes from.
#[test]
fn pre_commit_runs_the_hooks() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let mut hooks = yaml(HOOKS);
    let asked = yaml("book/src/ci/pre-commit.yml");
    for hook in hooks.as_array_mut().unwrap() {
        hook["language"] = "system".into();
        for asked in asked["repos"][0]["hooks"].as_array().unwrap() {
            if asked["id"] == hook["id"] && !asked["args"].is_null() {
                hook["args"] = asked["args"].clone();
            }
        }
    }
    let config = serde_json::json!({ "repos": [{ "repo": "local", "hooks": hooks }] });
    shop.write(".pre-commit-config.yaml", &config.to_string());
    shop.commit();
    let run = || {
        let mut command = module(&tools, "pre_commit");
        command.args(["run", "--all-files", "--color", "never"]).current_dir(shop.dir.path()).envs(shop.environment());
        output(&mut command)
    };
    let done = run();
    assert!(done.status.success(), "{}", all(&done));
    let told = all(&done);
    assert_eq!(told.matches("Passed").count(), 3, "{told}");

    shop.replace("policy/policy/invoices.gate", "isolate by org;", "isolate   by   org;");
    shop.commit();
    let done = run();
    assert!(!done.status.success());
    assert!(all(&done).contains("files were modified by this hook"), "{}", all(&done));
    assert!(shop.read("policy/policy/invoices.gate").contains("isolate by org;"));

    shop.replace("policy/policy/invoices.gate", "isolate by org;", "isolate by orgg;");
    shop.commit();
    let done = run();
    assert!(!done.status.success());
    assert!(all(&done).contains("error[unknown-name]"), "{}", all(&done));
}

#[test]
fn sarif_is_valid_and_fit_for_code_scanning() {
    let validator =
        root().join("target/clients/node/node_modules/@microsoft/sarif-multitool-linux").join("Sarif.Multitool");
    if !has("node", validator.is_file()) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let validate = |log: &[u8]| {
        let path = dir.path().join("log.sarif");
        fs::write(&path, log).unwrap();
        let mut command = Command::new(&validator);
        command
            .arg("validate")
            .arg(&path)
            .args(["--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "--output"])
            .arg(dir.path().join("found.sarif"))
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
            .env("TMPDIR", dir.path());
        let done = output(&mut command);
        assert!(all(&done).contains("Analysis completed successfully"), "{}", all(&done));
        all(&done).lines().filter(|line| line.contains(": error ")).count()
    };
    // A package with faults in several files and of no file, one with findings of lints, and one with nothing.
    let faulty = dir.path().join("faulty");
    fs::create_dir_all(faulty.join("policy")).unwrap();
    fs::write(faulty.join("gatewright.toml"), "[package]\nname = \"faulty\"\n").unwrap();
    fs::write(
        faulty.join("policy/ä b.gate"),
        "resource Doc { action read; }\nrole x for Usr { allow read on Docs; }\n",
    )
    .unwrap();
    let failing = dir.path().join("failing");
    reports::failing(&failing);
    for (verb, package, least) in [
        ("check", faulty.to_str().unwrap(), 3),
        ("check", "tests/ports/github", 1),
        ("check", "examples/quickstart", 0),
        ("test", failing.to_str().unwrap(), 1),
    ] {
        let log = dir.path().join("made.sarif");
        let mut made = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        made.args([verb, package, "--report"]).arg(format!("sarif={}", log.display()));
        output(made.current_dir(root()));
        let made = fs::read(log).unwrap();
        let log: Value = serde_json::from_slice(&made).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().len();
        assert!(results >= least, "{package}: {results}");
        assert_eq!(validate(&made), 0, "{package}: {log:#}");
        if results > 0 {
            let broken = String::from_utf8(made).unwrap();
            let broken = broken.replace("\"startLine\": ", "\"startLine\": -");
            assert!(validate(broken.as_bytes()) > 0, "the validator does refuse");
        }
    }
}

/// The folder of the programs that check files for CI, where `.ci/run` put them.
pub(crate) fn tools() -> Option<PathBuf> {
    let tools = root().join("target/clients/ci");
    let there = has("python", tools.join("bin/hadolint").is_file());
    if there {
        // pip keeps the mode of what it unpacks; a copied folder may not.
        let mode = fs::metadata(tools.join("bin/hadolint")).unwrap().permissions().mode();
        assert_ne!(mode & 0o111, 0, "hadolint is a program");
    }
    there.then_some(tools)
}

pub(crate) fn module(tools: &Path, name: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", name]).env("PYTHONPATH", tools);
    command
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&file(path).text).unwrap()
}

pub(crate) fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

fn all(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}
