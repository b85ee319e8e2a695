#!/usr/bin/env python3
"""Measures `gatewright` and the Cedar CLI side by side, in turns, on the same generated policies, and holds them to the same verdicts.

usage: check.py --gen GEN --cedar CEDAR [--gatewright BIN] [--work DIR] [--rules 50,500,5000,50000] [--runs 5]
                [--longest 60] [--tests 0]

GEN is a generator of neutral workloads (called as `GEN --rules N --tests M --out DIR --seed 7`), CEDAR the `cedar` of the crate
`cedar-policy-cli`. Three pairs are measured for each number of rules:
  gate   `gatewright check` of the Gate package, `cedar validate` of the Cedar that `gatewright build` makes of it
  cedar  `gatewright check` and `cedar validate` of the workload's own Cedar, the same file and schema
  tests  `gatewright test` and `cedar run-tests` of the same requests, with --tests M. `cedar run-tests` gets no schema, with
         which it would validate the whole set anew for each test; `gatewright test` checks and builds first
Verdicts must agree: on the sound package, and with an ill-typed rule added to the workload's Cedar. Shown are medians of wall and
CPU seconds, the largest peak in MiB, and how many times more Cedar needs. What takes longer than --longest is run once.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# A rule that no schema of the workload types: `amount` is a number.
ILL_TYPED = '\n@id("ill-typed")\npermit (principal, action == Action::"view", resource is Doc0) when { resource.amount == "much" };\n'


def run(argv):
    """One run: exit code, output, wall and CPU seconds, peak MiB."""
    with tempfile.TemporaryFile() as out, tempfile.NamedTemporaryFile("r") as peak:
        start = time.perf_counter()
        # The peak of a direct child of this process would have this process's own size as its floor.
        child = subprocess.Popen(["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M"] + argv, stdout=out, stderr=out)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        out.seek(0)
        return dict(code=os.waitstatus_to_exitcode(status), out=out.read().decode(errors="replace"), wall=wall,
                    cpu=used.ru_utime + used.ru_stime, mib=int(peak.read().split()[-1]) / 1024)


def measure(commands, runs, longest):
    """Runs the commands in turns, so that what else the machine does meets all of them."""
    found = [[] for _ in commands]
    for _ in range(runs):
        for argv, results in zip(commands, found):
            if not results or results[0]["wall"] <= longest:
                results.append(run(argv))
    return found


def summary(results):
    middle = lambda key: statistics.median(result[key] for result in results)
    return middle("wall"), middle("cpu"), max(result["mib"] for result in results), len(results)


def demand(condition, what, result):
    if not condition:
        sys.exit("%s\n%s" % (what, result["out"][-2000:]))


def generate(args, rules):
    model = os.path.join(args.work, "model-%d" % rules)
    package = os.path.join(args.work, "gate-%d" % rules)
    tests = args.tests or 1
    subprocess.run([sys.executable, args.gen, "--rules", str(rules), "--tests", str(tests), "--out", model, "--seed", "7"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, os.path.join(HERE, "workload.py"), model, package, "--tests", str(tests)], check=True)
    return model, package


def row(rules, pair, ours, theirs):
    (wall, cpu, mib, runs), (wall2, cpu2, mib2, runs2) = summary(ours), summary(theirs)
    print("| %d | %s | %.3f / %.3f / %.0f | %.3f / %.3f / %.0f | %.1f | %.1f | %d, %d |"
          % (rules, pair, wall, cpu, mib, wall2, cpu2, mib2, wall2 / wall, cpu2 / cpu, runs, runs2), flush=True)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--gen", required=True)
    args.add_argument("--cedar", required=True)
    args.add_argument("--gatewright", default=os.path.join(HERE, "..", "target", "release", "gatewright"))
    args.add_argument("--work")
    args.add_argument("--rules", default="50,500,5000,50000")
    args.add_argument("--runs", type=int, default=5)
    args.add_argument("--longest", type=float, default=60)
    args.add_argument("--tests", type=int, default=0)
    args = args.parse_args()
    scratch = tempfile.TemporaryDirectory()
    args.work = args.work or scratch.name
    # A runaway ends in a failure, not in a machine that swaps.
    resource.setrlimit(resource.RLIMIT_CPU, (1800, 1800))
    print("| rules | pair | gatewright: wall s / CPU s / MiB | cedar: wall s / CPU s / MiB | wall × | CPU × | runs |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for rules in map(int, args.rules.split(",")):
        model, package = generate(args, rules)
        built = os.path.join(args.work, "build-%d" % rules)
        result = run([args.gatewright, "build", package, "--out", built])
        demand(result["code"] == 0, "`build` failed", result)
        policies = os.path.join(built, "policies", os.listdir(os.path.join(built, "policies"))[0])
        validate = lambda policies, schema: [args.cedar, "validate", "--schema", schema, "--policies", policies]

        ours, theirs = measure([[args.gatewright, "check", package],
                                validate(policies, os.path.join(built, "schema.cedarschema"))], args.runs, args.longest)
        for result in ours + theirs:
            demand(result["code"] == 0, "refused, and must not be", result)
        row(rules, "gate", ours, theirs)

        own, schema = os.path.join(model, "cedar", "policies.cedar"), os.path.join(model, "cedar", "schema.cedarschema")
        check = lambda policies: [args.gatewright, "check", policies, "--schema", schema]
        ours, theirs = measure([check(own), validate(own, schema)], args.runs, args.longest)
        for result in ours + theirs:
            demand(result["code"] == 0, "refused, and must not be", result)
        row(rules, "cedar", ours, theirs)

        broken = os.path.join(args.work, "ill-typed-%d.cedar" % rules)
        with open(own) as source, open(broken, "w") as target:
            target.write(source.read() + ILL_TYPED)
        if rules <= 5000:
            for argv, code in ((check(broken), 1), (validate(broken, schema), 3)):
                result = run(argv)
                said = "cedar-validation" in result["out"] or "not compatible" in result["out"]
                demand(result["code"] == code and said, "not refused for its types (exit code %d)" % result["code"], result)

        if args.tests and rules <= 5000:
            tests = os.path.join(model, "cedar", "tests_%d.json" % args.tests)
            ours, theirs = measure([[args.gatewright, "test", package],
                                    [args.cedar, "run-tests", "--policies", own, "--tests", tests]], args.runs, args.longest)
            for result in ours + theirs:
                demand(result["code"] == 0, "a test fails", result)
            row(rules, "tests", ours, theirs)


if __name__ == "__main__":
    main()
