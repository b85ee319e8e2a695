#!/usr/bin/env python3
"""Measures `mutate` on a generated package: first run, again, and after an edit of the scenarios.

usage: mutate.py [--gatewright BIN] [--cache DIR] [--work DIR] [--grants 100] [--seed 7]

The package is the one of `proofs.py`. Its scenarios are access tables: a principal for each role, two resources of each kind, in a
calm, a risky and a one-factor context. They notice most mistakes, not all; what is left is compared by the solver.
first: no answer and no outcome is kept. again: all are. edited: one table more, so that tests run again and no proof does.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import proofs
from check import HERE

CONTEXT = "risk: %d, source_ip: 10.1.0.1, auth_time: -5m, mfa: %s"


def suite(roles):
    out = ["suite: tables", "at: 2026-03-01T10:00:00Z", "principals:"]
    for n in range(roles):
        out.append("  u%d: {type: User, roles: [r%d], tenant: t1, suspended: false, clearance: %d, department: d%d, badge: b%d}"
                   % (n, n, n % 10, n % 4, n % 10))
    out += ["  gone: {type: User, roles: [r0], tenant: t1, suspended: true, clearance: 9, department: d0}",
            "  far: {type: User, roles: [r1], tenant: t2, suspended: false, clearance: 9, department: d1}",
            "resources:", "  t1: {type: Tenant}", "  t2: {type: Tenant}"]
    for kind in proofs.KINDS:
        for n, level in enumerate(["public", "restricted"]):
            out.append('  %s%d: {type: %s, tenant: t1, classification: %s, owner: u%d, amount: "%d.00", size: %d, editors: [u%d], label: l%d-x}'
                       % (kind.lower(), n, kind, level, n, 150 + 500 * n, 900 + 4000 * n, 2 + n, 1 + n))
    out += ["contexts:", "  calm: {%s}" % (CONTEXT % (5, "true")), "  risky: {%s}" % (CONTEXT % (90, "true")),
            "  one_factor: {%s}" % (CONTEXT % (20, "false")), "tests:"]
    for kind in proofs.KINDS:
        out.append("  - {name: access to %s, snapshot: {roles: all, actions: all, to: [%s0, %s1], in: [calm, risky, one_factor]}}"
                   % (kind.lower(), kind.lower(), kind.lower()))
    return "\n".join(out) + "\n"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--gatewright", default=os.path.join(HERE, "..", "target", "release", "gatewright"))
    args.add_argument("--cache", default=os.path.expanduser("~/.cache/gatewright"))
    args.add_argument("--work")
    args.add_argument("--grants", type=int, default=100)
    args.add_argument("--seed", type=int, default=7)
    args = args.parse_args()
    scratch = tempfile.TemporaryDirectory()
    work = args.work or scratch.name
    cache = os.path.join(work, "cache")
    shutil.copytree(args.cache, cache, ignore=shutil.ignore_patterns("answers", "notes"))
    os.environ["GATEWRIGHT_CACHE"] = cache
    folder = proofs.write(os.path.join(work, "package"), proofs.grants(args.grants, args.seed))
    os.makedirs(os.path.join(folder, "scenarios"))
    path = os.path.join(folder, "scenarios", "tables.yaml")
    with open(path, "w") as f:
        f.write(suite(max(5, args.grants // 10)))

    def gatewright(*words):
        begun = time.monotonic()
        done = subprocess.run([args.gatewright, *words], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit("%s ended with %d\n%s%s" % (" ".join(words), done.returncode, done.stdout[-3000:], done.stderr))
        return time.monotonic() - begun, done.stdout

    gatewright("test", folder, "--at", "2026-03-01", "--accept")
    for what in ["first", "again", "edited"]:
        if what == "edited":
            with open(path, "a") as f:
                f.write("  - {name: one more, as: u0, in: risky, cannot: {view: memo0}}\n")
        took, out = gatewright("mutate", folder, "--at", "2026-03-01", "--format", "json")
        report = json.loads(out)
        counts = ", ".join("%d %s" % (report[name], name) for name in ["killed", "missed", "equivalent", "undecided", "unviable"])
        print("%-7s %4d mutants: %s: %6.1f s" % (what, len(report["mutants"]), counts, took), flush=True)


if __name__ == "__main__":
    main()
