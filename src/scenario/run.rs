//! The runner: chosen tests on several threads, results and events in the order of the suites.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::ask::Asked;
use super::coverage::{Coverage, Plan, Watch};
use super::event::Event;
use super::golden::{Accepted, Golden, SnapshotMode, SnapshotVerdict};
use super::outcome::{Failure, FailureKind, RunReport, SuiteReport, TestOutcome, TestReport};
use super::suite::{Body, SnapshotSpec, Suite, Test, World};
use super::timeline::Happening;
use super::{Policy, ask, explain, golden, table, timeline};

/// How a run is made.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions<'a> {
    /// Only tests whose `SUITE: TEST` contains this.
    pub filter: Option<&'a str>,
    /// How many threads decide.
    pub threads: NonZeroUsize,
    /// What becomes of snapshots that are not as accepted.
    pub snapshots: SnapshotMode,
    /// The snapshots of the package.
    pub accepted: &'a Accepted,
    /// Who notes what the tests show of the policy, if that is wanted.
    pub watch: Option<&'a Watch<'a>>,
}

/// Runs the chosen tests. `on_event` hears of each as it is done, in the order of the suites.
pub fn run(
    suites: &[Suite],
    policy: Policy<'_>,
    options: RunOptions<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> RunReport {
    let jobs: Vec<Job<'_>> = suites
        .iter()
        .enumerate()
        .flat_map(|(place, suite)| suite.tests.iter().map(move |test| Job { place, suite, test }))
        .filter(|job| options.filter.is_none_or(|filter| job.full_name().contains(filter)))
        .collect();
    let chosen: BTreeSet<usize> = jobs.iter().map(|job| job.place).collect();
    on_event(Event::RunStarted { suites: chosen.len(), tests: jobs.len() });
    let mut collected = Collected::default();
    in_order(
        &jobs,
        options.threads,
        |job| one(job, policy, options),
        |job, done| {
            collected.add(job, done, on_event);
        },
    );
    collected.close_suite(on_event);

    let owned: BTreeSet<String> = suites.iter().flat_map(|suite| &suite.tests).filter_map(snapshot_path).collect();
    let unreferenced = match options.snapshots {
        SnapshotMode::Accept => Vec::new(),
        SnapshotMode::Pending | SnapshotMode::ReadOnly => {
            golden::unreferenced(&owned, options.accepted).map(str::to_owned).collect()
        }
    };
    let report = RunReport {
        suites: collected.suites,
        snapshots: golden::actions(options.snapshots, &collected.written, &owned, options.accepted),
        unreferenced,
        faults: Vec::new(),
    };
    on_event(Event::RunFinished { totals: report.totals() });
    report
}

/// What the tests of suites, skipped ones left out, show of a policy.
#[must_use]
pub fn coverage(suites: &[Suite], policy: Policy<'_>, plan: &Plan, threads: NonZeroUsize) -> Coverage {
    let watch = Watch::new(plan);
    let options = RunOptions {
        filter: None,
        threads,
        snapshots: SnapshotMode::ReadOnly,
        accepted: &Accepted::new(),
        watch: Some(&watch),
    };
    run(suites, policy, options, &mut |_| {});
    watch.coverage()
}

/// One test to run.
#[derive(Clone, Copy)]
struct Job<'a> {
    place: usize,
    suite: &'a Suite,
    test: &'a Test,
}

impl Job<'_> {
    fn full_name(&self) -> String {
        format!("{}: {}", self.suite.name, self.test.name)
    }
}

/// A test that ran.
struct Done {
    report: TestReport,
    written: Option<(String, Golden)>,
}

