#!/usr/bin/env python3
"""Measures two builds of `gatewright` side by side, in turns: the commands of check.py, proofs.py and bundles.py.

usage: compare.py OLD NEW [--cache DIR] [--work DIR] [--grants 100,1000] [--runs 5] [--longest 30] [--seed 7]

The packages are those of bundles.py, in a git repository of their own. Shown for each command are medians of CPU seconds of the
tool and its solvers, and the smallest, of either build, and their ratios, new over old: under 1, the new build is faster. Each
build has its own cache and keys. Questions to the solver are asked cold. Both builds must end with the same exit code.
CACHE is where `gatewright solver install` put the solver.
"""
import argparse
import os
import shutil
import statistics
import sys
import tempfile

from bundles import repository
from check import HERE, run
from proofs import edited, grants, write


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("old")
    args.add_argument("new")
    args.add_argument("--cache", default=os.path.expanduser("~/.cache/gatewright"))
    args.add_argument("--work")
    args.add_argument("--grants", default="100,1000")
    args.add_argument("--runs", type=int, default=5)
    args.add_argument("--longest", type=float, default=30)
    args.add_argument("--seed", type=int, default=7)
    args = args.parse_args()
    scratch = tempfile.TemporaryDirectory()
    work = args.work or scratch.name
    tools = [os.path.abspath(tool) for tool in (args.old, args.new)]
    caches = [os.path.join(work, "cache-%d" % n) for n in range(2)]
    for cache in caches:
        shutil.copytree(args.cache, cache, ignore=shutil.ignore_patterns("answers"))
    print("| grants | command | old: median / least CPU s | new | median × | least × |")
    print("|---|---|---|---|---|---|", flush=True)
    for count in map(int, args.grants.split(",")):
        package = os.path.join(work, "p%d" % count)
        repository(package, count, args.seed)
        changed = write(package + "-changed", edited(grants(count, args.seed)))
        cjar = lambda n: package + ".%d.cjar" % n
        keys = lambda n: package + ".%d.keys" % n
        for n, tool in enumerate(tools):
            if run([tool, "key", "generate", "--out", keys(n)])["code"] != 0:
                sys.exit("no key was made")
        for name, words in (
            ("check", lambda n: ["check", package, "--at", "2026-03-01"]),
            ("build", lambda n: ["build", package, "--out", package + ".%d.built" % n]),
            ("test", lambda n: ["test", package]),
            ("lint", lambda n: ["lint", package]),
            ("diff", lambda n: ["diff", "--from", package, "--to", changed]),
            ("prove", lambda n: ["prove", package]),
            ("bundle", lambda n: ["bundle", package, "--out", cjar(n), "--evidence", "lint,tests"]),
            ("sign", lambda n: ["bundle", "sign", cjar(n), "--key", keys(n) + "/private.pem"]),
            ("verify", lambda n: ["bundle", "verify", cjar(n), "--trust", keys(n) + "/trust.toml"]),
            ("rebuild", lambda n: ["bundle", "verify", cjar(n), "--rebuild"]),
        ):
            spent, codes = ([], []), set()
            while len(spent[1]) < args.runs and (not spent[0] or spent[0][0] <= args.longest):
                for n, tool in enumerate(tools):
                    os.environ["GATEWRIGHT_CACHE"] = caches[n]
                    shutil.rmtree(os.path.join(caches[n], "answers"), ignore_errors=True)
                    result = run([tool] + words(n))
                    spent[n].append(result["cpu"])
                    codes.add((result["code"], result["out"] if result["code"] > 1 else ""))
            if len(codes) > 1 or min(codes)[0] > 1:
                sys.exit("%s ended with %s" % (name, sorted(codes)))
            (middle, least), (middle2, least2) = [(statistics.median(all), min(all)) for all in spent]
            print("| %d | %s | %.3f / %.3f | %.3f / %.3f | %.2f | %.2f |"
                  % (count, name, middle, least, middle2, least2, middle2 / middle, least2 / least), flush=True)


if __name__ == "__main__":
    main()
