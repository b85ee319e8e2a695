#!/usr/bin/env python3
"""Measures `gatewright test` and its peers side by side, in turns, on the same requests, and holds them to the same verdicts.

usage: tests.py --gen GEN [--gatewright BIN] [--cedar BIN] [--cerbos BIN] [--regorus BIN] [--work DIR]
                [--rules 50,500,5000] [--tests 100,1000,10000] [--runs 5] [--longest 20]

GEN is a generator of neutral workloads (called as `GEN --rules N --tests M --out DIR --seed 7`) which says of each request what
must be decided. Every tool must agree with it on every request, or the benchmark stops:
  gatewright  `gatewright test`: parses, resolves, lowers, reads the suite and decides
  cerbos      `cerbos compile --output=json`: compiles, and runs the suite
  cedar       `cedar run-tests`, without a schema: with one it validates the whole set anew for each test
  regorus     the program in benches/regorus: a decision for each request, no report
A peer that is not given is left out. Shown are medians of wall and CPU seconds and the largest peak in MiB. `times` compares CPU
seconds: how many times more the fastest peer needs. What takes longer than --longest is run once.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

from check import HERE, demand, measure, run, summary


def cases(args, model, package, count):
    """Name, command, and whether the output says that every request was decided as expected."""
    cedar = os.path.join(model, "cedar")
    passed = lambda out: sum(kind["count"] for kind in json.loads(out)["summary"]["resultCounts"]
                             if kind["result"] == "RESULT_PASSED")
    yield ("gatewright", [args.gatewright, "test", package], lambda out: "%d passed; %d decisions" % (count, count) in out)
    if args.cerbos:
        yield ("cerbos", [args.cerbos, "compile", "--output=json", os.path.join(model, "cerbos", "t%d" % count)],
               lambda out: passed(out) == count)
    if args.cedar:
        yield ("cedar", [args.cedar, "run-tests", "--policies", os.path.join(cedar, "policies.cedar"),
                         "--tests", os.path.join(cedar, "tests_%d.json" % count)],
               lambda out: "results: %d passed, 0 failed" % count in out)
    if args.regorus:
        yield ("regorus", [args.regorus, os.path.join(model, "rego", "policy.rego"),
                           os.path.join(model, "scenarios_%d.jsonl" % count)],
               lambda out: "decided %d, wrong 0" % count in out)


def generate(args, rules, count):
    model = os.path.join(args.work, "model-%d-%d" % (rules, count))
    package = os.path.join(args.work, "gate-%d-%d" % (rules, count))
    subprocess.run([sys.executable, args.gen, "--rules", str(rules), "--tests", str(count), "--out", model, "--seed", "7"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, os.path.join(HERE, "workload.py"), model, package, "--tests", str(count)], check=True)
    return model, package


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--gen", required=True)
    args.add_argument("--gatewright", default=os.path.join(HERE, "..", "target", "release", "gatewright"))
    for peer in ("cedar", "cerbos", "regorus"):
        args.add_argument("--" + peer)
    args.add_argument("--work")
    args.add_argument("--rules", default="50,500,5000")
    args.add_argument("--tests", default="100,1000,10000")
    args.add_argument("--runs", type=int, default=5)
    args.add_argument("--longest", type=float, default=20)
    args = args.parse_args()
    scratch = tempfile.TemporaryDirectory()
    args.work = args.work or scratch.name
    started = False
    for rules in map(int, args.rules.split(",")):
        for count in map(int, args.tests.split(",")):
            model, package = generate(args, rules, count)
            all = list(cases(args, model, package, count))
            if not started:
                print("| rules × tests | %s | times |" % " | ".join(name for name, _, _ in all))
                print("|---|%s" % ("---|" * (len(all) + 1)), flush=True)
                started = True
            found = measure([argv for _, argv, _ in all], args.runs, args.longest)
            for (name, _, agrees), results in zip(all, found):
                for result in results:
                    demand(result["code"] == 0 and agrees(result["out"]), "%s does not decide as expected" % name, result)
            middles = [summary(results) for results in found]
            cells = ["%.3f / %.3f / %.0f" % (wall, cpu, mib) for wall, cpu, mib, _ in middles]
            peers = [cpu for _, cpu, _, _ in middles[1:]]
            times = "%.1f" % (min(peers) / middles[0][1]) if peers else ""
            print("| %d × %d | %s | %s |" % (rules, count, " | ".join(cells), times), flush=True)


if __name__ == "__main__":
    main()
