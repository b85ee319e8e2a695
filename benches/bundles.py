#!/usr/bin/env python3
"""Measures what it takes to bundle, sign, verify, publish and pull generated packages.

usage: bundles.py [--gatewright BIN] [--work DIR] [--grants 100,1000,10000] [--runs 5] [--longest 30] [--seed 7]

The packages are those of proofs.py, with one scenario, in a git repository of their own. The registry is Debian's
`docker-registry`, started on loopback by tests/registry.sh; it must be installed.
  bundle   compile, lint, run the scenario, pack; --evidence lint,tests
  sign     three statements, by a P-256 key in a file
  verify   read the archive strictly, check every digest and the three signatures
  rebuild  verify, and compile the sources it carries to the same bytes
  publish  to the registry, with a channel; each run into a repository of its own
  pull     by the channel, verified against the trust policy and what was seen before
  check    `gatewright check` of the package, to compare with
Each is a whole process. Shown are medians of wall and CPU seconds, and the largest peak in MiB. What takes longer than
--longest is run once.
"""
import argparse
import os
import subprocess
import sys
import tempfile

from check import HERE, run, summary
from proofs import grants, write

SCENARIO = """suite: smoke
at: 2026-03-01T10:00:00Z
principals:
  user: {type: User, roles: [r0], tenant: acme, suspended: true, clearance: 1, department: d0}
resources:
  acme: {type: Tenant}
  memo: {type: Memo, tenant: acme, classification: internal, owner: user, amount: "1.00", size: 1, editors: []}
contexts:
  calm: {risk: 1, source_ip: 10.0.0.1, auth_time: 2026-03-01T09:59:00Z, mfa: true}
tests:
  - name: a suspended user sees nothing
    as: user
    in: calm
    cannot: {view: memo}
    because: suspended
    smoke: true
"""
WHO = dict(GIT_AUTHOR_DATE="2026-03-01T00:00:00Z", GIT_COMMITTER_DATE="2026-03-01T00:00:00Z")


def repository(folder, count, seed):
    write(folder, grants(count, seed))
    os.makedirs(os.path.join(folder, "scenarios"))
    with open(os.path.join(folder, "scenarios", "smoke.yaml"), "w") as f:
        f.write(SCENARIO)
    git = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "generated"]):
        subprocess.run(git + words, check=True, env=dict(os.environ, **WHO))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--gatewright", default=os.path.join(HERE, "..", "target", "release", "gatewright"))
    args.add_argument("--work")
    args.add_argument("--grants", default="100,1000,10000")
    args.add_argument("--runs", type=int, default=5)
    args.add_argument("--longest", type=float, default=30)
    args.add_argument("--seed", type=int, default=7)
    args = args.parse_args()
    scratch = tempfile.TemporaryDirectory()
    work = args.work or scratch.name
    os.environ["GATEWRIGHT_STATE"] = os.path.join(work, "state")
    # Lives as long as its standard input is open, and prints its address.
    registry = subprocess.Popen([os.path.join(HERE, "..", "tests", "registry.sh"), "start", os.path.join(work, "registry")],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = registry.stdout.readline().strip()
    if not address:
        sys.exit("there is no docker-registry; `tests/registry.sh install` installs it")

    print("| grants | MiB | what | wall s / CPU s / MiB | runs |")
    print("|---|---|---|---|---|", flush=True)
    for count in map(int, args.grants.split(",")):
        tool, package = args.gatewright, os.path.join(work, "p%d" % count)
        cjar, keys, trust = package + ".cjar", package + ".keys", package + ".keys/trust.toml"
        repository(package, count, args.seed)
        if run([tool, "key", "generate", "--out", keys])["code"] != 0:
            sys.exit("no key was made")
        key, times = ["--key", keys + "/private.pem"], {}
        place = lambda n: "oci://%s/p%d-%d" % (address, count, n)
        for name, argv in (
            ("check", lambda n: [tool, "check", package, "--at", "2026-03-01"]),
            ("bundle", lambda n: [tool, "bundle", package, "--out", cjar]),
            ("sign", lambda n: [tool, "bundle", "sign", cjar] + key),
            ("verify", lambda n: [tool, "bundle", "verify", cjar, "--trust", trust]),
            ("rebuild", lambda n: [tool, "bundle", "verify", cjar, "--rebuild"]),
            ("publish", lambda n: [tool, "publish", cjar, place(n), "--channel", "prod"] + key),
            ("pull", lambda n: [tool, "pull", place(0), "--channel", "prod", "--trust", trust, "--out", package + ".pulled.cjar"]),
        ):
            results = []
            while len(results) < args.runs and (not results or results[0]["wall"] <= args.longest):
                result = run(argv(len(results)))
                # `check` warns of lints at most.
                if result["code"] != 0:
                    sys.exit("%s ended with %d\n%s" % (name, result["code"], result["out"][-2000:]))
                results.append(result)
            size = os.path.getsize(cjar) / 2**20 if os.path.exists(cjar) else 0
            times[name] = results
            cells = "%.3f / %.3f / %.0f" % summary(results)[:3]
            print("| %d | %.1f | %s | %s | %d |" % (count, size, name, cells, len(results)), flush=True)
        with open(cjar, "rb") as made, open(package + ".pulled.cjar", "rb") as pulled:
            if made.read() != pulled.read():
                sys.exit("what was pulled is not what was published")
    registry.stdin.close()
    registry.wait()


if __name__ == "__main__":
    main()