/// Does jobs on several threads and hands each result over in the order of the jobs, as early as that allows.
fn in_order<J: Sync, D: Send>(
    jobs: &[J],
    threads: NonZeroUsize,
    work: impl Fn(&J) -> D + Sync,
    mut hand_over: impl FnMut(&J, D),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.get().min(jobs.len()) {
            let sender = sender.clone();
            let (next, work) = (&next, &work);
            scope.spawn(move || {
                while let Some((at, job)) = take(jobs, next) {
                    // Nobody listens only if the run itself is being torn down.
                    if sender.send((at, work(job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early: BTreeMap<usize, D> = BTreeMap::new();
        let mut due = 0;
        for (at, done) in receiver {
            early.insert(at, done);
            while let (Some(done), Some(job)) = (early.remove(&due), jobs.get(due)) {
                hand_over(job, done);
                due += 1;
            }
        }
    });
}

fn take<'a, J>(jobs: &'a [J], next: &AtomicUsize) -> Option<(usize, &'a J)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(at).map(|job| (at, job))
}

/// Results, gathered suite by suite.
#[derive(Default)]
struct Collected {
    suites: Vec<SuiteReport>,
    written: BTreeMap<String, Golden>,
    open: Option<usize>,
}

impl Collected {
    fn add(&mut self, job: &Job<'_>, done: Done, on_event: &mut dyn FnMut(Event<'_>)) {
        if self.open != Some(job.place) {
            self.close_suite(on_event);
            self.open = Some(job.place);
            on_event(Event::SuiteStarted { suite: &job.suite.name });
            self.suites.push(SuiteReport {
                name: job.suite.name.clone(),
                file_name: job.suite.file_name.clone(),
                tests: Vec::new(),
            });
        }
        on_event(Event::TestFinished { suite: &job.suite.name, test: &done.report });
        self.written.extend(done.written);
        if let Some(suite) = self.suites.last_mut() {
            suite.tests.push(done.report);
        }
    }

    fn close_suite(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        if let (Some(_), Some(suite)) = (self.open.take(), self.suites.last()) {
            on_event(Event::SuiteFinished { suite });
        }
    }
}

fn one(job: &Job<'_>, policy: Policy<'_>, options: RunOptions<'_>) -> Done {
    let Job { suite, test, .. } = *job;
    let mut written = None;
    let (decisions, outcome) = if let Some(reason) = &test.skip {
        (0, TestOutcome::Skipped(reason.clone()))
    } else {
        let (decisions, failures) = match &test.body {
            Body::Claims(claims) => {
                let failures = claims.iter().filter_map(|claim| {
                    let asked = ask::put(claim, &suite.world, policy, suite.at);
                    saw(&asked, &suite.world, policy, options);
                    judge(&asked, &suite.world, policy)
                });
                (claims.len(), failures.collect::<Vec<_>>())
            }
            Body::Steps(steps) => {
                let happened = timeline::play(steps, suite, policy);
                watch(&happened, &suite.world, policy, options);
                let asked = happened.iter().filter(|it| matches!(it, Happening::Asked(_)));
                let failures = happened.iter().filter_map(|it| match it {
                    Happening::Asked(asked) => judge(asked, &suite.world, policy),
                    Happening::Step(step) => step.failure(),
                    Happening::Refused(_) => None,
                });
                (asked.count(), failures.collect())
            }
            Body::Snapshot(spec) => {
                let (golden, decisions) = snapshot(spec, suite, test, policy);
                watch_tables(spec, suite, policy, options);
                let failure = compare(&golden, spec, test, options);
                written = Some((spec.path.clone(), golden));
                (decisions, failure.into_iter().collect())
            }
        };
        let outcome = if failures.is_empty() { TestOutcome::Passed } else { TestOutcome::Failed(failures) };
        (decisions, outcome)
    };
    Done { report: TestReport { name: test.name.clone(), span: test.span, decisions, outcome }, written }
}

/// Holds an answer against its claim; `None` if they agree. An explanation is worked out only for a failure.
fn judge(asked: &Asked<'_>, world: &World, policy: Policy<'_>) -> Option<Failure> {
    let mut judged = asked.judged();
    if judged.holds() {
        return None;
    }
    if let Some(prepared) = &asked.prepared {
        judged.explanation = explain::explain(&asked.answer, asked.claim.expected, prepared, world, policy);
    }
    Some(Failure { span: asked.claim.span, kind: FailureKind::Decision(Box::new(judged)) })
}

fn saw(asked: &Asked<'_>, world: &World, policy: Policy<'_>, options: RunOptions<'_>) {
    if let (Some(watch), Some(request)) = (options.watch, &asked.prepared) {
        watch.saw(request, &asked.answer, policy, &world.entities);
    }
}

fn watch(happened: &[Happening<'_>], world: &World, policy: Policy<'_>, options: RunOptions<'_>) {
    let Some(watch) = options.watch else { return };
    for one in happened {
        match one {
            Happening::Asked(asked) => saw(asked, world, policy, options),
            Happening::Refused(refused) => watch.refused(refused, policy, &world.entities),
            Happening::Step(_) => {}
        }
    }
}

/// What tables ask is asked once more to be watched.
fn watch_tables(spec: &SnapshotSpec, suite: &Suite, policy: Policy<'_>, options: RunOptions<'_>) {
    let Some(watch) = options.watch else { return };
    for request in spec.tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.requests) {
        if let Some(prepared) = ask::prepare(request, &suite.world, policy, suite.at) {
            let answer = ask::ask(request, Some(&prepared), &suite.world, policy);
            watch.saw(&prepared, &answer, policy, &suite.world.entities);
        }
    }
}

pub(super) fn snapshot(spec: &SnapshotSpec, suite: &Suite, test: &Test, policy: Policy<'_>) -> (Golden, usize) {
    let (contents, decisions) = table::render(spec, &suite.world, policy, suite.at);
    let golden = Golden { source: suite.file_name.clone(), expression: test.name.clone(), contents };
    (golden, decisions)
}

fn compare(golden: &Golden, spec: &SnapshotSpec, test: &Test, options: RunOptions<'_>) -> Option<Failure> {
    match golden::compare(&spec.path, golden, options.accepted) {
        SnapshotVerdict::Matches => None,
        _ if options.snapshots == SnapshotMode::Accept => None,
        verdict => Some(Failure { span: test.span, kind: FailureKind::Snapshot(verdict) }),
    }
}

fn snapshot_path(test: &Test) -> Option<String> {
    match &test.body {
        Body::Snapshot(spec) => Some(spec.path.clone()),
        Body::Claims(_) | Body::Steps(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::golden::SnapshotAction;
    use crate::scenario::{Rerun, testing};

    /// The outcomes of a suite on the shared world, `NAME: OUTCOME`.
    fn outcomes(tests: &str) -> Vec<String> {
        let report = testing::run(&testing::suite(tests), &testing::marketplace());
        let outcomes = report.tests().map(|(_, test)| format!("{}: {}", test.name, test.outcome.word()));
        outcomes.collect()
    }

    #[test]
    fn an_errored_decision_meets_no_expectation() {
        // The grant of `audit` overflows whatever the risk.
        let world = testing::WORLD.replace("roles: [support]", "roles: [audit]");
        let tests = "tests:\n  - {name: can, as: mia, in: calm, can: {list: acme}}\n  \
                     - {name: cannot, as: mia, in: calm, cannot: {list: acme}}\n  \
                     - {name: unknown, as: mia, in: calm, unknown: {list: acme}}\n  \
                     - {name: set, who-can: {list: acme, in: calm}, is: []}\n";
        let compiled = testing::marketplace();
        let loaded = testing::load(&[("s.yaml", &format!("{world}{tests}"))], &compiled);
        let report = testing::run(&loaded, &compiled);
        assert_eq!(report.totals().failed, 4, "{report:#?}");
    }

    #[test]
    fn an_unknown_decision_is_neither_allowed_nor_denied_nor_outside_of_a_set() {
        let tests = "tests:\n  - {name: can, as: fred, can: {approve: p1}}\n  - {name: cannot, as: fred, cannot: {approve: p1}}\n  \
                     - {name: unknown, as: fred, unknown: {approve: p1}}\n  - {name: set, who-can: {approve: p1}, is: []}\n  \
                     - {name: known, as: fred, in: calm, unknown: {approve: p1}}\n";
        assert_eq!(
            outcomes(tests),
            ["can: failed", "cannot: failed", "unknown: passed", "set: failed", "known: failed"]
        );
    }

    #[test]
    fn an_action_that_is_not_for_a_principal_type_is_denied_for_want_of_a_grant() {
        let tests = "tests:\n  - {name: cannot, as: shopify, in: calm, cannot: {approve: p1}, because: no-grant}\n  \
                     - {name: can, as: shopify, in: calm, can: {approve: p1}}\n";
        assert_eq!(outcomes(tests), ["cannot: passed", "can: failed"]);
    }

    #[test]
    fn the_cause_must_be_the_exact_set_of_deciding_statements() {
        let world = testing::WORLD.replace("org: acme, clearance: internal}", "org: rival, clearance: internal}");
        let world = world
            .replace("resources:\n", "resources:\n  rival: {type: Org, plan: pro}\n")
            .replace("created_by: mia", "created_by: fred");
        let test = |name: &str, because: &str| {
            format!("  - {{name: {name}, as: mia, in: tired, cannot: {{approve: p1}}, because: {because}}}\n")
        };
        let tests = [test("both", "[isolate.org, stepped_up]"), test("one", "isolate.org"), test("none", "no-grant")];
        let text = format!("{world}  tired: {{extends: calm, mfa: false}}\ntests:\n{}", tests.concat());
        let compiled = testing::marketplace();
        let loaded = testing::load(&[("s.yaml", &text)], &compiled);
        assert_eq!(testing::faults(&loaded), "");
        let report = testing::run(&loaded, &compiled);
        let words: Vec<&str> = report.tests().map(|(_, test)| test.outcome.word()).collect();
        assert_eq!(words, ["passed", "failed", "failed"]);
    }

    #[test]
    fn exact_sets_fail_on_one_too_many_and_on_one_too_few() {
        let tests = "tests:\n  - {name: right, who-can: {read: p2, in: calm}, is: [dana, mia, shopify]}\n  \
                     - {name: too few, who-can: {read: p2, in: calm}, is: [dana, mia]}\n  \
                     - {name: too many, who-can: {read: p2, in: calm}, is: [dana, mia, shopify, fred]}\n  \
                     - {name: things, what-can: {as: fred, in: calm}, is: {approve: [p1, p2]}}\n  \
                     - {name: fewer things, what-can: {as: fred, in: calm}, is: {approve: p1}}\n  \
                     - {name: fewer asked, what-can: {as: fred, in: calm, to: p1}, is: {approve: p1}}\n";
        assert_eq!(
            outcomes(tests),
            [
                "right: passed",
                "too few: failed",
                "too many: failed",
                "things: passed",
                "fewer things: failed",
                "fewer asked: passed"
            ]
        );
    }

    #[test]
    fn a_filter_chooses_by_suite_and_name_and_events_tell_what_happens() {
        let loaded = testing::suite(
            "tests:\n  - {name: one, as: fred, in: calm, can: {approve: p1}}\n  - {name: two, skip: later, as: fred, can: {read: p1}}\n  \
             - {name: three, as: fred, in: calm, can: {read: p1}}\n",
        );
        let compiled = testing::marketplace();
        let told = |filter: Option<&str>| {
            let mut told = Vec::new();
            let accepted = Accepted::new();
            let options = RunOptions {
                filter,
                threads: NonZeroUsize::new(3).unwrap(),
                snapshots: SnapshotMode::ReadOnly,
                accepted: &accepted,
                watch: None,
            };
            run(&loaded.suites, compiled.policy(), options, &mut |event| {
                told.push(match event {
                    Event::RunStarted { suites, tests } => format!("{suites} suites, {tests} tests"),
                    Event::SuiteStarted { suite } => format!("> {suite}"),
                    Event::TestFinished { test, .. } => format!("{} {}", test.name, test.outcome.word()),
                    Event::SuiteFinished { suite } => format!("< {}", suite.name),
                    Event::RunFinished { totals } => format!("{} passed", totals.passed),
                });
            });
            told.join(", ")
        };
        assert_eq!(
            told(None),
            "1 suites, 3 tests, > payouts, one passed, two skipped, three failed, < payouts, 1 passed"
        );
        assert_eq!(told(Some("payouts: o")), "1 suites, 1 tests, > payouts, one passed, < payouts, 1 passed");
        assert_eq!(told(Some("nothing")), "0 suites, 0 tests, 0 passed");
    }

    #[test]
    fn a_snapshot_is_missing_then_accepted_then_the_same() {
        let tests = "tests:\n  - {name: table, snapshot: {roles: [support], actions: all, in: calm, to: p2}}\n";
        let (loaded, compiled) = (testing::suite(tests), testing::marketplace());
        let path = "snapshots/payouts__table.snap";
        let none = Accepted::new();
        let pending = testing::run_with(&loaded, &compiled, SnapshotMode::Pending, &none);
        assert!(!pending.is_success());
        let SnapshotAction::Write { path: beside, text } = &pending.snapshots[0] else {
            panic!("{:?}", pending.snapshots);
        };
        assert_eq!(*beside, format!("{path}.new"));
        assert!(testing::run_with(&loaded, &compiled, SnapshotMode::ReadOnly, &none).snapshots.is_empty());
        assert!(testing::run_with(&loaded, &compiled, SnapshotMode::Accept, &none).is_success());
        let accepted = Accepted::from([(path.to_owned(), text.clone())]);
        assert!(testing::run_with(&loaded, &compiled, SnapshotMode::ReadOnly, &accepted).is_success());
        let changed = testing::without("support.Payout.read");
        let report = testing::run_with(&loaded, &changed, SnapshotMode::ReadOnly, &accepted);
        assert!(!report.is_success());
    }

    #[test]
    fn the_first_failure_is_that_of_a_whole_run() {
        let tests = "tests:\n  - {name: passes, as: fred, in: calm, can: {approve: p1}}\n  \
                     - {name: skipped, skip: later, as: fred, in: calm, cannot: {approve: p1}}\n  \
                     - {name: table, snapshot: {roles: [support], actions: all, in: calm, to: p2}}\n  \
                     - {name: fails, as: fred, in: calm, cannot: {approve: p1}}\n  \
                     - {name: never runs, as: fred, in: calm, cannot: {approve: p1}}\n";
        let (loaded, compiled) = (testing::suite(tests), testing::marketplace());
        let pending = testing::run_with(&loaded, &compiled, SnapshotMode::Pending, &Accepted::new());
        let SnapshotAction::Write { text, .. } = &pending.snapshots[0] else { panic!("{:?}", pending.snapshots) };
        let accepted = Accepted::from([("snapshots/payouts__table.snap".to_owned(), text.clone())]);
        for (compiled, accepted, expected) in [
            (&compiled, &accepted, "fails"),
            (&compiled, &Accepted::new(), "table"),
            (&testing::without("finance.Payout.approve"), &accepted, "passes"),
        ] {
            let rerun = Rerun::new(&loaded.suites, compiled.policy());
            let first = rerun.first_failure(compiled.policy(), accepted, None).map(|(_, test)| test.name.as_str());
            let report = testing::run_with(&loaded, compiled, SnapshotMode::ReadOnly, accepted);
            let mut failed = report.tests().filter(|(_, test)| matches!(test.outcome, TestOutcome::Failed(_)));
            assert_eq!(first, Some(expected));
            assert_eq!(failed.next().map(|(_, test)| test.name.as_str()), first);
        }
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs_on_any_number_of_threads() {
        let jobs: Vec<u64> = (0..50).collect();
        for threads in [1, 2, 7, 200] {
            let mut seen = Vec::new();
            let slow_first = |job: &u64| {
                std::thread::sleep(std::time::Duration::from_micros((50 - job) * 20));
                job * 2
            };
            in_order(&jobs, NonZeroUsize::new(threads).unwrap(), slow_first, |job, done| seen.push((*job, done)));
            let expected: Vec<(u64, u64)> = jobs.iter().map(|job| (*job, job * 2)).collect();
            assert_eq!(seen, expected);
        }
    }
}
